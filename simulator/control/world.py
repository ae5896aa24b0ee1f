"""The world itself: overview, accounts, settings, clock, reset, export and import."""

from dataclasses import asdict
from typing import Any

import flask

from simulator import state
from simulator.control import asking
from simulator.control.guard import Wrong
from simulator.platform import Platform
from simulator.push.delivery import Address
from simulator.world.accounts import Account, configuration, configure


def make_blueprint(platform: Platform) -> flask.Blueprint:
    """What is there, and how it is configured."""
    views = flask.Blueprint("world", __name__)

    @views.get("/")
    def overview() -> dict[str, Any]:
        """What is there, in short."""
        with platform.lock:
            return {
                "accounts": [_summary(each) for each in platform.state.accounts.values()],
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
        try:
            imported = state.imported(asking.body(), platform.blobs)
        except ValueError as error:
            raise Wrong(str(error)) from error
        with platform.lock:
            platform.replace(imported)
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

    _add_accounts(views, platform)
    return views


def _add_accounts(views: flask.Blueprint, platform: Platform) -> None:
    @views.get("/accounts")
    def accounts() -> dict[str, Any]:
        with platform.lock:
            return {"accounts": [_shown(each) for each in platform.state.accounts.values()]}

    @views.get("/accounts/<name>")
    def account(name: str) -> dict[str, Any]:
        with platform.lock:
            return _shown(asking.account(platform, name))

    @views.put("/accounts/<app_id>")
    def put_account(app_id: str) -> dict[str, Any]:
        """Make an account or change one."""
        facts = asking.body()
        with platform.lock:
            found = platform.state.accounts.get(app_id)
            made = found or Account(app_id)
            try:
                configure(made, facts)
            except ValueError as error:
                raise Wrong(str(error)) from error
            platform.state.accounts[app_id] = made
            platform.events.publish("account", account=_summary(made))
            platform.touch()
            return _shown(made)

    @views.delete("/accounts/<name>")
    def delete_account(name: str) -> dict[str, Any]:
        with platform.lock:
            del platform.state.accounts[asking.account(platform, name).app_id]
            platform.touch()
        return {"ok": True}

    @views.post("/accounts/<name>/verify-url")
    def verify(name: str) -> dict[str, Any]:
        """Check the account's server address as WeChat's console does when it is saved."""
        with platform.lock:
            address = Address.of(asking.account(platform, name))
        if not address.url:
            raise Wrong("the account has no url to check; PUT it first", 409)
        problem = platform.courier.verify(address)
        return {"ok": not problem, "problem": problem}


def _clock(platform: Platform) -> dict[str, Any]:
    return {"now": platform.now(), "offset": platform.clock.offset}


def _summary(account: Account) -> dict[str, Any]:
    return {
        "app_id": account.app_id,
        "name": account.name,
        "kind": account.kind,
        "verified": account.verified,
        "followers": sum(each.subscribed for each in account.fans.values()),
        "codes": len(account.codes),
    }


def _shown(account: Account) -> dict[str, Any]:
    tags = [{"id": number, "name": name} for number, name in account.tags.items()]
    return {**configuration(account), **_summary(account), "tags": tags}
