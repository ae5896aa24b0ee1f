"""After a conversation: the seat, the next in line, what the agent said, the question, the message's task."""

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.desk import claims, desks, records, requests, route, tasks, wishes, words
from bot.desk.floor import Floor
from bot.desk.models import Agent
from bot.desk.request_models import DeskRequest, RequestState
from bot.errors import BadRequest, FanUnreachable, NotPermitted
from bot.fans.models import Fan

BY_WECHAT = frozenset({"event", "lost"})  # ends that WeChat told us of: there is nothing to close
IGNORED = frozenset({65413, 65414, 65401, 40003, 43004})
SCORE_WITHIN = timedelta(hours=40)
SCORED = "score"


def release(floor: Floor, request_id: int) -> None:
    """Give the request's seat back once WeChat holds no conversation for it, and seat the next.

    Again: a seat that was given back is not given back twice. While a
    conversation is open, its seat is made the serving agent's instead.
    """
    close_at_wechat(floor, request_id)
    now = floor.now()
    with floor.db.transaction() as session:
        claims.settle(session, request_id)
        request = session.get_one(DeskRequest, request_id)
        if request.state == RequestState.CLOSED and request.opened_at is not None:
            wishes.wish(session, "desk.after", {"request": request_id}, now=now, after=wishes.AFTERWARDS)
        wishes.drain(session, floor.account_id, now=now)


def close_at_wechat(floor: Floor, request_id: int) -> None:
    """Have WeChat close the conversation whose seat is held although nobody has it any more."""
    with floor.db.reading() as session:
        request = session.get(DeskRequest, request_id)
        if request is None or request.seat_agent_id is None or request.state in requests.IN_HAND:
            return
        if request.closed_why in BY_WECHAT:
            return
        openid = session.get_one(Fan, request.fan_id).openid
        kf_account = session.get_one(Agent, request.seat_agent_id).kf_account
    try:
        floor.line.session_close(openid, kf_account)
    except (BadRequest, FanUnreachable) as error:
        if error.code not in IGNORED:
            raise


def afterwards(floor: Floor, request_id: int) -> None:
    """Learn whether the agent answered; ask the traveller for a score, or owe them an answer still.

    Again: the question is asked once, unless a crash came between WeChat's answer and our note.
    """
    with floor.db.reading() as session:
        request = session.get_one(DeskRequest, request_id)
        if request.state != RequestState.CLOSED or request.opened_at is None or request.agent_id is None:
            return
        agent = session.get_one(Agent, request.agent_id)
        fan = session.get_one(Fan, request.fan_id)
        asks = desks.settings(session, request.account_id, request.shop_id).asks_score
    if request.answered_at is None:
        said = first_words(floor, {fan.openid: request.opened_at}, until=request.closed_at)
        at = said.get(fan.openid) if said is not None else None
        with floor.db.transaction() as session:
            if at is not None:
                requests.answered(session, request_id, at=at)
            request = session.get_one(DeskRequest, request_id)
    is_answered = request.answered_at is not None
    with floor.db.transaction() as session:
        if is_answered:
            tasks.settle_messages_of(session, fan.id, by=agent.nickname, now=floor.now())
        elif request.task_id is not None:
            tasks.taken_back(session, request.task_id)
    is_fresh = request.closed_at is not None and floor.now() - request.closed_at < SCORE_WITHIN
    if not (asks and is_answered and is_fresh) or request.told == SCORED or request.score is not None:
        return
    # Whoever was silent for too long, or is gone, is not chased for a score.
    with suppress(FanUnreachable, BadRequest):
        floor.line.send(fan.openid, words.score_menu(agent.nickname, request_id))
    with floor.db.transaction() as session:
        session.execute(update(DeskRequest).where(DeskRequest.id == request_id).values(told=SCORED))


def first_words(
    floor: Floor, since: dict[str, datetime], *, until: datetime | None = None
) -> dict[str, datetime] | None:
    """Return when an agent first wrote to each traveller since then, from WeChat's records.

    None where WeChat does not let us read them: then it is unknown who answered.
    """
    if not since:
        return {}
    last = floor.now() if until is None else min(floor.now(), until + timedelta(seconds=1))
    first = max(min(since.values()).replace(microsecond=0), last - timedelta(hours=23))
    try:
        rows = floor.line.records(first, last)
    except (NotPermitted, BadRequest):
        return None
    found: dict[str, datetime] = {}
    for said in records.read(rows, floor.account_id):
        begun = since.get(said.openid)
        if begun is not None and said.at >= begun.replace(microsecond=0):
            found[said.openid] = min(said.at, found.get(said.openid, said.at))
    return found


def take_down(session: Session, floor: Floor, request_id: int, *, reason: str) -> None:
    """End the conversation, or the place in line, as a message that is owed an answer, and free the seat."""
    request = session.get_one(DeskRequest, request_id)
    settings = floor.house(session).settings(request.account_id, request.shop_id)
    route.take_down(session, request, reason=reason, ranking=None, settings=settings, now=floor.now())
    wishes.settle(session, request_id, now=floor.now())


def give_back(session: Session, request: DeskRequest, *, now: datetime) -> bool:
    """Take a conversation from its agent and look for another.

    `request` is as it was read: False if the agent has said a first word since, or it moved on.
    WeChat's own conversation is closed when the next agent is looked for (`bot.desk.placing`).
    """
    assert request.agent_id is not None
    passed = sorted({*(request.passed or ()), request.agent_id})
    if not requests.reroute(session, request, passed=passed, now=now):
        return False
    wishes.say(session, request.id, now=now)
    wishes.place(session, request.id, now=now)
    return True
