"""What travellers are told of the rules in force: what earns, and how much. Not why something earned.

Rules for people with a tag are not told: who has none would ask in vain.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from bot.earning import versions
from bot.earning.rules.book import AwardKind, Book, Conditions, Rule, Trigger
from bot.earning.rules.words import WEEKDAYS, money
from bot.levels.versions import names as level_names
from bot.moments import HERE

PROFILE = "profile:complete"  # the custom event of whoever has told all of themselves


@dataclass(frozen=True, slots=True)
class Offer:
    """One rule as it is told: `words` say how much, `terms` when."""

    trigger: Trigger
    name: str
    words: str
    terms: str


def offers(session: Session, *, now: datetime) -> list[Offer]:
    """Return what earns today, in the order of the rules; nothing before the first version."""
    book, today = _book(session, now), now.astimezone(HERE).date()
    levels = level_names(session)
    return [
        Offer(rule.trigger, rule.name, _words(rule), _terms(rule.when, levels))
        for rule in (book.rules if book else ())
        if _is_told(rule, today)
    ]


def worth(session: Session, event: str, *, now: datetime) -> int:
    """Return what a custom event gives by rules that ask for nothing else; 0 if none does."""
    book, today = _book(session, now), now.astimezone(HERE).date()
    found = [
        rule.award.points
        for rule in (book.rules if book else ())
        if rule.trigger is Trigger.CUSTOM and rule.event == event and rule.award.kind is AwardKind.FIXED
        if _is_open(rule.when, today)
    ]
    return max(found, default=0)


def _book(session: Session, now: datetime) -> Book | None:
    version = versions.in_force(session, now)
    return versions.judges.of(session, version.id)[0] if version is not None else None


def _is_told(rule: Rule, today: date) -> bool:
    return not rule.when.segments and rule.when.circle is None and _is_open(rule.when, today)


def _is_open(when: Conditions, today: date) -> bool:
    return (when.starts is None or when.starts <= today) and (when.ends is None or today <= when.ends)


def _words(rule: Rule) -> str:
    if rule.gives_only_a_coupon:
        return "优惠券一张"
    award = rule.award
    if award.kind is AwardKind.FIXED:
        return f"{award.points:,} 分"
    if award.kind is AwardKind.PER_ITEM:
        return f"每件 {award.points:,} 分"
    if award.kind is AwardKind.PER_AMOUNT:
        return f"每 {money(award.per)} 得 {award.points:,} 分".replace(".00 ", " ")
    return f"最多 {max((tier.points for tier in award.tiers), default=0):,} 分"


def _terms(when: Conditions, levels: Mapping[str, str]) -> str:
    return "，".join(_said(when, levels))


def _said(when: Conditions, levels: Mapping[str, str]) -> Iterator[str]:
    if when.levels:
        named = [name for key, name in levels.items() if key in when.levels]
        yield f"限{'、'.join(named)}"
    if when.shops:
        yield "部分门店"
    if when.weekdays:
        yield "、".join(f"周{WEEKDAYS[day]}" for day in sorted(when.weekdays))
    if when.least_amount:
        yield f"满 {money(when.least_amount)}"
    if when.birthday:
        yield "生日当天"
    if when.ends is not None:
        yield f"到{when.ends.month}月{when.ends.day}日"
