"""A traveller sends what no rule reads: pictures, voices, places, cards."""

from bot.router import Incoming, Router
from bot.wechat.replies import Reply
from handlers import answering

router = Router("service")


@router.message("image", "voice", "video", "shortvideo", "location", "link", "miniprogrampage")
def sent(incoming: Incoming) -> Reply | None:
    """Hand it to an agent if one is there; otherwise say that it was received."""
    return answering.to_an_agent(incoming)
