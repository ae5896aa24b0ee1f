"""Words for segments: fields, how they are asked, what is wrong, and a whole segment in a sentence."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.segments.names import Names
from bot.segments import conditions
from bot.segments.conditions import BadConditions, Condition, Group, Junction, Problem
from bot.segments.fields import Ask, Kind

FIELDS = {
    "standing": _l("Whether they follow"),
    "tags": _l("Tags"),
    "last_shop": _l("Last shop"),
    "first_shop": _l("First shop"),
    "last_branch": _l("Branch of the last shop"),
    "first_branch": _l("Branch of the first shop"),
    "city": _l("City of the last shop"),
    "last_channel": _l("Last channel"),
    "first_channel": _l("First channel"),
    "campaign": _l("Came through a campaign"),
    "followed": _l("Followed on"),
    "left": _l("Left on"),
    "last_touch": _l("Last scan"),
    "last_active": _l("Last activity"),
    "last_message": _l("Last message"),
    "messages": _l("Number of messages"),
    "member": _l("Is a member"),
    "level": _l("Member level"),
    "bound": _l("Became a member on"),
    "member_shop": _l("Member's home shop"),
    "wants_offers": _l("Agreed to offers"),
    "staff": _l("Works here"),
}
GROUPS = (
    (_l("Who they are"), ("standing", "tags", "member", "level", "wants_offers", "staff")),
    (
        _l("Where they came from"),
        (
            "last_shop",
            "last_branch",
            "city",
            "last_channel",
            "campaign",
            "first_shop",
            "first_branch",
            "first_channel",
            "member_shop",
        ),
    ),
    (
        _l("What they did and when"),
        ("last_active", "last_message", "messages", "last_touch", "followed", "bound", "left"),
    ),
)
STANDINGS = {
    "following": _l("follows"),
    "unknown": _l("was there before us"),
    "left": _l("left"),
}
ASKS = {
    Ask.ANY: _l("any of"),
    Ask.ALL: _l("all of"),
    Ask.NONE: _l("none of"),
    Ask.IS: _l("is"),
    Ask.AT_LEAST: _l("at least"),
    Ask.AT_MOST: _l("at most"),
    Ask.WITHIN: _l("within the last days"),
    Ask.OVER: _l("longer ago than days"),
    Ask.BETWEEN: _l("between two days"),
}
BLOCKS = {
    "all": (_l("All of these hold"), _l("Nobody is left out yet: without a condition it is all fans.")),
    "any": (_l("And at least one of these"), _l("Not needed.")),
    "none": (_l("And none of these"), _l("Nobody is excluded.")),
}


def problem(one: Problem) -> str:
    """Say what is wrong."""
    said = {
        "nothing_chosen": _("Choose at least one."),
        "no_number": _("A whole number from %(least)s to %(most)s.", **{"least": 1, "most": 1, **one.facts}),
        "no_days": _("Give a first day, a last day, or both."),
        "days_backwards": _("The last day is before the first."),
        "too_many": _("At most %(most)s conditions.", **{"most": 1, **one.facts}),
        "too_many_values": _("At most %(most)s at once.", **{"most": 1, **one.facts}),
        "no_flag": _("Choose yes or no."),
    }
    return str(said.get(one.code, _("Please choose one of these.")))


def sentence(document: Mapping[str, Any], names: Names) -> str:
    """Say whom a segment is for, in one line."""
    try:
        group = conditions.read(document)
    except BadConditions:
        return str(_("These conditions cannot be read any more."))
    return "；".join(_parts(group, names)) or str(_("All fans"))


def _parts(group: Group, names: Names) -> Iterator[str]:
    for one in group.of:
        if isinstance(one, Condition):
            said = condition(one, names)
            yield said if group.junction is Junction.ALL else _joined(group.junction, [said])
        elif one.of:
            inner = [each for part in one.of for each in _said(part, names)]
            yield _joined(one.junction, inner)


def _said(part: Condition | Group, names: Names) -> list[str]:
    if isinstance(part, Condition):
        return [condition(part, names)]
    return [_joined(part.junction, [each for one in part.of for each in _said(one, names)])]


def _joined(junction: Junction, said: list[str]) -> str:
    if junction is Junction.NONE:
        return str(_("except: %(what)s", what="、".join(said)))
    if junction is Junction.ANY and len(said) > 1:
        return str(_("one of: %(what)s", what=" / ".join(said)))
    return "；".join(said)


def condition(one: Condition, names: Names) -> str:
    """Say one condition."""
    about = str(FIELDS[one.field.name])
    if one.field.kind is Kind.FLAG:
        return about if one.value else str(_("not: %(what)s", what=about))
    if one.field.kind is Kind.NUMBER:
        return f"{about} {ASKS[one.ask]} {one.value}"
    if one.field.kind is Kind.MOMENT:
        return f"{about} {_when(one)}"
    if one.field.kind is Kind.CHOICE:
        found = [str(STANDINGS[key]) for key in one.value]
    else:
        found = [names.name(one.field.of, key) for key in one.value]
    shown = "、".join(found[:4])
    if len(found) > 4:
        shown = _("%(names)s and %(n)s more", names=shown, n=len(found) - 4)
    return f"{about} {ASKS[one.ask]} {shown}"


def _when(one: Condition) -> str:
    if one.ask is Ask.WITHIN:
        return str(_("within %(n)s days", n=one.value))
    if one.ask is Ask.OVER:
        if one.field.never_is_long_ago:
            return str(_("more than %(n)s days ago or never", n=one.value))
        return str(_("more than %(n)s days ago", n=one.value))
    return f"{one.value.get('since', '…')} – {one.value.get('until', '…')}"
