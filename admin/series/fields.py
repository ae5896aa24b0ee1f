"""The form of a series: read field by field, and filled from a series. Its steps are `step_fields`'."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from admin.forms import Form
from admin.replies import messages
from admin.series import step_fields
from admin.series.names import Names
from bot.channels.models import Channel
from bot.keys import key_in
from bot.organisation.directory import ShopFacts
from bot.organisation.models import Shop
from bot.series.models import CHOSEN, Series, SeriesVersion, Stop, Trigger

NAMES = (
    "name",
    "note",
    "account_id",
    "trigger",
    "channels",
    "campaigns",
    "tags",
    "days",
    "silent_before",
    "audience",
    "shops",
    "valid_from",
    "valid_until",
    "reentry_days",
    "exclusive",
    "priority",
)
Document = dict[str, Any]


def said(row: Series, version: SeriesVersion | None) -> Document:
    """Return what the form may change, for the audit and for comparing."""
    found = {name: getattr(row, name) for name in NAMES}
    return {**found, **{name: getattr(version, name, []) for name in ("steps", "stops", "stop_tags")}}


def empty(account_id: int | None) -> Form:
    """Return the form of a new series: a welcome with one step."""
    return Form(
        {
            "account": account_id or "",
            "trigger": Trigger.FOLLOW.value,
            "reentry": "never",
            "reentry_days": 180,
            "days": 90,
            "priority": 50,
            "steps": 1,
            "version": 0,
            **step_fields.blank("s1"),
        }
    )


def filled(row: Series, version: SeriesVersion) -> Form:
    """Return the form of a series that is there."""
    values: Document = {
        "name": row.name,
        "note": row.note,
        "account": row.account_id,
        "trigger": row.trigger,
        "channels": row.channels,
        "campaigns": row.campaigns,
        "tags": row.tags,
        "days": row.days or 90,
        "silent_before": ["yes"] if row.silent_before else [],
        "audience": step_fields.segment(row.audience),
        "shops": row.shops or [],
        "valid_from": row.valid_from or "",
        "valid_until": row.valid_until or "",
        "reentry": "never" if row.reentry_days is None else "days",
        "reentry_days": row.reentry_days or 180,
        "exclusive": ["yes"] if row.exclusive else [],
        "priority": row.priority,
        "stops": version.stops,
        "stop_tags": version.stop_tags,
        "steps": len(version.steps),
        "version": row.version,
    }
    for place, (slot, step) in enumerate(zip(step_fields.SLOTS, version.steps, strict=False), start=1):
        values.update({**step_fields.filled(slot, step), f"{slot}_was": place})
    return Form(values)


def read(
    form: Form,
    *,
    session: Session,
    row: Series | None,
    version: SeriesVersion | None,
    names: Names,
    shops: Sequence[ShopFacts],
) -> Document:
    """Return what was sent: the series' columns, and `steps`, `stops` and `stop_tags`.

    What is wrong stands beside each field of `form`.
    """
    account_id = _one_of(form, "account", names, "accounts") or 0
    trigger = form.choice("trigger", Trigger)
    found: Document = {
        "name": form.text("name", longest=64),
        "note": form.text("note", longest=400, required=False),
        "account_id": account_id,
        "trigger": trigger.value if trigger else "",
        **_of_trigger(form, trigger, names),
        "audience": step_fields.audience(form, "audience", names, row.audience if row else None),
        "shops": form.ids("shops", among={*names["shops"], *((row.shops or []) if row else [])}, of=Shop)
        or None,
        "valid_from": form.day("valid_from"),
        "valid_until": form.day("valid_until"),
        "reentry_days": None,
        "exclusive": form.ticked("exclusive"),
        "priority": form.number("priority", least=1, most=99) or 50,
    }
    if found["valid_from"] and found["valid_until"] and found["valid_until"] < found["valid_from"]:
        form.wrong("valid_until", _("The last day is before the first."))
    if form.values.get("reentry") == "days":
        found["reentry_days"] = form.number("reentry_days", least=1, most=3650)
    elif form.values.get("reentry") != "never":
        form.wrong("reentry", _("Please choose one of these."))
    found.update(_of_stops(form, trigger, names, version))
    kept = version.steps if version is not None else []
    reader = messages.Reader(form, shops, messages.Shelf(session, account_id, kept), may_transfer=False)
    found["steps"] = [
        step_fields.read(form, slot, reader, names, step_fields.was(form, slot, kept))
        for slot in step_fields.SLOTS[: step_fields.count(form)]
    ]
    return found


def _of_trigger(form: Form, trigger: Trigger | None, names: Names) -> Document:
    found: Document = {"channels": [], "campaigns": [], "tags": [], "days": None, "silent_before": False}
    if trigger is Trigger.SCAN:
        found["channels"] = form.ids("channels", among=names["channels"], of=Channel)
        found["campaigns"] = form.ids("campaigns", among=names["campaigns"])
        if not found["channels"] and not found["campaigns"]:
            form.wrong("channels", _("Choose at least one code or campaign."))
    elif trigger is Trigger.TAG:
        found["tags"] = form.ids("tags", among=names["tags"])
        if not found["tags"]:
            form.wrong("tags", _("Choose at least one tag."))
    elif trigger is Trigger.SILENCE:
        found["days"] = form.number("days", least=1, most=730)
        found["silent_before"] = form.ticked("silent_before")
    return found


def _of_stops(form: Form, trigger: Trigger | None, names: Names, version: SeriesVersion | None) -> Document:
    value = form.values.get("stops", [])
    sent = {str(one) for one in (value if isinstance(value, list) else [value])}
    stops = [one for one in CHOSEN if one.value in sent]
    kept = version.stop_tags if version is not None else []
    tags = form.ids("stop_tags", among={*names["tags"], *kept}) if Stop.TAGGED in stops else []
    if Stop.TAGGED in stops and not tags:
        form.wrong("stop_tags", _("Choose at least one tag."))
    if Stop.BOUND in stops and trigger is Trigger.BOUND:
        form.wrong("stops", _("It begins when a fan becomes a member; so it would end at once."))
    return {"stops": stops, "stop_tags": tags}


def _one_of(form: Form, name: str, names: Names, kind: str) -> int | None:
    key = key_in(form.values.get(name))
    if key in names[kind]:
        return key
    form.wrong(name, _("Please choose one of these."))
    return None
