"""What time does to requests: agents who are silent or went away, travellers who are, lines that end."""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.orm import Session

from bot.desk import (
    draining,
    line,
    manned,
    presence,
    requests,
    route,
    settling,
    silent_agents,
    wishes,
    words,
)
from bot.desk.floor import Floor
from bot.desk.models import Agent, AgentRecord, Duty
from bot.desk.request_models import DeskRequest, RequestState
from bot.errors import BadRequest, FanUnreachable
from bot.fans.models import Fan

SELDOM = timedelta(seconds=10)  # for what need not be looked at every two seconds
STUCK = timedelta(seconds=60)  # a claim that nobody has confirmed or undone
FORGOTTEN = timedelta(seconds=20)  # a request that nobody has looked at
ENDING = timedelta(minutes=5)
LAST_CHANCE = timedelta(minutes=2)  # before the 48 hours are over
AT_ONCE = 200


def look(floor: Floor) -> None:
    """See to everything at the account that only time brings about. Again: what was seen to is done."""
    last = presence.poll_if_due(floor)
    if last is None:
        return  # as seldom as presence is asked for: every two seconds while somebody waits
    draining.drain(floor)
    if floor.now() - last < SELDOM and int(floor.now().timestamp()) // 10 == int(last.timestamp()) // 10:
        return
    with floor.db.transaction() as session:
        _end_breaks(session, floor)
        _resume(session, floor)
    _close_lines(floor)
    silent_agents.unanswered(floor)
    waiting = silent_agents.answered(floor)
    _silent_travellers(floor, waiting)
    _untouched_notices(floor)


def _end_breaks(session: Session, floor: Floor) -> None:
    over = update(Agent).where(
        Agent.account_id == floor.account_id,
        Agent.duty == Duty.BREAK.value,
        Agent.duty_until <= floor.now(),
    )
    session.execute(over.values(duty=Duty.ON.value, duty_until=None))


def _resume(session: Session, floor: Floor) -> None:
    """Promise again what a promise that died, or a crash, left half done."""
    now = floor.now()
    stuck = or_(
        (DeskRequest.state == RequestState.CLAIMED.value) & (DeskRequest.claimed_at < now - STUCK),
        (DeskRequest.state == RequestState.ASKED.value) & (DeskRequest.asked_at < now - FORGOTTEN),
    )
    for key in session.scalars(select(DeskRequest.id).where(_here(floor), stuck).limit(AT_ONCE)).all():
        wishes.place(session, key, now=now)
    left = select(DeskRequest.id).where(
        DeskRequest.account_id == floor.account_id,
        DeskRequest.seat_agent_id.is_not(None),
        DeskRequest.open_key.is_(None),
        DeskRequest.closed_at < now - FORGOTTEN,
    )
    for key in session.scalars(left.limit(AT_ONCE)).all():
        wishes.settle(session, key, now=now)


def _close_lines(floor: Floor) -> None:
    """Take down as messages those for whom nobody will come: all went home, or the 48 hours end.

    Who waits where nobody is at work, or none but those who let them wait before, is routed once more,
    which says so and takes the message down.
    """
    now = floor.now()
    with floor.db.reading() as session:
        over = line.ending(session, floor.account_id, until=now + LAST_CHANCE)
        shops = line.shops(session, floor.account_id)
        if not shops:
            return
        there = manned.at_work(session, floor.account_id, shops, floor.house(session), now=now)
        empty = [shop_id for shop_id, people in there.items() if not people]
        left = [key for one in empty for key in line.of_shop(session, floor.account_id, one, limit=AT_ONCE)]
        left += [
            one.id
            for one in line.let_wait(session, floor.account_id, limit=AT_ONCE)
            if there.get(one.shop_id, set()) <= set(one.passed or ())
        ]
    for key in over:
        with floor.db.transaction() as session:
            settling.take_down(session, floor, key, reason="window_over")
    for key in sorted(set(left) - set(over)):
        with floor.db.transaction() as session:
            if route.route(session, key, floor.house(session), now=now) is not None:
                wishes.place(session, key, now=now)


def _silent_travellers(floor: Floor, waiting: Collection[int] = ()) -> None:
    """Ask travellers who fell silent whether that was all, and end the conversation five minutes later.

    Not those who are `waiting` for their agent to say something.
    """
    now = floor.now()
    with floor.db.reading() as session:
        book = floor.house(session).desks
        since = now - timedelta(seconds=book.least("silent_traveller"))
        spoke = exists().where(AgentRecord.fan_id == DeskRequest.fan_id, AgentRecord.said_at > since)
        rows = session.execute(
            select(DeskRequest, Fan)
            .join(Fan, Fan.id == DeskRequest.fan_id)
            .where(
                _here(floor),
                DeskRequest.state == RequestState.SERVING.value,
                DeskRequest.answered_at <= since,
                or_(Fan.last_message_at.is_(None), Fan.last_message_at <= since),
                or_(DeskRequest.warned_at.is_(None), DeskRequest.warned_at <= now - ENDING),
                ~spoke,
            )
            .order_by(DeskRequest.id)
            .limit(AT_ONCE)
        ).all()
        quiet = [
            (request, fan, last)
            for request, fan in rows
            for patience in [timedelta(seconds=book.of(floor.account_id, request.shop_id).silent_traveller)]
            if request.id not in waiting and (last := _last_word(session, request, fan)) <= now - patience
        ]
    for request, fan, last in quiet:
        # Whoever was asked, and then one of them went on, is asked once more.
        if request.warned_at is None or request.warned_at < last:
            _ask_whether_that_was_all(floor, request, fan)
        else:
            with floor.db.transaction() as session:
                # A traveller who writes at this very moment has taken the warning away.
                if requests.end(
                    session,
                    request.id,
                    RequestState.CLOSED,
                    why="silent",
                    now=now,
                    states=(RequestState.SERVING.value,),
                    warned_at=request.warned_at,
                ):
                    wishes.settle(session, request.id, now=now)


def _ask_whether_that_was_all(floor: Floor, request: DeskRequest, fan: Fan) -> None:
    # Whoever cannot be asked is not: the conversation ends all the same.
    with suppress(FanUnreachable, BadRequest):
        floor.line.send(fan.openid, words.text(words.ending()))
    with floor.db.transaction() as session:
        mine = update(DeskRequest).where(DeskRequest.id == request.id)
        session.execute(mine.values(warned_at=floor.now()))


def _untouched_notices(floor: Floor) -> None:
    """End conversations in which an agent was told of a rule's answer and neither of them has said a word."""
    now = floor.now()
    with floor.db.reading() as session:
        book = floor.house(session).desks
        since = now - timedelta(seconds=book.least("silent_traveller"))
        spoke = exists().where(
            AgentRecord.fan_id == DeskRequest.fan_id, AgentRecord.said_at >= DeskRequest.asked_at
        )
        rows = session.scalars(
            select(DeskRequest)
            .where(
                _here(floor),
                DeskRequest.state == RequestState.SERVING.value,
                DeskRequest.why == "notice",
                DeskRequest.answered_at.is_(None),
                DeskRequest.opened_at <= since,
                ~spoke,
            )
            .order_by(DeskRequest.id)
            .limit(AT_ONCE)
        ).all()
        over = []
        for one in rows:
            patience = timedelta(seconds=book.of(floor.account_id, one.shop_id).silent_traveller)
            if one.opened_at is not None and one.opened_at <= now - patience:
                over.append(one.id)
    for key in over:
        with floor.db.transaction() as session:
            serving = (RequestState.SERVING.value,)
            # Whoever writes at this very moment has asked, and keeps the conversation.
            if requests.end(
                session, key, RequestState.CLOSED, why="silent", now=now, states=serving, is_unasked=True
            ):
                wishes.settle(session, key, now=now)


def _last_word(session: Session, request: DeskRequest, fan: Fan) -> datetime:
    """Return when either of them last wrote."""
    agent = session.scalar(
        select(func.max(AgentRecord.said_at)).where(
            AgentRecord.fan_id == fan.id, AgentRecord.said_at >= request.asked_at
        )
    )
    moments = (fan.last_message_at, request.answered_at, agent, request.asked_at)
    return max(one for one in moments if one is not None)


def _here(floor: Floor):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return (DeskRequest.account_id == floor.account_id) & DeskRequest.open_key.is_not(None)
