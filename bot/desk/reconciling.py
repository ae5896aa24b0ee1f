"""Seats made what WeChat's own lists say, since events may never come (protocol §1.5)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from bot.desk import claims, requests, sessions, wishes
from bot.desk.floor import Floor
from bot.desk.models import Agent
from bot.desk.request_models import DeskRequest, RequestState
from bot.desk.routing import Rung
from bot.errors import BadRequest
from bot.fans import rows as fan_rows
from bot.fans.models import Fan

SETTLES = timedelta(seconds=15)  # what is newer may be on its way
AT_ONCE = 40  # agents asked about in one run: one call each


def reconcile(floor: Floor) -> int:
    """Compare the agents whose number of conversations is not ours; return how many requests changed.

    Again: nothing is left to change.
    """
    with floor.db.reading() as session:
        doubtful = session.scalars(_doubtful(floor.account_id)).all()
    changed = 0
    for agent in doubtful:
        asked_at = floor.now()
        try:
            rows = floor.line.session_list(agent.kf_account)
        except BadRequest:
            continue  # an agent WeChat knows no longer; `take_in` notes that
        with floor.db.transaction() as session:
            changed += _compare(session, floor, agent, rows, asked_at)
            changed += claims.recount(session, agent.id)
    return changed


def opened(
    session: Session,
    *,
    account_id: int,
    fan_id: int,
    shop_id: int | None,
    agent_id: int,
    at: datetime,
    now: datetime,
) -> int | None:
    """Note that WeChat says the agent has the traveller; return the request if that is news.

    A conversation nobody asked us for, which the agent took in WeChat's own desk, gets a request too.
    The fan's row must be locked; the caller promises `desk.settle`.
    """
    request_id, is_new = requests.ask(
        session, account_id=account_id, fan_id=fan_id, shop_id=shop_id, why="by_hand", now=now
    )
    request = session.get_one(DeskRequest, request_id)
    is_news = requests.opened_by(session, request, agent_id, at=at, rung=Rung.BY_HAND.value)
    return request_id if is_news or is_new else None


def closed(
    session: Session, *, fan_id: int, agent_id: int, at: datetime, now: datetime, why: str
) -> int | None:
    """Note that WeChat says the conversation ended; return the request if that is news.

    An ending of before this conversation began is an older one's.  What ended had begun, even if WeChat
    told so before our own asking for it was written down: then it counts from when we asked.
    """
    request = requests.open_of(session, fan_id)
    if request is None or request.agent_id != agent_id or request.state not in requests.IN_HAND:
        return None
    began = request.opened_at or request.claimed_at
    if began is not None and at < began.replace(microsecond=0):
        return None
    key = request.id
    ended = requests.end(
        session,
        key,
        RequestState.CLOSED,
        why=why,
        now=now,
        states=requests.IN_HAND,
        agent_id=agent_id,
    )
    if not ended:
        return None
    if request.opened_at is None:
        request.opened_at = began
    return key


def _doubtful(account_id: int) -> Any:
    held = (
        select(func.count())
        .where(DeskRequest.seat_agent_id == Agent.id, DeskRequest.state == RequestState.SERVING.value)
        .scalar_subquery()
    )
    differs: ColumnElement[bool] = Agent.accepted != held
    return (
        select(Agent)
        .where(Agent.account_id == account_id, Agent.gone_at.is_(None), differs)
        .order_by(Agent.id)
        .limit(AT_ONCE)
    )


def _compare(
    session: Session, floor: Floor, agent: Agent, rows: Sequence[Mapping[str, Any]], asked_at: datetime
) -> int:
    now = floor.now()
    listed = {str(row["openid"]): int(row.get("createtime") or 0) for row in rows if row.get("openid")}
    held = session.execute(
        select(DeskRequest.id, DeskRequest.fan_id, DeskRequest.opened_at, Fan.openid)
        .join(Fan, Fan.id == DeskRequest.fan_id)
        .where(
            DeskRequest.agent_id == agent.id,
            DeskRequest.state == RequestState.SERVING.value,
        )
    ).all()
    changed = 0
    for row in held:
        if row.openid in listed or row.opened_at is None or row.opened_at > asked_at - SETTLES:
            continue
        key = closed(session, fan_id=row.fan_id, agent_id=agent.id, at=now, now=now, why="lost")
        if key is not None:
            sessions.closed(
                session,
                account_id=floor.account_id,
                fan_id=row.fan_id,
                kf_account=agent.kf_account,
                at=now.replace(microsecond=0),
            )
            wishes.settle(session, key, now=now)
            changed += 1
    ours = {row.openid for row in held}
    strangers = sorted(set(listed) - ours)
    fans = fan_rows.lock(session.connection(), [(floor.account_id, one) for one in strangers], now=now)
    for (_account, openid), fan in sorted(fans.items()):
        at = datetime.fromtimestamp(listed[openid], UTC)
        if at > asked_at - SETTLES:
            continue
        key = opened(
            session,
            account_id=floor.account_id,
            fan_id=fan.id,
            shop_id=fan.last_shop_id,
            agent_id=agent.id,
            at=at,
            now=now,
        )
        if key is not None:
            sessions.goes_on(
                session,
                account_id=floor.account_id,
                fan_id=fan.id,
                kf_account=agent.kf_account,
                since=at,
                seen_at=asked_at,
            )
            wishes.settle(session, key, now=now)
            changed += 1
    return changed
