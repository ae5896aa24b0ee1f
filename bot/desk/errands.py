"""What the back office wants WeChat to do about an agent: written here, obeyed by `bot.desk.obeying`."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.desk import agents, wishes
from bot.desk.errand_models import AgentErrand, ErrandKind, ErrandState
from bot.desk.models import Agent, Duty
from bot.desk.requests import moved
from bot.files import store

ORDER = list(ErrandKind)


def want(
    session: Session,
    agent: Agent,
    kind: ErrandKind,
    *,
    value: str = "",
    picture: bytes | None = None,
    by: str,
    now: datetime,
) -> AgentErrand:
    """Have WeChat do this about the agent, in place of what of this kind was wanted before.

    Who is to be deleted takes no new travellers from now on, and nothing else is wanted for them any more.
    """
    session.refresh(agent, with_for_update=True)  # of two at once the second finds the row of the first
    if kind is ErrandKind.DELETE:
        _forget(session, agent.id, [one for one in ErrandKind if one is not kind])
        agent.duty, agent.duty_until = Duty.FINISHING.value, None
    elif kind is ErrandKind.ADD:
        _forget(session, agent.id, [ErrandKind.DELETE])
        agent.duty, agent.duty_until = Duty.ON.value, None
    row = session.scalar(select(AgentErrand).filter_by(agent_id=agent.id, kind=kind.value))
    if row is None:
        row = AgentErrand(agent_id=agent.id, kind=kind.value)
        session.add(row)
    before = row.file_id
    row.state, row.value, row.code, row.done_at = ErrandState.WANTED.value, value[:64], None, None
    row.asked_at, row.asked_by, row.file_id = now, by[:64], None
    if picture is not None:
        name = f"agent-{agent.id}.jpg"
        row.file_id = store.put(session, picture, name=name, media_type="image/jpeg", now=now).id
    session.flush()
    if before is not None:
        store.remove(session, before)
    wishes.obey(session, agent.id, now=now)
    return row


def add(
    session: Session, account_id: int, kf_account: str, nickname: str, *, by: str, now: datetime
) -> Agent | None:
    """Return the agent that WeChat is to add; None where the account has one of that name already.

    Until WeChat has added them they count as gone, so that nobody is promised a person for their sake.
    One who was deleted is added again under the same name.  Of two who add one name at once, both get
    the same agent.
    """
    wanted = select(Agent).where(Agent.account_id == account_id, Agent.kf_account == kf_account)
    agent = session.scalar(wanted)
    if agent is None:
        facts = agents.stranger(account_id, kf_account)
        agent = Agent(**{**facts, "nickname": nickname[:64], "bound": False, "gone_at": now})
        try:
            with session.begin_nested():
                session.add(agent)
        except IntegrityError:
            agent = session.scalars(wanted).one()
    elif agent.gone_at is None:
        return None
    want(session, agent, ErrandKind.ADD, value=nickname, by=by, now=now)
    return agent


def again(session: Session, agent: Agent, *, by: str, now: datetime) -> int:
    """Ask once more for all that WeChat refused; return how many."""
    mine = update(AgentErrand).where(
        AgentErrand.agent_id == agent.id, AgentErrand.state == ErrandState.REFUSED.value
    )
    values = {"state": ErrandState.WANTED.value, "code": None, "asked_at": now, "asked_by": by[:64]}
    count = session.execute(mine.values(values)).rowcount  # type: ignore[attr-defined]
    if count:
        wishes.obey(session, agent.id, now=now)
    return int(count)


def of(session: Session, agent_ids: Sequence[int]) -> dict[int, list[AgentErrand]]:
    """Return what is wanted, refused and done, by agent, in the order WeChat is asked."""
    found: dict[int, list[AgentErrand]] = {}
    for row in session.scalars(select(AgentErrand).where(AgentErrand.agent_id.in_(agent_ids))):
        found.setdefault(row.agent_id, []).append(row)
    for rows in found.values():
        rows.sort(key=lambda row: ORDER.index(ErrandKind(row.kind)))
    return found


def wanted(session: Session, agent_id: int) -> list[AgentErrand]:
    """Return what WeChat has not been asked for yet, in order."""
    rows = of(session, [agent_id]).get(agent_id, [])
    return [row for row in rows if row.state == ErrandState.WANTED]


def settle(session: Session, errand: AgentErrand, *, code: int | None, now: datetime) -> bool:
    """Note that WeChat did it, or refused with `code`; False if something else is wanted by now.

    What is done keeps neither the picture nor whose WeChat it was.
    """
    mine = update(AgentErrand).where(
        AgentErrand.id == errand.id,
        AgentErrand.asked_at == errand.asked_at,
        AgentErrand.state == ErrandState.WANTED.value,
    )
    if code is not None:
        return moved(session, mine.values(state=ErrandState.REFUSED.value, code=code, done_at=now))
    done = {"state": ErrandState.DONE.value, "code": None, "done_at": now, "value": "", "file_id": None}
    if not moved(session, mine.values(done)):
        return False
    if errand.file_id is not None:
        store.remove(session, errand.file_id)
    return True


def _forget(session: Session, agent_id: int, kinds: Sequence[ErrandKind]) -> None:
    theirs = AgentErrand.agent_id == agent_id, AgentErrand.kind.in_([one.value for one in kinds])
    files = select(AgentErrand.file_id).where(*theirs, AgentErrand.file_id.is_not(None))
    for file_id in session.scalars(files).all():
        store.remove(session, file_id or 0)
    session.execute(delete(AgentErrand).where(*theirs))
