"""Writing a long list, newest first, a window of keys at a time, as CSV.

Each slice is a file of its own; the last one joins them.  What a slice wrote
counts only once its place is in the batch's notes, so a slice that was lost is
written again, and its file goes by itself.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from admin import languages
from admin.travellers.lists import LISTS, List
from bot.batches import work
from bot.batches.models import BatchState
from bot.db import Scope, utc_now
from bot.db.scoped import ScopedSession
from bot.files import store
from bot.files.store import Writer
from bot.sheets import writing
from bot.users import makers

if TYPE_CHECKING:
    from bot.runtime import Runtime

WINDOW = 5_000  # keys
KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Slice:
    of: List
    asked: dict[str, str]
    language: str
    name: str
    scope: Scope
    high: int
    least: int
    files: tuple[int, ...]


def write(runtime: "Runtime", batch_id: int) -> None:
    """Write the next rows of an export, within the scope its maker has now.

    Run twice: whoever is second finds the place moved on, and drops what it wrote.
    """
    now = utc_now()
    part = _taken(runtime, batch_id, now)
    if part is None:
        return
    with languages.speaking(runtime, part.language):
        low, file_id = _write(runtime, part, now)
    files = [*part.files, file_id]
    if not _keep(runtime, batch_id, part, low, files):
        with runtime.db.transaction() as session:
            store.remove(session, file_id)
        return
    if low <= part.least:
        _finish(runtime, batch_id, part, files, now)


def _taken(runtime: "Runtime", batch_id: int, now: datetime) -> _Slice | None:
    with runtime.db.transaction() as session:
        taken = makers.take(session, batch_id, now=now)
        if taken is None:
            return None
        batch, scope = taken
        arguments = batch.arguments
        highest = int(arguments["from"])
        return _Slice(
            LISTS[arguments["list"]],
            arguments["asked"],
            arguments["language"],
            arguments["name"],
            scope,
            int(batch.notes.get("below", highest + 1)),
            highest - batch.total + 1,
            tuple(batch.notes.get("files", ())),
        )


def _write(runtime: "Runtime", part: _Slice, now: datetime) -> tuple[int, int]:
    """Write windows until the slice's time is up; return the key reached, and the file."""
    of, high = part.of, part.high
    in_chinese = part.language == "zh"
    until = time.monotonic() + work.SLICE
    with Writer(
        runtime.db, name=f"{part.name}.csv", media_type=writing.CSV, now=now, keep_until=now + KEPT
    ) as out:
        if not part.files:
            out.write("".join(writing.csv_lines(of.columns, (), in_chinese=in_chinese)).encode())
        while high > part.least:
            low = max(part.least, high - WINDOW)
            for row in runtime.surveys.take(part.scope, partial(_rows, part=part, low=low, high=high)):
                out.write(writing.csv_line([row.get(column.key) for column in of.columns]).encode())
            high = low
            if time.monotonic() >= until:
                break
    return high, out.file_id


def _rows(session: ScopedSession, part: _Slice, low: int, high: int) -> Sequence[Mapping[str, Any]]:
    """Return the rows with keys from `low` up to `high`, the newest first."""
    of = part.of
    window = of.wanted(session, part.asked).where(of.by >= low, of.by < high)
    return of.rows(session, session.scalars(window.order_by(of.by.desc())).all())


def _keep(runtime: "Runtime", batch_id: int, part: _Slice, low: int, files: list[int]) -> bool:
    """Note the place reached and promise what is left; False if somebody else was there first."""
    with runtime.db.transaction() as session:
        batch = work.take(session, batch_id, now=utc_now())
        if batch is None or int(batch.notes.get("below", part.high)) != part.high:
            return False
        batch.notes = {**batch.notes, "below": low, "files": files}
        work.advance(batch, done=part.high - low)
        if low > part.least:
            work.go_on(session, batch, now=utc_now())
    return True


def _finish(runtime: "Runtime", batch_id: int, part: _Slice, files: list[int], now: datetime) -> None:
    """End the batch with one file of all slices."""
    whole = files[0]
    if len(files) > 1:
        with Writer(
            runtime.db, name=f"{part.name}.csv", media_type=writing.CSV, now=now, keep_until=now + KEPT
        ) as out:
            store.join(runtime.db, files, out)
        whole = out.file_id
    with runtime.db.transaction() as session:
        batch = work.take(session, batch_id, now=utc_now())
        if batch is not None:
            work.end(batch, BatchState.DONE, now=utc_now(), file_id=whole)
