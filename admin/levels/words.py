"""Ladders and levels in words, in the visitor's language."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.formats import yuan
from bot.levels.giving import NotGiven
from bot.levels.ladder import Colour, Ladder, Level, Measure, Period, Problem
from bot.levels.models import Stage, Why

MEASURES = {
    Measure.SPEND: _l("Money spent, less refunds"),
    Measure.POINTS: _l("Points earned, less what was taken back"),
}
PERIODS = {
    Period.ROLLING: _l("The last twelve months"),
    Period.CALENDAR: _l("The calendar year"),
    Period.MEMBERSHIP: _l("The year since they joined"),
}
COLOURS = {
    Colour.PINE: _l("Pine green"),
    Colour.SILVER: _l("Silver"),
    Colour.GOLD: _l("Gold"),
    Colour.NIGHT: _l("Night black"),
    Colour.SEA: _l("Sea blue"),
    Colour.BERRY: _l("Berry red"),
}
STAGES = {
    Stage.RUNNING.value: (_l("Runs"), "good"),
    Stage.WARNED.value: (_l("Told that it ends"), "warn"),
    Stage.GRACE.value: (_l("In the days of grace"), "bad"),
}
WHY = {
    Why.EARNED.value: (_l("Reached"), "good"),
    Why.KEPT.value: (_l("Kept"), "info"),
    Why.FELL.value: (_l("Not kept"), "warn"),
    Why.LADDER.value: (_l("Levels were changed"), "info"),
    Why.GIVEN.value: (_l("Given by hand"), "info"),
    Why.GIVEN_OVER.value: (_l("Gift ended"), ""),
    Why.MERGED.value: (_l("Members merged"), ""),
    Why.PARTED.value: (_l("Merge undone"), ""),
}


def score(measure: Measure, much: int) -> str:
    """Return ¥1,280.00, or 1,280 points."""
    return yuan(much) if measure is Measure.SPEND else str(_("%(n)s points", n=f"{much:,}"))


def rules(ladder: Ladder) -> str:
    """Return what a ladder goes by, in a sentence."""
    return str(
        _(
            "%(what)s; %(period)s. Told %(notice)s days before the end, %(grace)s days of grace after it.",
            what=MEASURES[ladder.measure],
            period=PERIODS[ladder.period],
            notice=ladder.notice_days,
            grace=ladder.grace_days,
        )
    )


def level(one: Level, measure: Measure) -> str:
    """Return all that a level says, in a line."""
    said = [_("from %(much)s on", much=score(measure, one.threshold)), str(COLOURS[one.colour])]
    said += one.benefits
    if one.birthday:
        said.append(_("on the birthday: %(what)s", what=one.birthday))
    return str(_("; ")).join(map(str, said))


def changes(old: Ladder | None, new: Ladder) -> list[tuple[str, str, str]]:
    """Return what the new ladder has otherwise: (name, before, after), either empty for what is not there."""
    found = []
    if old is None or rules(old) != rules(new):
        found.append((str(_("What levels go by")), rules(old) if old else "", rules(new)))
    keys = dict.fromkeys(one.key for ladder in (old, new) if ladder for one in ladder.levels)
    for key in keys:
        before, after = old.level(key) if old else None, new.level(key)
        if before != after or (old and old.measure is not new.measure):
            name = after.name if after else before.name if before else key
            if before and after and before.name != after.name:
                name = f"{before.name} → {after.name}"
            found.append(
                (
                    name,
                    level(before, old.measure) if before and old else "",
                    level(after, new.measure) if after else "",
                )
            )
    return found


def problem(one: Problem) -> str:
    """Say what is wrong."""
    facts = {"most": 0, "longest": 0, "key": "", **one.facts}
    said = {
        "how_many": _("From two to %(most)s levels.", **facts),
        "bad_key": _("Small letters, digits and hyphens."),
        "bad_name": _("A name of up to %(most)s characters.", **facts),
        "bad_benefits": _("At most %(most)s lines of %(longest)s characters.", **facts),
        "too_long": _("At most %(longest)s characters.", **facts),
        "twice": _("Another level has this already."),
        "not_higher": _("Each level begins higher than the one before."),
        "not_zero": _("The lowest level begins at nothing."),
        "no_base": _("The lowest level stays the lowest."),
        "bad_number": _("A whole number from 0 to %(most)s.", **facts),
    }
    return str(said.get(one.code, _("Please choose one of these.")))


def not_given(error: NotGiven) -> tuple[str, str]:
    """Return the field, and why a level is not given."""
    said = {
        "no_ladder": ("level", _("There are no levels yet, or this is no active member.")),
        "not_higher": ("level", _("They have earned this level, or a higher one.")),
        "in_the_past": ("until", _("This day is over.")),
        "nothing_given": ("why", _("Nothing was given.")),
    }
    field, words = said[error.why]
    return field, str(words)
