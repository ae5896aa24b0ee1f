"""The demo's series: a welcome of three steps with fans all along its way, and two that are not on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.fans.models import Fan, Standing
from bot.materials import documents
from bot.organisation import directory
from bot.organisation.directory import ShopFacts
from bot.reach import contents
from bot.reach.contents import Content
from bot.reach.models import Lane, NoticeState, ReachNotice, Reason, RouteName
from bot.replies.speaking import with_shop
from bot.series import keeping, stepping, steps, timing, withdrawing
from bot.series.models import Deed, RunState, Series, SeriesDeed, SeriesRun, SeriesVersion, Stop

FANS = 72
NOTE_FOR = timedelta(days=7)


def _said(text: str, **when: Any) -> dict[str, Any]:
    return {"answer": {"type": "text", "content": text}, **when}


WELCOME = (
    _said("{门店}已为您备好周边游手册。\n回复“路线”，看看本周出发的线路。"),
    _said(
        "早上好。绑定手机号成为会员，出行保障和积分都记在您名下。回复“绑定”即可开始。",
        unit="days",
        n=1,
        at="10:00",
        hours=["09:00", "20:00"],
    ),
    _said(
        "周末想去哪里走走？\n有想去的地方直接留言，{门店}的顾问帮您看位置。",
        unit="days",
        n=3,
        at="19:00",
        hours=["09:00", "20:00"],
        **{"from": "trigger"},
    ),
)
SILENT = (
    _said("好久不见。最近新开了几条慢一点的线路，回复“新线”看看。", unit="days", n=0, at="10:30"),
    _said("如果出行计划有变，随时告诉我们，{门店}一直在。", unit="days", n=14, at="10:30"),
)
BOUND = (
    _said("欢迎成为会员。会员日是每月 18 日，当天预订积分加倍。"),
    _said("出行前想知道天气和集合地点？回复“行前”，我们一次说清。", unit="days", n=7, at="18:00"),
)


def put(session: Session, account_id: int, *, now: datetime) -> None:
    """Add the series, and runs of the latest followers as the welcome would have left them."""
    welcome = Series(
        name="新粉丝欢迎",
        note="关注后三天，三步",
        trigger="follow",
        reentry_days=180,
        exclusive=True,
        priority=60,
    )
    version = _save(session, welcome, WELCOME, [Stop.BOUND, Stop.PERSON], account_id, now=now)
    keeping.switch(session, welcome, on=True, now=now)
    silent = Series(name="沉默九十天唤醒", trigger="silence", days=90, reentry_days=180, priority=40)
    _save(session, silent, SILENT, [Stop.REPLIED, Stop.BOUGHT], account_id, now=now)
    bound = Series(name="新会员第一周", trigger="bound", priority=70)
    _save(session, bound, BOUND, [Stop.PERSON], account_id, now=now)
    came = select(Fan).where(Fan.account_id == account_id, Fan.followed_at.is_not(None))
    travellers = came.where(Fan.staff_id.is_(None)).order_by(Fan.followed_at.desc(), Fan.id)
    shops = directory.load(session)
    for number, fan in enumerate(reversed(session.scalars(travellers.limit(FANS)).all())):
        shop = shops.get(fan.last_shop_id or 0)
        _run(session, version, fan, shop, number=number, now=now)
    session.flush()


def _save(
    session: Session,
    row: Series,
    said: Sequence[dict[str, Any]],
    stops: Sequence[Stop],
    account_id: int,
    *,
    now: datetime,
) -> SeriesVersion:
    row.account_id, row.created_at = account_id, now - timedelta(days=60)
    return keeping.save(session, row, said=said, stops=stops, stop_tags=(), by=None, now=now)


@dataclass(frozen=True, slots=True)
class _Past:
    """A step whose time has come before now, and what became of it."""

    number: int
    at: datetime
    state: NoticeState


def _run(
    session: Session,
    version: SeriesVersion,
    fan: Fan,
    shop: ShopFacts | None,
    *,
    number: int,
    now: datetime,
) -> None:
    began = fan.followed_at or now
    ended, why = _end(fan, number, began)
    due = list(_due(began))
    past = [at for at in due if at <= min(now, ended or now)]
    is_over = ended is not None and ended <= now and len(past) < len(due)
    state = RunState.STOPPED if is_over else RunState.FINISHED if len(past) == len(due) else RunState.RUNNING
    run = SeriesRun(
        account_id=fan.account_id,
        series_id=version.series_id,
        version_id=version.id,
        fan_id=fan.id,
        entry=1,
        source="follow",
        state=state.value,
        stopped_why=why.value if is_over and why else None,
        step=min(len(past) + 1, len(due)),
        due_at=due[min(len(past), len(due) - 1)],
        base_at=began,
        entered_at=began,
        ended_at=ended if is_over else past[-1] if state is RunState.FINISHED else None,
        exclusive_key=fan.id if state is RunState.RUNNING else None,
        tempo=1,
        is_test=False,
    )
    session.add(run)
    session.flush()
    for place, at in enumerate(past, start=1):
        became = _became(place, at, len(past) + is_over, number, now=now)
        _tell(session, run, shop, _Past(place, at, became))
        if became is NoticeState.NOTE:
            fan.note_until = at + NOTE_FOR


def _due(began: datetime) -> Iterator[datetime]:
    before = began
    for step in steps.read_all(WELCOME):
        before = timing.due(step, trigger=began, before=before)
        yield before


def _end(fan: Fan, number: int, began: datetime) -> tuple[datetime | None, Stop | None]:
    if fan.standing == Standing.LEFT and fan.left_at is not None:
        return fan.left_at, Stop.LEFT
    if fan.member_id is not None:
        return began + timedelta(hours=20), Stop.BOUND
    return (began + timedelta(hours=40), Stop.PERSON) if number % 9 == 4 else (None, None)


def _became(place: int, at: datetime, last: int, number: int, *, now: datetime) -> NoticeState:
    """What is said at once arrives; later ones do for whoever wrote lately, and wait until the `last` one."""
    if place == 1 or number % 3 == 0:
        return NoticeState.SENT
    if place < last:
        return NoticeState.CANCELLED
    return NoticeState.NOTE if at + NOTE_FOR > now else NoticeState.UNREACHED


def _tell(session: Session, run: SeriesRun, shop: ShopFacts | None, past: _Past) -> None:
    said = with_shop(steps.read(WELCOME[past.number - 1]).answer, shop)
    if said is None:
        return
    [content_id] = contents.keep(session, [Content(documents.to_document(said))], now=past.at)
    is_sent, is_note = past.state is NoticeState.SENT, past.state is NoticeState.NOTE
    reasons = {NoticeState.NOTE: Reason.WINDOW_CLOSED, NoticeState.UNREACHED: Reason.NOTE_OVER}
    reason = reasons.get(past.state)
    session.add(
        ReachNotice(
            account_id=run.account_id,
            fan_id=run.fan_id,
            intent=withdrawing.INTENT,
            key=withdrawing.key_of(run.id, past.number),
            lane=Lane.MARKETING.value,
            content_id=content_id,
            facts={},
            batch=stepping.batch_of(run.series_id),
            state=past.state.value,
            route=RouteName.CUSTOM.value if is_sent else RouteName.NOTE.value if is_note else None,
            reason=reason.value if reason else None,
            due_at=past.at,
            claims=0,
            attempts=1 if is_sent else 0,
            called_at=past.at if is_sent else None,
            sent_at=past.at if is_sent else None,
            note_until=past.at + NOTE_FOR if is_note else None,
            created_at=past.at,
        )
    )
    session.add(
        SeriesDeed(
            run_id=run.id,
            step=past.number,
            series_id=run.series_id,
            version_id=run.version_id,
            fan_id=run.fan_id,
            at=past.at,
            deed=Deed.SAID.value,
            is_test=False,
        )
    )
