"""From a rule to an answer: the part that every handler shares."""

from datetime import UTC, datetime, timedelta

from bot.desk.presence import STAFFED
from bot.organisation.directory import SHOPS, ShopFacts
from bot.replies import answers
from bot.replies.answers import RECEIVED, Turn
from bot.replies.conditions import Circumstances
from bot.replies.rules import RULES, Rule, RuleBook, book_of
from bot.replies.speaking import with_shop
from bot.router import Incoming
from bot.wechat.replies import Reply, Transfer, to_document

__all__ = ["book", "by_rule", "circumstances", "otherwise", "shop", "to_an_agent", "with_shop"]


def book(incoming: Incoming) -> RuleBook:
    """Return the rules of the account that was written to."""
    return book_of(incoming.work.memory.recall(RULES), incoming.account.id)


def circumstances(incoming: Incoming) -> Circumstances:
    """Return the moment and the shop, which rules may ask for."""
    return Circumstances(incoming.now, incoming.fan.last_shop_id)


def shop(incoming: Incoming) -> ShopFacts | None:
    """Return the shop the fan last came through, if any."""
    return incoming.work.memory.recall(SHOPS).get(incoming.fan.last_shop_id or 0)


def by_rule(incoming: Incoming, rule: Rule) -> Reply | None:
    """Return the answer of `rule` and promise what is said after it."""
    incoming.answered_by = f"rule:{rule.id}"
    here = shop(incoming)
    for number, reply in enumerate(answers.follow_ups(rule, here)):
        incoming.promise(
            "replies.say",
            {"fan_id": incoming.fan.id, "reply": to_document(reply)},
            after=timedelta(seconds=number) if number else None,
        )
    message, fan = incoming.message, incoming.fan
    at = datetime.fromtimestamp(message.sent_at, UTC)
    turn = Turn(fan.id, at, fan.message_count, is_event=message.message_id is None)
    return answers.answer(rule, here, turn)


def to_an_agent(incoming: Incoming) -> Reply | None:
    """Hand the message to the desk if anyone is there, else say what `otherwise` says."""
    if incoming.account.id in incoming.work.memory.recall(STAFFED):
        incoming.answered_by = "desk"
        return Transfer()
    return otherwise(incoming)


def otherwise(incoming: Incoming) -> Reply | None:
    """Return the default rule's answer, or our own kind one."""
    rule = book(incoming).otherwise(circumstances(incoming))
    if rule is not None:
        return by_rule(incoming, rule)
    incoming.answered_by = "default"
    return RECEIVED
