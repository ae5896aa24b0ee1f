"""Saying what comes after the first answer, and counting who answered."""

from typing import TYPE_CHECKING, Any

from bot.db import utc_now
from bot.errors import FanUnreachable
from bot.fans.models import Fan
from bot.outbox.outcomes import Pointless
from bot.replies import hits
from bot.replies.speaking import to_custom_message
from bot.wechat.replies import from_document

if TYPE_CHECKING:
    from bot.runtime import Runtime

BATCHES = 40  # what is left waits a minute


def say(runtime: "Runtime", fan_id: int, reply: dict[str, Any]) -> None:
    """Send `reply` to a fan as a customer-service message.

    Run twice: a crash between WeChat's answer and ours sends it a second time;
    WeChat has no key to prevent that, and a traveller who misses an answer is
    worse. Someone who left or was silent too long is not chased.
    """
    with runtime.db.reading() as session:
        fan = session.get_one(Fan, fan_id)
        account = runtime.account_by_id(fan.account_id)
    try:
        runtime.wechat.of(account.name).send(fan.openid, to_custom_message(from_document(reply)))
    except FanUnreachable as error:
        raise Pointless(str(error)) from error


def count_hits(runtime: "Runtime") -> None:
    """Add up which rules answered since the last time.

    Run twice: the mark moves in the transaction of the counts, so each message is counted once.
    """
    for _batch in range(BATCHES):
        with runtime.db.transaction() as session:
            if not hits.count(session, now=utc_now()):
                hits.forget(session, now=utc_now())
                return
