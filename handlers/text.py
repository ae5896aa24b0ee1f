"""A traveller writes."""

from bot.router import Incoming, Router
from bot.wechat.contents import Text
from bot.wechat.replies import Reply
from handlers import answering

router = Router("text")


@router.message("text")
def wrote(incoming: Incoming) -> Reply | None:
    """Answer by the first rule whose keyword fits; what none answers goes to an agent."""
    content = incoming.message.content
    assert isinstance(content, Text)
    rule = answering.book(incoming).by_keyword(content.content, answering.circumstances(incoming))
    if rule is not None:
        return answering.by_rule(incoming, rule)
    return answering.to_an_agent(incoming)
