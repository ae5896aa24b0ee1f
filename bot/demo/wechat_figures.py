"""Sixty days of WeChat's own figures, beside the demo's counts, and last night's fan sync."""

import random
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.fan_sync.models import BlacklistedFan, FanSyncFinding, FanSyncRun, Kind, Phase, RunState
from bot.fans.models import Fan, Standing
from bot.figures.models import DailyFigure
from bot.platform_figures.fetching import keep, newest
from bot.platform_figures.parts import PARTS, YEAR, Told

DAYS = 60
SOURCES = {30: 62, 1: 18, 17: 9, 57: 6, 100: 5}  # of a hundred who come
KINDS = {1: 78, 2: 14, 3: 5, 6: 3}
HOURS = (1, 0, 0, 0, 0, 0, 1, 2, 4, 6, 7, 7, 8, 7, 6, 6, 6, 7, 8, 9, 10, 8, 5, 2)
FOUND = {
    Kind.ADDED: 6,
    Kind.RETURNED: 1,
    Kind.LEFT: 2,
    Kind.UNIONID: 9,
    Kind.TAGS: 3,
    Kind.BLACKLISTED: 1,
}
CONSOLE = (("星标组", 4, False), ("2025 老客户", 31, False), ("会员", 58, True))


def put(session: Session, account_id: int, *, now: datetime) -> None:
    """Add the figures and the run. Counts come from the rows that are there already; nothing is asked."""
    dice = random.Random(60)
    _put_figures(session, account_id, dice, now=now)
    _put_run(session, account_id, dice, now=now)


def _put_figures(session: Session, account_id: int, dice: random.Random, *, now: datetime) -> None:
    last = newest(now)
    days = [last - timedelta(back) for back in reversed(range(DAYS))]
    names = ("follows", "leaves", "messages")
    summed = [func.sum(getattr(DailyFigure, name)) for name in names]
    rows = session.execute(
        select(DailyFigure.day, *summed)
        .where(DailyFigure.account_id == account_id, DailyFigure.day >= days[0])
        .group_by(DailyFigure.day)
    )
    ours = {row[0]: [int(number) for number in row[1:]] for row in rows}
    # WeChat counts a little more: a push that was lost, and days from before we were connected.
    counts = {
        day: [
            number + (dice.random() < 0.2)
            for number in ours.get(day, (dice.randint(5, 16), 3, dice.randint(1, 5)))
        ]
        for day in days
    }
    for part in PARTS:
        keep(
            session,
            account_id,
            part,
            days,
            _told(part.call, counts, _following(session, account_id), dice),
            now=now,
        )
        # What was before the demo is not asked of the simulator, which knows nothing of it.
        older = [days[0] - timedelta(back) for back in range(1, YEAR - DAYS + 1)]
        keep(session, account_id, part, older, Told({}), now=now)


def _following(session: Session, account_id: int) -> int:
    wanted = select(func.count(Fan.id)).where(
        Fan.account_id == account_id, Fan.standing == Standing.FOLLOWING.value
    )
    return session.scalar(wanted) or 0


def _told(call: str, counts: dict[date, list[int]], following: int, dice: random.Random) -> Told:
    told = Told({})
    followers = following - sum(came - went for came, went, _messages in counts.values())
    for day, (came, went, messages) in counts.items():
        followers += came - went
        if call == "getusersummary":
            told.days[day] = {"came": came, "went": went}
            told.rows += _split(day, "source", SOURCES, {"came": came, "went": went}, dice)
        elif call == "getusercumulate":
            told.days[day] = {"followers": max(0, followers)}
        elif call == "getupstreammsg":
            told.days[day] = {"messages": messages}
            rows = _split(day, "kind", KINDS, {"messages": messages}, dice)
            told.rows += [{**row, "people": round(row["messages"] * 0.7)} for row in rows]
        elif call == "getinterfacesummary":
            calls = came + went + messages + dice.randint(10, 40)
            slowest = dice.randint(240, 900)
            told.days[day] = {
                "calls": calls,
                "failures": int(dice.random() < 0.1),
                "milliseconds": calls * dice.randint(35, 80),
                "slowest": slowest,
            }
        else:
            told.rows += _split(day, "hour", dict(enumerate(HOURS)), {"messages": messages}, dice)
    return told


def _split(
    day: date, key: str, weights: dict[int, int], numbers: dict[str, int], dice: random.Random
) -> list[dict[str, Any]]:
    """Deal each number out over the keys by their weights."""
    found: dict[int, dict[str, int]] = {}
    for name, number in numbers.items():
        for one in dice.choices(list(weights), list(weights.values()), k=number):
            found.setdefault(one, dict.fromkeys(numbers, 0))[name] += 1
    return [{"day": day, key: one, **row} for one, row in sorted(found.items())]


def _put_run(session: Session, account_id: int, dice: random.Random, *, now: datetime) -> None:
    fans = list(session.scalars(select(Fan.id).where(Fan.account_id == account_id).order_by(Fan.id)))
    began = now - timedelta(hours=9, minutes=12)
    total = _following(session, account_id)
    run = FanSyncRun(
        account_id=account_id,
        state=RunState.DONE.value,
        phase=Phase.MISSING.value,
        asked_by="timetable",
        started_at=began,
        phase_at=began + timedelta(seconds=41),
        finished_at=began + timedelta(seconds=47),
        total=total,
        listed=total,
        profiled=total,
        calls=4 + -(-total // 100),
        console_tags=[{"name": name, "count": count, "ours": ours} for name, count, ours in CONSOLE],
    )
    session.add(run)
    session.flush()
    columns = {Kind.LEFT: "gone", Kind.UNIONID: "unionids", Kind.TAGS: "retagged"}
    standings = {
        Kind.LEFT: select(Fan.id).where(Fan.account_id == account_id, Fan.standing == Standing.LEFT.value)
    }
    for kind, number in FOUND.items():
        some = list(session.scalars(standings[kind])) if kind in standings else fans
        chosen = sorted(dice.sample(some, min(number, len(some))))
        setattr(run, columns.get(kind, kind.value), len(chosen))
        session.add_all(
            FanSyncFinding(
                run_id=run.id, kind=kind.value, fan_id=one, noticed_at=began + timedelta(seconds=30)
            )
            for one in chosen
        )
        if kind is Kind.BLACKLISTED:
            session.add_all(
                BlacklistedFan(fan_id=one, account_id=account_id, noticed_at=began, run_id=run.id)
                for one in chosen
            )
