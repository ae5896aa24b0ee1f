"""A traveller taps a button of the menu."""

from bot.router import Incoming, Router
from bot.wechat.contents import Click, Pictures, Place, ScanCode
from bot.wechat.replies import Reply
from handlers import answering

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
    rule = answering.book(incoming).by_event_key(content.key, answering.circumstances(incoming))
    if rule is not None:
        return answering.by_rule(incoming, rule)
    return answering.otherwise(incoming)


@router.event("view", "view_miniprogram")
def opened(_incoming: Incoming) -> None:
    """Say nothing: the traveller is looking at the page by now."""
