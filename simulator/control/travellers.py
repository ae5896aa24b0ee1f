"""Travellers: who there is, how they stand to each account, what their phones show."""

from dataclasses import asdict
from typing import Any

import flask

from simulator.control import asking
from simulator.control.guard import Wrong
from simulator.platform import Platform
from simulator.world import sms
from simulator.world.people import Traveller

Facts = dict[str, Any]


def make_blueprint(platform: Platform) -> flask.Blueprint:
    """Travellers and their chats."""
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

    return views


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
