"""What somebody's posters brought, and where they stand among their colleagues.

Counted from the channels' daily figures (docs/channels-figures.md): the back office shows the same numbers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from bot.channels.figures.models import ChannelFigure
from bot.members.models import Referral
from bot.organisation.models import Staff
from bot.points.models import EntryKind, PointAccount, PointEntry
from bot.posters.models import ShopPosterRank, StaffPoster


@dataclass(frozen=True, slots=True)
class Brought:
    """Scans, people who began to follow (new ones and those who came back), and telephones bound."""

    scans: int = 0
    follows: int = 0
    binds: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody stands among `of` colleagues, the first is 1; those with as many share a place.

    `ahead` is how many more follows the next better one has; 0 for the first.
    """

    place: int
    of: int
    ahead: int


def monday(day: date) -> date:
    """Return the first day of the week `day` is in."""
    return day - timedelta(day.weekday())


def brought(
    session: Session, channels: Iterable[int], *, since: date | None = None, until: date | None = None
) -> Brought:
    """Return what came through the channels, in the days given or ever."""
    conditions: list[ColumnElement[bool]] = [ChannelFigure.channel_id.in_(sorted(channels))]
    if since is not None:
        conditions.append(ChannelFigure.day >= since)
    if until is not None:
        conditions.append(ChannelFigure.day <= until)
    wanted = select(
        func.coalesce(func.sum(ChannelFigure.scans), 0),
        func.coalesce(func.sum(ChannelFigure.follows + ChannelFigure.returns), 0),
        func.coalesce(func.sum(ChannelFigure.binds), 0),
    ).where(*conditions)
    return Brought(*map(int, session.execute(wanted).one()))


def points(session: Session, staff_id: int, channels: Iterable[int]) -> int:
    """Return how many points those whom somebody's codes brought have earned, less what was taken back."""
    counted = (EntryKind.EARN.value, EntryKind.CLAW_BACK.value)
    wanted = (
        select(func.coalesce(func.sum(PointEntry.points), 0))
        .join(PointAccount, PointAccount.id == PointEntry.account_id)
        .join(Referral, Referral.member_id == PointAccount.member_id)
        .where(
            Referral.referrer_staff_id == staff_id,
            Referral.channel_id.in_(sorted(channels)),
            PointEntry.kind.in_(counted),
        )
    )
    return int(session.scalar(wanted) or 0)


def by_staff(session: Session, shop_id: int, *, since: date, until: date) -> dict[int, int]:
    """Return how many follows the posters of each of the shop's staff brought; those without any have 0."""
    came = func.coalesce(func.sum(ChannelFigure.follows + ChannelFigure.returns), 0)
    rows = session.execute(
        select(StaffPoster.staff_id, came)
        .join(ChannelFigure, ChannelFigure.channel_id == StaffPoster.channel_id)
        .where(
            StaffPoster.shop_id == shop_id,
            ChannelFigure.shop_id == shop_id,
            ChannelFigure.day >= since,
            ChannelFigure.day <= until,
        )
        .group_by(StaffPoster.staff_id)
    )
    working = session.scalars(select(Staff.id).where(Staff.shop_id == shop_id, Staff.active.is_(True)))
    found = dict.fromkeys(working, 0)
    return found | {staff_id: int(number) for staff_id, number in rows if staff_id in found}


def rank(session: Session, *, staff_id: int, shop_id: int, since: date, until: date) -> Place | None:
    """Return where somebody stands in the shop by follows.

    None where the shop does not show it, where nobody brought any, and to who brought none: that needs no
    number, and nobody is named.
    """
    if not shows_rank(session, shop_id):
        return None
    found = by_staff(session, shop_id, since=since, until=until)
    mine = found.get(staff_id, 0)
    if not mine:
        return None
    better = [one for one in found.values() if one > mine]
    return Place(len(better) + 1, len(found), min(better) - mine if better else 0)


def shows_rank(session: Session, shop_id: int) -> bool:
    """Tell whether the shop's staff see where they stand."""
    return session.get(ShopPosterRank, shop_id) is not None


def show_rank(session: Session, shop_id: int, *, shown: bool) -> None:
    """Let the shop's staff see where they stand, or no longer. Said twice it is the same."""
    row = session.get(ShopPosterRank, shop_id, with_for_update=True)
    if shown and row is None:
        session.add(ShopPosterRank(shop_id=shop_id))
    elif not shown and row is not None:
        session.delete(row)
    session.flush()
