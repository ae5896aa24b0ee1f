"""What a rule says to one fan: which of its answers, with the shop's facts in it.

The webhook and the back office's trial both ask here.
"""

import zlib
from dataclasses import dataclass
from datetime import datetime

from bot.materials.documents import Answer
from bot.moments import HERE
from bot.organisation.directory import ShopFacts
from bot.replies.models import Choosing
from bot.replies.rules import Rule
from bot.replies.speaking import with_shop
from bot.wechat.replies import Text

RECEIVED = Text("您的留言已收到，客服上线后会尽快回复您。")


@dataclass(frozen=True, slots=True)
class Turn:
    """What decides among several answers: the fan, the message, and how many came before it.

    Nothing is written for it: a counter would be a row that every message locks.
    """

    fan_id: int
    at: datetime
    number: int
    is_event: bool = False


def choose(rule: Rule, turn: Turn) -> int:
    """Return which of `rule.answers` is given.

    In sequence: by the number of the fan's message; taps and follows are not
    numbered and move on with the day. At random: the same again for the same message.
    """
    if len(rule.answers) < 2:
        return 0
    if rule.choosing == Choosing.SEQUENCE:
        number = turn.at.astimezone(HERE).toordinal() if turn.is_event else max(turn.number - 1, 0)
    else:
        number = zlib.crc32(f"{rule.id}:{turn.fan_id}:{turn.at.timestamp()}:{turn.number}".encode())
    return number % len(rule.answers)


def answer(rule: Rule, shop: ShopFacts | None, turn: Turn) -> Answer | None:
    """Return what `rule` answers; None for a rule that is silent at first."""
    if not rule.answers:
        return None
    return with_shop(rule.answers[choose(rule, turn)], shop) or RECEIVED


def follow_ups(rule: Rule, shop: ShopFacts | None) -> list[Answer]:
    """Return what is sent after the answer, in order."""
    return [said for reply in rule.follow_ups if (said := with_shop(reply, shop))]
