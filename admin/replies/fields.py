"""The form of a rule: reading it field by field, and filling it from a rule."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin.forms import Form
from admin.replies import messages
from admin.replies.messages import FOLLOW_UPS, REPLY, VARIANTS
from admin.replies.names import Names
from bot.channels.models import Channel
from bot.db import Base
from bot.organisation.directory import ShopFacts
from bot.organisation.models import Shop
from bot.replies.bounds import CLOCK, LONGEST_WORD, MOST_WORDS
from bot.replies.models import AutoReply, Choosing, Match, Trigger
from bot.replies.rules import check_pattern

NAMES = (
    "title",
    "account_id",
    "shop_id",
    "channel_id",
    "trigger",
    "match",
    "words",
    "reply",
    "variants",
    "choosing",
    "follow_ups",
    "notify_desk",
    "asks_helped",
    "weekdays",
    "from_time",
    "until_time",
    "valid_from",
    "valid_until",
)
TRANSFER = "transfer_customer_service"


def said(row: AutoReply) -> dict[str, Any]:
    """Return what the form may change of `row`, for comparing and for the audit."""
    return {name: getattr(row, name) for name in NAMES}


def filled(row: AutoReply) -> Form:
    """Return the form of a rule that is there."""
    values: dict[str, Any] = {
        "title": row.title,
        "account": row.account_id or "",
        "shop": row.shop_id or "",
        "channel": row.channel_id or "",
        "trigger": row.trigger,
        "match": row.match,
        "words": "\n".join(row.words),
        "choosing": row.choosing or Choosing.RANDOM.value,
        "notify_desk": ["yes"] if row.notify_desk else [],
        "asks_helped": ["yes"] if row.asks_helped else [],
        "weekdays": list(row.weekdays or ""),
        "from_time": row.from_time or "",
        "until_time": "" if row.until_time == "24:00" else row.until_time or "",
        "valid_from": row.valid_from or "",
        "valid_until": row.valid_until or "",
        "version": row.version,
    }
    values.update(messages.filled(REPLY, row.reply, is_reply=True))
    for slots, documents in ((VARIANTS, row.variants or []), (FOLLOW_UPS, row.follow_ups)):
        for slot, document in zip(slots, documents, strict=False):
            values.update(messages.filled(slot, document))
    return Form(values)


def empty(trigger: Trigger, *, title: str = "", words: str = "") -> Form:
    """Return the form of a new rule; a menu's key may stand in it already."""
    return Form(
        {
            "title": title,
            "words": words,
            "trigger": trigger.value,
            "match": Match.EXACT.value,
            "choosing": Choosing.RANDOM.value,
            f"{REPLY}_type": "text",
            "version": 0,
        }
    )


def read(
    form: Form, *, session: Session, row: AutoReply | None, names: Names, shops: Iterable[ShopFacts]
) -> dict[str, Any]:
    """Return what was sent, by column, with what is wrong beside each field of `form`.

    `row` is the rule being changed: what a form cannot show of it is kept.
    """
    shops = list(shops)
    trigger = form.choice("trigger", Trigger)
    match = Match.EXACT if trigger is not Trigger.KEYWORD else form.choice("match", Match)
    title = form.text("title", longest=64)
    account_id = _one_of(form, "account", names.accounts)
    kept = {row.shop_id: ""} if row is not None and row.shop_id else {}
    shop_id = _one_of(form, "shop", {**names.shops, **kept}, of=Shop)
    channel_id = _channel(form, session, row, names, account_id)
    said_now = [row.reply, row.variants, row.follow_ups] if row is not None else []
    shelf = messages.Shelf(session, account_id, *said_now)
    reader = messages.Reader(form, shops, shelf, may_transfer=trigger is Trigger.KEYWORD)
    reply = reader.reply(row.reply if row else None)
    variants = reader.several(VARIANTS, (row.variants or []) if row else [])
    if variants and reply is None:
        form.wrong(f"{REPLY}_type", _("Give a first answer before giving others."))
    from_time, until_time = _clock(form, "from_time"), _clock(form, "until_time")
    if from_time and from_time == until_time:
        form.wrong("until_time", _("From and until are the same; leave both empty for the whole day."))
    valid_from, valid_until = form.day("valid_from"), form.day("valid_until")
    if valid_from and valid_until and valid_until < valid_from:
        form.wrong("valid_until", _("The last day is before the first."))
    choosing = form.choice("choosing", Choosing) if variants else None
    return {
        "title": title,
        "account_id": account_id,
        "shop_id": shop_id,
        "channel_id": channel_id,
        "trigger": trigger.value if trigger else "",
        "match": match.value if match else "",
        "words": _words(form, trigger, match),
        "reply": reply,
        "variants": variants or None,
        "choosing": choosing.value if choosing else None,
        "follow_ups": reader.several(FOLLOW_UPS, row.follow_ups if row else []),
        "notify_desk": _notify_desk(form, trigger, [reply, *variants]),
        "asks_helped": _asks_helped(form, trigger, [reply, *variants]),
        "weekdays": _weekdays(form),
        "from_time": from_time,
        "until_time": until_time,
        "valid_from": valid_from,
        "valid_until": valid_until,
    }


def problems_of(patterns: Iterable[str]) -> list[str]:
    """Return what RE2 has against each of the patterns that it does not take."""
    problems = []
    for pattern in patterns:
        try:
            check_pattern(pattern)
        except ValueError as error:
            problems.append(str(error))
    return problems


def lines(text: str) -> list[str]:
    """Return the keywords of a field: one a line, each once."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _words(form: Form, trigger: Trigger | None, match: Match | None) -> list[str]:
    if trigger not in {Trigger.KEYWORD, Trigger.EVENT_KEY}:
        return []
    found = lines(form.text("words", longest=MOST_WORDS * LONGEST_WORD))
    if len(found) > MOST_WORDS:
        form.wrong("words", _("At most %(most)s; these are %(n)s.", most=MOST_WORDS, n=len(found)))
    if long := [word for word in found if len(word) > LONGEST_WORD]:
        said = _("%(word)s … is longer than %(most)s characters.", word=long[0][:20], most=LONGEST_WORD)
        form.wrong("words", said)
    if match is Match.REGEX and (problems := problems_of(found)):
        form.wrong("words", _("RE2 does not take this: %(problem)s", problem="; ".join(problems)))
    return found


def _notify_desk(form: Form, trigger: Trigger | None, answers: list[dict[str, Any] | None]) -> bool:
    """Read the box; whoever merely follows has asked nothing that an agent could answer."""
    if trigger is Trigger.FOLLOW or not form.ticked("notify_desk"):
        return False
    if any(one and one.get("type") == TRANSFER for one in answers):
        form.wrong("notify_desk", _("The answer hands the message over already; the desk has it then."))
    return True


def _asks_helped(form: Form, trigger: Trigger | None, answers: list[dict[str, Any] | None]) -> bool:
    """Read the box; whoever merely follows has asked nothing that could be answered."""
    if trigger is Trigger.FOLLOW or not form.ticked("asks_helped"):
        return False
    if any(one and one.get("type") == TRANSFER for one in answers):
        form.wrong("asks_helped", _("The answer hands the message over to the desk; there an agent asks."))
    return True


def _channel(
    form: Form, session: Session, row: AutoReply | None, names: Names, account_id: int | None
) -> int | None:
    """Read the code; one of another account's would never be the last code of this account's fans."""
    kept = {row.channel_id: ""} if row is not None and row.channel_id else {}
    found = _one_of(form, "channel", {**names.channels, **kept}, of=Channel)
    if found is not None and account_id is not None:
        channel = session.get(Channel, found)
        if channel is not None and channel.account_id != account_id:
            form.wrong("channel", _("This code belongs to another account."))
    return found


def _one_of(form: Form, name: str, known: Any, *, of: type[Base] | None = None) -> int | None:
    found = form.ids(name, among=known, of=of)
    form.values[name] = found[0] if found else ""
    return found[0] if found else None


def _weekdays(form: Form) -> str | None:
    digits = sorted(str(one) for one in form.ids("weekdays", among=range(1, 8)))
    return None if len(digits) == 7 else "".join(digits) or None


def _clock(form: Form, name: str) -> str | None:
    value = form.text(name, longest=5, required=False)
    if value and not CLOCK.fullmatch(value):
        form.wrong(name, _("A time such as 09:30."))
    return value or None
