"""The ladder as a form: a slot for each level, empty ones are none; and back to its definition."""

import secrets
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from admin.earning.rule_forms import fen
from admin.forms import Form
from admin.levels import words
from bot.levels import ladder
from bot.levels.ladder import (
    BASE,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_BENEFITS,
    MOST_DAYS,
    MOST_LEVELS,
    BadLadder,
    Colour,
    Measure,
    Period,
)

SLOTS = range(1, MOST_LEVELS + 1)
MOST_POINTS = 1_000_000_000


def definition_of(form: Form) -> dict[str, Any]:
    """Return the definition in the form, its levels in the order of their thresholds.

    What is wrong stands in the form.
    """
    measure = form.choice("measure", Measure) or Measure.SPEND
    rows = [row for slot in SLOTS if (row := _level(form, slot, measure)) is not None]
    rows.sort(key=lambda row: (row["key"] != BASE, row["threshold"]))
    definition = {
        "measure": measure.value,
        "period": (form.choice("period", Period) or Period.ROLLING).value,
        "grace_days": form.number("grace_days", least=0, most=MOST_DAYS) or 0,
        "notice_days": form.number("notice_days", least=0, most=MOST_DAYS) or 0,
        "levels": [{name: value for name, value in row.items() if name != "slot"} for row in rows],
    }
    try:
        ladder.read(definition)
    except BadLadder as error:
        for one in error.problems:
            place, _dot, name = one.place.partition(".")
            number = place.removeprefix("level")
            slot = rows[int(number) - 1]["slot"] if number.isdigit() else 1
            form.wrong(
                f"l{slot}_{name}" if name else "levels" if place == "levels" else place, words.problem(one)
            )
    return definition


def values_of(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form shows of a definition."""
    values = {name: definition.get(name) for name in ("measure", "period", "grace_days", "notice_days")}
    in_yuan = definition.get("measure") == Measure.SPEND.value
    for slot, row in zip(SLOTS, definition.get("levels", []), strict=False):
        threshold = row["threshold"]
        shown = f"{threshold / 100:.2f}".removesuffix(".00") if in_yuan else str(threshold)
        values |= {f"l{slot}_{name}": row.get(name, "") for name in ("key", "name", "colour", "birthday")}
        values |= {f"l{slot}_threshold": shown, f"l{slot}_benefits": "\n".join(row.get("benefits", []))}
    return values


def _level(form: Form, slot: int, measure: Measure) -> dict[str, Any] | None:
    name = form.text(f"l{slot}_name", longest=LONGEST_NAME, required=False)
    if not name:
        if slot == 1:
            form.wrong("l1_name", _("The lowest level has a name, too: everybody begins there."))
        return None
    key = BASE if slot == 1 else str(form.values.get(f"l{slot}_key", "")) or f"l{secrets.token_hex(3)}"
    form.values[f"l{slot}_key"] = key
    threshold = 0
    if key != BASE and measure is Measure.SPEND:
        threshold = fen(form, f"l{slot}_threshold") or 0
    elif key != BASE:
        threshold = form.number(f"l{slot}_threshold", least=1, most=MOST_POINTS) or 0
    benefits = form.text(
        f"l{slot}_benefits", longest=MOST_BENEFITS * (LONGEST_TEXT + 2), required=False
    ).splitlines()
    return {
        "slot": slot,
        "key": key,
        "name": name,
        "threshold": threshold,
        "colour": (form.choice(f"l{slot}_colour", Colour) or Colour.PINE).value,
        "benefits": [one.strip() for one in benefits if one.strip()],
        "birthday": form.text(f"l{slot}_birthday", longest=LONGEST_TEXT, required=False),
    }
