"""What travellers sent and what was answered, in words; whoever shows them needs no other words."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.hiding import hide
from bot.messages.models import Message
from bot.wechat import contents, replies
from bot.wechat.readers import READERS

KINDS = {
    "text": _l("Words"),
    "image": _l("Picture"),
    "voice": _l("Voice"),
    "video": _l("Video"),
    "shortvideo": _l("Short video"),
    "location": _l("Location"),
    "link": _l("Link"),
    "miniprogrampage": _l("Mini-program card"),
    "event.subscribe": _l("Followed"),
    "event.unsubscribe": _l("Left"),
    "event.scan": _l("Scanned a code"),
    "event.click": _l("Tapped the menu"),
    "event.view": _l("Opened a page from the menu"),
    "event.view_miniprogram": _l("Opened a mini-program from the menu"),
    "event.scancode_push": _l("Scanned from the menu"),
    "event.scancode_waitmsg": _l("Scanned from the menu, waiting"),
    "event.pic_sysphoto": _l("Took a picture from the menu"),
    "event.pic_photo_or_album": _l("Chose a picture from the menu"),
    "event.pic_weixin": _l("Chose a WeChat picture from the menu"),
    "event.location_select": _l("Chose a location from the menu"),
    "event.location": _l("Reported where they are"),
    "event.templatesendjobfinish": _l("A template message was delivered or not"),
    "event.kf_create_session": _l("An agent took over"),
    "event.kf_close_session": _l("The agent said goodbye"),
    "event.kf_switch_session": _l("Another agent took over"),
}
ANSWERED = {
    "rule": _l("A rule"),
    "agent": _l("The desk"),
    "default": _l("The default answer"),
    "nobody": _l("Nobody"),
}
# The fields of a content that are worth showing; a voice's text is what WeChat recognised in it.
TELLING: dict[type, tuple[str, ...]] = {
    contents.Text: ("content",),
    contents.Media: ("text",),
    contents.Link: ("title", "description"),
    contents.Subscribe: ("scene",),
    contents.Scan: ("scene",),
    contents.Click: ("key",),
    contents.Pictures: ("key",),
    contents.ScanCode: ("key", "result"),
    contents.JobFinished: ("status",),
    contents.AgentSession: ("agent",),
}
LONGEST = 600


def kind(code: str) -> str:
    """Return what a kind of message is called; its code for one we have no word for."""
    return str(KINDS.get(code, code.removeprefix("event.")))


def said(message: Message) -> str:
    """Return what the traveller said or did, with numbers masked; empty where the kind says it all."""
    read = READERS.get(message.kind)
    try:
        content = read(message.fields) if read else None
    except (AttributeError, TypeError, ValueError):
        content = None  # a row of an older release
    return hide(_content(content))[:LONGEST]


def _content(content: contents.Content | None) -> str:
    if isinstance(content, contents.Place):
        where = " ".join(part for part in (content.name, content.label) if part)
        return where or (f"{content.latitude}, {content.longitude}" if content.latitude is not None else "")
    if isinstance(content, contents.View):
        return content.url.split("?", 1)[0]  # what stands behind it may open something
    names = TELLING.get(type(content), ())
    return " ".join(part for name in names if (part := getattr(content, name)))


def reply(document: Mapping[str, Any] | None) -> str:
    """Return an answer in words; empty for none."""
    if not document:
        return ""
    try:
        answer = replies.from_document(document)
    except ValueError:
        return str(_("(an answer of a kind this release does not know)"))
    return hide(_answer(answer))[:LONGEST]


def _answer(answer: replies.Reply) -> str:
    if isinstance(answer, replies.Text):
        return answer.content
    if isinstance(answer, replies.News):
        return str(_("Article card: %(titles)s", titles="、".join(one.title for one in answer.articles)))
    if isinstance(answer, replies.Transfer):
        return str(_("Handed over to the desk"))
    names = {"image": _("Picture"), "voice": _("Voice"), "video": _("Video"), "music": _("Music")}
    title = getattr(answer, "title", "")
    return f"{names[answer.type]} {title}".strip()


def answered(message: Message) -> str:
    """Return who answered, as one of `ANSWERED`; empty for what asks for no answer."""
    if message.answered_by == "desk":
        return "agent"
    if message.answered_by == "default":
        return "default"
    if message.answered_by.startswith("rule:") or message.reply is not None:
        return "rule"
    return "" if message.kind.startswith("event.") else "nobody"


def by(message: Message) -> str:
    """Return who answered, in words."""
    code = answered(message)
    return str(ANSWERED[code]) if code else ""
