"""Fans of a segment in slices of their keys: counted in bounded time, walked through in bounded memory."""

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func
from sqlalchemy import select as select_of
from sqlalchemy.orm import Session

from bot.fans.models import Fan

FIRST = 10_000  # keys in the first window
SECONDS = 0.4
WINDOW = 5_000


@dataclass(frozen=True, slots=True)
class Count:
    """How many fit among the newest `looked_at` of `of` keys; exact once these are the same."""

    number: int
    looked_at: int
    of: int

    @property
    def is_exact(self) -> bool:
        """Whether all were looked at."""
        return self.looked_at >= self.of

    @property
    def about(self) -> int:
        """How many there are in all, if the rest is like what was looked at."""
        return self.number if self.is_exact or not self.looked_at else self.number * self.of // self.looked_at


def count(session: Session, wanted: Select[int], *, newest: int, seconds: float = SECONDS) -> Count:
    """Count the fans of `wanted` with keys up to `newest`, the newest first, until the time is up.

    A window once begun is finished: with an index that fits, `seconds` is kept to a tenth.
    """
    began, high, width, number = time.monotonic(), newest + 1, FIRST, 0
    while high > 1 and (left := seconds - (time.monotonic() - began)) > 0:
        low, started = max(1, high - width), time.monotonic()
        some = wanted.where(Fan.id >= low, Fan.id < high).subquery()
        number += session.scalar(select_of(func.count()).select_from(some)) or 0
        took = max(time.monotonic() - started, 0.0001)
        width = max(FIRST, min(width * 4, int(width * left / took / 2)))
        high = low
    return Count(number, newest + 1 - high, newest)


@dataclass(frozen=True, slots=True)
class Slice:
    """Some fans in the order of their keys, and the key up to which everybody was looked at."""

    ids: tuple[int, ...]
    reached: int


def after(
    session: Session, wanted: Select[Any], *, reached: int, newest: int, most: int, window: int = WINDOW
) -> Slice:
    """Return the next fans of `wanted` behind the key `reached`, at most `most`, none behind `newest`.

    One window of keys at a time, so that no condition reads a whole table: the
    slice may be empty although there are more.  It is over once `reached` is `newest`.
    Keys that nobody has are gone over at once: restored databases leave out millions.
    """
    high = min(reached + window, newest)
    narrowed = wanted.where(Fan.id > reached, Fan.id <= high).order_by(Fan.id).limit(most)
    ids = tuple(session.scalars(narrowed))
    if not ids:
        following = session.scalar(select_of(func.min(Fan.id)).where(Fan.id > high))
        high = newest if following is None else min(newest, following - 1)
    return Slice(ids, ids[-1] if len(ids) == most else high)
