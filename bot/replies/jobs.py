"""Saying what comes after the first answer."""

from typing import TYPE_CHECKING, Any

from bot.errors import FanUnreachable
from bot.fans.models import Fan
from bot.outbox.outcomes import Pointless
from bot.replies.speaking import to_custom_message
from bot.wechat.replies import from_document

if TYPE_CHECKING:
    from bot.runtime import Runtime


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
