"""The desk at one moment, a column for each shop: who waits and how long, who serves, what is late.

Read in the session given, so that a scoped one shows its own shops only.  Three
reads, each by an index and of at most as many rows as are open or on duty.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.desk import line, routing
from bot.desk.desks import Book
from bot.desk.models import Agent, Duty
from bot.desk.request_models import DeskRequest, DeskTask, TaskState
from bot.desk.requests import IN_LINE, STILL_OPEN
from bot.fans import rows as fan_rows

MOST = 20_000  # open requests looked at, the oldest first: a bound, not a number one meets
CARDS = 6  # travellers shown of a line, those who wait longest
LATE = 120  # seconds in line that nobody should see


@dataclass(frozen=True, slots=True)
class Card:
    """One traveller in line. `fill` is how much of the bearable time is over, in per cent."""

    request_id: int
    openid: str
    why: str
    seconds: int
    is_expiring: bool

    @property
    def fill(self) -> int:
        """How full the ring is."""
        return min(100, self.seconds * 100 // LATE)

    @property
    def is_late(self) -> bool:
        """Whether the traveller has waited too long."""
        return self.seconds > LATE


@dataclass(frozen=True, slots=True)
class Seated:
    """One traveller with an agent, whose name is empty where it is another scope's."""

    request_id: int
    openid: str
    agent: str
    is_silent: bool


@dataclass(slots=True)
class Column:
    """One shop's desk, or without a shop the branches' and the head office's."""

    shop_id: int | None
    cards: list[Card] = field(default_factory=list)
    sessions_shown: list[Seated] = field(default_factory=list)
    waiting: int = 0
    sessions: int = 0
    unanswered: int = 0
    taken: int = 0
    seats: int = 0
    online: int = 0
    agents: int = 0
    late: int = 0
    overdue: int = 0
    oldest: int = 0

    @property
    def breaches(self) -> int:
        """How many travellers were let wait too long: in line, for a first word, or for an answer owed."""
        return self.late + self.unanswered + self.overdue

    @property
    def is_quiet(self) -> bool:
        """Whether nobody waits, nobody is served and nothing is late."""
        return not (self.waiting or self.sessions or self.breaches)


def of(session: Session, account_id: int, book: Book, *, now: datetime) -> dict[int | None, Column]:
    """Return the columns by shop; shops without agents, travellers and debts have none."""
    columns: dict[int | None, Column] = {}
    names = _agents(session, account_id, columns, now)
    for one in _open(session, account_id, columns, book, now):
        _show(columns, one, names, now)
    due = (
        select(DeskTask.shop_id, func.count())
        .where(
            DeskTask.account_id == account_id,
            DeskTask.state.in_((TaskState.OPEN.value, TaskState.OFFERED.value)),
            DeskTask.due_at < now,
        )
        .group_by(DeskTask.shop_id)
    )
    for shop_id, number in session.execute(due):
        _at(columns, shop_id).overdue = number
    return columns


def _at(columns: dict[int | None, Column], shop_id: int | None) -> Column:
    return columns.setdefault(shop_id, Column(shop_id))


def _agents(
    session: Session, account_id: int, columns: dict[int | None, Column], now: datetime
) -> dict[int, str]:
    """Count seats, and return the agents' names."""
    names = {}
    rows = select(
        Agent.id,
        Agent.nickname,
        Agent.shop_id,
        Agent.online,
        Agent.seen_at,
        Agent.duty,
        Agent.duty_until,
        Agent.seats,
        Agent.open_count,
    ).where(Agent.account_id == account_id, Agent.gone_at.is_(None))
    for row in session.execute(rows):
        names[row.id] = row.nickname
        column = _at(columns, row.shop_id)
        column.agents += 1
        column.taken += row.open_count
        is_there = row.online and row.seen_at is not None and now - row.seen_at <= routing.TRUSTED
        if is_there and routing.duty_at(row.duty, row.duty_until, now) == Duty.ON:
            column.online += 1
            column.seats += max(row.seats, row.open_count)
        else:
            column.seats += row.open_count
    return names


@dataclass(frozen=True, slots=True)
class _Shown:
    """A request a column has room for."""

    row: Any
    openid: str
    is_silent: bool


def _open(
    session: Session, account_id: int, columns: dict[int | None, Column], book: Book, now: datetime
) -> list[_Shown]:
    """Count what is open, and return what is shown of it, the oldest first."""
    wanted = (
        select(
            DeskRequest.id,
            DeskRequest.fan_id,
            DeskRequest.shop_id,
            DeskRequest.state,
            DeskRequest.why,
            DeskRequest.agent_id,
            DeskRequest.asked_at,
            DeskRequest.opened_at,
            DeskRequest.claimed_at,
            DeskRequest.answered_at,
            DeskRequest.expires_at,
        )
        .where(DeskRequest.account_id == account_id, DeskRequest.state.in_(STILL_OPEN))
        .order_by(DeskRequest.asked_at)
        .limit(MOST)
    )
    shown: list[tuple[Any, bool]] = []
    for one in session.execute(wanted):
        column, is_silent = _at(columns, one.shop_id), False
        if one.state in IN_LINE:
            column.waiting += 1
            waited = int((now - one.asked_at).total_seconds())
            column.oldest = max(column.oldest, waited)
            column.late += waited > LATE
            has_room = column.waiting <= CARDS
        else:
            column.sessions += 1
            patience = book.of(account_id, one.shop_id).silent_agent
            since = one.opened_at or one.claimed_at or now
            is_silent = one.answered_at is None and (now - since).total_seconds() > patience
            column.unanswered += is_silent
            has_room = column.sessions <= CARDS
        if has_room:
            shown.append((one, is_silent))
    openids = fan_rows.openids(session, [one.fan_id for one, _is_silent in shown])
    return [_Shown(one, openids.get(one.fan_id, ""), is_silent) for one, is_silent in shown]


def _show(columns: dict[int | None, Column], one: _Shown, names: dict[int, str], now: datetime) -> None:
    row, column = one.row, columns[one.row.shop_id]
    if row.state in IN_LINE:
        soon = row.expires_at is not None and row.expires_at <= now + line.NEAR_THE_END
        seconds = max(0, int((now - row.asked_at).total_seconds()))
        column.cards.append(Card(row.id, one.openid, row.why, seconds, soon))
    else:
        agent = names.get(row.agent_id or 0, "")
        column.sessions_shown.append(Seated(row.id, one.openid, agent, one.is_silent))


def in_order(columns: dict[int | None, Column]) -> list[Column]:
    """Return those where something happens, what is worst first."""
    busy = [column for column in columns.values() if not column.is_quiet]
    return sorted(busy, key=lambda one: (-one.oldest, -one.breaches, -one.sessions, one.shop_id or 0))
