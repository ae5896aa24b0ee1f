"""Looking on: chats, codes, menus, traffic, events, quotas; and faults, which one switches while looking."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import flask

from simulator.control import asking
from simulator.control.guard import Wrong
from simulator.platform import Platform
from simulator.traffic import Log
from simulator.world import codes as world_codes
from simulator.world import menus


def make_blueprint(platform: Platform) -> flask.Blueprint:
    """What happened and happens."""
    views = flask.Blueprint("watching", __name__)

    @views.get("/chats")
    def chats() -> dict[str, Any]:
        """Every chat with its last bubble, newest first."""
        with platform.lock:
            rows = [
                {
                    "account": account.app_id,
                    "traveller": account.fans[openid].traveller,
                    "unread": chat.unread,
                    "follows": account.fans[openid].subscribed,
                    "last": asdict(chat.bubbles[-1]),
                }
                for account in platform.state.accounts.values()
                for openid, chat in account.chats.items()
                if chat.bubbles and openid in account.fans
            ]
        return {"chats": sorted(rows, key=lambda row: -row["last"]["id"])}

    @views.get("/codes")
    def codes() -> dict[str, Any]:
        """Every code of an account."""
        with platform.lock:
            account = asking.account(platform, flask.request.args.get("account"))
            now = platform.now()
            rows = [{**asdict(each), "valid": each.is_valid(now)} for each in account.codes.values()]
        return {"codes": rows}

    @views.get("/codes/picture")
    def code_picture() -> flask.Response:
        """The picture of a code, by ticket."""
        with platform.lock:
            for account in platform.state.accounts.values():
                code = world_codes.find(account, ticket=flask.request.args.get("ticket", "-"))
                if code is not None:
                    return flask.Response(world_codes.picture(code.url), mimetype="image/jpeg")
        raise Wrong("no code has this ticket", 404)

    @views.get("/menu")
    def menu() -> dict[str, Any]:
        """The menu a traveller gets, or the default one."""
        with platform.lock:
            account = asking.account(platform, flask.request.args.get("account"))
            named = flask.request.args.get("traveller")
            if not named:
                return {"button": account.menu.button}
            traveller = asking.traveller(platform, named)
            return {"button": menus.effective(account, account.fan(traveller.id), traveller.device)}

    @views.get("/pushes")
    def pushes() -> dict[str, Any]:
        """Pushes to bots, oldest first."""
        return {"pushes": _read(platform, platform.traffic.pushes, "event", "traveller")}

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

    _add_faults(views, platform)
    return views


def _add_faults(views: flask.Blueprint, platform: Platform) -> None:
    @views.get("/faults")
    def faults() -> dict[str, Any]:
        return {"faults": [asdict(each) for each in platform.faults.all()]}

    @views.post("/faults")
    def add_fault() -> dict[str, Any]:
        """Switch a fault on."""
        facts = asking.body()
        if facts.get("account"):
            facts["account"] = asking.account(platform, facts["account"]).app_id
        try:
            fault = platform.faults.add(facts)
        except ValueError as error:
            raise Wrong(str(error)) from error
        return {"fault": asdict(fault)}

    @views.delete("/faults")
    def clear_faults() -> dict[str, Any]:
        return {"removed": platform.faults.remove()}

    @views.delete("/faults/<int:number>")
    def remove_fault(number: int) -> dict[str, Any]:
        if not platform.faults.remove(number):
            raise Wrong(f"no fault has the number {number}", 404)
        return {"removed": 1}


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
            yield f"id: {event['id']}\nevent: {event['kind']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"
