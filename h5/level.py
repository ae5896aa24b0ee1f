"""A member's level: the card, the way to the next, what each gives; before binding, what one would get."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from bot.db import utc_now
from bot.levels import standing, versions
from bot.levels.ladder import Ladder, Level, Measure, Period
from bot.levels.models import Stage, Why
from bot.levels.notices import missing, score
from bot.levels.standing import Standing
from bot.levels.taking_along import WHY
from h5 import membership
from h5.access import fans_only
from h5.days import said
from h5.visit import runtime

pages = Blueprint("level", __name__)
SHOWN = 20
HOW = {
    Period.ROLLING: "最近十二个月",
    Period.CALENDAR: "每年一月一日到十二月三十一日",
    Period.MEMBERSHIP: "从您入会那天起，每满一年",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A level as it is listed."""

    level: Level
    begins: str
    is_mine: bool
    is_reached: bool


@dataclass(frozen=True, slots=True)
class Past:
    """One line of the history."""

    title: str
    about: str


@pages.get("/me/level")
@fans_only
def show() -> str:
    """Show where the member stands, and what there is to reach; who has not bound reads that alone."""
    card, now = membership.card(), utc_now()
    with runtime.db.reading() as session:
        version = versions.in_force(session, now)
        mine = standing.of(session, card.member_id, now=now) if card else None
        past = _past(session, card.member_id) if card and mine else []
    if version is None:
        return render_template("h5/soon.html", title="会员等级")
    ladder = mine.ladder if mine else version.ladder
    return render_template(
        "h5/level.html",
        card=card,
        mine=mine,
        steps=_steps(ladder, mine),
        past=past,
        gathered=score(ladder.measure, mine.score) if mine else "",
        to_next=missing(ladder.measure, mine.missing) if mine and mine.missing else "",
        keeps=_keeps(mine) if mine else "",
        last=day(mine.last) if mine and mine.last else "",
        how=_how(ladder),
    )


def day(one: date) -> str:
    """Return 2026年11月3日."""
    return f"{one.year}年{one.month}月{one.day}日"


def _steps(ladder: Ladder, mine: Standing | None) -> list[Step]:
    what = "消费满" if ladder.measure is Measure.SPEND else "获得满"
    return [
        Step(
            level=one,
            begins=f"{what} {score(ladder.measure, one.threshold)}" if one.threshold else "绑定手机号即享",
            is_mine=mine is not None and mine.key == one.key,
            is_reached=mine is not None and ladder.rank(one.key) <= mine.rank,
        )
        for one in ladder.levels
    ]


def _keeps(mine: Standing) -> str:
    """Return what to say of a level that would not be kept; nothing long before it matters."""
    if not mine.keeps or mine.last is None or mine.stage is Stage.RUNNING:
        return ""
    much = missing(mine.ladder.measure, mine.keeps)
    return f"您的{mine.name}身份保留到{day(mine.last)}。在那之前再{much}，就能继续保留。"


def _how(ladder: Ladder) -> str:
    what = "实付金额（退款会扣除）" if ladder.measure is Measure.SPEND else "获得的积分（退款会扣除）"
    grace = f"，另有 {ladder.grace_days} 天宽限" if ladder.grace_days else ""
    return (
        f"等级看{HOW[ladder.period]}的{what}，与积分余额无关，使用积分不影响等级。达到条件当时就升级；"
        f"有效期满时没有达到保级条件{grace}，之后下调一级，我们会提前告诉您。"
    )


def _past(session: Session, member_id: int) -> Sequence[Past]:
    names = versions.names(session)
    found = []
    for one in standing.history(session, member_id, most=SHOWN):
        after = names.get(one.after, "")
        if one.before == one.after:
            title = f"继续保留{after}" if one.why == Why.KEPT else after
        else:
            title = f"{names.get(one.before, '')} → {after}"
        found.append(Past(title, f"{said(one.at)} · {WHY[Why(one.why)]}"))
    return found
