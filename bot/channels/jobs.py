"""Having WeChat make and renew codes, and making many channels."""

import time
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from bot.batches import turns, work
from bot.batches.models import Batch, BatchState
from bot.channels import tickets
from bot.channels.making import Maker
from bot.channels.models import Channel
from bot.channels.tickets import Answer, wanted_of
from bot.db import utc_now
from bot.errors import BadRequest, NotPermitted
from bot.outbox.promises import Wish, promise
from bot.users import makers

if TYPE_CHECKING:
    from bot.runtime import Runtime

RENEWED_AT_ONCE = 20


def make_code(runtime: "Runtime", channel_id: int) -> None:
    """Ask WeChat for the code of a channel and keep its ticket; a refusal is kept with the channel.

    Run twice: a channel whose ticket is not near its end is left alone; after a crash
    between WeChat's answer and our commit WeChat returns a permanent code
    again, because its scene has one (protocol §5.1), and makes a temporary one anew.
    """
    now = utc_now()
    with runtime.db.reading() as session:
        channel = session.get(Channel, channel_id)
        if channel is None or tickets.is_held(channel, now=now):
            return
        wanted = wanted_of(channel)
    try:
        answer = tickets.ask_one(runtime, wanted, now=now)
    except (BadRequest, NotPermitted) as error:
        with runtime.db.transaction() as session:
            tickets.keep(session, [Answer(wanted, trouble=str(error))], now=now)
        raise
    with runtime.db.transaction() as session:
        tickets.keep(session, [answer], now=now)


def renew(runtime: "Runtime") -> None:
    """Have temporary codes made anew before they end, and codes made that were forgotten.

    Run twice: what was renewed is no longer near its end, and what was refused
    waits for some hours. While WeChat is away it stops; the timetable asks again within the hour.
    """
    if turns.take(lambda: renew_some(runtime, now=utc_now())):
        return
    now = utc_now()
    with runtime.db.transaction() as session:
        promise(session, Wish("channels.renew", {}, now, "channels.renew"), now=now)


def renew_some(runtime: "Runtime", *, now: datetime) -> int:
    """Renew a few codes and return how many WeChat answered for; 0 when there is nothing left to do now."""
    with runtime.db.reading() as session:
        ours = [account.id for account in runtime.accounts.values()]
        wanted = tickets.due(session, ours, now=now, limit=RENEWED_AT_ONCE)
    if not wanted:
        return 0
    answers = tickets.ask(runtime, wanted, now=now)
    with runtime.db.transaction() as session:
        tickets.keep(session, answers, now=now)
    return sum(one.not_before is None for one in answers)


def make(runtime: "Runtime", batch_id: int) -> None:
    """Make channels of a batch and have WeChat make their codes, for about ten seconds; then promise more.

    Rows are written within the scope its maker has now.  Run twice, or by two
    workers: rows are added and codes counted with the batch's row locked, so
    each is once; a code asked for twice is the same code.  While WeChat's quota
    is spent the batch waits for it to open.
    """
    until = time.monotonic() + work.SLICE
    with runtime.db.transaction() as session:
        begun = makers.take(session, batch_id, now=utc_now())
    if begun is None:
        return
    _batch, scope = begun
    maker = None
    while time.monotonic() < until:
        began = time.monotonic()
        with runtime.db.scoped(scope) as session:
            batch = work.take(session, batch_id, now=utc_now())
            if batch is None:
                return
            maker = maker or Maker(session, batch)
            wanted = maker.add_some(session, batch, now=utc_now())
            if not wanted:
                work.end(batch, BatchState.DONE, now=utc_now())
                return
        held = time.monotonic() - began
        now = utc_now()
        answers = tickets.ask(runtime, wanted, now=now)
        with runtime.db.transaction() as session:
            batch = session.get_one(Batch, batch_id, with_for_update=True)
            maker.settle(session, batch, answers, now=now)
            later = tickets.waits(answers)
            if later is not None:
                _go_on(session, batch, later)
                return
        # SQLite has one writer: as long as we wrote, others may.
        time.sleep(min(held, 0.05))
    with runtime.db.transaction() as session:
        batch = session.get_one(Batch, batch_id, with_for_update=True)
        _go_on(session, batch, utc_now())


def _go_on(session: Session, batch: Batch, at: datetime) -> None:
    if batch.state not in work.ENDED:
        work.go_on(session, batch, now=at)
