"""One poster: whose it is and what it says are read in a transaction, and drawn outside of any."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

import posters
from bot.errors import YizhanError
from bot.files import store
from bot.moments import HERE
from bot.organisation.models import Shop, ShopState, Staff
from bot.posters import codes, designs, versions
from bot.posters.designs import Design
from bot.posters.models import StaffPortrait
from bot.posters.versions import Drawn

Form = Literal["jpeg", "png", "pdf"]


class NoCodeYet(YizhanError):
    """WeChat's move: it has not made the person's code. Asked again in a moment, it mostly has."""


class CodeRetired(YizhanError):
    """The office's move: the person's code was taken out of use, so no poster is made of it."""


class NotAtWork(YizhanError):
    """The office's move: the person, or the shop, is there no longer."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a poster says of somebody. The telephone is the shop's, never theirs.

    `portrait_id` is a file of ours and `portrait` what is in it, if it was asked for; `chosen` the design
    they chose last.
    """

    staff_id: int
    shop_id: int
    name: str
    title: str
    shop: str
    address: str
    phone: str
    code: str
    portrait_id: int | None
    chosen: str | None = None
    portrait: bytes | None = field(default=None, repr=False)

    @property
    def texts(self) -> dict[str, str]:
        """The facts by the names designs use; what is empty is left to the design's own words."""
        found = {
            "name": self.name,
            "title": self.title,
            "shop": self.shop,
            "address": self.address,
            "phone": self.phone,
        }
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class Poster:
    """A poster that can be drawn, however often, and always the same. `digest` tells it from every other."""

    design: Design
    drawn: Drawn = field(repr=False)
    subject: Subject
    digest: str


def subject(session: Session, *, account_id: int, staff_id: int, with_portrait: bool = True) -> Subject:
    """Return what posters say of somebody now.

    Raise `NotAtWork`, `CodeRetired`, or `NoCodeYet` for somebody whose code `codes.ensure` has not asked for,
    or WeChat not made.
    """
    staff = session.get(Staff, staff_id)
    shop = session.get(Shop, staff.shop_id) if staff is not None else None
    if staff is None or shop is None or not staff.active or shop.state != ShopState.OPEN:
        raise NotAtWork(f"staff {staff_id} works in no open shop")
    code = codes.find(session, account_id=account_id, staff=staff)
    if code is not None and code.is_retired:
        raise CodeRetired(f"channel {code.channel_id} of staff {staff_id} is out of use")
    if code is None or not code.url:
        raise NoCodeYet(f"staff {staff_id} has no code yet")
    row = session.get(StaffPortrait, staff_id)
    content = store.content(session, row.file_id) if row is not None and with_portrait else None
    return Subject(
        staff.id,
        shop.id,
        staff.name,
        staff.role,
        shop.name,
        shop.address,
        shop.phone,
        code.url,
        row.file_id if row is not None else None,
        code.design_key,
        content,
    )


def poster(session: Session, design: Design, whose: Subject) -> Poster:
    """Return the poster of that design for somebody."""
    drawn = versions.drawn(session, design)
    said = [drawn.mark, whose.code, str(whose.portrait_id), *(f"{k}={v}" for k, v in whose.texts.items())]
    digest = hashlib.sha256("\0".join(said).encode()).hexdigest()[:32]
    return Poster(design, drawn, whose, digest)


def of(session: Session, *, account_id: int, staff_id: int, key: str | None, now: datetime) -> Poster:
    """Return somebody's poster of the design `key`, of what they chose last, or of the first there is.

    Raise as `subject` does, and `NoSuchDesign` where nothing is offered.
    """
    whose = subject(session, account_id=account_id, staff_id=staff_id)
    offers = offered(session, whose.shop_id, now=now)
    return poster(session, designs.one_of(offers, key or whose.chosen), whose)


def offered(session: Session, shop_id: int, *, now: datetime) -> list[Design]:
    """Return the designs the shop's staff may use at this moment."""
    return designs.offered(session, shop_id=shop_id, day=now.astimezone(HERE).date())


def with_portrait(session: Session, one: Poster) -> Poster:
    """Return the poster with the person's picture, for one whose subject was read without."""
    if one.subject.portrait_id is None or one.subject.portrait is not None:
        return one
    content = store.content(session, one.subject.portrait_id)
    return replace(one, subject=replace(one.subject, portrait=content))


def draw(one: Poster, *, form: Form = "jpeg", width: int | None = None) -> bytes:
    """Return the finished picture. No transaction may be open: it takes ten milliseconds and more.

    Raise `posters.Unreadable` for one that could not be scanned, `posters.BadPicture` for a spoilt picture.
    """
    return posters.draw(one.drawn.template, _facts(one), form=form, width=width)


def draw_print(one: Poster, *, width_mm: int) -> bytes:
    """Return the poster as a page for the print shop, PDF with 3 mm of bleed. Raise as `draw` does."""
    return posters.draw_print(one.drawn.template, _facts(one), width_mm=width_mm)


def _facts(one: Poster) -> posters.Facts:
    pictures = dict(one.drawn.pictures)
    if one.subject.portrait is not None:
        pictures["avatar"] = one.subject.portrait
    return posters.Facts(texts=one.subject.texts, code=one.subject.code, pictures=pictures)
