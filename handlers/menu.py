"""A traveller taps a button of the menu."""

from bot.desk import words
from bot.posters import asking as posters
from bot.router import Incoming, Router
from bot.wechat.contents import Click, Pictures, Place, ScanCode
from bot.wechat.replies import Reply, Text, Transfer
from handlers import answering, asking, poster

router = Router("menu")


@router.event(
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
)
def tapped(incoming: Incoming) -> Reply | None:
    """Answer by the rule for the button's key.

    Keys of older menus keep answering as long as their rule is there: phones
    show an old menu for a while. A key without a rule gets the default answer,
    never an agent: events must not be transferred (design §6).
    """
    content = incoming.message.content
    assert isinstance(content, Click | ScanCode | Pictures | Place)
    is_poster = content.key == posters.KEY
    if is_poster and (reply := poster.by_staff(incoming)) is not None:
        return reply
    if asking.has_desk(incoming) and content.key in asking.settings(incoming).ask_keys:
        return _person(incoming)
    rule = answering.book(incoming).by_event_key(content.key, answering.circumstances(incoming))
    if rule is not None:
        return answering.by_rule(incoming, rule)
    if is_poster:
        return poster.otherwise(incoming)
    return answering.otherwise(incoming)


def _person(incoming: Incoming) -> Reply:
    """Open a request, or say how it stands; a tap is never transferred (design §6)."""
    reply = asking.for_a_person(incoming, "request")
    return Text(words.TALK_ON) if reply is None or isinstance(reply, Transfer) else reply


@router.event("view", "view_miniprogram")
def opened(_incoming: Incoming) -> None:
    """Say nothing: the traveller is looking at the page by now."""
