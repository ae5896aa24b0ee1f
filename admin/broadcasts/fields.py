"""The form of a broadcast: reading it field by field, and filling it from one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from admin.broadcasts import words
from admin.choices import accounts
from admin.formats import HERE
from admin.forms import Form
from admin.office import refuse_hidden, runtime, visitor
from admin.replies import messages
from admin.replies.editing import shops_of_all
from admin.replies.messages import REPLY
from admin.segments.names import Names
from bot.broadcasts import wording
from bot.broadcasts.models import Broadcast, Way
from bot.coupons.models import CouponTemplate, TemplateState
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.links import keeping
from bot.materials import documents
from bot.organisation.models import Branch, Shop
from bot.replies.bounds import TEXT_BYTES, longest
from bot.segments.models import Segment
from bot.users.roles import Permission

MOST_LINKS = 8
FASTEST = 60_000
FURTHEST = timedelta(days=180)
CLOCK = "%Y-%m-%dT%H:%M"
PLACE = re.compile(r"([bs]):(\d{1,18})")
TYPES = ("text", "image", "article", "news", "voice", "video", "music")


@dataclass(frozen=True, slots=True)
class Sent:
    """What the form holds: the columns, what is said, and the addresses its links lead to."""

    values: Mapping[str, Any]
    answer: Mapping[str, Any] | None
    url: str
    addresses: Sequence[str] = field(default=())
    coupon: int | None = None


def places(names: Names) -> list[tuple[str, str]]:
    """Return whose fans the visitor may write to: everyone's, a branch's, a shop's."""
    found: list[tuple[str, str]] = [("", str(_("The whole group")))] if visitor.scope.everything else []
    everything = visitor.scope.everything
    for key, name in names.of["branch"].items():
        if everything or key in visitor.scope.branches:
            found.append((f"b:{key}", name))
    return [*found, *((f"s:{key}", name) for key, name in names.of["shop"].items())]


def filled(row: Broadcast, addresses: Sequence[str]) -> Form:
    """Return the form of a broadcast that is there."""
    place = f"s:{row.shop_id}" if row.shop_id else f"b:{row.branch_id}" if row.branch_id else ""
    values: dict[str, Any] = {
        "name": row.name,
        "account": row.account_id,
        "place": place,
        "segment": row.segment_id or "",
        "way": row.way,
        "tag": row.tag_id or "",
        "intent": row.intent,
        "links": "\n".join(addresses),
        "opens": row.content.get("url", ""),
        "coupon": row.content.get("coupon") or "",
        "rate": row.rate or "",
        "send_at": f"{row.send_at.astimezone(HERE):{CLOCK}}" if row.send_at else "",
        "version": row.version,
    }
    values.update(messages.filled(REPLY, row.content.get("answer"), is_reply=True))
    return Form(values)


def read(form: Form, *, session: ScopedSession, names: Names, row: Broadcast | None) -> Sent:
    """Return what was sent, with what is wrong beside each field of `form`."""
    account_id = _account(form)
    way = form.choice("way", Way) or Way.PLANNER
    branch_id, shop_id = _place(form, names)
    segment_id = _segment(form, session)
    tag_id = None
    if way is Way.MASS_TAG:
        tag_id = _tag(form, names)
        if branch_id is not None or shop_id is not None or not visitor.scope.everything:
            form.wrong(
                "place", _("A tag of WeChat's is the whole group's; only the head office sends to one.")
            )
    intent = str(form.values.get("intent") or "broadcast")
    if intent not in words.INTENTS:
        form.wrong("intent", _("Please choose one of these."))
    kept = row.content.get("answer") if row else None
    shelf = messages.Shelf(session, account_id, kept)
    answer = messages.Reader(form, shops_of_all(), shelf, may_transfer=False).reply(kept)
    if answer is None:
        form.wrong(f"{REPLY}_type", _("Please choose one of these."))
    addresses = _addresses(form)
    url = _opens(form)
    coupon = _coupon(form, session, way, row)
    if answer is not None and form.is_right:
        _check_content(form, way, answer, addresses)
    values = {
        "name": form.text("name", longest=64),
        "account_id": account_id,
        "branch_id": branch_id,
        "shop_id": shop_id,
        "segment_id": None if way is Way.MASS_TAG else segment_id,
        "way": way.value,
        "tag_id": tag_id,
        "intent": intent,
        "rate": _rate(form) if way is Way.PLANNER else None,
        "send_at": _send_at(form),
    }
    return Sent(values, answer, url, addresses, coupon)


def content_of(sent: Sent, links: Sequence[int]) -> dict[str, Any]:
    """Return the content as it is kept."""
    content: dict[str, Any] = {"answer": dict(sent.answer or {})}
    if sent.url:
        content["url"] = sent.url
    if links:
        content["links"] = list(links)
    if sent.coupon is not None:
        content["coupon"] = sent.coupon
    return content


def coupons(session: ScopedSession, row: Broadcast | None) -> list[tuple[int, str]]:
    """Return the coupons that are given out now, and the broadcast's own; none for who may give none."""
    if not visitor.may(Permission.COUPONS_GIVE):
        return []
    kept = row.content.get("coupon") if row else None
    wanted = select(CouponTemplate.id, CouponTemplate.name).where(
        (CouponTemplate.state == TemplateState.OPEN.value) | (CouponTemplate.id == (kept or 0))
    )
    found = session.execute(wanted.order_by(CouponTemplate.id.desc()).limit(500))
    return [(one.id, one.name) for one in found]


def _coupon(form: Form, session: ScopedSession, way: Way, row: Broadcast | None) -> int | None:
    """Return the coupon that is chosen; who may give none leaves it as it is."""
    if not visitor.may(Permission.COUPONS_GIVE):
        return row.content.get("coupon") if row else None
    chosen = form.ids("coupon", among=[key for key, _name in coupons(session, row)])
    if chosen and way is not Way.PLANNER:
        form.wrong("coupon", _("Only a message to each by themselves carries a coupon."))
    return chosen[0] if chosen else None


def _account(form: Form) -> int:
    known = {one.id: one for one in accounts()}
    found = form.ids("account", among=known)
    if not found:
        form.wrong("account", _("Please choose one of these."))
        return next(iter(known), 0)
    form.values["account"] = found[0]
    if form.values.get("way") == Way.MASS_OPENIDS and known[found[0]].kind != "service":
        form.wrong("way", _("Only a service account sends to chosen fans at once."))
    return found[0]


def _place(form: Form, names: Names) -> tuple[int | None, int | None]:
    said = str(form.values.get("place", ""))
    found = PLACE.fullmatch(said)
    key = key_in(found[2]) if found else None
    if said not in dict(places(names)):
        if found and key is not None:
            refuse_hidden(Branch if found[1] == "b" else Shop, [key])
        form.wrong("place", _("Please choose one of these."))
        return None, None
    if not found:
        return None, None
    return (key, None) if found[1] == "b" else (None, key)


def _segment(form: Form, session: ScopedSession) -> int | None:
    said = str(form.values.get("segment", ""))
    if not said:
        return None
    key = key_in(said)
    if key is None or session.get(Segment, key) is None:
        refuse_hidden(Segment, [key] if key is not None else [])
        form.wrong("segment", _("Please choose one of these."))
        return None
    return key


def _tag(form: Form, names: Names) -> int | None:
    key = key_in(str(form.values.get("tag", "")))
    if key is None or key not in names.of["tag"]:
        form.wrong("tag", _("Choose the tag."))
        return None
    return key


def _addresses(form: Form) -> list[str]:
    said = form.text("links", longest=MOST_LINKS * 510, required=False)
    found = [line.strip() for line in said.splitlines() if line.strip()]
    if len(found) > MOST_LINKS:
        form.wrong("links", _("At most %(most)s; these are %(n)s.", most=MOST_LINKS, n=len(found)))
    for one in found:
        if not keeping.is_address(one, runtime.config.server.public_url):
            shown = one[:60]
            form.wrong("links", _("%(address)s is no https address that a link may lead to.", address=shown))
    return found[:MOST_LINKS]


def _opens(form: Form) -> str:
    value = form.text("opens", longest=500, required=False)
    if value and not keeping.is_address(value, runtime.config.server.public_url):
        form.wrong("opens", _("An address that begins with https://"))
    return value


def _check_content(form: Form, way: Way, answer: Mapping[str, Any], addresses: Sequence[str]) -> None:
    content = {"answer": answer}
    named = wording.link_numbers(content)
    if way is not Way.PLANNER:
        if not wording.can_be_massed(content):
            said = _(
                "WeChat's mass send says the same to everybody: a text without {…}, a picture, a recording, "
                "or one of our articles."
            )
            form.wrong(f"{REPLY}_type", said)
        if addresses:
            form.wrong(
                "links", _("A mass send has no links of each fan's own. Write the address into the text.")
            )
        return
    if missing := sorted(named - set(range(1, len(addresses) + 1))):
        said = _("The text names {链接%(n)s}; give its address.", n=missing[0])
        form.wrong("links", said)
    elif unused := sorted(set(range(1, len(addresses) + 1)) - named):
        said = _("Write {链接%(n)s} where this address belongs in the text.", n=unused[0])
        form.wrong("links", said)
    text = wording.text_of(content)
    filled_in = keeping.filled(runtime.config, text, link_ids=[2**31] * len(addresses), fan_id=2**40)
    if (size := longest(filled_in, shops_of_all())) > TEXT_BYTES:
        said = _("WeChat takes %(most)s bytes; these are up to %(n)s.", most=TEXT_BYTES, n=size)
        form.wrong(f"{REPLY}_content", said)


def _rate(form: Form) -> int | None:
    if not str(form.values.get("rate", "")).strip():
        return None
    return form.number("rate", least=1, most=FASTEST)


def _send_at(form: Form) -> datetime | None:
    said = form.text("send_at", longest=16, required=False)
    if not said:
        return None
    try:
        at = datetime.strptime(said, CLOCK).replace(tzinfo=HERE)
    except ValueError:
        form.wrong("send_at", _("A day and a time such as 2026-12-01 09:30."))
        return None
    now = utc_now()
    if not now < at < now + FURTHEST:
        form.wrong("send_at", _("A moment to come, within half a year."))
        return None
    return at


def materials_of(answer: Mapping[str, Any] | None) -> set[int]:
    """Return the materials that it says."""
    return documents.named(answer)
