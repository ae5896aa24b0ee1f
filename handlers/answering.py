"""From a rule to an answer: the part that every handler shares."""

from datetime import timedelta

from bot.desk.presence import STAFFED
from bot.organisation.directory import SHOPS, ShopFacts
from bot.replies.rules import RULES, Rule, RuleBook
from bot.replies.speaking import with_shop
from bot.router import Incoming
from bot.wechat.replies import Reply, Text, Transfer, to_document

__all__ = ["book", "by_rule", "otherwise", "shop", "to_an_agent", "with_shop"]

RECEIVED = Text("您的留言已收到，客服上线后会尽快回复您。")
EMPTY = RuleBook([])


def book(incoming: Incoming) -> RuleBook:
    """Return the rules of the account that was written to."""
    books = incoming.work.memory.recall(RULES)
    return books.get(incoming.account.id) or books.get(None) or EMPTY


def shop(incoming: Incoming) -> ShopFacts | None:
    """Return the shop the fan last came through, if any."""
    return incoming.work.memory.recall(SHOPS).get(incoming.fan.last_shop_id or 0)


def by_rule(incoming: Incoming, rule: Rule) -> Reply | None:
    """Return the answer of `rule` and promise what is said after it."""
    incoming.answered_by = f"rule:{rule.id}"
    here = shop(incoming)
    follow_ups = [said for reply in rule.follow_ups if (said := with_shop(reply, here))]
    for number, reply in enumerate(follow_ups):
        incoming.promise(
            "replies.say",
            {"fan_id": incoming.fan.id, "reply": to_document(reply)},
            after=timedelta(seconds=number) if number else None,
        )
    return (with_shop(rule.reply, here) or RECEIVED) if rule.reply else None


def to_an_agent(incoming: Incoming) -> Reply | None:
    """Hand the message to the desk if anyone is there, else say what `otherwise` says."""
    if incoming.account.id in incoming.work.memory.recall(STAFFED):
        incoming.answered_by = "desk"
        return Transfer()
    return otherwise(incoming)


def otherwise(incoming: Incoming) -> Reply | None:
    """Return the default rule's answer, or our own kind one."""
    rule = book(incoming).otherwise()
    if rule is not None:
        return by_rule(incoming, rule)
    incoming.answered_by = "default"
    return RECEIVED
