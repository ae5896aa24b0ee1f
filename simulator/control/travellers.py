"""Travellers and what they do with their phones."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict
from typing import Any

import flask

from simulator.actions import consenting, following, speaking, tapping
from simulator.actions.following import Impossible
from simulator.control import asking
from simulator.control.guard import Wrong
from simulator.platform import Platform
from simulator.push.messages import Push
from simulator.world import sms
from simulator.world.accounts import Account
from simulator.world.fans import Fan
from simulator.world.people import Traveller

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
    """Travellers, their acts, their chats."""
    views = flask.Blueprint("travellers", __name__)

    @views.post("/travellers")
    def add() -> Facts:
        """Make a traveller; with an id that exists, change that one."""
        facts = asking.body()
        with platform.lock:
            traveller = _upsert(platform, facts)
            platform.events.publish("traveller", traveller=asdict(traveller))
            platform.touch()
            return asdict(traveller)

    @views.get("/travellers")
    def everybody() -> Facts:
        with platform.lock:
            return {"travellers": [asdict(each) for each in platform.state.travellers.values()]}

    @views.get("/travellers/<number>")
    def one(number: str) -> Facts:
        """A traveller before each account."""
        with platform.lock:
            traveller = asking.traveller(platform, number)
            return {**asdict(traveller), "accounts": _before_each(platform, traveller)}

    @views.get("/travellers/<number>/chat")
    def chat(number: str) -> Facts:
        """The bubbles of one chat, which are read by that."""
        with platform.lock:
            account = asking.account(platform, flask.request.args.get("account"))
            fan = account.fan(asking.traveller(platform, number).id)
            kept = account.chat(fan.openid)
            after = int(flask.request.args.get("since", 0))
            if flask.request.args.get("peek") is None:
                kept.unread = 0
            return {
                "bubbles": [asdict(each) for each in kept.bubbles if each.id > after],
                "follows": fan.subscribed,
                "typing": fan.typing_until > platform.now(),
            }

    @views.get("/travellers/<number>/sms")
    def inbox(number: str) -> Facts:
        """The text messages on this phone."""
        with platform.lock:
            traveller = asking.traveller(platform, number)
            return {"messages": [asdict(each) for each in sms.inbox(platform.state.sms, traveller.phone)]}

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


def _upsert(platform: Platform, facts: Facts) -> Traveller:
    known = platform.state.travellers
    number = str(facts.get("id") or "")
    if not number:
        number = f"t{platform.state.number('next_traveller')}"
        while number in known:
            number = f"t{platform.state.number('next_traveller')}"
    unknown = set(facts) - {"id", "name", "colour", "phone", "wechat_id", "device", "minor"}
    if unknown:
        raise Wrong(f"a traveller has no {', '.join(sorted(unknown))}")
    if number in known:
        traveller = known[number]
    else:
        traveller = known[number] = Traveller(number, asking.text(facts, "name"))
    for name in ("name", "colour", "wechat_id"):
        if name in facts:
            setattr(traveller, name, asking.text(facts, name))
    if "phone" in facts:
        traveller.phone = str(facts["phone"])
    if "device" in facts:
        traveller.device = asking.number(facts, "device")
    if "minor" in facts:
        traveller.minor = facts["minor"] is True
    return traveller


def _before_each(platform: Platform, traveller: Traveller) -> Facts:
    shown = {}
    for account in platform.state.accounts.values():
        fan = account.fan(traveller.id)
        shown[account.app_id] = {
            **{name: value for name, value in asdict(fan).items() if name != "traveller"},
            "name": account.name,
            "unionid": account.unionid(traveller.id),
            "tag_names": [account.tags.get(each, str(each)) for each in fan.tags],
            "unread": account.chat(fan.openid).unread,
        }
    return shown
