"""Saying what comes after the first answer, and counting who answered."""

from typing import TYPE_CHECKING, Any

from bot.db import utc_now
from bot.errors import FanUnreachable
from bot.fans.models import Fan
from bot.materials import documents, saying
from bot.outbox.outcomes import Pointless
from bot.queue import SECONDS_TO_INSIST
from bot.reach import standings
from bot.replies import hits

if TYPE_CHECKING:
    from bot.runtime import Runtime

BATCHES = 40  # what is left waits a minute


def say(runtime: "Runtime", fan_id: int, reply: dict[str, Any]) -> None:
    """Send `reply` to a fan as a customer-service message.

    Run twice: a crash between WeChat's answer and ours sends it a second time;
    WeChat has no key to prevent that, and a traveller who misses an answer is
    worse. Someone who left or was silent too long is not chased.  A material
    the account has not is brought there first, and once more if WeChat has
    forgotten it.
    """
    with runtime.db.reading() as session:
        fan = session.get_one(Fan, fan_id)
        account = runtime.account_by_id(fan.account_id)
    try:
        saying.send(runtime, account, fan.openid, documents.read(reply))
    except FanUnreachable as error:
        raise Pointless(str(error)) from error
    # Said is said: were this given up at once, a database that restarts would have it said a second time.
    runtime.db.insist(
        lambda session: standings.count(session, fan_id, now=utc_now()), seconds=SECONDS_TO_INSIST
    )


def count_hits(runtime: "Runtime") -> None:
    """Add up which rules answered since the last time.

    Run twice: the mark moves in the transaction of the counts, so each message is counted once.
    """
    for _batch in range(BATCHES):
        with runtime.db.transaction() as session:
            if not hits.count(session, now=utc_now()):
                hits.forget(session, now=utc_now())
                return
