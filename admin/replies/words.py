"""Words for rules: triggers, matches, reasons, and what a rule's conditions come to."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bot.materials import documents
from bot.materials.documents import OfMaterial
from bot.replies.models import AutoReply
from bot.wechat.replies import Text

TRIGGERS = {
    "keyword": _l("Keywords"),
    "follow": _l("On follow"),
    "event_key": _l("Menu buttons"),
    "default": _l("Default"),
}
MATCHES = {
    "exact": _l("The whole message"),
    "contains": _l("Contained in the message"),
    "regex": _l("Regular expression"),
}
TYPES = {
    "text": _l("Text"),
    "article": _l("Our articles"),
    "news": _l("Article card"),
    "image": _l("Picture"),
    "voice": _l("Voice"),
    "video": _l("Video"),
    "music": _l("Music"),
    "transfer_customer_service": _l("Hand over to the desk"),
    "none": _l("Nothing at once"),
    "kept": _l("Leave as it is"),
}
CHOOSINGS = {"random": _l("At random"), "sequence": _l("In turn")}
WEEKDAYS = {
    "1": _l("Mon"),
    "2": _l("Tue"),
    "3": _l("Wed"),
    "4": _l("Thu"),
    "5": _l("Fri"),
    "6": _l("Sat"),
    "7": _l("Sun"),
}
WHY_NOT = {
    "disabled": _l("It is switched off."),
    "other_account": _l("It belongs to another account."),
    "other_shop": _l("It is for the fans of another shop."),
    "other_channel": _l("It is for the fans of another code."),
    "not_yet": _l("Its first day has not come."),
    "over": _l("Its last day is over."),
    "other_day": _l("It does not hold on this weekday."),
    "other_time": _l("It does not hold at this time of day."),
    "no_match": _l("None of its keywords fits."),
    "later": _l("It would fit, but comes later in the order."),
}
PLACEHOLDERS = {
    "{门店}": _l("the name of the fan's last shop"),
    "{分公司}": _l("its branch"),
    "{地址}": _l("its address"),
    "{电话}": _l("its telephone"),
    "{营业时间}": _l("its opening hours"),
}
FIELDS = {
    "title": _l("Title"),
    "account_id": _l("Account"),
    "shop_id": _l("Shop"),
    "channel_id": _l("Channel"),
    "trigger": _l("Trigger"),
    "match": _l("Match"),
    "words": _l("Keywords"),
    "reply": _l("Answer"),
    "variants": _l("Other answers"),
    "choosing": _l("Which answer"),
    "follow_ups": _l("Sent after it"),
    "notify_desk": _l("Also notify the desk"),
    "asks_helped": _l("Ask whether the answer helped"),
    "weekdays": _l("Weekdays"),
    "from_time": _l("From this time"),
    "until_time": _l("Until this time"),
    "valid_from": _l("First day"),
    "valid_until": _l("Last day"),
}


NO_TITLES: Mapping[int, str] = {}


def when(row: AutoReply) -> str:
    """Say when the rule holds; empty for always."""
    parts = []
    if row.valid_from or row.valid_until:
        parts.append(f"{row.valid_from or '…'} – {row.valid_until or '…'}")
    if row.weekdays:
        parts.append(" ".join(str(WEEKDAYS[digit]) for digit in row.weekdays))
    if row.from_time or row.until_time:
        parts.append(f"{row.from_time or '00:00'}–{row.until_time or '24:00'}")
    return " · ".join(parts)


def said(document: Mapping[str, Any] | None, titles: Mapping[int, str] = NO_TITLES) -> str:
    """Say what an answer is, in one line; `titles` are those of materials."""
    if document is None:
        return str(TYPES["none"])
    reply = documents.read(document)
    if isinstance(reply, Text):
        return reply.content
    kind = str(TYPES.get(reply.type, reply.type))
    if isinstance(reply, OfMaterial):
        named = "、".join(titles.get(one, f"#{one}") for one in reply.material_ids)
        return f"[{kind}] {reply.title or named}"
    if document["type"] == "news":
        return f"[{kind}] {document['articles'][0]['title']}"
    return f"[{kind}]"


def value(name: str, of: Any, names: Mapping[str, Mapping[int, str]]) -> str:
    """Say what stands in a field of a rule, for comparing two versions."""
    if not of:
        return "—"
    if name in {"account_id", "shop_id", "channel_id"}:
        return names[name].get(of, f"#{of}")
    if name in {"variants", "follow_ups"}:
        return "\n".join(said(one, names["materials"]) for one in of)
    if name == "reply":
        return said(of, names["materials"])
    if name == "words":
        return "\n".join(of)
    if name in {"notify_desk", "asks_helped"}:
        return str(_("yes"))
    if name == "weekdays":
        return " ".join(str(WEEKDAYS[digit]) for digit in of)
    known = {"trigger": TRIGGERS, "match": MATCHES, "choosing": CHOOSINGS}.get(name, {})
    return str(known.get(of, of))


def hidden_shop() -> str:
    """Say of a shop outside the visitor's scope that it is one."""
    return str(_("another shop"))


def hidden_code() -> str:
    """Say of a code outside the visitor's scope that it is one."""
    return str(_("another shop's code"))
