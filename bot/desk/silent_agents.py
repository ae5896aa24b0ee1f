"""Agents who let a traveller wait, for the first word or for a further one: reminded, then passed over."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from bot.desk import hearing, requests, settling, talk, words
from bot.desk.desks import Settings
from bot.desk.floor import Floor
from bot.desk.models import Agent, AgentRecord
from bot.desk.request_models import DeskRequest, RequestState
from bot.errors import BadRequest, FanUnreachable, NotPermitted
from bot.fans.models import Fan

GRACE = timedelta(seconds=15)  # an agent who blinked keeps their travellers
BREATH = timedelta(seconds=60)  # that an agent has after a reminder, however late it came
MOST_AGENTS = 3  # who may let one traveller wait; the next keeps them until `silent_traveller` is over
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class _Late:
    """A traveller whom their agent has let wait since then."""

    request: DeskRequest
    agent: Agent
    openid: str
    settings: Settings
    since: datetime

    def is_silent(self, now: datetime) -> bool:
        return self.since <= now - timedelta(seconds=self.settings.silent_agent)


def unanswered(floor: Floor) -> None:
    """See to agents who have not said a first word: a reminder, then the traveller is given to another.

    At once if the agent went. Where WeChat does not say who answered, only those who went are known to
    let anybody wait.
    """
    now = floor.now()
    with floor.db.reading() as session:
        book = floor.house(session).desks
        patience = timedelta(seconds=book.least("silent_agent"))
        rows = session.execute(
            _serving(floor)
            .where(
                DeskRequest.answered_at.is_(None),
                DeskRequest.why != "notice",
                DeskRequest.opened_at <= now - GRACE,
                or_(_went(now), DeskRequest.opened_at <= now - patience),
            )
            .order_by(_went(now).desc(), DeskRequest.opened_at, DeskRequest.id)
            .limit(AT_ONCE)
        ).all()
        every = [
            _Late(request, agent, fan.openid, book.of(floor.account_id, request.shop_id), request.opened_at)
            for request, agent, fan in rows
            if request.opened_at is not None
        ]
    late = [one for one in every if _is_away(one.agent, now) or one.is_silent(now)]
    said = settling.first_words(floor, {one.openid: one.since for one in late})
    for one in late:
        if said is not None and one.openid in said:
            with floor.db.transaction() as session:
                requests.answered(session, one.request.id, at=said[one.openid])
        elif said is not None or _is_away(one.agent, now):
            _act(floor, one)


def answered(floor: Floor) -> set[int]:
    """See to agents who have answered, and now let a further question stand, in the same way.

    Return in which conversations a question stands: there the traveller is not the silent one. Thanks and
    a good-bye are no question. None where WeChat does not say who answered: there a conversation ends as
    ever, or its seat would be held for as long as the agent is there.
    """
    now = floor.now()
    with floor.db.reading() as session:
        late = _asked_on(session, floor)
    late = [one for one in late if _is_away(one.agent, now) or one.is_silent(now)]
    if not late:
        return set()
    is_known = _hear(floor, min(one.since for one in late))
    with floor.db.reading() as session:
        late = _asked_on(session, floor, among=[one.request.id for one in late])
    for one in late:
        if _is_away(one.agent, now) or (is_known and one.is_silent(now)):
            _act(floor, one)
    return {one.request.id for one in late} if is_known else set()


def _asked_on(session: Session, floor: Floor, *, among: Collection[int] | None = None) -> list[_Late]:
    """Return the conversations in which the traveller has the last word, as far as we have heard.

    First those whose agent went, then who has talked for longest; all, or `among` those requests.
    """
    now = floor.now()
    book = floor.house(session).desks
    patience = timedelta(seconds=book.least("silent_agent"))
    spoke = exists().where(
        AgentRecord.fan_id == DeskRequest.fan_id, AgentRecord.said_at >= Fan.last_message_at
    )
    wanted = _serving(floor).where(
        DeskRequest.answered_at < Fan.last_message_at,
        or_(_went(now), DeskRequest.answered_at <= now - patience),
        ~spoke,
    )
    if among is not None:
        wanted = wanted.where(DeskRequest.id.in_(among))
    ordered = wanted.order_by(_went(now).desc(), DeskRequest.answered_at, DeskRequest.id)
    rows = session.execute(ordered.limit(AT_ONCE)).all()
    heard = _heard(session, [request.id for request, _agent, _fan in rows])
    found = []
    for request, agent, fan in rows:
        last = max(filter(None, (request.answered_at, heard.get(request.id))))
        asked_at = talk.asked_since(session, request, last)
        if asked_at is not None:
            since = max(asked_at, request.opened_at or asked_at)  # a colleague may have handed them on
            found.append(_Late(request, agent, fan.openid, book.of(floor.account_id, request.shop_id), since))
    return found


def _heard(session: Session, keys: Collection[int]) -> dict[int, datetime]:
    """Return when an agent last spoke in each of the conversations, where we have heard it."""
    if not keys:
        return {}
    spoken = (
        select(DeskRequest.id, func.max(AgentRecord.said_at))
        .join(
            AgentRecord,
            and_(AgentRecord.fan_id == DeskRequest.fan_id, AgentRecord.said_at >= DeskRequest.asked_at),
        )
        .where(DeskRequest.id.in_(keys))
        .group_by(DeskRequest.id)
    )
    return {one[0]: one[1] for one in session.execute(spoken)}


def _hear(floor: Floor, since: datetime) -> bool:
    """Fetch what agents have said since then; False where WeChat does not let us."""
    now = floor.now()
    try:
        hearing.hear(floor.db, floor.line, floor.account_id, max(since, now - timedelta(hours=23)), now)
    except (NotPermitted, BadRequest):
        return False
    return True


def _act(floor: Floor, late: _Late) -> None:
    """Take the traveller from the agent, take a message down, or remind the agent."""
    now, request = floor.now(), late.request
    patience = timedelta(seconds=late.settings.silent_agent)
    # A warning from before was the traveller's: whether that was all.
    warned_at = request.warned_at if request.warned_at and request.warned_at >= late.since else None
    is_over = warned_at is not None and warned_at <= now - BREATH and late.since <= now - 2 * patience
    may_go = len(request.passed or ()) < MOST_AGENTS
    if _is_away(late.agent, now) or (may_go and is_over):
        # Whoever went is not kept to, however many there were before: each agent is asked once.
        with floor.db.transaction() as session:
            settling.give_back(session, request, now=now)
    elif is_over and late.since <= now - timedelta(seconds=late.settings.silent_traveller):
        with floor.db.transaction() as session:
            row = session.get_one(DeskRequest, request.id)
            if (row.state, row.answered_at) == (RequestState.SERVING, request.answered_at):
                settling.take_down(session, floor, request.id, reason="all_let_wait")
    elif warned_at is None and late.is_silent(now):
        minutes = int((now - late.since).total_seconds()) // 60
        try:
            floor.line.session_create(late.openid, late.agent.kf_account, words.left_waiting(minutes or 1))
        except (BadRequest, FanUnreachable):
            return
        with floor.db.transaction() as session:
            mine = update(DeskRequest).where(DeskRequest.id == request.id, requests.is_answered_at(request))
            session.execute(mine.values(warned_at=now))


def _serving(floor: Floor) -> Select[DeskRequest, Agent, Fan]:
    return (
        select(DeskRequest, Agent, Fan)
        .join(Agent, Agent.id == DeskRequest.agent_id)
        .join(Fan, Fan.id == DeskRequest.fan_id)
        .where(
            DeskRequest.account_id == floor.account_id,
            DeskRequest.open_key.is_not(None),
            DeskRequest.state == RequestState.SERVING.value,
        )
    )


def _went(now: datetime) -> ColumnElement[bool]:
    return and_(Agent.online.is_(False), or_(Agent.seen_at.is_(None), Agent.seen_at <= now - GRACE))


def _is_away(agent: Agent, now: datetime) -> bool:
    return not agent.online and (agent.seen_at is None or agent.seen_at <= now - GRACE)
