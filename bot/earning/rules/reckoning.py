"""One rule and one occasion: does it hold, and how many points is it?"""

from datetime import date
from fractions import Fraction

from bot.earning.rules.book import Aspect, Award, AwardKind, Mixing, Rounding, Rule
from bot.earning.rules.facts import Item, Occasion, Step

Steps = list[Step]


def lacks(rule: Rule, occasion: Occasion, day: date) -> Step | None:
    """Return the first condition that does not hold; None if all do."""
    when, who = rule.when, occasion.who
    if wrong_day := _wrong_day(rule, day):
        return wrong_day
    if when.shops and occasion.shop_id not in when.shops:
        return Step("shop", {"shop": occasion.shop_id})
    if who.staff and not when.staff:
        return Step("staff")
    if when.levels and who.level not in when.levels:
        return Step("level", {"level": who.level, "wanted": sorted(when.levels)})
    if when.segments and not when.segments & who.segments:
        return Step("segment", {"wanted": sorted(when.segments)})
    if when.circle is not None and when.circle.mark not in who.circles:
        return Step("circle", {"name": when.circle.name})
    if when.payments and occasion.payment not in when.payments:
        return Step("payment", {"payment": occasion.payment, "wanted": sorted(when.payments)})
    if when.birthday and not is_birthday(rule, occasion):
        return Step("birthday", {"lunar": rule.lunar})
    if occasion.amount < when.least_amount:
        return Step("amount", {"amount": occasion.amount, "least": when.least_amount})
    return None


def _wrong_day(rule: Rule, day: date) -> Step | None:
    when = rule.when
    if when.starts is not None and day < when.starts:
        return Step("not_begun", {"starts": when.starts.isoformat()})
    if when.ends is not None and day > when.ends:
        return Step("over", {"ends": when.ends.isoformat()})
    if when.weekdays and day.weekday() not in when.weekdays:
        return Step("weekday", {"weekday": day.weekday(), "wanted": sorted(when.weekdays)})
    return None


def is_birthday(rule: Rule, occasion: Occasion) -> bool:
    """Tell whether it is the member's birthday, by the calendar the rule goes by."""
    return occasion.who.lunar_birthday if rule.lunar else occasion.who.birthday


def reckon(rule: Rule, occasion: Occasion, day: date, steps: Steps) -> int:
    """Return the points of a rule that holds, before limits and groups; `steps` say how they come about."""
    exact = _base(rule.award, occasion, steps)
    exact *= _coefficient(rule, occasion, day, steps)
    points = round_to_points(exact, rule.award.rounding)
    if Fraction(points) != exact:
        steps.append(Step("rounded", {"points": points, "how": rule.award.rounding.value}))
    if rule.cap is not None and points > rule.cap:
        points = rule.cap
        steps.append(Step("cap", {"most": rule.cap}))
    return points


def round_to_points(exact: Fraction, rounding: Rounding) -> int:
    """Return whole points: what is left of the point, or to the nearest and a half up."""
    return int(exact + Fraction(1, 2)) if rounding is Rounding.HALF_UP else int(exact)


def _base(award: Award, occasion: Occasion, steps: Steps) -> Fraction:
    if award.kind is AwardKind.FIXED:
        steps.append(Step("fixed", {"points": award.points}))
        return Fraction(award.points)
    items = [item for item in occasion.items if _is_picked(award, item)]
    if award.kind is AwardKind.PER_ITEM:
        pieces = sum(item.quantity for item in items)
        steps.append(Step("per_item", {"points": award.points, "pieces": pieces}))
        return Fraction(award.points * pieces)
    amount = sum(item.amount for item in items) if award.picks_items else occasion.amount
    if award.kind is AwardKind.TIERED:
        tier = max(
            (one for one in award.tiers if amount >= one.least), key=lambda one: one.least, default=None
        )
        points = tier.points if tier else 0
        steps.append(
            Step("tier", {"amount": amount, "least": tier.least if tier else None, "points": points})
        )
        return Fraction(points)
    steps.append(Step("per_amount", {"amount": amount, "points": award.points, "per": award.per}))
    if award.whole:
        return Fraction(amount // award.per * award.points)
    return Fraction(amount * award.points, award.per)


def _is_picked(award: Award, item: Item) -> bool:
    return not award.picks_items or item.category in award.categories or item.sku in award.skus


def _coefficient(rule: Rule, occasion: Occasion, day: date, steps: Steps) -> Fraction:
    found: list[int] = []
    for coefficient in rule.coefficients:
        value = _value(coefficient.aspect, occasion, day)
        hundredths = coefficient.of(value)
        if hundredths != 100:
            said = {"aspect": coefficient.aspect.value, "value": value, "hundredths": hundredths}
            steps.append(Step("factor", said))
        found.append(hundredths)
    if not found:
        return Fraction(1)
    if rule.mixing is Mixing.LARGEST:
        total = Fraction(max(found), 100)
    elif rule.mixing is Mixing.ADD:
        total = max(Fraction(0), Fraction(100 + sum(one - 100 for one in found), 100))
    else:
        total = Fraction(1)
        for one in found:
            total *= Fraction(one, 100)
    if len([one for one in found if one != 100]) > 1:
        steps.append(Step("mixed", {"how": rule.mixing.value, "hundredths": str(total * 100)}))
    return total


def _value(aspect: Aspect, occasion: Occasion, day: date) -> str:
    if aspect is Aspect.LEVEL:
        return occasion.who.level
    if aspect is Aspect.PAYMENT:
        return occasion.payment
    if aspect is Aspect.SHOP:
        return str(occasion.shop_id or "")
    return str(day.weekday())
