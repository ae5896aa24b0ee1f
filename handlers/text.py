"""A traveller writes."""

from bot.posters import asking as posters
from bot.router import Incoming, Router
from bot.wechat.contents import Text
from bot.wechat.replies import Reply
from handlers import answering, asking, opting, poster

router = Router("text")


@router.message("text")
def wrote(incoming: Incoming) -> Reply | None:
    """Answer staff who ask for their poster, and who wants no offers; pass on what is an agent's; answer by
    the first rule whose keyword fits; the rest goes to the desk.
    """
    content = incoming.message.content
    assert isinstance(content, Text)
    is_poster = posters.is_word(content.content)
    if is_poster and (reply := poster.by_staff(incoming)) is not None:
        return reply
    if content.choice:
        reply = asking.chosen(incoming, content)
        if reply is not None or incoming.answered_by:
            return reply
    opted = opting.by_word(incoming, content.content)
    if opted is not None:
        # Who talks with an agent meant the agent, too.
        return (asking.in_hand(incoming) if asking.has_desk(incoming) else None) or opted
    if asking.has_desk(incoming) and (reply := _at_the_desk(incoming, content)) is not None:
        return reply
    rule = answering.book(incoming).by_keyword(content.content, answering.circumstances(incoming))
    if rule is not None:
        return answering.by_rule(incoming, rule)
    if is_poster:
        return poster.otherwise(incoming)
    return answering.to_an_agent(incoming, content.content)


def _at_the_desk(incoming: Incoming, content: Text) -> Reply | None:
    if (passed := asking.in_hand(incoming)) is not None:
        return passed
    if asking.asks(incoming, content.content):
        return asking.for_a_person(incoming, "request", content.content)
    if asking.wants_first_message(incoming):
        asking.quietly(incoming, "first_message")
    return None
