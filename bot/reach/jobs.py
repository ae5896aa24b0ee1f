"""Sending notices, and looking after them."""

from datetime import datetime
from typing import TYPE_CHECKING

from bot.fans.models import Fan
from bot.outbox.outcomes import Pointless
from bot.reach import batches, bounces, catalogue, notes, planning, standings
from bot.reach import pump as pumping
from bot.reach.claiming import has_due
from bot.reach.facts import Counting
from bot.reach.models import Lane
from bot.reach.sender import Giver

if TYPE_CHECKING:
    from bot.runtime import Runtime


def pump(
    runtime: "Runtime",
    account_id: int,
    lane: str,
    *,
    besides: Counting | None = None,
    giver: Giver | None = None,
) -> None:
    """Send what is due in a lane of an account for a few seconds, then let others have the worker.

    Run twice, at once or after a kill: a notice is in one pump's hand at a time, and one that was being
    called is not called again (`bot.reach.pump`).
    """
    account = runtime.account_by_id(account_id)
    pumped = pumping.pump(runtime, account, Lane(lane), besides=besides, giver=giver)
    if pumped.more:
        with runtime.db.transaction() as session:
            pumping.go_on(session, account_id, Lane(lane), now=runtime.db.time())


def look(runtime: "Runtime") -> None:
    """Find what has become due, what a killed process left, and notes nobody came for.

    Run twice: what is due is pumped once more, for nothing; the rest is settled already.
    """
    for account in runtime.accounts.values():
        for lane in Lane:
            now = runtime.db.time()
            with runtime.db.transaction() as session:
                pumping.recover(session, account.id, lane, now=now)
                notes.over(session, account.id, lane, now=now)
                if has_due(session, account.id, lane, now=now):
                    planning.pump(session, [(account.id, lane)], now=now)


def tell_notes(runtime: "Runtime", fan_id: int) -> None:
    """Have what waited for a fan's next deed sent. Run twice: nothing waits any more."""
    with runtime.db.transaction() as session:
        fan = session.get_one(Fan, fan_id)
        notes.take_up(session, fan.account_id, fan_id, now=runtime.db.time())


def note_objection(runtime: "Runtime", fan_id: int) -> None:
    """Send no offers to a fan who was let go as a member. Run twice: they have objected.

    Who is a member again was asked anew on the way.
    """
    with runtime.db.transaction() as session:
        fan = session.get_one(Fan, fan_id, with_for_update=True, populate_existing=True)
        if fan.member_id is None:
            standings.opt_out(
                session, fan_id=fan_id, member_id=None, how=standings.BY_LEAVING, now=runtime.db.time()
            )


def settle_batch(runtime: "Runtime", batch: str) -> None:
    """Move the notices of a batch to where its row wants them. Run twice: they are there."""
    more = True
    while more:
        with runtime.db.transaction() as session:
            more = batches.settle_slice(session, batch, now=runtime.db.time())


def note_failure(
    runtime: "Runtime", account_id: int, platform_id: str, status: str, reported_at: str
) -> None:
    """Note that WeChat took a template message and could not deliver it after all.

    Run twice: it is noted. A report may overtake what we write of the call, so one that finds nothing is
    looked for again for ten minutes; what others send through the account is none of ours.
    """
    with runtime.db.transaction() as session:
        found = bounces.note(session, account_id, platform_id, status)
    if found:
        return
    if runtime.db.time() - datetime.fromisoformat(reported_at) > bounces.OVERTAKING:
        raise Pointless("no notice of ours has that id")
    raise bounces.NotFoundYet(f"no notice has the id {platform_id} yet")


def sync_templates(runtime: "Runtime", account: str) -> None:
    """Learn an account's templates, subscription notices and industry. Run twice: they are as WeChat says."""
    served = runtime.accounts[account]
    found = catalogue.ask(runtime.wechat.of(account))
    with runtime.db.transaction() as session:
        catalogue.put(session, served.id, found, now=runtime.db.time())
