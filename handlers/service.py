"""A traveller sends what no rule reads: pictures, voices, places, cards."""

from bot.router import Incoming, Router
from bot.wechat.replies import Reply
from handlers import answering, asking

router = Router("service")


@router.message("image", "voice", "video", "shortvideo", "location", "link", "miniprogrampage")
def sent(incoming: Incoming) -> Reply | None:
    """Pass it on to the traveller's agent; where they have none it goes to the desk."""
    if asking.has_desk(incoming) and (passed := asking.in_hand(incoming)) is not None:
        return passed
    return answering.to_an_agent(incoming)
