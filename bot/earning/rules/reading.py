"""From JSON to a book, or to what is wrong with it. `bot.earning.rules.writing` goes the other way."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson

from bot.coupons.terms import Circle
from bot.earning.rules.book import (
    Aspect,
    Award,
    AwardKind,
    Book,
    Budget,
    Campaign,
    Coefficient,
    Conditions,
    Group,
    Limit,
    Mixing,
    Mode,
    Rounding,
    Rule,
    Span,
    Tier,
    Trigger,
    Window,
)
from bot.earning.rules.fields import Fields, Problem
from bot.errors import YizhanError
from bot.segments import conditions
from bot.segments.conditions import BadConditions
from bot.told import told

CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
MOST_RULES = 200
DEEPEST = 5


class BadBook(YizhanError):
    """The author's move: the definition is not a rule book. `problems` say where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{one.where}: {one.what}" for one in problems[:5]))
        self.problems = problems


def read(definition: Mapping[str, Any]) -> Book:
    """Return the book a definition stands for; raise `BadBook` with everything that is wrong."""
    problems: list[Problem] = []
    fields = Fields("book", definition, problems)
    found = fields.objects("rules")
    if len(found) > MOST_RULES:
        fields.wrong("rules", told("at most %(most)s rules", most=MOST_RULES))
        found = found[:MOST_RULES]
    rules = tuple(read_rule(one) for one in found)
    groups = tuple(_group(one, depth=1) for one in fields.objects("groups"))
    fields.done()
    _check_codes(fields, rules, groups)
    if problems:
        raise BadBook(problems)
    return Book(rules, groups)


def read_rule(fields: Fields) -> Rule:
    """Return one rule; what is wrong with it stands in the fields' problems."""
    code = _code(fields)
    coupon = fields.maybe("coupon", least=1)
    trigger = fields.choice("trigger", Trigger, Trigger.CUSTOM)
    rule = Rule(
        code=code,
        name=fields.text("name", required=True),
        trigger=trigger,
        event=fields.text("event", required=trigger is Trigger.CUSTOM),
        award=_award(fields.object("award"), trigger, needs_points=coupon is None),
        lunar=fields.truth("lunar"),
        coefficients=tuple(_coefficient(one) for one in fields.objects("coefficients", "by")),
        mixing=fields.choice("mixing", Mixing, Mixing.MULTIPLY),
        when=_conditions(fields.object("when")),
        limits=tuple(_limit(one) for one in fields.objects("limits", "window")),
        budget=_budget(fields.object("budget")),
        cap=fields.maybe("cap", least=1),
        priority=fields.whole("priority"),
        days=fields.maybe("days", least=1),
        coupon=coupon,
        campaign=fields.maybe("campaign", least=1),
    )
    if rule.gives_only_a_coupon:
        counted = told("this counts points; how many coupons there are is set at the coupon")
        for name, is_set in (("limits", rule.limits), ("budget", rule.budget != Budget())):
            if is_set:
                fields.wrong(name, counted)
    fields.done()
    return rule


def _award(fields: Fields, trigger: Trigger, *, needs_points: bool) -> Award:
    kind = fields.choice("kind", AwardKind, AwardKind.FIXED)
    award = Award(
        kind=kind,
        points=fields.whole("points"),
        per=fields.whole("per", default=100, least=1),
        whole=fields.truth("whole"),
        rounding=fields.choice("rounding", Rounding, Rounding.FLOOR),
        categories=fields.texts("categories"),
        skus=fields.texts("skus"),
        tiers=tuple(_tier(one) for one in fields.objects("tiers", "least")),
    )
    if kind is AwardKind.TIERED:
        least = [tier.least for tier in award.tiers]
        if not least or len(set(least)) < len(least):
            fields.wrong("tiers", told("at least one tier, each from another amount on"))
    elif award.points < 1 and (needs_points or kind is not AwardKind.FIXED):
        fields.wrong("points", told("at least one point"))
    if kind is not AwardKind.FIXED and trigger is not Trigger.PURCHASE:
        fields.wrong("kind", told("only purchases have amounts and items"))
    fields.done()
    return award


def _tier(fields: Fields) -> Tier:
    tier = Tier(fields.whole("least"), fields.whole("points"))
    fields.done()
    return tier


def _coefficient(fields: Fields) -> Coefficient:
    aspect = fields.choice("by", Aspect, Aspect.LEVEL)
    factors = fields.object("factors")
    names = sorted(str(name) for name in factors.values)
    found = tuple((name, factors.whole(name, default=100)) for name in names)
    if not found:
        fields.wrong("factors", told("name at least one"))
    fields.done()
    return Coefficient(aspect, found)


def _conditions(fields: Fields) -> Conditions:
    when = Conditions(
        starts=fields.day("starts"),
        ends=fields.day("ends"),
        weekdays=fields.wholes("weekdays", most=6),
        shops=fields.wholes("shops"),
        segments=fields.texts("segments"),
        levels=fields.texts("levels"),
        payments=fields.texts("payments"),
        least_amount=fields.whole("least_amount"),
        birthday=fields.truth("birthday"),
        staff=fields.truth("staff"),
        circle=_circle(fields.object("circle")),
    )
    if when.starts and when.ends and when.ends < when.starts:
        fields.wrong("ends", told("this is before it begins"))
    fields.done()
    return when


def _circle(fields: Fields) -> Circle | None:
    if not fields.values:
        return None
    name, said = fields.text("name", required=True), fields.raw("conditions")
    try:
        conditions.read(orjson.loads(said))
    except (BadConditions, ValueError, TypeError):
        fields.wrong("conditions", told("no conditions of a segment, as text"))
        said = ""
    circle = Circle(fields.whole("id"), name, str(said))
    fields.done()
    return circle


def _limit(fields: Fields) -> Limit:
    limit = Limit(
        fields.choice("window", Window, Window.DAY),
        fields.maybe("times", least=1),
        fields.maybe("points", least=1),
    )
    if limit.times is None and limit.points is None:
        fields.wrong("", told("name a number of times, or of points"))
    fields.done()
    return limit


def _budget(fields: Fields) -> Budget:
    budget = Budget(fields.maybe("total", least=1), fields.maybe("daily", least=1))
    fields.done()
    return budget


def _group(fields: Fields, *, depth: int) -> Group:
    members: list[str | Group] = []
    found = fields.raw("members")
    for number, one in enumerate(found if isinstance(found, list) else (), 1):
        if isinstance(one, str):
            members.append(one)
        elif isinstance(one, Mapping) and depth < DEEPEST:
            members.append(_group(Fields(f"{fields.where}.{number}", one, fields.problems), depth=depth + 1))
        else:
            fields.wrong(
                "members", told("codes of rules, and groups at most %(deepest)s deep", deepest=DEEPEST)
            )
    if not members:
        fields.wrong("members", told("name at least one"))
    group = Group(
        code=_code(fields),
        name=fields.text("name", required=True),
        mode=fields.choice("mode", Mode, Mode.STACK),
        members=tuple(members),
        span=fields.choice("span", Span, Span.DAY),
        cap=fields.maybe("cap", least=1),
        campaigns=tuple(_campaign(one) for one in fields.objects("campaigns", "name")),
    )
    if group.span is Span.OCCASION and any(
        isinstance(one, Group) and one.span is Span.DAY for one in members
    ):
        fields.wrong("span", told("a group over one occasion cannot hold one over the day"))
    fields.done()
    return group


def _campaign(fields: Fields) -> Campaign:
    starts, ends = fields.day("starts"), fields.day("ends")
    if starts is None or ends is None or ends < starts:
        fields.wrong("ends", told("a first and a last day, in this order"))
    name = fields.text("name", required=True)
    mode = fields.choice("mode", Mode, Mode.STACK)
    fields.done()
    return Campaign(name, mode, starts or date.max, ends or date.min)


def _code(fields: Fields) -> str:
    code = fields.text("code", required=True)
    if code and not CODE.fullmatch(code):
        fields.wrong("code", told("small letters, digits, - and _, at most 32"))
    return code


def _check_codes(fields: Fields, rules: tuple[Rule, ...], groups: tuple[Group, ...]) -> None:
    codes = [rule.code for rule in rules]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        fields.wrong(f"rules.{code}", told("two rules have this code"))
    seen: set[str] = set()
    for code in _all_codes(groups):
        if code in seen:
            fields.wrong(f"groups.{code}", told("this stands in two places"))
        seen.add(code)
    for code in sorted(seen - set(codes) - set(_group_codes(groups))):
        fields.wrong(f"groups.{code}", told("there is no such rule"))
    for code in sorted(set(codes) & set(_group_codes(groups))):
        fields.wrong(f"groups.{code}", told("a rule has this code already"))


def _all_codes(groups: tuple[str | Group, ...]) -> list[str]:
    found: list[str] = []
    for one in groups:
        found += [one] if isinstance(one, str) else [one.code, *_all_codes(one.members)]
    return found


def _group_codes(groups: tuple[str | Group, ...]) -> list[str]:
    found: list[str] = []
    for one in groups:
        if isinstance(one, Group):
            found += [one.code, *_group_codes(one.members)]
    return found
