"""What members are told of their level: that it rose, and that it is about to end."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from bot.levels.judging import Warned
from bot.levels.ladder import Ladder, Measure
from bot.reach import contents, occasions

ROSE: Final = contents.text(
    "您已升为{level}会员，谢谢您一路相伴。{benefits}在“我的—会员等级”里可以看到全部权益。",
    fields={"level": "{level}"},
)
ENDING: Final = contents.text(
    "您的{level}会员身份保留到{day}。在那之前再{missing}，就能继续保留；到期后会调整为下一级，积分不受影响。",
    fields={"level": "{level}", "day": "{day}"},
)


def tell_rise(
    session: Session, member_id: int, ladder: Ladder, level_key: str, *, turn: int, now: datetime
) -> None:
    """Have the member told that they are on a higher level, once for each time."""
    level = ladder.level(level_key)
    assert level is not None
    benefits = f"您现在享有：{'、'.join(level.benefits[:3])}。" if level.benefits else ""
    facts = {"level": level.name, "benefits": benefits}
    occasions.tell_member(
        session,
        member_id,
        intent="level_rose",
        key=f"level:{member_id}:{turn}",
        content=ROSE,
        facts=facts,
        now=now,
    )


def warn(session: Session, member_id: int, ladder: Ladder, warned: Warned, *, now: datetime) -> None:
    """Have the member told that their level is about to end, once for each period."""
    level = ladder.level(warned.level)
    assert level is not None
    facts = {
        "level": level.name,
        "day": f"{warned.last.year}年{warned.last.month}月{warned.last.day}日",
        "missing": missing(ladder.measure, warned.missing),
    }
    key = f"level:{member_id}:{warned.period_end}"
    occasions.tell_member(
        session, member_id, intent="level_ending", key=key, content=ENDING, facts=facts, now=now
    )


def missing(measure: Measure, much: int) -> str:
    """Return 消费 ¥1,280 or 获得 300 积分."""
    return f"{'消费' if measure is Measure.SPEND else '获得'} {score(measure, much)}"


def score(measure: Measure, much: int) -> str:
    """Return ¥1,280, ¥1,280.50 or 300 积分."""
    if measure is Measure.POINTS:
        return f"{much:,} 积分"
    return f"¥{Decimal(much) / 100:,.2f}".removesuffix(".00")
