"""The desk's work with WeChat: finding agents, telling travellers, seeing who is there, reading records."""

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.db import utc_now
from bot.desk import (
    adding_up,
    agents,
    draining,
    hearing,
    helping,
    moving,
    obeying,
    placing,
    presence,
    reconciling,
    records,
    saying,
    settling,
    telling,
    timeouts,
)
from bot.desk.floor import Floor
from bot.desk.models import Agent
from bot.desk.request_models import DeskRequest
from bot.errors import NotPermitted

if TYPE_CHECKING:
    from bot.runtime import Runtime

ENOUGH = 15.0  # seconds after which no further window is begun: a job has thirty


def look(runtime: "Runtime", account: str) -> None:
    """See to what time brings about at `account`. Run twice: what was seen to is not any more."""
    floor = _floor(runtime, runtime.accounts[account].id)
    with runtime.db.reading() as session:
        is_any = agents.is_any(session, floor.account_id)
    timeouts.look(floor) if is_any else presence.poll_if_due(floor)


def place(runtime: "Runtime", request: int) -> None:
    """Find the request an agent, or a place in line. Run twice: who has one is left alone."""
    if (floor := _floor_of(runtime, request)) is not None:
        placing.place(floor, request)


def say(runtime: "Runtime", request: int) -> None:
    """Tell the traveller how their request stands. Run twice: what was told is not told again."""
    if (floor := _floor_of(runtime, request)) is not None:
        saying.say(floor, request)


def settle(runtime: "Runtime", request: int) -> None:
    """Give the request's seat back, or make it its agent's. Run twice: nothing is left to do."""
    if (floor := _floor_of(runtime, request)) is not None:
        settling.release(floor, request)


def after(runtime: "Runtime", request: int) -> None:
    """Learn whether an agent answered, and ask for a score. Run twice: the question is asked once."""
    if (floor := _floor_of(runtime, request)) is not None:
        settling.afterwards(floor, request)


def drain(runtime: "Runtime", account_id: int) -> None:
    """Give those who wait to who has room. Run twice: who has a seat is not in line."""
    draining.drain(_floor(runtime, account_id))


def move(runtime: "Runtime", request: int, agent: int, by: str) -> None:
    """Give the request to that agent. Run twice: who has the traveller keeps them."""
    if (floor := _floor_of(runtime, request)) is not None:
        moving.move(floor, request, agent, by)


def obey(runtime: "Runtime", agent: int) -> None:
    """Make WeChat's account of the agent what the back office wants. Run twice: nothing is left to ask."""
    with runtime.db.reading() as session:
        row = session.get(Agent, agent)
    if row is not None:
        obeying.obey(_floor(runtime, row.account_id), agent)


def add_up(runtime: "Runtime") -> None:
    """Add up the desk's days that are due, as far as time allows. Run twice: the same is written again."""
    until = time.monotonic() + ENOUGH
    for account in runtime.accounts.values():
        left = until - time.monotonic()
        if account.kind == "service" and left > 0:
            adding_up.rebuild(runtime.db, account.id, now=utc_now(), seconds=left)


def ask_helped(runtime: "Runtime", message: str) -> None:
    """Ask whether the answer to the message with that key (in hex) helped.

    Run twice: who was asked is not asked again; a crash between WeChat's answer and our note asks twice.
    """
    helping.ask(runtime.db, lambda account_id: _floor(runtime, account_id), bytes.fromhex(message))


def reconcile(runtime: "Runtime", account: str) -> None:
    """Make seats what WeChat's lists say. Run twice: nothing is left to change."""
    try:
        reconciling.reconcile(_floor(runtime, runtime.accounts[account].id))
    except NotPermitted:
        return


def sync_agents(runtime: "Runtime", account: str) -> None:
    """Fetch the agents of `account`: names, pictures, bindings. Run twice: the same is written again."""
    try:
        rows = runtime.wechat.of(account).agents()
    except NotPermitted:
        return
    with runtime.db.transaction() as session:
        agents.take_in(session, runtime.accounts[account].id, rows, now=utc_now())


def read_records(runtime: "Runtime", account: str) -> None:
    """Fetch what agents of `account` said since the last time, and keep it.

    Run twice: records have keys of their own, so what is there is passed over,
    and the mark never goes back.  One call a window and ten thousand records;
    what is left after a while, the next run reads.  An account without the
    right is left alone; a used-up quota ends the run until it reopens.
    """
    account_id = runtime.accounts[account].id
    line = runtime.wechat.of(account)
    began = time.monotonic()
    while time.monotonic() - began < ENOUGH:
        with runtime.db.reading() as session:
            window = records.window(session, account_id, now=utc_now())
        if window is None:
            return
        try:
            hearing.hear(runtime.db, line, account_id, *window)
        except NotPermitted:
            return
        with runtime.db.transaction() as session:
            records.mark(session, account_id, window[1] + timedelta(seconds=1))


def tell(runtime: "Runtime", message: str) -> None:
    """Tell an agent of the message with that key (in hex), which a rule has answered; else leave a note.

    Run twice: a message that has its note is left alone; a crash between
    WeChat's answer and our note asks for the same conversation again, which
    WeChat takes as the same.
    """
    telling.tell(runtime.db, lambda account_id: _floor(runtime, account_id), bytes.fromhex(message))


def _floor(runtime: "Runtime", account_id: int) -> Floor:
    line = runtime.wechat.of(runtime.account_by_id(account_id).name)
    return Floor(runtime.db, line, account_id, runtime.db.time, runtime.memory)


def _floor_of(runtime: "Runtime", request_id: int) -> Floor | None:
    with runtime.db.reading() as session:
        request = session.get(DeskRequest, request_id)
    return _floor(runtime, request.account_id) if request is not None else None
