"""What a rule book is made of. Every class here is frozen: a book that was published never changes.

Money is in fen, coefficients in hundredths (150 is ×1.5), days are Shanghai's.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from bot.coupons.terms import Circle


class Trigger(enum.StrEnum):
    """What happened. `REFERRAL` is the referrer's, `REFERRED` the new member's."""

    REGISTER = "register"
    FOLLOW = "follow"
    REFERRAL = "referral"
    REFERRED = "referred"
    PURCHASE = "purchase"
    BIRTHDAY = "birthday"
    SURVEY = "survey"
    VISIT = "visit"
    CUSTOM = "custom"


class AwardKind(enum.StrEnum):
    """How the points of a rule are counted."""

    FIXED = "fixed"
    PER_AMOUNT = "per_amount"
    PER_ITEM = "per_item"
    TIERED = "tiered"


class Rounding(enum.StrEnum):
    """What becomes of a fraction of a point. It is rounded once, after the coefficients."""

    FLOOR = "floor"
    HALF_UP = "half_up"


@dataclass(frozen=True, slots=True)
class Tier:
    """From an amount (fen) on, so many points."""

    least: int
    points: int


@dataclass(frozen=True, slots=True)
class Award:
    """The base of a rule.

    fixed: `points`. per_amount: `points` for every `per` fen, for each whole
    `per` only if `whole`. per_item: `points` for each piece. tiered: the points
    of the highest tier reached.  With `categories` or `skus` only the lines of
    these count, by amount or by piece.
    """

    kind: AwardKind
    points: int = 0
    per: int = 100
    whole: bool = False
    rounding: Rounding = Rounding.FLOOR
    categories: frozenset[str] = frozenset()
    skus: frozenset[str] = frozenset()
    tiers: tuple[Tier, ...] = ()

    @property
    def picks_items(self) -> bool:
        """Whether only some lines of a purchase count."""
        return bool(self.categories or self.skus)


class Aspect(enum.StrEnum):
    """What a coefficient goes by."""

    LEVEL = "level"
    PAYMENT = "payment"
    SHOP = "shop"
    WEEKDAY = "weekday"


@dataclass(frozen=True, slots=True)
class Coefficient:
    """Hundredths by the value of an aspect; values that are not named count once (100)."""

    aspect: Aspect
    factors: tuple[tuple[str, int], ...]

    def of(self, value: str) -> int:
        """Return the hundredths for `value`."""
        return next((factor for name, factor in self.factors if name == value), 100)


class Mixing(enum.StrEnum):
    """How coefficients of one rule come together: product, the largest, or 1 and all that is above."""

    MULTIPLY = "multiply"
    LARGEST = "largest"
    ADD = "add"


class Window(enum.StrEnum):
    """How long a limit lasts; each begins at a Shanghai midnight. Weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    EVER = "ever"


@dataclass(frozen=True, slots=True)
class Limit:
    """How often, or for how many points, one member earns by a rule in a window; None is no limit."""

    window: Window
    times: int | None = None
    points: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """What a rule may give to everybody together, in all and each day; None is no limit."""

    total: int | None = None
    daily: int | None = None


@dataclass(frozen=True, slots=True)
class Conditions:
    """What has to be so. Empty fields ask for nothing; several fields all have to hold.

    `ends` is the last day. `segments` are names of tags, one of which is enough;
    `circle` is a saved segment (人群) as it was when the rule was written.
    `birthday` asks that it is the member's birthday.  Staff earn only where `staff`.
    """

    starts: date | None = None
    ends: date | None = None
    weekdays: frozenset[int] = frozenset()
    shops: frozenset[int] = frozenset()
    segments: frozenset[str] = frozenset()
    levels: frozenset[str] = frozenset()
    payments: frozenset[str] = frozenset()
    least_amount: int = 0
    birthday: bool = False
    staff: bool = False
    circle: Circle | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason for points. `code` stays the same over all versions; limits and budgets go by it.

    `event` names a custom event. `lunar` has the birthday be that of the lunar
    calendar. `cap` is the most for one occasion. `days` is how long the points
    are good, None for ever. `coupon` is a template of which the member gets one
    where the points of the rule count, or where it has no points to give.
    `campaign` is the one (of `bot.channels`) whose points these are in reports.
    """

    code: str
    name: str
    trigger: Trigger
    award: Award
    event: str = ""
    lunar: bool = False
    coefficients: tuple[Coefficient, ...] = ()
    mixing: Mixing = Mixing.MULTIPLY
    when: Conditions = field(default_factory=Conditions)
    limits: tuple[Limit, ...] = ()
    budget: Budget = field(default_factory=Budget)
    cap: int | None = None
    priority: int = 0
    days: int | None = None
    coupon: int | None = None
    campaign: int | None = None

    @property
    def gives_only_a_coupon(self) -> bool:
        """Whether it gives a coupon instead of points."""
        return self.coupon is not None and self.award.kind is AwardKind.FIXED and not self.award.points


class Mode(enum.StrEnum):
    """How what a group holds comes together."""

    STACK = "stack"
    LARGEST = "largest"
    FIRST = "first"


class Span(enum.StrEnum):
    """What competes: all of a member's day, or only what one occasion earned."""

    DAY = "day"
    OCCASION = "occasion"


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign during which a group combines otherwise, `ends` included."""

    name: str
    mode: Mode
    starts: date
    ends: date


@dataclass(frozen=True, slots=True)
class Group:
    """A node of the combination tree, over codes of rules and groups; `cap` is the most it yields."""

    code: str
    name: str
    mode: Mode
    members: "tuple[str | Group, ...]"
    span: Span = Span.DAY
    cap: int | None = None
    campaigns: tuple[Campaign, ...] = ()

    def during(self, day: date) -> tuple[Mode, str]:
        """Return how it combines on that day, and the name of the campaign that makes it so, or nothing.

        Of several campaigns the one that begins last decides.
        """
        open_ones = [one for one in self.campaigns if one.starts <= day <= one.ends]
        if not open_ones:
            return self.mode, ""
        chosen = max(open_ones, key=lambda one: (one.starts, one.name))
        return chosen.mode, chosen.name


@dataclass(frozen=True, slots=True)
class Book:
    """All rules of one version, and how they come together. Rules outside all groups simply add up."""

    rules: tuple[Rule, ...] = ()
    groups: tuple[Group, ...] = ()

    def rule(self, code: str) -> Rule | None:
        """Return the rule with that code."""
        return next((rule for rule in self.rules if rule.code == code), None)

    @property
    def circles(self) -> tuple[Circle, ...]:
        """The saved segments its rules ask for."""
        return tuple(dict.fromkeys(rule.when.circle for rule in self.rules if rule.when.circle is not None))

    @property
    def tree(self) -> Group:
        """Return the whole: everything adds up that no group holds."""
        held = {code for group in self.groups for code in leaves(group)}
        free = tuple(sorted(rule.code for rule in self.rules if rule.code not in held))
        return Group("", "", Mode.STACK, (*self.groups, *free))


def leaves(group: Group) -> Iterator[str]:
    """Yield the codes of the rules in a group, at whatever depth."""
    for member in group.members:
        if isinstance(member, str):
            yield member
        else:
            yield from leaves(member)
