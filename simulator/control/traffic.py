"""The traffic between the platform and bots, the events of the moment, quotas and tokens."""

import json
from collections.abc import Iterator
from typing import Any

import flask

from simulator.control import asking
from simulator.platform import Platform
from simulator.traffic import Log


def make_blueprint(platform: Platform) -> flask.Blueprint:
    """What goes to and fro."""
    views = flask.Blueprint("traffic", __name__)

    @views.get("/pushes")
    def pushes() -> dict[str, Any]:
        """Pushes to bots, oldest first."""
        return {"pushes": _read(platform, platform.traffic.pushes, "event", "traveller")}

    @views.post("/settle")
    def settle() -> dict[str, Any]:
        """Wait until no push is on its way, `seconds` at most (default 10)."""
        return {"idle": platform.courier.wait_idle(asking.number(asking.body(), "seconds", 10))}

    @views.get("/calls")
    def calls() -> dict[str, Any]:
        """Calls of bots, oldest first."""
        return {"calls": _read(platform, platform.traffic.calls, "path")}

    @views.get("/quotas")
    def quotas() -> dict[str, Any]:
        """What an account has used today."""
        with platform.lock:
            account = asking.account(platform, flask.request.args.get("account"))
            return {"quotas": account.usage.table(platform.now(), platform.settings)}

    @views.post("/tokens/revoke")
    def revoke() -> dict[str, Any]:
        """Void every token of an account at once."""
        with platform.lock:
            asking.account(platform, asking.body().get("account")).tokens.revoke()
            platform.touch()
        return {"ok": True}

    @views.get("/events")
    def events() -> flask.Response:
        """Server-sent events, from now or after `Last-Event-ID` (also `?since=`)."""
        after = flask.request.headers.get("Last-Event-ID") or flask.request.args.get("since") or ""
        number = int(after) if after.isdecimal() else platform.events.last
        return flask.Response(
            _stream(platform, number), mimetype="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    return views


def _read(platform: Platform, log: Log, *filters: str) -> list[dict[str, Any]]:
    args = flask.request.args
    named = args.get("account", "")
    if named:
        named = asking.account(platform, named).app_id
    since, limit = (int(args.get(name, default)) for name, default in (("since", "0"), ("limit", "100")))
    return log.read(since, limit, account=named, **{name: args.get(name, "") for name in filters})


def _stream(platform: Platform, number: int) -> Iterator[str]:
    yield ": watching\n\n"
    for event in platform.events.stream(number):
        if event is None:
            yield ": still here\n\n"
        else:
            data = json.dumps(event, ensure_ascii=False)
            yield f"id: {event['id']}\nevent: {event['kind']}\ndata: {data}\n\n"
