"""The tree in which channels are kept: found whole, for it has a few hundred places at most."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.models import ChannelGroup
from bot.errors import YizhanError


class Circle(YizhanError):
    """The mover's move: a group cannot stand below itself."""


@dataclass(frozen=True, slots=True)
class Place:
    """One group in the tree, with the names above it."""

    id: int
    name: str
    parent_id: int | None
    depth: int
    path: str
    version: int


def tree(session: Session) -> list[Place]:
    """Return every group below the one it belongs to, brothers by name; an orphan stands on top."""
    rows = session.scalars(select(ChannelGroup)).all()
    known = {row.id for row in rows}
    below: dict[int | None, list[ChannelGroup]] = {}
    for row in rows:
        below.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)
    found: list[Place] = []
    waiting = [(row, 0, "") for row in sorted(below.get(None, ()), key=_name, reverse=True)]
    while waiting:
        row, depth, above = waiting.pop()
        path = f"{above} / {row.name}" if above else row.name
        found.append(Place(row.id, row.name, row.parent_id, depth, path, row.version))
        children = sorted(below.get(row.id, ()), key=_name, reverse=True)
        waiting += [(child, depth + 1, path) for child in children]
    return found


def within(places: Sequence[Place], key: int) -> set[int]:
    """Return the group and all below it."""
    found = {key}
    for place in places:  # parents come before their children
        if place.parent_id in found:
            found.add(place.id)
    return found


def put(session: Session, row: ChannelGroup, *, name: str, parent_id: int | None) -> None:
    """Name the group and hang it below `parent_id`; raise `Circle` for a place below itself.

    All groups are locked meanwhile: two who move at once could else close a circle between them.
    """
    rows = session.scalars(select(ChannelGroup).order_by(ChannelGroup.id).with_for_update()).all()
    parents = {one.id: one.parent_id for one in rows}
    step = parent_id
    while step is not None and row.id is not None:
        if step == row.id:
            raise Circle(f"group {row.id} cannot stand below itself")
        step = parents.get(step)
    row.name, row.parent_id = name, parent_id
    session.add(row)
    session.flush()


def _name(row: ChannelGroup) -> str:
    return row.name
