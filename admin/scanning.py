"""Lists of millions under any filter, in bounded time and without an index for each.

Rows are read newest first in windows of their key, each larger than the last,
until the page is full or the time is up; then the page says how far back it
looked and offers to look further.  A full page of a list without filters is one
window, as `admin.paging.page` would read it.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from flask import request
from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

from admin.paging import here
from bot.db.scope import beyond_scope
from bot.db.scoped import ScopedSession
from bot.keys import key_in

Row = TypeVar("Row")
SIZE = 50
FIRST = 10_000
SECONDS = 0.08  # of looking back; a page of the longest list then stays under 0.3 s (docs/benchmarks.md)
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Scanned(Generic[Row]):
    """Some rows; `newer` leads to the newest, `older` to the next, `further` to what was not read yet."""

    rows: Sequence[Row] = field(default=())
    newer: str | None = None
    older: str | None = None
    further: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many rows there are: `number` exactly, or only at least."""

    number: int
    is_exact: bool


def scan(
    session: ScopedSession,
    wanted: Select[Row],
    *,
    by: InstrumentedAttribute[int],
    bounds: "Bounds | None" = None,
) -> Scanned[Row]:
    """Return the part of `wanted` that the address asks for (`?before=ID`), newest first, looking
    back in windows until time is up.
    """
    before = key_in(request.args.get("before"))
    newer = here(before=None) if before is not None else None
    found: list[Any] = []
    edge = None
    for low, high in _windows(session, by, bounds, before):
        narrowed = wanted.where(by >= low, by < high).order_by(by.desc()).limit(SIZE + 1 - len(found))
        found += session.scalars(narrowed).all()
        edge = low
        if len(found) > SIZE:
            return Scanned(found[:SIZE], newer, here(before=getattr(found[SIZE - 1], by.key)))
    least = bounds.low if bounds else 1
    further = here(before=edge) if edge is not None and edge > least else None
    return Scanned(found, newer, None, further)


def count(
    session: ScopedSession,
    wanted: Select[Any],
    *,
    by: InstrumentedAttribute[int],
    bounds: "Bounds | None" = None,
) -> Counted:
    """Count the rows of `wanted` as far as time allows, and never past ten thousand."""
    number, edge = 0, None
    for low, high in _windows(session, by, bounds, None):
        some = wanted.with_only_columns(by).where(by >= low, by < high).limit(MOST + 1).subquery()
        number += session.scalar(select(func.count()).select_from(some)) or 0
        edge = low
        if number > MOST:
            return Counted(MOST, is_exact=False)
    least = bounds.low if bounds else 1
    return Counted(number, is_exact=edge is None or edge <= least)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the greatest key that may fit, where that is known."""

    low: int
    high: int


def newest(session: ScopedSession, by: InstrumentedAttribute[int]) -> int:
    """Return the greatest key there is, whoever's row it is; it tells nothing about the row."""
    with beyond_scope(session):
        return session.scalar(select(func.max(by))) or 0


def _windows(
    session: ScopedSession, by: InstrumentedAttribute[int], bounds: Bounds | None, before: int | None
) -> Iterator[tuple[int, int]]:
    least = bounds.low if bounds else 1
    high = (bounds.high if bounds else newest(session, by)) + 1
    if before is not None:
        high = min(high, before)
    began, width = time.monotonic(), FIRST
    while high > least:
        low = max(least, high - width)
        started = time.monotonic()
        yield low, high
        ended = time.monotonic()
        if (left := SECONDS - (ended - began)) <= 0:
            return
        # As much as the rest of the time allows at this speed, and at most four times as much as before.
        width = max(FIRST, min(width * 4, int(width * left / max(ended - started, 0.0001))))
        high = low
