"""What travellers do with their phones, and what came of it."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import flask

from simulator.actions import consenting, following, speaking, tapping
from simulator.actions.following import Impossible
from simulator.control import asking
from simulator.control.guard import Wrong
from simulator.platform import Platform
from simulator.push.messages import Push
from simulator.world.accounts import Account
from simulator.world.fans import Fan

Facts = dict[str, Any]
Act = Callable[[Platform, Account, Fan, Facts], list[Push]]


def _follow(platform: Platform, account: Account, fan: Fan, facts: Facts) -> list[Push]:
    if facts.get("scene") or facts.get("ticket"):
        return _scan(platform, account, fan, facts)
    return following.follow(
        platform, account, fan, str(facts.get("source", "search")), str(facts.get("order", ""))
    )


def _scan(platform: Platform, account: Account, fan: Fan, facts: Facts) -> list[Push]:
    named = {name: str(facts[name]) for name in ("scene", "ticket", "url") if facts.get(name)}
    if not named:
        raise Wrong("say which code: scene, ticket or url")
    return following.scan(platform, account, fan, **named)


def _refuse(refuses: bool) -> Act:  # noqa: FBT001
    def set_it(platform: Platform, _: Account, fan: Fan, __: Facts) -> list[Push]:
        fan.refuses = refuses
        platform.touch()
        return []

    return set_it


def _subscribe(platform: Platform, account: Account, fan: Fan, facts: Facts) -> list[Push]:
    answers = facts.get("answers") or {asking.text(facts, "template_id"): facts.get("answer", "accept")}
    if not isinstance(answers, dict):
        raise Wrong("answers is an object: template id and accept or reject")
    return consenting.answer_popup(platform, account, fan, answers, str(facts.get("scene", "2")))


def _path(facts: Facts) -> list[int]:
    path = facts.get("path")
    if not isinstance(path, list) or not all(isinstance(each, int) for each in path):
        raise Wrong("path is a list of one or two numbers, counted from 0")
    return path


ACTS: dict[str, Act] = {
    "follow": _follow,
    "unfollow": lambda platform, account, fan, _: following.leave(platform, account, fan),
    "scan": _scan,
    "say": lambda platform, account, fan, facts: speaking.say(
        platform, account, fan, asking.text(facts, "text")
    ),
    "send": speaking.send,
    "choose": lambda platform, account, fan, facts: speaking.choose(
        platform, account, fan, str(facts.get("id"))
    ),
    "click": lambda platform, account, fan, facts: tapping.click(
        platform, account, fan, asking.text(facts, "key")
    ),
    "view": lambda platform, account, fan, facts: tapping.view(
        platform, account, fan, asking.text(facts, "url"), asking.number(facts, "menuid", 0)
    ),
    "menu": lambda platform, account, fan, facts: tapping.tap(platform, account, fan, _path(facts), facts),
    "location": tapping.report_location,
    "block": _refuse(refuses=True),
    "unblock": _refuse(refuses=False),
    "subscribe": _subscribe,
    "unsubscribe_notices": lambda platform, account, fan, facts: consenting.withdraw_notices(
        platform, account, fan, list(facts.get("template_ids", []))
    ),
    "revoke": lambda platform, account, fan, facts: consenting.revoke_profile(
        platform, account, fan, str(facts.get("info", "205"))
    ),
    "cancel": lambda platform, account, fan, _: consenting.cancel_authorisation(platform, account, fan),
    "push": consenting.push_raw,
}


def make_blueprint(platform: Platform) -> flask.Blueprint:
    """Every act of `ACTS`."""
    views = flask.Blueprint("acts", __name__)

    @views.post("/travellers/<number>/<act>")
    def do(number: str, act: str) -> Facts:
        """Do something with the phone and tell what came of it."""
        if act not in ACTS:
            raise Wrong(f"a traveller cannot {act}; possible: {', '.join(ACTS)}", 404)
        facts = asking.body()
        times = asking.number(facts, "repeat", 1)
        with platform.lock:
            account = asking.account(platform, facts.get("account"))
            fan = account.fan(asking.traveller(platform, number).id)
            try:
                pushes = ACTS[act](platform, account, fan, facts)
            except Impossible as error:
                raise Wrong(str(error), 409) from error
            except (TypeError, ValueError) as error:
                raise Wrong(f"a value is of the wrong kind: {error}") from error
            together = facts.get("concurrent") is True
            sent = [(push, platform.send(push, times=times, together=together)) for push in pushes]
            platform.touch()
        return _outcome(sent, wait=facts.get("wait", True) is not False)

    return views


def _outcome(sent: list[tuple[Push, list[Future[Facts]]]], *, wait: bool) -> Facts:
    reports = []
    for push, futures in sent:
        report: Facts = {"message_key": push.key, "openid": push.openid, "msg_id": push.fields.get("MsgId")}
        if wait:
            records = [each.result() for each in futures]
            report |= _reported(records[0])
            if len(records) > 1:
                report["deliveries"] = [_reported(each) for each in records]
        reports.append(report)
    return {"push": reports[0] if reports else None, "pushes": reports}


def _reported(record: Facts) -> Facts:
    names = ("id", "attempts", "delivered", "reply", "problem", "warnings")
    return {name: record[name] for name in names if name in record}
