"""Saying yes and no: messages at all, subscription notices, profile in web pages; and raw events."""

from typing import TYPE_CHECKING, Any

from simulator.actions.following import Impossible
from simulator.push import messages
from simulator.push.messages import Push
from simulator.world.accounts import Account
from simulator.world.fans import Fan

if TYPE_CHECKING:
    from simulator.platform import Platform


def answer_popup(
    platform: "Platform", account: Account, fan: Fan, answers: dict[str, str], scene: str = "2"
) -> list[Push]:
    """Answer a subscription sheet, template by template; an accept is good for one notice (protocol §7.2)."""
    items = []
    for template_id, answer in answers.items():
        if template_id not in account.notices.subscriptions:
            raise Impossible(f"{account.name} has no subscription template {template_id!r}")
        if answer not in ("accept", "reject"):
            raise Impossible("an answer is accept or reject")
        if answer == "accept":
            fan.grants[template_id] = fan.grants.get(template_id, 0) + 1
        items.append({"TemplateId": template_id, "SubscribeStatusString": answer, "PopupScene": scene})
    fields = messages.event("subscribe_msg_popup_event", None, SubscribeMsgPopupEvent={"List": items})
    return [platform.compose(account, fan, fields)]


def withdraw_notices(platform: "Platform", account: Account, fan: Fan, template_ids: list[str]) -> list[Push]:
    """Switch notices off in the profile; only refusals are pushed (protocol §1.5)."""
    for each in template_ids:
        fan.grants.pop(each, None)
    items = [{"TemplateId": each, "SubscribeStatusString": "reject"} for each in template_ids]
    fields = messages.event("subscribe_msg_change_event", None, SubscribeMsgChangeEvent={"List": items})
    return [platform.compose(account, fan, fields)]


def revoke_profile(platform: "Platform", account: Account, fan: Fan, kind: str = "205") -> list[Push]:
    """Take back what a web page was allowed to see: 205 is nickname and picture (protocol §1.5)."""
    traveller = platform.traveller_of(fan)
    if account.app_id in traveller.consents:
        traveller.consents.remove(account.app_id)
    facts = {"OpenID": fan.openid, "AppID": account.app_id, "RevokeInfo": kind}
    return [platform.compose(account, fan, messages.event("user_authorization_revoke", None, **facts))]


def cancel_authorisation(platform: "Platform", account: Account, fan: Fan) -> list[Push]:
    """Close the WeChat account altogether."""
    facts = {"OpenID": fan.openid, "AppID": account.app_id, "RevokeInfo": "1"}
    return [platform.compose(account, fan, messages.event("user_authorization_cancellation", None, **facts))]


def push_raw(platform: "Platform", account: Account, fan: Fan, facts: dict[str, Any]) -> list[Push]:
    """Push any event or message type with any fields."""
    fields = facts.get("fields", {})
    if not isinstance(fields, dict):
        raise Impossible("fields is an object of node names and values")
    if facts.get("event"):
        return [platform.compose(account, fan, {"MsgType": "event", "Event": str(facts["event"]), **fields})]
    if facts.get("type"):
        return [platform.compose(account, fan, {"MsgType": str(facts["type"]), **fields})]
    raise Impossible("say which event or which type")
