"""From a rule to an answer: the part that every handler shares."""

from datetime import UTC, datetime, timedelta

from bot.channels.models import Channel
from bot.materials import documents, known
from bot.materials.documents import Answer, OfMaterial
from bot.materials.known import MATERIALS
from bot.organisation.directory import SHOPS, ShopFacts
from bot.replies import answers
from bot.replies.answers import RECEIVED, Turn
from bot.replies.conditions import Circumstances
from bot.replies.rules import RULES, Rule, RuleBook, book_of
from bot.replies.speaking import with_shop
from bot.router import Incoming
from bot.wechat.replies import News, Reply, Text
from handlers import asking

__all__ = [
    "book",
    "by_rule",
    "circumstances",
    "city_of",
    "given",
    "otherwise",
    "shop",
    "to_an_agent",
    "welcome",
]

SETTLES = 3  # seconds in which an answer is read
ON_ITS_WAY = Text("您要的内容正在准备，马上发给您。")
NOT_YET = Text("您要的内容还在准备，请稍后再来看看。")


def book(incoming: Incoming) -> RuleBook:
    """Return the rules of the account that was written to."""
    return book_of(incoming.work.memory.recall(RULES), incoming.account.id)


def circumstances(incoming: Incoming) -> Circumstances:
    """Return the moment, the shop and the code, which rules may ask for."""
    return Circumstances(incoming.now, incoming.fan.last_shop_id, incoming.fan.last_channel_id)


def shop(incoming: Incoming) -> ShopFacts | None:
    """Return the shop the fan last came through, if any."""
    return incoming.work.memory.recall(SHOPS).get(incoming.fan.last_shop_id or 0)


def city_of(incoming: Incoming, channel: Channel | None) -> str | None:
    """Return the city of the channel's shop, which rules for tags may ask for."""
    here = incoming.work.memory.recall(SHOPS).get((channel.shop_id if channel else None) or 0)
    return here.city if here else None


def by_rule(incoming: Incoming, rule: Rule) -> Reply | None:
    """Return the answer of `rule` and promise what is said after it, and that the desk hears of it."""
    incoming.answered_by = f"rule:{rule.id}"
    if rule.notify_desk:
        incoming.promise("desk.tell", {"message": incoming.key.hex()})
    here = shop(incoming)
    for number, reply in enumerate(answers.follow_ups(rule, here)):
        incoming.promise(
            "replies.say",
            {"fan_id": incoming.fan.id, "reply": documents.to_document(reply)},
            after=timedelta(seconds=number) if number else None,
        )
    if rule.asks_helped:
        # After all that is said, and within the minute in which a tap allows messages.
        after = timedelta(seconds=SETTLES + len(rule.follow_ups))
        incoming.promise("desk.ask_helped", {"message": incoming.key.hex()}, after=after)
    message, fan = incoming.message, incoming.fan
    at = datetime.fromtimestamp(message.sent_at, UTC)
    turn = Turn(fan.id, at, fan.message_count, is_event=message.message_id is None)
    return given(incoming, answers.answer(rule, here, turn))


def welcome(incoming: Incoming, said: Answer, of_shop: ShopFacts | None) -> Reply | None:
    """Return what a channel says to whoever comes through it."""
    return given(incoming, with_shop(said, of_shop))


def given(incoming: Incoming, answer: Answer | None) -> Reply | None:
    """Return `answer` with this account's media ids, which are remembered: nobody is asked.

    What the account has not, or not any more, is promised and follows in a
    moment; an article that is not published here cannot be.
    """
    if answer is None or not isinstance(answer, OfMaterial):
        return answer
    remembered = incoming.work.memory.recall(MATERIALS)
    reply = known.reply(answer, remembered, account_id=incoming.account.id, now=incoming.now)
    if isinstance(reply, News) and incoming.message.message_id is not None:
        return News(reply.articles[:1])  # in answer to a message WeChat shows one (protocol §1.6)
    if reply is not None:
        return reply
    if answer.type == "news":
        return NOT_YET
    facts = {"fan_id": incoming.fan.id, "reply": documents.to_document(answer)}
    incoming.promise("replies.say", facts)
    return ON_ITS_WAY


def to_an_agent(incoming: Incoming, said: str = "") -> Reply | None:
    """Hand the message to the desk if the account has one and wants that, else say what `otherwise` says."""
    if asking.has_desk(incoming) and asking.settings(incoming).unanswered == "desk":
        return asking.unanswered(incoming, said)
    return otherwise(incoming)


def otherwise(incoming: Incoming) -> Reply | None:
    """Return the default rule's answer, or our own kind one."""
    rule = book(incoming).otherwise(circumstances(incoming))
    if rule is not None:
        return by_rule(incoming, rule)
    incoming.answered_by = "default"
    return RECEIVED
