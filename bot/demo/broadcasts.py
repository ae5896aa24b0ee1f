"""The demo's segments and broadcasts: one that was sent four days ago with what it brought, and a draft."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.broadcasts import effects
from bot.broadcasts.models import Broadcast, BroadcastState, Way
from bot.fans.models import Fan
from bot.links import keeping
from bot.links.models import LinkClick
from bot.reach import contents
from bot.reach.models import Lane, NoticeState, ReachNotice, Reason, RouteName
from bot.segments.models import Segment
from bot.tags.models import Tag

WRITER, CHIEF = "marketer", "admin"
SENT_AGO = timedelta(days=4, hours=2)
TOOK = timedelta(minutes=7)
REACHED, LEFT_OUT = 0.61, 0.92
TEXT = (
    "{门店}的朋友，十一月的腾冲银杏正黄。\n"
    "六天五晚慢游，一团不超过 16 人，含和顺古镇住宿。看看行程：{链接1}\n"
    "不想再收到这类消息，回复“退订”。"
)
DRAFT = "亲爱的会员，邮轮早鸟票今晚开售：{链接1}"
ITINERARY, CRUISE = "https://travel.example/tengchong", "https://travel.example/cruise"


def put(session: Session, account_id: int, *, now: datetime) -> None:
    """Add two shared segments, the broadcast with its recipients, and the draft."""
    tags = {row.name: row.id for row in session.scalars(select(Tag))}
    active = _segment(
        session,
        "近期活跃旅客",
        "三十天内互动过，企业客户除外",
        {
            "all": [
                {"field": "standing", "ask": "any", "value": ["following"]},
                {"field": "last_active", "ask": "within", "value": 30},
                {"none": [{"field": "tags", "ask": "any", "value": [tags["企业团建"]]}]},
            ]
        },
        now=now,
    )
    cruise = _segment(
        session,
        "邮轮意向",
        "打过邮轮意向标签、还没成为会员",
        {
            "all": [
                {"field": "tags", "ask": "any", "value": [tags["邮轮意向"]]},
                {"field": "member", "ask": "is", "value": False},
            ]
        },
        now=now,
    )
    _sent(session, account_id, active, now=now)
    draft = _broadcast(session, account_id, "邮轮早鸟票", cruise, DRAFT, created_at=now - timedelta(hours=3))
    links = keeping.put(session, draft.batch, [CRUISE], now=now)
    draft.content = {**draft.content, "links": links}


def _segment(
    session: Session, name: str, note: str, document: dict[str, object], *, now: datetime
) -> Segment:
    row = Segment(
        name=name,
        note=note,
        document=document,
        created_by=WRITER,
        created_at=now - timedelta(days=9),
        shared_at=now,
    )
    session.add(row)
    session.flush()
    return row


def _broadcast(
    session: Session, account_id: int, name: str, segment: Segment, text: str, *, created_at: datetime
) -> Broadcast:
    row = Broadcast(
        account_id=account_id,
        name=name,
        state=BroadcastState.DRAFT.value,
        way=Way.PLANNER.value,
        intent="broadcast",
        segment_id=segment.id,
        content={"answer": {"type": "text", "content": text}},
        written_by=[],
        created_by=WRITER,
        created_at=created_at,
    )
    session.add(row)
    session.flush()
    return row


def _sent(session: Session, account_id: int, segment: Segment, *, now: datetime) -> None:
    began = now - SENT_AGO
    row = _broadcast(session, account_id, "腾冲银杏季", segment, TEXT, created_at=began - timedelta(hours=20))
    row.content = {**row.content, "links": keeping.put(session, row.batch, [ITINERARY], now=began)}
    row.audience, row.state = segment.document, BroadcastState.DONE.value
    row.submitted_by, row.submitted_at = WRITER, began - timedelta(hours=18)
    row.approved_by, row.approved_at = CHIEF, began - timedelta(hours=1)
    row.started_at, row.laid_at, row.ended_at = began, began + TOOK / 4, began + TOOK
    # Who followed then. Some have left since: that, too, is what it brought.
    followed = select(Fan.id).where(
        Fan.account_id == account_id,
        Fan.followed_at < began,
        or_(Fan.left_at.is_(None), Fan.left_at > began),
    )
    fans = session.scalars(followed.order_by(Fan.id)).all()
    row.newest = row.reached = max(fans, default=0)
    row.laid = len(fans)
    _recipients(session, row, fans, began=began)
    row.effect = effects.count(session, row, now=now)


def _recipients(session: Session, row: Broadcast, fans: Sequence[int], *, began: datetime) -> None:
    """Lay the recipients down and have them end as such a day would: most reached, others not and why."""
    dice = random.Random(9)
    [content_id] = contents.keep(session, [contents.read(row.content)], now=began)
    reached: list[int] = []
    for fan_id in fans:
        luck = dice.random()
        state, reason = NoticeState.SENT, None
        if luck > REACHED:
            state, reason = NoticeState.UNREACHED, Reason.WINDOW_CLOSED
        if luck > LEFT_OUT:
            state, reason = NoticeState.SKIPPED, Reason.CAPPED if luck < 0.97 else Reason.NO_CONSENT
        is_sent = state is NoticeState.SENT
        if is_sent:
            reached.append(fan_id)
        notice = ReachNotice(
            account_id=row.account_id,
            fan_id=fan_id,
            intent=row.intent,
            key=row.batch,
            lane=Lane.MARKETING.value,
            content_id=content_id,
            facts={},
            batch=row.batch,
            state=state.value,
            route=RouteName.CUSTOM.value if is_sent else None,
            reason=reason.value if reason else None,
            due_at=began,
            claims=1,
            attempts=int(is_sent),
            sent_at=began + TOOK / 2 if is_sent else None,
            created_at=began,
        )
        session.add(notice)
    link = row.content["links"][0]
    for fan_id in reached:
        if dice.random() < 0.23:
            for _time in range(1 + (dice.random() < 0.2)):
                at = began + TOOK + timedelta(minutes=dice.expovariate(1 / 90))
                session.add(LinkClick(link_id=link, fan_id=fan_id, at=at))
    session.flush()
