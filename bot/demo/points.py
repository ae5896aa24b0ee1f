"""What became of demo members' points over half a year: earned, spent, expired, set aside, owed, adjusted."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.models import Campaign
from bot.members.models import Member, MemberState
from bot.points import expiring, ledger
from bot.points.office_models import AdjustmentState, PointAdjustment

SOURCE = "demo"
YEAR = timedelta(days=365)
Deed = tuple[timedelta, Callable[[datetime], object]]


def put(session: Session, *, now: datetime) -> None:
    """Write the histories in the order of time, as the counters and the clock would have."""
    wanted = select(Member).where(Member.state == MemberState.ACTIVE.value).order_by(Member.id)
    members = session.scalars(wanted).all()
    campaign = session.scalar(select(Campaign.id).order_by(Campaign.id).limit(1))
    deeds = [
        deed for number, member in enumerate(members) for deed in _life(session, member, number, campaign)
    ]
    for ago, deed in sorted(deeds, key=lambda one: one[0], reverse=True):
        deed(now - ago)
    if len(members) > 3:
        _ask(session, members[3], now=now)


def _life(session: Session, member: Member, number: int, campaign: int | None) -> Iterator[Deed]:
    """Yield what happened to one member, how long ago each."""

    def earn(
        points: int, reason: str, good_for: timedelta, campaign_id: int | None = None
    ) -> Callable[[datetime], object]:
        return lambda at: ledger.earn(
            session,
            member.id,
            points,
            key=f"{member.number}:{reason}",
            source=SOURCE,
            reason=reason,
            shop_id=member.home_shop_id,
            expires_at=at + good_for,
            campaign_id=campaign_id,
            now=at,
        )

    def spend(points: int, reason: str) -> Callable[[datetime], object]:
        return lambda at: ledger.spend(
            session,
            member.id,
            points,
            key=f"{member.number}:{reason}",
            source=SOURCE,
            reason=reason,
            shop_id=member.home_shop_id,
            now=at,
        )

    def hold(at: datetime) -> None:
        ledger.hold(
            session,
            member.id,
            60,
            key=f"{member.number}:hold",
            source=SOURCE,
            reason="兑换：驿站保温杯",
            until=at + timedelta(hours=26),
            shop_id=member.home_shop_id,
            now=at,
        )

    def take_back(at: datetime) -> None:
        bought = earn(240, "消费积分：古镇一日游", YEAR)(at)
        spend(ledger.balance(session, member.id, at).available, "兑换：双肩包")(at)
        assert isinstance(bought, ledger.Entry)
        ledger.claw_back(
            session, bought.id, key=member.number, source=SOURCE, reason="行程取消，收回积分", now=at
        )

    yield timedelta(days=165 - number % 20, hours=number % 9), earn(200 + 10 * (number % 7), "入会礼", YEAR)
    if number % 3 == 0:
        yield timedelta(days=130), earn(80, "门店周年庆赠分", timedelta(days=60), campaign)
        yield timedelta(days=69), lambda at: expiring.expire(session, now=at, most=100)
    if number % 2 == 0:
        yield timedelta(days=48 - number % 15), spend(120, "兑换：旅行收纳袋")
    if number % 5 == 0:
        yield timedelta(hours=4), hold
    if number == 1:
        yield timedelta(days=12), take_back


def _ask(session: Session, member: Member, *, now: datetime) -> None:
    """Leave one wish for a second person to decide."""
    session.add(
        PointAdjustment(
            member_id=member.id,
            points=3000,
            reason="包团客户，补录线下团款积分",
            state=AdjustmentState.WAITING.value,
            asked_by_id=0,
            asked_by="林静",
            asked_at=now - timedelta(hours=5),
        )
    )
    session.flush()
