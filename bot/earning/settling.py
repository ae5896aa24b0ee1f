"""From a judged day to the ledger: what it comes to now, less what it came to before.

A day is judged as a whole each time something is added to it or taken away, by
the version of its time; the ledger gets the difference.  So "the largest alone"
holds whatever comes first, and a refund takes back what would not have been
earned without the purchase: from the points it gave, then others, then as debt
(`bot.points.undoing.claw_back`), never skipped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from bot.db.types import BIG, table_of
from bot.earning import budgets, days, giving, limits, occasions, versions
from bot.earning.days import Day
from bot.earning.models import EarningAward, EarningGrant, EarningJudgement, EarningOccasion
from bot.earning.rules.book import Book, Rule
from bot.earning.rules.facts import Facts, Outcome
from bot.earning.traces import kept
from bot.moments import HERE
from bot.points import ledger
from bot.points.books import Kin

SOURCE = "earning"
REASONS = {"refund": "退款扣回", "undo": "撤销扣回"}  # as travellers read it, by why the day was judged anew
TRIES = 8  # a budget that others empty meanwhile is asked again so often
Place = tuple[int, str]  # an occasion's id, a rule's code
_AWARDS = table_of(EarningAward)
_HELD = select(_AWARDS.c.id, _AWARDS.c.occasion_id, _AWARDS.c.rule, _AWARDS.c.points).where(
    _AWARDS.c.day_id == bindparam("day_id", type_=BIG)
)
_ADD_AWARDS, _ADD_GRANTS = insert(_AWARDS), insert(table_of(EarningGrant))
_ADD_JUDGEMENT = insert(table_of(EarningJudgement))
_CHANGE_AWARDS = (
    update(_AWARDS)
    .where(_AWARDS.c.id == bindparam("key", type_=BIG))
    .values(points=bindparam("to", type_=BIG))
)


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of it: the day's points before and after, and the trace."""

    day_id: int
    before: int
    after: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Held:
    """What a rule gives for an occasion as the day was last judged."""

    award_id: int
    points: int


def settle(
    session: Session,
    day: Day,
    *,
    whose: Sequence[int],
    cause: str,
    now: datetime,
    fresh: EarningOccasion | None = None,
    family: Kin | None = None,
) -> Settled:
    """Judge the day anew and post the difference. Again, it changes nothing.

    The member's row is locked by then; after it come the budgets' and the
    account's, in this order everywhere.  Whose session it is sees every row by
    then.  Limits count what the members in `whose` had; `fresh` is what has
    just been noted, which is all there is on a day that nobody judged before.
    """
    book, judge = versions.judges.of(session, day.version_id)
    rows = [fresh] if fresh is not None and not day.id else occasions.of_day(session, day)
    happened = (occasions.plain(rows[0]),) if rows == [fresh] else occasions.judged(session, rows)
    awards = _awards(session, day)
    held = {place: award.points for place, award in awards.items() if award.points}
    facts = Facts(day.day, happened, limits.used(session, book, whose, day, happened))
    outcome = _affordable(session, book, judge, facts, held)
    ids = {one.key: one for one in rows}
    wanted = {(ids[line.occasion].id, line.rule): line.points for line in outcome.trace if line.points}
    before, trace = day.points, kept(outcome)
    if day.turn and wanted == held and trace == _last_trace(session, day):
        return Settled(day.id, before, before, outcome)
    days.write(session, day, outcome.points)
    judgement_id = _note(session, day, before=before, cause=cause, trace=trace, now=now)
    by_id = {one.id: one for one in rows}
    _write_awards(session, day, awards, wanted, by_id)
    if outcome.points > before:
        more = _increases(held, wanted)
        _give(session, book, day, judgement_id, more, happened=by_id, family=family, now=now)
    elif outcome.points < before:
        _take_back(session, day, before - outcome.points, cause=cause, now=now)
    giving.give(session, day.member_id, book, rows, outcome, cause=cause, now=now)
    return Settled(day.id, before, outcome.points, outcome)


def _awards(session: Session, day: Day) -> dict[Place, Held]:
    if not day.turn:
        return {}
    rows = session.connection().execute(_HELD, {"day_id": day.id})
    return {(row.occasion_id, row.rule): Held(row.id, row.points) for row in rows}


def _affordable(session: Session, book: Book, judge: Any, facts: Facts, held: Mapping[Place, int]) -> Outcome:
    """Return the outcome once the budgets have paid for it: a rule that has too little left gives less."""
    before: dict[str, int] = {}
    for (_occasion, rule), points in held.items():
        before[rule] = before.get(rule, 0) + points
    ceilings: dict[str, int] = {}
    for attempt in range(TRIES):
        asked = Facts(facts.day, facts.occasions, facts.used, ceilings)
        outcome: Outcome = judge.evaluate(asked)
        after = outcome.by_rule()
        changes = {rule: after.get(rule, 0) - before.get(rule, 0) for rule in {*after, *before}}
        short = budgets.reserve(session, book, changes, facts.day)
        if short is None:
            return outcome
        rule, left = short
        ceilings[rule] = before.get(rule, 0) + (left if attempt < TRIES // 2 else 0)
    raise RuntimeError("the budgets change faster than we can count")


def _last_trace(session: Session, day: Day) -> list[dict[str, Any]] | None:
    wanted = select(EarningJudgement.trace).where(
        EarningJudgement.day_id == day.id, EarningJudgement.turn == day.turn
    )
    return session.scalar(wanted)


def _note(
    session: Session, day: Day, *, before: int, cause: str, trace: list[dict[str, Any]], now: datetime
) -> int:
    """Keep the judgement, and return its id."""
    row = {
        "day_id": day.id,
        "turn": day.turn,
        "cause": cause,
        "before": before,
        "after": day.points,
        "trace": trace,
        "judged_at": now,
    }
    made = session.connection().execute(_ADD_JUDGEMENT, row)
    assert made.inserted_primary_key is not None
    return int(made.inserted_primary_key[0])


def _write_awards(
    session: Session,
    day: Day,
    awards: Mapping[Place, Held],
    wanted: Mapping[Place, int],
    happened: Mapping[int, EarningOccasion],
) -> None:
    new = [
        {
            "day_id": day.id,
            "occasion_id": occasion_id,
            "rule": rule,
            "member_id": day.member_id,
            "day": day.day,
            "shop_id": happened[occasion_id].shop_id,
            "points": wanted[occasion_id, rule],
        }
        for occasion_id, rule in sorted(wanted)
        if (occasion_id, rule) not in awards
    ]
    changed = [
        {"key": awards[place].award_id, "to": wanted.get(place, 0)}
        for place in sorted(awards)
        if awards[place].points != wanted.get(place, 0)
    ]
    connection = session.connection()
    if new:
        connection.execute(_ADD_AWARDS, new)
    if changed:
        connection.execute(_CHANGE_AWARDS, changed)


def _increases(held: Mapping[Place, int], wanted: Mapping[Place, int]) -> list[tuple[Place, int]]:
    """Return what is new, less what gave way to it: their sum is what the day has more."""
    lost = sum(points - min(points, wanted.get(place, 0)) for place, points in held.items())
    found: list[tuple[Place, int]] = []
    for place in sorted(wanted):
        more = wanted[place] - held.get(place, 0)
        if more <= 0:
            continue
        given = max(0, more - lost)
        lost = max(0, lost - more)
        if given:
            found.append((place, given))
    return found


def _give(
    session: Session,
    book: Book,
    day: Day,
    judgement_id: int,
    increases: Sequence[tuple[Place, int]],
    *,
    happened: Mapping[int, EarningOccasion],
    family: Kin | None,
    now: datetime,
) -> None:
    """Post what is new: what ends together, for one campaign, is one row, for travellers read the ledger."""
    together: dict[tuple[int, int | None, int | None], list[tuple[Rule, int]]] = {}
    for (occasion_id, code), points in increases:
        rule = book.rule(code)
        assert rule is not None
        together.setdefault((occasion_id, rule.days, rule.campaign), []).append((rule, points))
    gifts = [
        _gift(day, judgement_id, happened[occasion_id], parts)
        for (occasion_id, *_same), parts in together.items()
    ]
    # The day's turn is in the keys, and nobody else has this turn.
    entries = ledger.give(session, day.member_id, gifts, source=SOURCE, now=now, family=family)
    session.connection().execute(
        _ADD_GRANTS,
        [
            {
                "day_id": day.id,
                "judgement_id": judgement_id,
                "rule": max(parts, key=lambda part: part[1])[0].code,
                "occasion_id": occasion_id,
                "entry_id": entry_id,
                "points": gift.points,
                "taken": 0,
            }
            for entry_id, gift, ((occasion_id, *_same), parts) in zip(
                entries, gifts, together.items(), strict=True
            )
        ],
    )


def _gift(
    day: Day, judgement_id: int, occasion: EarningOccasion, parts: Sequence[tuple[Rule, int]]
) -> ledger.Gift:
    good_for, campaign = parts[0][0].days, parts[0][0].campaign
    bought = f"purchase:{occasion.purchase_id}" if occasion.purchase_id else occasion.key[:64]
    return ledger.Gift(
        causes={f"rule:{rule.code}": part for rule, part in parts},
        key=f"{day.id}:{day.turn}:{occasion.id}:{good_for or 0}{f':{campaign}' if campaign else ''}",
        reason="、".join(rule.name for rule, _part in parts),
        expires_at=_end(day.day, good_for),
        shop_id=occasion.shop_id,
        facts={
            "judgement": judgement_id,
            "rules": {rule.code: part for rule, part in parts},
            "occasion": occasion.key,
        },
        details={"reference": bought, "occurred_at": occasion.occurred_at, "campaign_id": campaign},
    )


def _take_back(session: Session, day: Day, points: int, *, cause: str, now: datetime) -> None:
    """Claw the points back from what the day gave, the latest first."""
    grants = session.scalars(
        select(EarningGrant)
        .where(EarningGrant.day_id == day.id, EarningGrant.taken < EarningGrant.points)
        .order_by(EarningGrant.id.desc())
    ).all()
    for grant in grants:
        share = min(points, grant.points - grant.taken)
        if not share:
            break
        ledger.claw_back(
            session,
            grant.entry_id,
            share,
            key=f"{day.id}:{day.turn}:{grant.id}",
            source=SOURCE,
            reason=REASONS.get(cause, "重新核算扣回"),
            now=now,
        )
        grant.taken += share
        points -= share
    if points:
        raise RuntimeError(f"day {day.id} gave fewer points than it says")
    session.flush()


def _end(day: date, days: int | None) -> datetime | None:
    """Return the end of the last day on which points earned on `day` are good."""
    if days is None:
        return None
    return datetime.combine(day + timedelta(days=days + 1), time(), HERE)
