"""The world itself: overview, settings, clock, reset, export and import."""

from dataclasses import asdict
from typing import Any

import flask

from simulator import state
from simulator.control import asking
from simulator.control.accounts import summary
from simulator.control.guard import Wrong
from simulator.platform import Platform


def make_blueprint(platform: Platform) -> flask.Blueprint:
    """What is there, and how it is configured."""
    views = flask.Blueprint("world", __name__)

    @views.get("/")
    def overview() -> dict[str, Any]:
        """What is there, in short."""
        with platform.lock:
            return {
                "accounts": [summary(each) for each in platform.state.accounts.values()],
                "travellers": len(platform.state.travellers),
                "faults": len(platform.faults.all()),
                "last_event": platform.events.last,
                **_clock(platform),
            }

    @views.post("/reset")
    def reset() -> dict[str, Any]:
        """Begin with nothing; the settings stay unless `settings` is true."""
        keep = asking.body().get("settings") is not True
        with platform.lock:
            fresh = state.State(settings=platform.settings) if keep else state.State()
            platform.replace(fresh)
            platform.blobs.keep_only(set())
        return {"ok": True}

    @views.get("/export")
    def export() -> dict[str, Any]:
        """The whole scenario."""
        with platform.lock:
            return state.exported(platform.state, platform.blobs)

    @views.post("/import")
    def import_() -> dict[str, Any]:
        """Replace everything by an exported scenario."""
        with platform.lock:
            try:
                platform.replace(state.imported(asking.body(), platform.blobs))
            except ValueError as error:
                raise Wrong(str(error)) from error
        return {"ok": True}

    @views.get("/settings")
    def settings() -> dict[str, Any]:
        return asdict(platform.settings)

    @views.put("/settings")
    def change_settings() -> dict[str, Any]:
        """Change some settings."""
        with platform.lock:
            try:
                platform.settings.change(asking.body())
            except ValueError as error:
                raise Wrong(str(error)) from error
            platform.touch()
            return asdict(platform.settings)

    _add_clock(views, platform)
    return views


def _add_clock(views: flask.Blueprint, platform: Platform) -> None:
    @views.get("/clock")
    def clock() -> dict[str, Any]:
        return _clock(platform)

    @views.post("/clock")
    def move_clock() -> dict[str, Any]:
        """Jump by `advance` seconds, or to the moment `now`."""
        facts = asking.body()
        moves = [facts.get("advance"), facts.get("now")]
        given = [each for each in moves if isinstance(each, int | float) and not isinstance(each, bool)]
        if len(given) != 1:
            raise Wrong("say advance (seconds) or now (seconds since 1970)")
        with platform.lock:
            platform.advance(given[0] if "advance" in facts else given[0] - platform.now())
        return _clock(platform)


def _clock(platform: Platform) -> dict[str, Any]:
    return {"now": platform.now(), "offset": platform.clock.offset}
