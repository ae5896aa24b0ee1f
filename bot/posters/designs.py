"""Which designs there are, and which somebody of a shop may use today.

Built-in designs are the engine's and are there without a row; a row is made
when the office first says something about one (`row_of`).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import posters
from bot.errors import YizhanError
from bot.organisation.models import Branch, Shop
from bot.posters.models import DesignState, PosterDesign, PosterDesignShop

BUILT_IN_FROM = 1000  # own designs without a place come first: they are what the office wants seen


class NoSuchDesign(YizhanError):
    """The asker's move: there is no design of that key, or it is not offered here and now."""


@dataclass(frozen=True, slots=True)
class Design:
    """One design as it stands. `row_id` is empty for a built-in the office said nothing about.

    `number` is the version that is drawn; None draws the built-in as it comes.
    """

    key: str
    title: str
    title_en: str
    is_built_in: bool
    state: str
    position: int
    begins_on: date | None = None
    ends_on: date | None = None
    number: int | None = None
    row_id: int | None = None

    @property
    def can_be_drawn(self) -> bool:
        """Whether there is a template: a built-in's, or a version that was published."""
        return self.is_built_in or self.number is not None

    def holds_on(self, day: date) -> bool:
        """Tell whether `day` is one of its days."""
        return (self.begins_on is None or self.begins_on <= day) and (
            self.ends_on is None or day <= self.ends_on
        )


def every(session: Session) -> list[Design]:
    """Return all designs in their order, hidden ones and drafts too."""
    built_in = posters.builtin()
    rows = {row.key: row for row in session.scalars(select(PosterDesign))}
    found = [_as_it_comes(key, place) for place, key in enumerate(built_in) if key not in rows]
    found += [_of_row(row) for row in rows.values()]
    order = {key: place for place, key in enumerate(built_in)}
    return sorted(found, key=lambda one: (one.position, order.get(one.key, -1), one.row_id or 0))


def offered(session: Session, *, shop_id: int, day: date) -> list[Design]:
    """Return the designs that somebody of the shop may use on that day, in their order."""
    reserved: dict[int, set[int]] = {}
    for design_id, one in _reach(session):
        reserved.setdefault(design_id, set()).update(one)
    return [
        one
        for one in every(session)
        if one.state == DesignState.ACTIVE
        and one.can_be_drawn
        and one.holds_on(day)
        and (one.row_id not in reserved or shop_id in reserved[one.row_id])
    ]


def one_of(offers: Sequence[Design], key: str | None) -> Design:
    """Return the design of that key; without a key, or for one that is offered no longer, the first.

    Raise `NoSuchDesign` where nothing is offered.
    """
    if not offers:
        raise NoSuchDesign("no design is offered to this shop today")
    return next((one for one in offers if one.key == key), offers[0])


def find(session: Session, key: str) -> Design:
    """Return the design of that key, whatever its state; raise `NoSuchDesign` without one."""
    found = next((one for one in every(session) if one.key == key), None)
    if found is None:
        raise NoSuchDesign(f"there is no design {key}")
    return found


def find_row(session: Session, key: str) -> PosterDesign:
    """Return the row of that key; raise `NoSuchDesign` for a design that has none."""
    row = session.scalars(select(PosterDesign).filter_by(key=key)).first()
    if row is None:
        raise NoSuchDesign(f"the office has said nothing about a design {key}")
    return row


def row_of(session: Session, key: str, *, maker: int | None, now: datetime) -> PosterDesign:
    """Return the row of a design; a built-in's is made on first need, once however many ask.

    Raise `NoSuchDesign` for a key nobody knows.
    """
    wanted = select(PosterDesign).filter_by(key=key)
    row = session.scalars(wanted).first()
    if row is not None:
        return row
    if key not in posters.builtin():
        raise NoSuchDesign(f"there is no design {key}")
    comes = _as_it_comes(key, list(posters.builtin()).index(key))
    row = PosterDesign(
        key=key, state=comes.state, position=comes.position, created_at=now, created_by_id=maker
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return session.scalars(wanted).one()  # another was first by a moment
    return row


def add(session: Session, name: str, *, maker: int | None, now: datetime) -> PosterDesign:
    """Add a design of the office's own: a draft, until a version of it is published."""
    row = PosterDesign(key=f"new:{now.timestamp()}"[:32], name=name, created_at=now, created_by_id=maker)
    session.add(row)
    session.flush()
    row.key = f"own-{row.id}"
    session.flush()
    return row


def put_reach(
    session: Session, row: PosterDesign, *, shops: Collection[int] = (), branches: Collection[int] = ()
) -> None:
    """Offer the design to these shops and to all shops of these branches and below; to all without any."""
    session.execute(delete(PosterDesignShop).where(PosterDesignShop.design_id == row.id))
    session.add_all(PosterDesignShop(design_id=row.id, shop_id=one) for one in sorted(set(shops)))
    session.add_all(PosterDesignShop(design_id=row.id, branch_id=one) for one in sorted(set(branches)))
    session.flush()


def reach_of(session: Session, row: PosterDesign) -> tuple[list[int], list[int]]:
    """Return the shops and the branches the design is kept to; two empty lists where it is for all."""
    wanted = select(PosterDesignShop.shop_id, PosterDesignShop.branch_id).filter_by(design_id=row.id)
    found = session.execute(wanted.order_by(PosterDesignShop.id)).all()
    return [shop for shop, _ in found if shop is not None], [one for _, one in found if one is not None]


def put_in_order(session: Session, keys: Sequence[str], *, maker: int | None, now: datetime) -> None:
    """Show the designs in this order; those not named come after, as they stand."""
    for place, key in enumerate(keys, start=1):
        row_of(session, key, maker=maker, now=now).position = place
    session.flush()


def _as_it_comes(key: str, place: int) -> Design:
    template = posters.builtin()[key]
    return Design(
        key, template.title, template.title_en, True, DesignState.ACTIVE.value, BUILT_IN_FROM + place
    )


def _of_row(row: PosterDesign) -> Design:
    comes = posters.builtin().get(row.key)
    return Design(
        row.key,
        row.name or (comes.title if comes else row.key),
        row.name or (comes.title_en if comes else row.key),
        comes is not None,
        row.state,
        row.position,
        row.begins_on,
        row.ends_on,
        row.published,
        row.id,
    )


def _reach(session: Session) -> Iterable[tuple[int, set[int]]]:
    """Yield design and shops for each row that keeps a design to some."""
    rows = session.execute(
        select(PosterDesignShop.design_id, PosterDesignShop.shop_id, PosterDesignShop.branch_id)
    ).all()
    if not rows:
        return
    parents = {key: parent for key, parent in session.execute(select(Branch.id, Branch.parent_id))}  # noqa: C416 - rows, not pairs
    shops = session.execute(select(Shop.id, Shop.branch_id)).all()
    for design_id, shop_id, branch_id in rows:
        if shop_id is not None:
            yield design_id, {shop_id}
        else:
            yield design_id, {key for key, branch in shops if branch_id in _upwards(branch, parents)}


def _upwards(branch_id: int | None, parents: dict[int, int | None]) -> set[int]:
    """Return the branch and all above it; a circle in the tree ends where it closes."""
    found: set[int] = set()
    while branch_id is not None and branch_id not in found:
        found.add(branch_id)
        branch_id = parents.get(branch_id)
    return found
