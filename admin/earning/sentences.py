"""Rules and groups in sentences, in the visitor's language: what a book says, read aloud."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.formats import yuan
from bot.coupons.terms import Circle
from bot.earning.rules.book import (
    Aspect,
    Award,
    AwardKind,
    Book,
    Coefficient,
    Group,
    Limit,
    Mixing,
    Mode,
    Rounding,
    Rule,
    Span,
    Trigger,
    Window,
)
from bot.earning.rules.fields import Problem
from bot.purchases.models import Payment, PurchaseState


@dataclass(frozen=True, slots=True)
class Names:
    """What shops and campaigns are called, by id, and levels, by key; for forms, the segments there are."""

    shops: Mapping[int, str]
    levels: Mapping[str, str]
    campaigns: Mapping[int, str]
    circles: Mapping[int, Circle] = field(default_factory=dict)


TRIGGERS = {
    Trigger.REGISTER: _l("Becoming a member"),
    Trigger.FOLLOW: _l("Following an account"),
    Trigger.REFERRAL: _l("Bringing a new member"),
    Trigger.REFERRED: _l("Being brought by a member"),
    Trigger.PURCHASE: _l("A purchase"),
    Trigger.BIRTHDAY: _l("A birthday"),
    Trigger.SURVEY: _l("Filling in a survey"),
    Trigger.VISIT: _l("Visiting a shop"),
    Trigger.CUSTOM: _l("Something else"),
}
KINDS = {
    AwardKind.FIXED: _l("A fixed number of points"),
    AwardKind.PER_AMOUNT: _l("By amount"),
    AwardKind.PER_ITEM: _l("By piece"),
    AwardKind.TIERED: _l("By tiers of the amount"),
}
ROUNDINGS = {Rounding.FLOOR: _l("Drop the fraction"), Rounding.HALF_UP: _l("Round to the nearest")}
MIXINGS = {
    Mixing.MULTIPLY: _l("Multiply them"),
    Mixing.LARGEST: _l("Take the largest"),
    Mixing.ADD: _l("Add what is above one"),
}
MODES = {
    Mode.LARGEST: _l("The largest alone"),
    Mode.STACK: _l("All add up"),
    Mode.FIRST: _l("The first by priority"),
}
SPANS = {Span.DAY: _l("over a member's day"), Span.OCCASION: _l("over each single occasion")}
WINDOWS = {
    Window.DAY: _l("a day"),
    Window.WEEK: _l("a week"),
    Window.MONTH: _l("a month"),
    Window.YEAR: _l("a year"),
    Window.EVER: _l("ever"),
}
PAYMENTS = {
    Payment.WECHAT: _l("WeChat Pay"),
    Payment.ALIPAY: _l("Alipay"),
    Payment.CARD: _l("Bank card"),
    Payment.CASH: _l("Cash"),
    Payment.TRANSFER: _l("Bank transfer"),
    Payment.OTHER: _l("Another way"),
}
WEEKDAYS = (
    _l("Monday"),
    _l("Tuesday"),
    _l("Wednesday"),
    _l("Thursday"),
    _l("Friday"),
    _l("Saturday"),
    _l("Sunday"),
)
STATES = {
    PurchaseState.COUNTED: (_l("Counts"), "good"),
    PurchaseState.WAITING: (_l("Waits for approval"), "warn"),
    PurchaseState.REFUSED: (_l("Refused"), "bad"),
}


def weekday_options() -> list[tuple[int, str]]:
    """Return the weekdays as a form offers them."""
    return [(number, str(name)) for number, name in enumerate(WEEKDAYS)]


def rule(one: Rule, names: Names) -> str:
    """Return all a rule says, in one line of short sentences."""
    said = [] if one.gives_only_a_coupon else [award(one.award)]
    if one.coupon is not None:
        said.append(str(_("a coupon")) if one.gives_only_a_coupon else str(_("and a coupon")))
    said += [*(coefficient(factor, names) for factor in one.coefficients)]
    if len(one.coefficients) > 1:
        said.append(str(MIXINGS[one.mixing]))
    said += _conditions(one, names)
    said += [limit(each) for each in one.limits]
    if one.cap is not None:
        said.append(_("at most %(n)s points each time", n=one.cap))
    if one.budget.total is not None:
        said.append(_("%(n)s points in all for everybody", n=f"{one.budget.total:,}"))
    if one.budget.daily is not None:
        said.append(_("%(n)s points a day for everybody", n=f"{one.budget.daily:,}"))
    if one.campaign is not None:
        said.append(
            _("for the campaign “%(name)s”", name=names.campaigns.get(one.campaign, f"#{one.campaign}"))
        )
    said.append(_("good for %(n)s days", n=one.days) if one.days else _("never expire"))
    return str(_("; ")).join(said)


def award(one: Award) -> str:
    """Return how the base is counted."""
    what = ", ".join(sorted(one.categories | one.skus))
    of = _(" of %(what)s", what=what) if what else ""
    if one.kind is AwardKind.FIXED:
        return str(_("%(n)s points", n=one.points))
    if one.kind is AwardKind.PER_ITEM:
        return str(_("%(n)s points for each piece%(of)s", n=one.points, of=of))
    if one.kind is AwardKind.TIERED:
        tiers = sorted(one.tiers, key=lambda tier: tier.least)
        return ", ".join(
            _("from %(from)s: %(n)s points", **{"from": yuan(t.least), "n": t.points}) for t in tiers
        )
    if one.whole:
        return str(_("%(n)s points for each full %(per)s%(of)s", n=one.points, per=yuan(one.per), of=of))
    return str(_("%(n)s points for every %(per)s%(of)s", n=one.points, per=yuan(one.per), of=of))


def coefficient(one: Coefficient, names: Names) -> str:
    """Return a coefficient with what it goes by."""
    said = ((_name(one.aspect, value, names), factor) for value, factor in one.factors)
    return ", ".join(f"{name} ×{Decimal(factor) / 100:f}" for name, factor in said)


def limit(one: Limit) -> str:
    """Return how much one member may have."""
    window = str(WINDOWS[one.window])
    if one.times is not None and one.points is not None:
        said = _(
            "each member %(t)s times and %(n)s points %(window)s at most",
            t=one.times,
            n=one.points,
            window=window,
        )
    elif one.times is not None:
        said = _("each member %(t)s times %(window)s at most", t=one.times, window=window)
    else:
        said = _("each member %(n)s points %(window)s at most", n=one.points, window=window)
    return str(said)


def group(one: Group) -> str:
    """Return how a group brings together what it holds."""
    said = [_("%(mode)s %(span)s", mode=MODES[one.mode], span=SPANS[one.span])]
    if one.cap is not None:
        said.append(_("at most %(n)s points together", n=one.cap))
    for campaign in one.campaigns:
        facts = {
            "name": campaign.name,
            "from": campaign.starts,
            "to": campaign.ends,
            "mode": MODES[campaign.mode],
        }
        said.append(_("in %(name)s (%(from)s – %(to)s): %(mode)s", **facts))
    return str(_("; ")).join(str(part) for part in said)


def problem(one: Problem) -> str:
    """Return what is wrong with a definition, and where."""
    place = one.where.removeprefix("book.").removeprefix("rules.").removeprefix("groups.")
    return f"{place}: {_(one.what.pattern, **one.what.facts)}"


def changes(old: Book, new: Book, names: Names) -> list[tuple[str, str, str]]:
    """Return what the new book has otherwise: (name, before, after); empty where there is nothing."""
    found = []
    codes = {one.code: None for one in (*old.rules, *new.rules)}
    for code in codes:
        before, after = old.rule(code), new.rule(code)
        if before != after:
            name = (after or before).name  # type: ignore[union-attr]
            found.append((name, rule(before, names) if before else "", rule(after, names) if after else ""))
    if old.groups != new.groups:
        found.append((_("How they come together"), tree_text(old), tree_text(new)))
    return found


def tree_text(book: Book) -> str:
    """Return the groups with what they hold, in a line."""

    def inside(one: str | Group) -> str:
        if isinstance(one, str):
            known = book.rule(one)
            return known.name if known else one
        return f"{one.name} [{group(one)}: {', '.join(inside(member) for member in one.members)}]"

    return "; ".join(inside(one) for one in book.groups)


def _conditions(one: Rule, names: Names) -> Sequence[str]:
    when = one.when
    said = _days(one)
    if when.shops:
        said.append(
            _(
                "only in %(names)s",
                names=", ".join(names.shops.get(key, f"#{key}") for key in sorted(when.shops)),
            )
        )
    if when.levels:
        said.append(
            _(
                "only levels %(names)s",
                names=", ".join(names.levels.get(key, key) for key in sorted(when.levels)),
            )
        )
    if when.segments:
        said.append(_("only with the tag %(names)s", names=", ".join(sorted(when.segments))))
    if when.circle is not None:
        said.append(_("only for the segment “%(name)s”", name=when.circle.name))
    if when.payments:
        said.append(
            _(
                "only paid by %(names)s",
                names=", ".join(_name(Aspect.PAYMENT, p, names) for p in sorted(when.payments)),
            )
        )
    if when.least_amount:
        said.append(_("from %(amount)s on", amount=yuan(when.least_amount)))
    if when.staff:
        said.append(_("staff, too"))
    return [str(part) for part in said]


def _days(one: Rule) -> list[str]:
    when, said = one.when, []
    if when.starts or when.ends:
        said.append(f"{when.starts or '…'} – {when.ends or '…'}")
    if when.weekdays:
        said.append(", ".join(str(WEEKDAYS[number]) for number in sorted(when.weekdays)))
    if when.birthday:
        said.append(str(_("only on the birthday")))
    if one.lunar:
        said.append(str(_("by the lunar calendar")))
    return said


def _name(aspect: Aspect, value: str, names: Names) -> str:
    if aspect is Aspect.PAYMENT:
        return str(PAYMENTS[Payment(value)]) if value in set(Payment) else value
    if aspect is Aspect.WEEKDAY:
        return str(WEEKDAYS[int(value)]) if value in set("0123456") else value
    if aspect is Aspect.SHOP:
        return names.shops.get(int(value), f"#{value}") if value.isdigit() else value
    return names.levels.get(value, value)
