"""Words for series: triggers, delays, stop rules, and how a run stands."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.reach import words as reach_words
from admin.replies import words as reply_words
from bot.series.models import Series, SeriesRun

TRIGGERS = {
    "follow": _l("Follows the account"),
    "scan": _l("Scans a code"),
    "tag": _l("Gets a tag"),
    "silence": _l("Falls silent"),
    "bound": _l("Becomes a member"),
}
STATES = {
    "running": _l("Under way"),
    "held": _l("Waits: series is off"),
    "finished": _l("Finished"),
    "stopped": _l("Stopped"),
}
PILLS = {"running": "info", "held": "warn", "finished": "good", "stopped": ""}
STOPS = {
    "left": _l("Left the account"),
    "bound": _l("Became a member"),
    "tagged": _l("Got a tag"),
    "replied": _l("Wrote to us"),
    "person": _l("Is with a person, or asked for one"),
    "bought": _l("Bought something"),
    "displaced": _l("A series that comes first began"),
    "ended": _l("Ended by hand"),
}
STOP_CHOICES = {
    "bound": _l("The fan becomes a member"),
    "tagged": _l("The fan gets one of these tags"),
    "replied": _l("The fan writes to us"),
    "person": _l("The fan is with a person at the desk, or asked for one"),
    "bought": _l("The fan buys something"),
}
SKIPS = {"condition": _l("for others"), "empty": _l("nothing left to say")}
UNITS = {"minutes": _l("minutes"), "hours": _l("hours"), "days": _l("days")}
FROM = {"before": _l("after the step before"), "trigger": _l("after the beginning")}
REENTRY = {"never": _l("Never again"), "days": _l("Again after so many days")}
FIELDS = {
    "name": _l("Name of the series"),
    "note": _l("Note"),
    "account_id": _l("Account"),
    "trigger": _l("Begins when a fan"),
    "channels": _l("Codes"),
    "campaigns": _l("Campaigns"),
    "tags": _l("Tags"),
    "days": _l("Days of silence"),
    "silent_before": _l("Silent before"),
    "audience": _l("Only fans of this segment"),
    "shops": _l("Shops"),
    "valid_from": _l("First day"),
    "valid_until": _l("Last day"),
    "reentry_days": _l("Entering again"),
    "exclusive": _l("One at a time"),
    "priority": _l("Rank"),
    "steps": _l("Steps"),
    "stops": _l("Ends early when"),
    "stop_tags": _l("Tags that end it"),
}


def trigger(row: Series, names: Mapping[str, Mapping[int, str]]) -> str:
    """Say what makes a fan enter, in a line."""
    if row.trigger == "silence":
        return str(_("Silent for %(n)s days", n=row.days))
    chosen = {"scan": [("channels", row.channels), ("campaigns", row.campaigns)], "tag": [("tags", row.tags)]}
    found = [names[kind].get(one, f"#{one}") for kind, ids in chosen.get(row.trigger, []) for one in ids]
    label = str(TRIGGERS.get(row.trigger, row.trigger))
    if not found:
        return label
    more = f" +{len(found) - 2}" if len(found) > 2 else ""
    return f"{label}: {'、'.join(found[:2])}{more}"


def delay(step: Mapping[str, Any], *, is_first: bool) -> str:
    """Say when a step is due."""
    n, unit, at = step.get("n", 0), step.get("unit", "minutes"), step.get("at")
    base = str(FROM["trigger" if is_first else step.get("from", "before")])
    if at:
        day = {0: _("the same day"), 1: _("the next day")}.get(n, _("day %(n)s", n=n))
        said = _("%(day)s at %(clock)s, %(base)s", day=day, clock=at, base=base)
    elif n == 0:
        said = _("at once") if is_first else _("right after the step before")
    else:
        said = _("%(n)s %(unit)s %(base)s", n=n, unit=UNITS[unit], base=base)
    hours = step.get("hours")
    return f"{said} · {hours[0]}–{hours[1]}" if hours else str(said)


def source(run: SeriesRun, names: Mapping[str, Mapping[int, str]]) -> str:
    """Say what made the fan enter."""
    if run.tempo > 1:
        return str(_("A try, a day in a minute"))
    kind, _colon, key = run.source.partition(":")
    label = str(TRIGGERS.get(kind, kind))
    if not key.isdigit():
        return label
    known = {"scan": "channels", "tag": "tags"}.get(kind, "")
    return f"{label}: {names.get(known, {}).get(int(key), '#' + key)}"


def value(name: str, of: Any, names: Mapping[str, Mapping[int, str]]) -> str:
    """Say what stands in a field, for comparing two versions."""
    if of in (None, "", [], False):
        return "—"
    if name == "steps":
        lines = (
            f"{number}. {delay(one, is_first=number == 1)}: {reply_words.said(one['answer'])}"
            for number, one in enumerate(of, start=1)
        )
        return "\n".join(lines)
    if name == "account_id":
        return names["accounts"].get(of, f"#{of}")
    if name == "audience":
        if "segment_id" not in of:
            return str(_("conditions of its own"))
        return names["segments"].get(of["segment_id"]) or hidden_segment()
    if name in {"channels", "campaigns", "tags", "shops"}:
        return "、".join(names[name].get(one, f"#{one}") for one in of)
    if name == "stop_tags":
        return "、".join(names["tags"].get(one, f"#{one}") for one in of)
    if name == "stops":
        return "、".join(str(STOP_CHOICES.get(one, one)) for one in of)
    if name == "trigger":
        return str(TRIGGERS.get(of, of))
    return str(_("yes")) if of is True else str(of)


def outcome(state: str, reason: str) -> str:
    """Say what became of a notice."""
    said = str(reach_words.STATES[state][0]) if state else str(_("not planned yet"))
    return f"{said} · {reach_words.REASONS[reason]}" if reason in reach_words.REASONS else said


def pill(state: str) -> str:
    """Return the colour of what became of a notice."""
    return reach_words.STATES[state][1] if state else ""


def hidden_segment() -> str:
    """Say of a segment that the visitor may not see, or that was deleted, that it is one."""
    return str(_("a segment that was deleted, or is a colleague's own"))
