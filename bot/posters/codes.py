"""Somebody's own code in their shop, made when it is first needed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.channels import making, plans, quota
from bot.channels.models import Channel, ChannelState, Purpose
from bot.channels.plans import Common, Row
from bot.organisation.models import Shop, Staff
from bot.posters.models import StaffPoster


@dataclass(frozen=True, slots=True)
class Code:
    """A person's code. `url` is empty until WeChat has made it; one out of use says why by being so."""

    channel_id: int
    url: str
    is_retired: bool
    design_key: str | None
    trouble: str | None


def find(session: Session, *, account_id: int, staff: Staff) -> Code | None:
    """Return the code of somebody in the shop they work in now; None where none was needed yet."""
    row = session.get(StaffPoster, (account_id, staff.id, staff.shop_id))
    channel = session.get(Channel, row.channel_id) if row else None
    return _code(row, channel) if row and channel and _is_theirs(channel, staff) else None


def ensure(session: Session, *, account_id: int, staff: Staff, now: datetime) -> Code:
    """Return the code of somebody in the shop they work in now, making it and promising WeChat's if need be.

    Asked by two at once it is one: the person's row is locked, and the key is unique.  Whoever changes shops
    gets another, and what the old one brings stays the old shop's.  A code the office gave to somebody else
    is replaced.  Raise `NoCodesLeft` where the account has none.
    """
    session.refresh(staff, with_for_update=True)
    key = (account_id, staff.id, staff.shop_id)
    row = session.get(StaffPoster, key, populate_existing=True)
    channel = session.get(Channel, row.channel_id, populate_existing=True) if row else None
    if row and channel and _is_theirs(channel, staff):
        return _code(row, channel)
    quota.ensure(session, account_id, 1)
    try:
        with session.begin_nested():
            channel = _add(session, account_id, staff, now)
            if row is None:
                row = StaffPoster(
                    account_id=account_id, staff_id=staff.id, shop_id=staff.shop_id, channel_id=channel.id
                )
                session.add(row)
            row.channel_id = channel.id
            session.flush()
    except IntegrityError:  # a database whose rows do not lock: the key decides
        row = session.get_one(StaffPoster, key, populate_existing=True)
        return _code(row, session.get_one(Channel, row.channel_id))
    return _code(row, channel)


def choose(session: Session, *, account_id: int, staff: Staff, key: str) -> None:
    """Remember the design somebody chose: the chat draws it, too."""
    row = session.get(StaffPoster, (account_id, staff.id, staff.shop_id))
    if row is not None and row.design_key != key:
        row.design_key = key


def owner(session: Session, channel_id: int) -> int | None:
    """Return whose poster code that channel is, where they work now; None for any other channel."""
    row = session.scalar(select(StaffPoster).filter_by(channel_id=channel_id))
    staff = session.get(Staff, row.staff_id) if row is not None else None
    is_theirs = row is not None and staff is not None and staff.active and staff.shop_id == row.shop_id
    return staff.id if is_theirs and staff is not None else None


def of_shop(session: Session, shop_id: int) -> dict[int, list[int]]:
    """Return the channels of each person's posters in the shop, at whatever account."""
    found: dict[int, list[int]] = {}
    rows = select(StaffPoster.staff_id, StaffPoster.channel_id).filter_by(shop_id=shop_id)
    for staff_id, channel_id in session.execute(rows):
        found.setdefault(staff_id, []).append(channel_id)
    return found


def _add(session: Session, account_id: int, staff: Staff, now: datetime) -> Channel:
    shop = session.get_one(Shop, staff.shop_id)
    common = Common(account_id=account_id, purpose=Purpose.STAFF.value)
    name = plans.named(f"{staff.name}·{shop.name}", "海报")
    mark = f"poster:{staff.id}:{staff.shop_id}"
    channel = making.add(session, common, Row(name, staff.shop_id, staff.id), mark=mark, maker=None, now=now)
    making.promise_code(session, channel.id, now=now)
    return channel


def _is_theirs(channel: Channel, staff: Staff) -> bool:
    return channel.staff_id == staff.id and channel.shop_id == staff.shop_id


def _code(row: StaffPoster, channel: Channel) -> Code:
    return Code(
        channel.id,
        channel.url or "",
        channel.state == ChannelState.RETIRED,
        row.design_key,
        channel.trouble,
    )
