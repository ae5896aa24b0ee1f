"""The steps in the form of a series: each in a slot whose number its fields begin with, `s1_n`, `s1_type`.

Adding, moving and dropping a step only rearranges what the form holds; nothing
is kept before it is saved.
"""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from admin.forms import Form
from admin.office import refuse_hidden
from admin.replies import messages
from admin.series.names import Names
from bot.keys import key_in
from bot.replies.bounds import CLOCK
from bot.segments.models import Segment
from bot.series import audiences, steps

MOST = steps.MOST
SLOTS = tuple(f"s{number}" for number in range(1, MOST + 1))
Document = dict[str, Any]
KEEPS = "kept"  # a choice of conditions that no segment names


def count(form: Form) -> int:
    """Return how many steps the form holds."""
    return max(1, min(MOST, key_in(form.values.get("steps")) or 1))


def rearrange(form: Form, act: str) -> int | None:
    """Do what a button of the form says (`add`, `up:2`, `down:2`, `drop:2`); return the step to go to.

    None, and nothing is changed, for anything that is none of them.
    """
    verb, _colon, text = act.partition(":")
    number, here = count(form), key_in(text) or 0
    order = [_of_slot(form, slot) for slot in SLOTS[:number]]
    if verb == "add" and number < MOST:
        order.append(blank(""))
        focus = number + 1
    elif verb in {"up", "down"} and 1 <= here <= number:
        focus = max(1, here - 1) if verb == "up" else min(number, here + 1)
        order[here - 1], order[focus - 1] = order[focus - 1], order[here - 1]
    elif verb == "drop" and 1 <= here <= number > 1:
        del order[here - 1]
        focus = min(here, number - 1)
    else:
        return None
    for slot in SLOTS:
        for name in _of_slot(form, slot):
            del form.values[f"{slot}{name}"]
    for slot, fields in zip(SLOTS, order, strict=False):
        form.values.update({f"{slot}{name}": value for name, value in fields.items()})
    form.values["steps"] = len(order)
    return focus


def read(
    form: Form,
    slot: str,
    reader: messages.Reader,
    names: Names,
    kept: Document | None,
) -> Document:
    """Return the step of a slot; `kept` is it as it was saved, whose hidden parts stay."""
    unit = str(form.values.get(f"{slot}_unit", "minutes"))
    if unit not in steps.UNITS:
        form.wrong(f"{slot}_unit", _("Please choose one of these."))
        unit = "minutes"
    most = int(steps.LONGEST / steps.UNITS[unit])
    found: Document = {"unit": unit, "n": form.number(f"{slot}_n", least=0, most=most) or 0}
    if slot != SLOTS[0] and form.values.get(f"{slot}_from") == "trigger":
        found["from"] = "trigger"
    at = _clock(form, f"{slot}_at")
    if at and unit == "days":
        found["at"] = at
    elif at:
        form.wrong(f"{slot}_at", _("A time of day goes with days: 0 days is the same day."))
    since, until = _clock(form, f"{slot}_since"), _clock(form, f"{slot}_until")
    if since and until and since != until:
        found["hours"] = [since, until]
    elif since or until:
        form.wrong(f"{slot}_until", _("Give both times, and different ones, or none."))
    if only := audience(form, f"{slot}_only", names, kept.get("only") if kept else None):
        found["only"] = only
    answers = reader.several((slot,), [kept["answer"]] if kept else [])
    if answers:
        found["answer"] = answers[0]
    elif form.is_right:
        form.wrong(f"{slot}_content", _("Say something in this step, or remove it."))
    return found


def filled(slot: str, step: Document) -> Document:
    """Return the values of a step's fields."""
    hours = step.get("hours") or ["", ""]
    return {
        f"{slot}_n": step.get("n", 0),
        f"{slot}_unit": step.get("unit", "minutes"),
        f"{slot}_from": step.get("from", "before"),
        f"{slot}_at": step.get("at", ""),
        f"{slot}_since": hours[0],
        f"{slot}_until": hours[1],
        f"{slot}_only": segment(step.get("only")),
        **messages.filled(slot, step["answer"]),
    }


def was(form: Form, slot: str, kept: Sequence[Document]) -> Document | None:
    """Return the step as it was saved, wherever it stands now: what a form cannot show of it is kept."""
    place = key_in(form.values.get(f"{slot}_was")) or 0
    return kept[place - 1] if 1 <= place <= len(kept) else None


def audience(form: Form, name: str, names: Names, kept: Document | None) -> Document | None:
    """Return the chosen conditions; raise `OutOfSight` for a segment out of sight, unless it was there."""
    value = str(form.values.get(name, ""))
    if not value:
        return None
    if value == KEEPS and kept:
        return kept
    key = key_in(value)
    if key is not None and (key in names["segments"] or key == audiences.segment_of(kept)):
        return {"segment_id": key}
    refuse_hidden(Segment, [key] if key is not None else [])
    form.wrong(name, _("Please choose one of these."))
    return None


def segment(document: Document | None) -> str:
    """Return the value of a field that chooses a segment."""
    if not document:
        return ""
    return str(audiences.segment_of(document) or KEEPS)


def blank(slot: str) -> Document:
    """Return the values of a new step: at once for the first, a day later for others."""
    n, unit = (0, "minutes") if slot == SLOTS[0] else (1, "days")
    return {f"{slot}_n": n, f"{slot}_unit": unit, f"{slot}_type": "text"}


def _of_slot(form: Form, slot: str) -> Document:
    """Return the fields of a step, named without their slot."""
    names = [name for name in form.values if name.startswith(f"{slot}_")]
    return {name.removeprefix(slot): form.values[name] for name in names}


def _clock(form: Form, name: str) -> str | None:
    value = form.text(name, longest=5, required=False)
    if value and not CLOCK.fullmatch(value):
        form.wrong(name, _("A time such as 09:30."))
        return None
    return value or None
