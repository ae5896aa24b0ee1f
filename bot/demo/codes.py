"""The demo's channels: codes of shops and staff, one that ends, a test code; groups and a campaign."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels import groups, making
from bot.channels.models import Campaign, ChannelGroup, CodeKind, Purpose
from bot.channels.plans import Common, Row
from bot.demo import replies
from bot.organisation.models import Branch, Shop, Staff

STAFF_CODES = 8
NIGHT: dict[str, Any] = {
    "whom": [],
    "weekdays": None,
    "from_time": "20:00",
    "until_time": "09:00",
    "reply": {
        "type": "text",
        "content": (
            "您好，{门店}已经下班，明早九点有人接待您。\n请先留下目的地、日期和人数，顾问上班后第一时间回复。"
        ),
    },
}
MEMBERS: dict[str, Any] = {
    "whom": ["member"],
    "weekdays": None,
    "from_time": None,
    "until_time": None,
    "reply": {
        "type": "text",
        "content": "会员您好，欢迎回到{门店}。\n您的积分与权益在菜单「我的 → 会员卡」里。",
    },
}
STAFF_WELCOME = {
    "type": "text",
    "content": "您好，我是{门店}的旅行顾问，往后由我为您服务。\n想去哪里、几位出行，直接留言就好。",
}


@dataclass(frozen=True, slots=True)
class _Places:
    by_branch: Mapping[int, int]
    staff: int
    campaign: int


def put(session: Session, account_id: int, shop_ids: Mapping[str, int], *, now: datetime) -> dict[str, int]:
    """Add them and promise their codes; return the channel of each shop by its name."""
    places = _put_groups(session)
    campaign = _put_campaign(session, now.date())
    branches = {row[0]: row[1] for row in session.execute(select(Shop.id, Shop.branch_id))}
    shops: dict[str, int] = {}
    for name, shop_id in shop_ids.items():
        common = Common(
            account_id,
            group_id=places.by_branch[branches[shop_id]],
            purpose=Purpose.WALL.value,
            place="店内前台立牌",
            welcome=replies.WELCOME,
            welcomes=[MEMBERS, NIGHT],
        )
        shops[name] = _put(session, common, Row(f"{name}·门店码", shop_id), now=now)
    people = session.scalars(select(Staff).order_by(Staff.id).limit(STAFF_CODES)).all()
    names = {key: name for name, key in shop_ids.items()}
    for one in people:
        common = _common(account_id, places.staff, Purpose.STAFF, welcome=STAFF_WELCOME)
        row = Row(f"{one.name}·{names.get(one.shop_id, '')}", one.shop_id, one.id)
        _put(session, common, row, now=now)
    first = next(iter(shop_ids.values()), None)
    ends = _common(
        account_id,
        places.campaign,
        Purpose.EVENT,
        kind=CodeKind.TEMPORARY.value,
        campaign_id=campaign,
        place="旅游展 B 区展台",
        note="展会结束后停用",
    )
    _put(session, ends, Row("秋季旅游展·展台码", first), now=now)
    test = _common(account_id, places.campaign, Purpose.ONLINE, is_test=True)
    _put(session, test, Row("测试码（不计入统计）", first), now=now)
    return shops


def _common(account_id: int, group_id: int, purpose: Purpose, **more: Any) -> Common:
    return Common(account_id, group_id=group_id, purpose=purpose.value, **more)


def _put(session: Session, common: Common, row: Row, *, now: datetime) -> int:
    channel = making.add(session, common, row, mark=f"demo:{row.name}", maker=None, now=now)
    making.promise_code(session, channel.id, now=now)
    return channel.id


def _put_groups(session: Session) -> _Places:
    def put_one(name: str, parent: int | None) -> int:
        row = ChannelGroup()
        groups.put(session, row, name=name, parent_id=parent)
        return row.id

    shops = put_one("门店码", None)
    by_branch = {row.id: put_one(row.name, shops) for row in session.scalars(select(Branch)).all()}
    return _Places(by_branch, put_one("员工码", None), put_one("活动码", None))


def _put_campaign(session: Session, today: date) -> int:
    row = Campaign(
        name="秋季旅游展",
        begins_on=today - timedelta(days=7),
        ends_on=today + timedelta(days=30),
        note="展台码与门店海报共用；展会后比较各店带来的会员。",
    )
    session.add(row)
    session.flush()
    return row.id
