"""Why a purchase, or a member's day, gave what it gave: the last judgement, line by line."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.scope import beyond_scope
from bot.earning import days, traces
from bot.earning.buying import occasion_of
from bot.earning.models import EarningJudgement, EarningOccasion
from bot.earning.rules.facts import Line
from bot.earning.rules.words import read_out
from bot.levels import versions
from bot.organisation.models import Shop
from bot.points.models import PointEntry
from bot.purchases.models import Purchase, PurchaseState

WAITING = "这笔消费待复核，通过后计入积分。"
REFUSED = "这笔消费未通过复核，不计积分。"
NO_RULES = "当时还没有生效的积分规则，不计积分。"
# The last step of what counted, had something else not counted more.
GAVE_WAY = frozenset({"smaller", "later"})
GONE = "这笔消费已全部退款，不计积分。"


def of_purchase(session: Session, purchase: Purchase) -> list[str]:
    """Return sentences to read to the traveller, of this purchase only. The purchase was found in scope."""
    if purchase.state != PurchaseState.COUNTED:
        return [WAITING if purchase.state == PurchaseState.WAITING else REFUSED]
    if purchase.amount == purchase.refunded:
        return [GONE]
    occasion = occasion_of(session, purchase)
    return of_occasion(session, occasion) if occasion is not None else [NO_RULES]


def of_occasion(session: Session, occasion: EarningOccasion) -> list[str]:
    """Return sentences about something that happened, to read to the traveller, and of nothing else."""
    if occasion.version_id is None:
        return [NO_RULES]
    with beyond_scope(session):
        day = days.of_version(session, occasion.member_id, occasion.day, occasion.version_id)
        lines = lines_of(session, day.id, day.turn)
        names, levels = shop_names(session), versions.names(session)
    return [read_out(line, names, levels) for line in lines if line.occasion == occasion.key]


def of_entries(session: Session, entries: Iterable[PointEntry]) -> dict[int, list[str]]:
    """Return for entries that rules gave, by their ids, why they are so many, in sentences to read.

    What counted on that day, what gave way to it, and what was there before.
    Rules that asked for something else are left out.
    """
    given = {one.id: one.facts["judgement"] for one in entries if one.facts.get("judgement")}
    wanted = select(EarningJudgement).where(EarningJudgement.id.in_(set(given.values())))
    judged = {row.id: row for row in session.scalars(wanted)}
    names, levels = (shop_names(session), versions.names(session)) if judged else ({}, {})
    return {key: _told(judged[one], names, levels) for key, one in given.items() if one in judged}


def _told(judgement: EarningJudgement, names: Mapping[int, str], levels: Mapping[str, str]) -> list[str]:
    lines = sorted(traces.read(judgement.trace), key=lambda line: line.points == 0)
    said = [read_out(line, names, levels) for line in lines if line.points or line.steps[-1].what in GAVE_WAY]
    if judgement.before:
        more = judgement.after - judgement.before
        said.append(f"当天合计 {judgement.after} 分，此前已记 {judgement.before} 分，这次记 {more} 分。")
    return said


def lines_of(session: Session, day_id: int, turn: int) -> Sequence[Line]:
    """Return the trace of the day's judgement."""
    wanted = select(EarningJudgement.trace).where(
        EarningJudgement.day_id == day_id, EarningJudgement.turn == turn
    )
    return traces.read(session.scalar(wanted) or [])


def shop_names(session: Session) -> dict[int, str]:
    """Return the names of the shops that may be seen."""
    return {row.id: row.name for row in session.execute(select(Shop.id, Shop.name))}
