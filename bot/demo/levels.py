"""Levels of the demo: 普卡, 银卡, 金卡, 钻卡, and members who rose to them by what they bought."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.levels import giving, ladder, versions
from bot.levels.ladder import BASE, Colour, Ladder, Level, Measure, Period
from bot.members.models import Member, MemberState
from bot.moments import HERE
from bot.reach import planning
from bot.reach.models import ReachNotice
from bot.tags import keeping
from bot.tags.models import RuleKind, Tag, TagKind

BY = "林静"
AGO = timedelta(days=200)
LADDER = Ladder(
    Measure.SPEND,
    Period.ROLLING,
    (
        Level(BASE, "普卡", 0, Colour.PINE, ("消费累积分", "生日当月积分礼"), "当月到店领一份小礼"),
        Level(
            "silver",
            "银卡",
            200_000,
            Colour.SILVER,
            ("线路报名优先确认", "门店免费寄存行李", "伴手礼九五折"),
            "当月伴手礼九折",
        ),
        Level(
            "gold",
            "金卡",
            500_000,
            Colour.GOLD,
            ("消费积分加赠", "专属旅行顾问", "一日游免费升级靠窗座", "签证代办服务费八折"),
            "当天有专属问候和 200 元线路券",
        ),
        Level(
            "diamond",
            "钻卡",
            1_000_000,
            Colour.NIGHT,
            (
                "积分加赠更多",
                "机场接送一年两次",
                "热门线路提前两天预订",
                "全年免费改期一次",
                "年度会员日双人席位",
            ),
            "当天有专属问候和定制礼盒",
        ),
    ),
)


def begin(session: Session, *, now: datetime) -> None:
    """Publish the ladder as of long ago, with a tag that goes by its two highest levels."""
    versions.put_version(session, ladder.write(LADDER), note="会员等级上线", in_force_from=now - AGO, by=BY)
    tag = Tag(name="高等级会员", kind=TagKind.AUTOMATIC.value, note="金卡和钻卡", created_at=now)
    session.add(tag)
    session.flush()
    keeping.put_rules(session, tag, {RuleKind.LEVEL: ["gold", "diamond"]})


def put(session: Session, *, now: datetime) -> None:
    """Give one member a level by hand, and tell nobody of what was long ago."""
    active = select(func.max(Member.id)).where(Member.state == MemberState.ACTIVE.value)
    last = session.scalar(active)
    if last is not None:
        until = (now + timedelta(days=90)).astimezone(HERE).date()
        why = "合作旅行社负责人，体验三个月"
        giving.give(session, last, "diamond", until=until, reason=why, by=BY, now=now)
    told = select(ReachNotice.id).where(ReachNotice.intent == "level_rose")
    planning.take_back(session, session.scalars(told).all())
