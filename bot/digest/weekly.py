"""The digest of a week: which shops are due, what it says, and what becomes of it."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.channels.figures import totals
from bot.channels.figures.facts import HERE
from bot.channels.figures.totals import Asked, By, Unit
from bot.channels.models import Channel
from bot.digest.models import DigestState, ShopDigest, ShopDigestOff
from bot.fans.models import Fan, Standing, last_heard_from
from bot.organisation.models import Shop, ShopState, Staff
from bot.reach import contents, planning

NINE = time(9)
LATEST = timedelta(days=2)  # a server that was down on Monday still sends until Wednesday
MANAGERS = ("店长", "经理", "主管", "manager")
NO_MANAGER = "nobody among the shop's staff is its manager"
NOT_BOUND = "the manager has not bound WeChat"


def week_due(now: datetime) -> date | None:
    """Return the Monday that began the week to tell of, from Monday nine o'clock until Wednesday."""
    there = now.astimezone(HERE)
    monday = there.date() - timedelta(there.weekday())
    begins = datetime.combine(monday, NINE, HERE)
    return monday - timedelta(7) if begins <= there < begins + LATEST else None


def shops_due(session: Session, week: date) -> list[int]:
    """Return the open shops that want a digest and have none of that week."""
    told = select(ShopDigest.shop_id).where(ShopDigest.week == week)
    off = select(ShopDigestOff.shop_id)
    wanted = select(Shop.id).where(Shop.state == ShopState.OPEN.value)
    return list(session.scalars(wanted.where(Shop.id.not_in(told), Shop.id.not_in(off)).order_by(Shop.id)))


def make(session: Session, shop_id: int, week: date, *, now: datetime) -> list[ShopDigest]:
    """Write the shop's digest for each of its managers and have them told; nothing where it is written.

    A manager who has not bound WeChat, and a shop without a manager, get one that says so.  What still
    waits of earlier weeks is taken back: the newest is enough.
    """
    shop = session.get_one(Shop, shop_id)
    told = words(session, shop, week)
    found = []
    for staff_id, fan in _readers(session, shop_id):
        reason = NO_MANAGER if not staff_id else NOT_BOUND if fan is None else None
        state = DigestState.UNREACHED if reason else DigestState.PLANNED
        row = ShopDigest(
            shop_id=shop_id,
            week=week,
            staff_id=staff_id,
            fan_id=fan.id if fan else None,
            words=told,
            state=state.value,
            reason=reason,
            made_at=now,
        )
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:
            continue  # another process was first
        found.append(row)
        if fan is not None:
            row.notice_id = _tell(session, row, fan, now=now)
    return found


def _tell(session: Session, row: ShopDigest, fan: Fan, *, now: datetime) -> int | None:
    earlier = select(ShopDigest.notice_id).where(
        ShopDigest.shop_id == row.shop_id, ShopDigest.staff_id == row.staff_id, ShopDigest.id != row.id
    )
    planning.take_back(session, [one for one in session.scalars(earlier) if one is not None])
    return planning.notify(
        session,
        account_id=fan.account_id,
        fan_id=fan.id,
        intent="shop_digest",
        key=f"{row.shop_id}:{row.week}:{row.staff_id}",
        content=contents.text(row.words),
        now=now,
    )


def words(session: Session, shop: Shop, week: date) -> str:
    """Return what the week came to for the shop, and how it differs from the week before."""
    asked = Asked(week, week + timedelta(6), {By.SHOP: shop.id})
    found = totals.of(session, asked, by=By.CHANNEL, unit=Unit.DAY)
    before = totals.whole(session, asked.before())
    last = week + timedelta(6)
    title = f"{shop.name} 上周渠道数据（{week.month}月{week.day}日至{last.month}月{last.day}日）"
    one = found.whole
    if not one["scans"] and not one.came:
        return f"{title}\n上周没有人扫码。看看门店的二维码是否摆在显眼处。"
    lines = [
        title,
        f"扫码 {one['scans']} 次，{one['visitors']} 人{_change(one['scans'], before['scans'])}",
        f"新粉 {one['follows']}，回来 {one['returns']}{_change(one.came, before.came)}",
        f"取关 {one['leaves']}；新来的人里 7 天内离开 {one['lost_7']}",
        f"绑定手机 {one['binds']}",
    ]
    best = max(found.rows, key=lambda key: found.rows[key]["scans"], default=None)
    if best is not None and len(found.rows) > 1:
        name = session.scalar(select(Channel.name).where(Channel.id == best))
        lines.append(f"扫得最多的码：{name}，{found.rows[best]['scans']} 次")
    return "\n".join(lines)


def _readers(session: Session, shop_id: int) -> Sequence[tuple[int, Fan | None]]:
    """Return the shop's managers and the fan each is, whom we can most likely write to; or (0, None)."""
    is_manager = or_(*(Staff.role.icontains(word, autoescape=True) for word in MANAGERS))
    managers = select(Staff.id).where(Staff.shop_id == shop_id, Staff.active.is_(True), is_manager)
    found: list[tuple[int, Fan | None]] = []
    for staff_id in session.scalars(managers.order_by(Staff.id)).all():
        fans = select(Fan).where(Fan.staff_id == staff_id, Fan.standing != Standing.LEFT.value)
        known = session.scalars(fans).all()
        found.append((staff_id, max(known, key=last_heard_from, default=None)))
    return found or [(0, None)]


def _change(number: int, before: int) -> str:
    if not before:
        return ""
    share = round(100 * (number - before) / before)
    return "，与前一周持平" if not share else f"，比前一周{'多' if share > 0 else '少'} {abs(share)}%"
