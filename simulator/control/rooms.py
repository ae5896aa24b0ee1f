"""What the service desk and the control room ask for beyond the rest: whole pictures, acts of a console."""

import base64
import binascii
from dataclasses import asdict
from typing import Any

import flask

from simulator import desk_flow
from simulator.actions import speaking
from simulator.control import asking, replaying
from simulator.control.guard import Wrong
from simulator.platform import Platform
from simulator.return_codes import Refused
from simulator.settings import Settings
from simulator.traffic import Log
from simulator.world import desk, media
from simulator.world.accounts import Account
from simulator.world.quotas import CLEARS_PER_MONTH
from simulator.world.tokens import Token

# A write to one of these is told to every watcher, so that all tabs show the same.
WATCHED = (
    "faults",
    "settings",
    "accounts",
    "tokens",
    "quotas",
    "agents",
    "desks",
    "traffic",
    "broadcasts",
    "publications",
)
LONGEST_SUMMARY = 160


def make_blueprint(platform: Platform) -> flask.Blueprint:
    """The desk as a whole, agents' invitations and pictures; tokens, quotas and the traffic as a table."""
    views = flask.Blueprint("rooms", __name__)

    @views.after_app_request
    def tell(response: flask.Response) -> flask.Response:
        what = flask.request.path.removeprefix("/sim/").partition("/")[0]
        writes = flask.request.method not in ("GET", "HEAD") and flask.request.path.startswith("/sim/")
        if writes and what in WATCHED and response.status_code < 400:
            platform.events.publish("changed", what=what)
        return response

    _add_desk(views, platform)
    _add_console(views, platform)
    _add_traffic(views, platform)
    return views


def _add_desk(views: flask.Blueprint, platform: Platform) -> None:
    @views.get("/desks/<name>")
    def whole(name: str) -> dict[str, Any]:
        """Agents, sessions and the waiting line of an account, each with what a person wants to see of it."""
        with platform.lock:
            account = asking.account(platform, name)
            return _picture(platform, account)

    @views.post("/desks/<name>/agents/<kf_account>/invite")
    def invite(name: str, kf_account: str) -> dict[str, Any]:
        """Make the agent if need be, and ask somebody by WeChat id to be it; they confirm or refuse."""
        facts = asking.body()
        with platform.lock:
            account = asking.account(platform, name)
            if kf_account not in account.desk.agents:
                desk.add(account, kf_account, facts.get("nickname"), platform.settings)
            desk.invite(account, kf_account, facts.get("wechat_id"), platform.now(), platform.settings)
            platform.touch()
            return {"agent": asdict(account.desk.agents[kf_account])}

    @views.delete("/desks/<name>/agents/<kf_account>")
    def remove(name: str, kf_account: str) -> dict[str, Any]:
        """Remove an agent; their sessions end."""
        with platform.lock:
            account = asking.account(platform, name)
            ended = desk.remove(account, kf_account)
            for openid in ended:
                desk_flow.closed(platform, account, openid, kf_account)
            platform.touch()
            return {"ended": len(ended)}

    @views.post("/desks/<name>/agents/<kf_account>/picture")
    def picture(name: str, kf_account: str) -> dict[str, Any]:
        """The agent sends the traveller a picture; `data` is the file in base64 (a data: address is fine)."""
        facts = asking.body()
        try:
            content = base64.b64decode(asking.text(facts, "data").rpartition(",")[2], validate=True)
        except binascii.Error as error:
            raise Wrong("data must be the picture in base64") from error
        content_type = media.check("image", content, "picture")
        with platform.lock:
            account = asking.account(platform, name)
            account.desk.agent(kf_account)
            fan = asking.fan(platform, account, asking.text(facts, "traveller"))
            session = account.desk.sessions.get(fan.openid)
            if session is None or session.kf_account != kf_account:
                raise Refused(65413 if session is None else 65414)
            kept = speaking.store(platform, account, "image", content, content_type)
            shown = {"media_id": kept.media_id, "media_url": f"{platform.base_url}/mmbiz/{kept.blob}"}
            desk_flow.agent_says(platform, account, fan, kf_account, kind="image", content=shown)
            return {"media_id": kept.media_id}


def _add_console(views: flask.Blueprint, platform: Platform) -> None:
    @views.get("/settings/defaults")
    def defaults() -> dict[str, Any]:
        """The settings as they are before anybody changes them."""
        return asdict(Settings())

    @views.get("/tokens")
    def tokens() -> dict[str, Any]:
        """Every token an account holds or held, newest first, cut to its first characters."""
        with platform.lock:
            account = asking.account(platform, flask.request.args.get("account"))
            now, held = platform.now(), account.tokens
            current = [("token", held.plain), ("stable_token", held.stable)]
            current += [(f"ticket {kind}", ticket) for kind, ticket in held.tickets.items()]
            current += [("old", each) for each in reversed(held.old)]
            rows = [_shown_token(kind, each, now) for kind, each in current if each is not None]
            return {"tokens": rows, "forced_today": held.forced_count}

    @views.get("/publications")
    def publications() -> dict[str, Any]:
        """Publications of an account, and how its next one is to end."""
        with platform.lock:
            book = asking.account(platform, flask.request.args.get("account")).publications
            requests = [asdict(each) for each in book.requests.values()]
            return {"requests": requests, "drafts": len(book.drafts), "next_outcome": book.next_outcome}

    @views.post("/quotas/clear")
    def clear_quotas() -> dict[str, Any]:
        """Zero one counter (`path`) or all of an account; free of the monthly count a bot has for this."""
        facts = asking.body()
        with platform.lock:
            usage = asking.account(platform, facts.get("account")).usage
            if facts.get("path"):
                usage.calls.pop(asking.text(facts, "path"), None)
            else:
                usage.calls.clear()
                usage.clears.clear()
            platform.touch()
            return {"ok": True, "clears": usage.clears, "clears_per_month": CLEARS_PER_MONTH}


def _add_traffic(views: flask.Blueprint, platform: Platform) -> None:
    logs = {"push": platform.traffic.pushes, "call": platform.traffic.calls}

    @views.get("/traffic")
    def traffic() -> dict[str, Any]:
        """Rows of both logs, oldest first, after the numbers `push` and `call`; at most `limit` of each."""
        args = flask.request.args
        limit = int(args.get("limit", 10_000))
        with platform.lock:
            names = {each.id: each.name for each in platform.state.travellers.values()}
            for account in platform.state.accounts.values():
                names |= {openid: names.get(fan.traveller, "") for openid, fan in account.fans.items()}
        rows = [
            {"log": name, **_row(name, each, names)}
            for name, log in logs.items()
            for each in log.read(int(args.get(name, 0)), limit)
        ]
        return {"rows": sorted(rows, key=lambda row: row["time"])}

    @views.get("/traffic/matching")
    def matching() -> dict[str, Any]:
        """The numbers of the records in which a text occurs anywhere, bodies and answers included."""
        wanted = flask.request.args.get("text", "").casefold()
        return {
            name: [each["id"] for each in log.read(0, 100_000) if wanted in str(each).casefold()]
            for name, log in logs.items()
        }

    @views.get("/traffic/<log>/<int:number>")
    def record(log: str, number: int) -> dict[str, Any]:
        """One record whole, with the command that repeats it; a push also as a test payload."""
        found = _record(logs.get(log), number)
        with platform.lock:
            if log == "push":
                return {
                    "record": found,
                    "curl": replaying.push_as_curl(platform, found),
                    "payload": replaying.as_payload(found["body"]),
                    "answer": replaying.as_payload(found["answer"]) if found["reply"] else found["answer"],
                }
            return {"record": found, "curl": replaying.call_as_curl(platform, found)}

    @views.delete("/traffic")
    def clear() -> dict[str, Any]:
        """Forget both logs."""
        for log in logs.values():
            log.clear()
        return {"ok": True}


def _picture(platform: Platform, account: Account) -> dict[str, Any]:
    now = platform.now()

    def person(openid: str) -> dict[str, Any]:
        traveller = platform.traveller_of(account.fans[openid])
        bubbles = account.chat(openid).bubbles
        said = next((each for each in reversed(bubbles) if each.sender == "traveller"), None)
        return {
            "openid": openid,
            "traveller": traveller.id,
            "name": traveller.name,
            "follows": account.fans[openid].subscribed,
            "last": asdict(bubbles[-1]) if bubbles else None,
            "said": asdict(said) if said else None,
        }

    return {
        "account": {"app_id": account.app_id, "name": account.name, "wechat_id": account.wechat_id},
        "kf_enabled": account.kf_enabled,
        "now": now,
        "agents": [
            {**asdict(each), "invitation_status": desk.invitation_status(each, now)}
            for each in account.desk.agents.values()
        ],
        "waiting": [{**asdict(each), **person(each.openid)} for each in account.desk.line],
        "sessions": [
            {"agent": each.kf_account, "since": each.since, "note": each.note, **person(openid)}
            for openid, each in account.desk.sessions.items()
            if openid in account.fans
        ],
    }


def _shown_token(kind: str, token: Token, now: float) -> dict[str, Any]:
    return {
        "kind": kind,
        "value": f"{token.value[:14]}…",
        "expires": token.expires,
        "replaced": token.replaced,
        "valid": now < token.expires,
    }


def _record(log: Log | None, number: int) -> dict[str, Any]:
    for each in log.read(number - 1, 100_000) if log else ():
        if each["id"] == number:
            return each
    raise Wrong("this record is no longer kept", 404)


def _row(log: str, record: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    common = {name: record[name] for name in ("id", "time", "account", "account_name")}
    if log == "call":
        outcome = "ok" if not record["code"] else "refused"
        if record["status"] != 200:
            outcome = "broken"
        openid, summary = replaying.gist_of_call(record)
        return {
            **common,
            "person": names.get(openid, ""),
            "what": record["path"],
            "method": record["method"],
            "outcome": outcome,
            "code": record["code"],
            "status": record["status"],
            "ms": record["ms"],
            "summary": summary[:LONGEST_SUMMARY],
        }
    attempts = record["attempts"]
    outcome = "failed"
    if record["delivered"]:
        outcome = "ok" if len(attempts) == 1 else "retried"
    return {
        **common,
        "what": record["event"] or record["type"],
        "event": bool(record["event"]),
        "person": names.get(record["traveller"], ""),
        "outcome": outcome,
        "attempts": len(attempts),
        "problem": record["problem"],
        "ms": round(sum(each["seconds"] for each in attempts) * 1000, 1),
        "reply": record["reply"]["type"] if record["reply"] else "",
        "summary": replaying.gist(record["body"])[:LONGEST_SUMMARY],
    }
