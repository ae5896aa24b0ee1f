"""What happened at the demo's desk before you came: who asked, which agent answered, how soon."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.demo import desk_past
from bot.desk import records, sessions, waits
from bot.desk.models import Agent, DeskNote, NoteState
from bot.fans.models import Fan
from bot.messages import rows as message_rows
from bot.messages.models import Message
from bot.replies.models import AutoReply
from bot.wechat.replies import Transfer, to_document

ASKED = (
    ("两个大人一个孩子去大理，五一还有位置吗", ("您好，五一还有三个位置。", "我把行程发给您看看。")),
    ("集合地点在哪里", ("您好，早上七点在人民广场集合。",)),
    ("老人腿脚不便，有慢一点的团吗", ("您好，有的，乌镇两日每天只走三公里。", "需要轮椅的话我们提前备好。")),
    ("发票什么时候能开", ("您好，行程结束后三个工作日内开好。",)),
)
REFUNDS = ("临时有事，能退款吗", "想改期到下个月", "退款到账了吗")
DAYS = 24


def put(session: Session, account_id: int, *, now: datetime) -> None:
    """Write conversations of the last weeks as WeChat's events and records would have left them."""
    session.flush()
    fans = session.scalars(
        select(Fan)
        .where(Fan.account_id == account_id, Fan.last_shop_id.is_not(None), Fan.message_count > 0)
        .order_by(Fan.id)
    ).all()
    agents = session.scalars(select(Agent).where(Agent.account_id == account_id).order_by(Agent.id)).all()
    if not fans or not agents:
        return
    for number in range(DAYS * 2):
        fan = fans[number % len(fans)]
        at = (now - timedelta(days=number // 2, minutes=35 + 97 * number % 400)).replace(microsecond=0)
        if fan.followed_at is None or fan.followed_at > at:
            continue
        at_hand = [one for one in agents if one.shop_id in {fan.last_shop_id, None}] or agents
        _conversation(session, fan, at_hand[number % len(at_hand)], number, at=at)
    _notes(session, fans, agents, now=now)
    desk_past.put(session, fans, agents, now=now)


def _conversation(session: Session, fan: Fan, agent: Agent, number: int, *, at: datetime) -> None:
    asked, answered = ASKED[number % len(ASKED)]
    transfer = to_document(Transfer())
    _message(session, fan, asked, f"desk/{number}", at=at, answered_by="desk", reply=transfer)
    facts = {"account_id": fan.account_id, "fan_id": fan.id, "kf_account": agent.kf_account}
    waited = timedelta(seconds=12 + 53 * number % 340)
    sessions.opened(session, at=at + waited / 2, **facts)  # type: ignore[arg-type]
    said = [
        {
            "openid": fan.openid,
            "opercode": records.AGENT_SENT,
            "worker": agent.kf_account,
            "text": words,
            "time": int((at + waited + timedelta(seconds=40 * place)).timestamp()),
        }
        for place, words in enumerate(answered)
    ]
    records.keep(session, fan.account_id, records.read(said, fan.account_id), now=at)
    sessions.closed(session, at=at + timedelta(minutes=6 + number % 9), **facts)  # type: ignore[arg-type]
    waits.recount(session, fan.account_id, {fan.id}, since=at)


def _notes(session: Session, fans: Any, agents: Any, *, now: datetime) -> None:
    rule = session.scalar(select(AutoReply).where(AutoReply.notify_desk).order_by(AutoReply.id).limit(1))
    if rule is None:
        return
    for number, asked in enumerate(REFUNDS):
        fan, at = fans[number * 3 % len(fans)], now - timedelta(hours=2 + 5 * number)
        key = _message(
            session, fan, asked, f"note/{number}", at=at, answered_by=f"rule:{rule.id}", reply=rule.reply
        )
        told = agents[0].kf_account if number == len(REFUNDS) - 1 else None
        session.add(
            DeskNote(
                message_id=key,
                account_id=fan.account_id,
                fan_id=fan.id,
                rule_id=rule.id,
                rule_title=rule.title,
                state=(NoteState.TOLD if told else NoteState.OPEN).value,
                kf_account=told,
                reason="" if told else "nobody_free",
                created_at=at,
            )
        )


def _message(
    session: Session, fan: Fan, words: str, name: str, *, at: datetime, answered_by: str, reply: Any
) -> int:
    """Write one message and return its id."""
    key = hashlib.blake2b(f"demo/{name}".encode(), digest_size=16).digest()
    fields = {"Content": words}
    row = (key, fan.account_id, fan.id, "text", fields, at, at, answered_by, reply)
    message_rows.record(session.connection(), [row])
    fan.message_count += 1
    fan.last_interaction_at = fan.last_message_at = max(at, fan.last_message_at or at)
    session.flush()
    return session.scalars(select(Message.id).where(Message.key == key)).one()
