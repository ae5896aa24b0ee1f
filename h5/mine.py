"""The staff pages' way to `bot.posters`: what somebody sees of their own, and what they share of it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from flask import url_for
from sqlalchemy.orm import Session

from bot.channels import jobs as channels
from bot.channels.quota import NoCodesLeft
from bot.db import utc_now
from bot.errors import WeChatError
from bot.organisation.models import Branch, Shop, Staff
from bot.posters import codes, designs, figures, making, orders, portraits
from bot.posters.designs import Design, NoSuchDesign
from bot.posters.figures import Brought, Place
from bot.posters.kept import SIZES, Kept, small
from bot.posters.making import CodeRetired, NoCodeYet, NotAtWork, Poster
from h5.addresses import here
from h5.days import today
from h5.visit import account, guest, keys, runtime

log = logging.getLogger(__name__)
KEPT = Kept()
NO_POSTER = (CodeRetired, NoCodeYet, NoCodesLeft, NoSuchDesign, NotAtWork)


@dataclass(frozen=True, slots=True)
class Offer:
    """A design as it is offered: with the person's own facts, at an address that changes with them."""

    key: str
    title: str
    large: str
    small: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Card:
    """What others see when the poster is shared: a page for everybody, and its picture.

    `page` is the address of the page it is shared from, as WeChat signs it.
    """

    page: str
    link: str
    picture: str
    large: str
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class Mine:
    """Everything a staff page shows. Without `chosen` there is no poster, and `trouble` says why."""

    staff: Staff
    shop: Shop
    branch: Branch
    offers: Sequence[Offer] = ()
    chosen: Offer | None = None
    card: Card | None = None
    trouble: str | None = None
    week: Brought = field(default_factory=Brought)
    total: Brought = field(default_factory=Brought)
    points: int = 0
    place: Place | None = None
    has_portrait: bool = False


def look(key: str | None = None) -> Mine:
    """Return what the visitor sees; their code is made on the way, if they have none.

    `key` is the design to show, else what they chose last.  May call WeChat, outside of any transaction.
    """
    KEPT.warm_up()
    trouble = _ensure()
    with runtime.db.reading() as session:
        seen = _without_poster(session)
        if trouble is not None:
            return replace(seen, trouble=trouble)
        try:
            whose = making.subject(
                session, account_id=account.id, staff_id=seen.staff.id, with_portrait=False
            )
            choices = making.offered(session, seen.shop.id, now=utc_now())
            chosen = designs.one_of(choices, key or whose.chosen)
        except NO_POSTER as error:
            return replace(seen, trouble=_why(error))
        found = {one.key: _offer(making.poster(session, one, whose)) for one in choices}
        code = codes.find(session, account_id=account.id, staff=seen.staff)
    assert code is not None
    card = _card(code.channel_id, chosen, f"{whose.name}·{whose.shop}")
    return replace(seen, offers=list(found.values()), chosen=found[chosen.key], card=card)


def choose(key: str) -> None:
    """Remember the design for the chat; one that is not offered is passed over."""
    with runtime.db.transaction() as session:
        staff = session.get_one(Staff, guest.staff_id)
        if any(one.key == key for one in making.offered(session, staff.shop_id, now=utc_now())):
            codes.choose(session, account_id=account.id, staff=staff, key=key)


def picture(
    staff_id: int, key: str | None, size: str, *, is_known: Callable[[str], bool]
) -> tuple[str, bytes | None] | None:
    """Return what tells the picture from others, and the picture; without it if the browser has it.

    None where there is no such poster (any more).  Drawn outside of the transaction, and kept.
    """
    with runtime.db.reading() as session:
        try:
            whose = making.subject(session, account_id=account.id, staff_id=staff_id, with_portrait=False)
            choices = making.offered(session, whose.shop_id, now=utc_now())
            chosen = designs.one_of(choices, key or whose.chosen)
        except NO_POSTER:
            return None
        if key is not None and chosen.key != key:
            return None
        one = making.poster(session, chosen, whose)
        name = f"{one.digest}-{size}"
        if is_known(name):
            return name, None
        content = KEPT.get(name)
        if content is not None:
            return name, content
        one = making.with_portrait(session, one)
    draw = partial(making.draw, one)
    return name, KEPT.drawn(name, draw if size == "large" else partial(small, draw))


def shared(channel_id: int, mark: str) -> int | None:
    """Return whose card it is; None for a link we did not make, or of a code that is theirs no longer."""
    if not keys.is_digest(mark, str(channel_id), _purpose()):
        return None
    with runtime.db.reading() as session:
        return codes.owner(session, channel_id)


def note_read() -> None:
    """The visitor sees their poster: what was to be told of it in the chat need not be any more."""
    with runtime.db.reading() as session:
        if not orders.is_waiting(session, guest.fan_id):
            return
    with runtime.db.transaction() as session:
        orders.tell(session, guest.fan_id)


def put_portrait(staff_id: int, content: bytes) -> None:
    """Keep a picture for somebody's posters; raise `posters.BadPicture`."""
    clean = portraits.clean(content)
    with runtime.db.transaction() as session:
        portraits.put(session, staff_id, clean, now=utc_now())


def remove_portrait(staff_id: int) -> None:
    """Take the picture from somebody's posters."""
    with runtime.db.transaction() as session:
        portraits.remove(session, staff_id)


def _without_poster(session: Session) -> Mine:
    staff = session.get_one(Staff, guest.staff_id)
    shop = session.get_one(Shop, staff.shop_id)
    since, until = figures.monday(today()), today()
    own = codes.of_shop(session, shop.id).get(staff.id, [])
    return Mine(
        staff,
        shop,
        session.get_one(Branch, shop.branch_id),
        week=figures.brought(session, own, since=since, until=until),
        total=figures.brought(session, own),
        points=figures.points(session, staff.id, own),
        place=figures.rank(session, staff_id=staff.id, shop_id=shop.id, since=since, until=until),
        has_portrait=portraits.is_there(session, staff.id),
    )


def _ensure() -> str | None:
    """See to it that the visitor has a code, made by WeChat; return what stands in the way."""
    with runtime.db.reading() as session:
        code = codes.find(session, account_id=account.id, staff=session.get_one(Staff, guest.staff_id))
    if code is None:
        try:
            with runtime.db.transaction() as session:
                staff = session.get_one(Staff, guest.staff_id)
                code = codes.ensure(session, account_id=account.id, staff=staff, now=utc_now())
        except NoCodesLeft as error:
            log.warning("no_codes_left", extra={"account": account.name, "reason": str(error)})
            return _why(error)
    if not code.url and not code.is_retired:
        try:
            channels.make_code(runtime._get_current_object(), code.channel_id)  # type: ignore[attr-defined]  # noqa: SLF001
        except WeChatError as error:
            log.warning("poster_without_code", extra={"account": account.name, "reason": str(error)})
            return "no_code"
    return None


def _why(error: Exception) -> str:
    """Return the word by which the pages know what stands in the way."""
    names = {
        CodeRetired: "retired",
        NoCodeYet: "no_code",
        NoCodesLeft: "no_codes_left",
        NoSuchDesign: "no_designs",
        NotAtWork: "closed",
    }
    return names[type(error)]


def _offer(one: Poster) -> Offer:
    large, smaller = (
        url_for("h5.poster.picture", key=one.design.key, digest=one.digest, size=size) for size in SIZES
    )
    template = one.drawn.template
    return Offer(one.design.key, one.design.title, large, smaller, template.width, template.height)


def _card(channel_id: int, chosen: Design, whose: str) -> Card:
    mark = keys.digest(str(channel_id), _purpose())
    base = runtime.config.server.public_url.rstrip("/")
    link = base + url_for("h5.hello.show", channel_id=channel_id, mark=mark)
    large, smaller = (
        base + url_for("h5.hello.picture", channel_id=channel_id, mark=mark, size=size) for size in SIZES
    )
    words = "长按二维码关注，出行的事直接问我。"
    return Card(base + here(), link, smaller, large, f"{chosen.title}｜{whose}", words)


def _purpose() -> str:
    return f"hello.{account.name}"
