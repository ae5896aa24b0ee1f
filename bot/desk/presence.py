"""Who is at the desk: polled from WeChat by the clock, often while somebody waits, remembered by all."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db.revisions import Remembered, bump
from bot.db.types import table_of
from bot.db.upsert import insert_or_set, insert_where_free
from bot.desk import agents, line, wishes
from bot.desk.floor import Floor
from bot.desk.models import Agent
from bot.desk.request_models import DeskPoll, DeskRequest
from bot.desk.requests import STILL_OPEN
from bot.errors import NotPermitted

WAITED_FOR = timedelta(seconds=2)  # between two polls while somebody waits
BUSY = timedelta(seconds=5)  # while there are conversations
IDLE = timedelta(seconds=10)


def poll(floor: Floor) -> None:
    """Ask WeChat who is online and keep it. At an account without the right to a desk nobody is."""
    try:
        rows = floor.line.online_agents()
    except NotPermitted:
        rows = []
    here = {
        str(row["kf_account"])[:64]: int(row.get("accepted_case") or 0) for row in rows if row.get("status")
    }
    now = floor.now()
    with floor.db.transaction() as session:
        are_strangers = note(session, account_id=floor.account_id, online=here, now=now)
        polled = {"account_id": floor.account_id, "polled_at": now}
        insert_or_set(session.connection(), table_of(DeskPoll), polled, key="account_id", changed="polled_at")
    if are_strangers:
        told = floor.line.agents()  # travellers are told a name, not an account
        with floor.db.transaction() as session:
            agents.take_in(session, floor.account_id, told, now=now)


def poll_if_due(floor: Floor) -> datetime | None:
    """Poll if the last time was long enough ago for how busy the desk is; return when, None if not."""
    now = floor.now()
    with floor.db.reading() as session:
        last = session.scalar(select(DeskPoll.polled_at).where(DeskPoll.account_id == floor.account_id))
        age = now - last if last is not None else IDLE
        is_due = age >= IDLE or (age >= WAITED_FOR and age >= _pause(session, floor.account_id))
    if not is_due:
        return None
    poll(floor)
    return last or now - IDLE


def is_stale(session: Session, account_id: int, *, now: datetime) -> bool:
    """Tell whether what we know is too old to choose an agent by."""
    last = session.scalar(select(DeskPoll.polled_at).where(DeskPoll.account_id == account_id))
    return last is None or last <= now - BUSY


def note(
    session: Session, *, account_id: int, online: Collection[str] | Mapping[str, int], now: datetime
) -> bool:
    """Keep who is online at this account, and tell every process if anyone came or went.

    True if there are some of whom we had never heard.

    Agents WeChat knows and we do not (added in its console) join with no shop:
    they can take conversations, so they count. Whoever comes finds those who wait.
    """
    accepted = online if isinstance(online, Mapping) else {}
    known = {
        row.kf_account: row
        for row in session.execute(
            select(Agent.kf_account, Agent.online, Agent.accepted, Agent.seen_at).where(
                Agent.account_id == account_id
            )
        )
    }
    strangers = [agents.stranger(account_id, name) for name in sorted(set(online) - set(known))]
    if strangers:
        insert_where_free(session.connection(), table_of(Agent), strangers)
        bump(session, "desks")
    came = [name for name in online if name not in known or not known[name].online]
    went = [name for name, row in known.items() if row.online and name not in online]
    ours = update(Agent).where(Agent.account_id == account_id)
    if online:
        there = ours.where(Agent.kf_account.in_(sorted(online)))
        session.execute(there.values(online=True, seen_at=now, gone_at=None))
    if went:
        session.execute(ours.where(Agent.kf_account.in_(sorted(went))).values(online=False, accepted=0))
    for name, count in sorted(accepted.items()):
        if name not in known or known[name].accepted != count:
            session.execute(ours.where(Agent.kf_account == name).values(accepted=count))
    if came or went:
        bump(session, "agents")
    if came:
        wishes.drain(session, account_id, now=now)
    return bool(strangers)


def load(session: Session) -> frozenset[int]:
    """Return the ids of the accounts at which at least one agent is online."""
    return frozenset(session.scalars(select(Agent.account_id).where(Agent.online).distinct()))


def _pause(session: Session, account_id: int) -> timedelta:
    if line.is_waited_for(session, account_id):
        return WAITED_FOR
    is_busy = select(DeskRequest.id).where(
        DeskRequest.account_id == account_id, DeskRequest.state.in_(STILL_OPEN)
    )
    return BUSY if session.scalar(is_busy.limit(1)) is not None else IDLE


STAFFED: Remembered[frozenset[int]] = Remembered("agents", load)
