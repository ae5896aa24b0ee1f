"""The form of a channel: reading it field by field, and filling it from one."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin.channels.names import Names
from admin.choices import account
from admin.forms import Form
from admin.office import visitor
from admin.replies import messages
from bot.channels.models import Channel, CodeKind, Purpose
from bot.channels.welcomes import VARIANTS, Whom
from bot.db import Base
from bot.organisation.directory import ShopFacts
from bot.organisation.models import Shop, Staff

NAMES = (
    "name",
    "shop_id",
    "staff_id",
    "group_id",
    "campaign_id",
    "desk_shop_id",
    "purpose",
    "place",
    "note",
    "is_test",
    "welcome",
    "welcomes",
)
SLOTS = tuple(f"w{number}" for number in range(1, VARIANTS + 1))
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
TAGS = ("fan_tags", "member_tags")
Document = dict[str, Any]


def said(row: Channel, tags: Mapping[str, Sequence[int]]) -> Document:
    """Return what the form may change of a channel, for comparing and for the audit."""
    return {**{name: getattr(row, name) for name in NAMES}, **{name: list(tags[name]) for name in TAGS}}


def filled(row: Channel, tags: Mapping[str, Sequence[int]]) -> Form:
    """Return the form of a channel that is there."""
    values: Document = {name: getattr(row, name) for name in NAMES if not name.startswith("welcome")}
    values = {name: "" if value is None else value for name, value in values.items()}
    values.update(version=row.version, kind=row.kind, **{name: list(tags[name]) for name in TAGS})
    values.update(messages.filled(messages.REPLY, row.welcome, is_reply=True))
    for slot, variant in zip(SLOTS, row.welcomes or [], strict=False):
        values.update(messages.filled(slot, variant["reply"]))
        values[f"{slot}_whom"] = list(variant.get("whom") or ())
        values[f"{slot}_weekdays"] = list(variant.get("weekdays") or "")
        values[f"{slot}_from_time"] = variant.get("from_time") or ""
        values[f"{slot}_until_time"] = variant.get("until_time") or ""
    return Form(values)


def empty(**facts: Any) -> Form:
    """Return the form of a new channel."""
    usual = {
        "kind": CodeKind.PERMANENT.value,
        "purpose": Purpose.WALL.value,
        "reply_type": "none",
        "version": 0,
    }
    return Form({**usual, **facts})


def read(
    form: Form, *, session: Session, row: Channel | None, names: Names, shops: Sequence[ShopFacts]
) -> Document:
    """Return what was sent, by column and for both kinds of tags; what is wrong stands in the form.

    `row` is the channel being changed: what the form cannot show of it is kept.
    """
    staff_id = one_of(form, "staff_id", _kept(names.staff, row, "staff_id"), of=Staff)
    shop_id = owner_shop(form, names, row, staff_id)
    welcome, welcomes = read_welcomes(form, session, row, shops)
    return {
        "name": form.text("name", longest=64),
        "shop_id": shop_id,
        "staff_id": staff_id,
        **read_common(form, names, row),
        "welcome": welcome,
        "welcomes": welcomes or None,
    }


def read_common(form: Form, names: Names, row: Channel | None = None) -> Document:
    """Return the fields that a single code and a batch share, the welcome excepted."""
    paths = names.paths
    found: Document = {
        "group_id": one_of(form, "group_id", _kept(paths, row, "group_id")),
        "campaign_id": one_of(form, "campaign_id", _kept(names.campaigns, row, "campaign_id")),
        "desk_shop_id": one_of(form, "desk_shop_id", _kept(names.shops, row, "desk_shop_id"), of=Shop),
        "purpose": _purpose(form),
        "place": form.text("place", longest=200, required=False),
        "note": form.text("note", longest=400, required=False),
        "is_test": form.ticked("is_test"),
    }
    for name in TAGS:
        found[name] = form.ids(name, among=names.tags)
        form.values[name] = found[name]
    return found


def read_welcomes(
    form: Form, session: Session, row: Channel | None, shops: Sequence[ShopFacts]
) -> tuple[Document | None, list[Document]]:
    """Return the usual welcome, and those for certain fans or hours in their order."""
    current = account()
    account_id = row.account_id if row is not None else current.id if current is not None else None
    kept = [row.welcome, row.welcomes] if row is not None else []
    shelf = messages.Shelf(session, account_id, *kept)
    reader = messages.Reader(form, shops, shelf, may_transfer=False)
    usual = reader.reply(row.welcome if row else None)
    known = (row.welcomes or []) if row else []
    found = []
    for number, slot in enumerate(SLOTS):
        before = [known[number]["reply"]] if number < len(known) else []
        documents = reader.several([slot], before)
        whom = _whom(form, slot)
        weekdays = _weekdays(form, f"{slot}_weekdays")
        from_time, until_time = _clock(form, f"{slot}_from_time"), _clock(form, f"{slot}_until_time")
        if from_time and from_time == until_time:
            form.wrong(
                f"{slot}_until_time", _("From and until are the same; leave both empty for the whole day.")
            )
        if documents:
            variant = {"whom": whom, "weekdays": weekdays, "from_time": from_time, "until_time": until_time}
            found.append({**variant, "reply": documents[0]})
        elif whom or weekdays or from_time or until_time:
            form.wrong(f"{slot}_content", _("Say what is to be answered, or take the conditions away."))
    return usual, [*found, *known[len(SLOTS) :]]


def owner_shop(form: Form, names: Names, row: Channel | None, staff_id: int | None) -> int | None:
    """Return the shop the code belongs to: the chosen one, or that of its staff."""
    shop_id = one_of(form, "shop_id", _kept(names.shops, row, "shop_id"), of=Shop)
    person = names.staff.get(staff_id or 0)
    if person is not None and shop_id is None:
        shop_id = form.values["shop_id"] = person.shop_id
    if person is not None and shop_id != person.shop_id:
        form.wrong("staff_id", _("%(name)s works in another shop.", name=person.name))
    if shop_id is None and visitor.scope.needs_shop:
        form.wrong("shop_id", _("Please choose a shop: a code of no shop is the head office's."))
    return shop_id


def one_of(form: Form, name: str, known: Any, *, of: type[Base] | None = None) -> int | None:
    """Return the one chosen id; None for none, and wrong for one the visitor may not choose.

    Raise as `Form.ids` does.
    """
    found = form.ids(name, among=known, of=of)
    form.values[name] = found[0] if found else ""
    return found[0] if found else None


def _kept(known: Any, row: Channel | None, name: str) -> set[int]:
    """Return what may be chosen, and what the channel has already though the visitor may not see it."""
    return {*known, *([getattr(row, name)] if row is not None and getattr(row, name) else [])}


def _purpose(form: Form) -> str:
    chosen = form.choice("purpose", Purpose)
    return chosen.value if chosen else ""


def _whom(form: Form, slot: str) -> list[str]:
    found = form.values.get(f"{slot}_whom", [])
    sent = found if isinstance(found, list) else [found]
    if not set(sent) <= set(Whom):
        form.wrong(f"{slot}_whom", _("Please choose one of these."))
        return []
    form.values[f"{slot}_whom"] = sent
    return [one.value for one in Whom if one in sent]


def _weekdays(form: Form, name: str) -> str | None:
    digits = sorted(str(one) for one in form.ids(name, among=range(1, 8)))
    return None if len(digits) == 7 else "".join(digits) or None


def _clock(form: Form, name: str) -> str | None:
    value = form.text(name, longest=5, required=False)
    if value and not CLOCK.fullmatch(value):
        form.wrong(name, _("A time such as 09:30."))
    return value or None
