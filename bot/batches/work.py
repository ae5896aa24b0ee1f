"""A batch's way: begun in a page's transaction, worked on by its job in slices, ended once.

A job may run for thirty seconds and may run twice.  So it does a slice of
about `SLICE` seconds, calls `advance` in the transaction of what it did, and
`go_on` promises the next slice; what was not committed is simply done again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.audit import Actor
from bot.batches import rights
from bot.batches.models import Batch, BatchState
from bot.outbox.promises import Wish, promise

SLICE = 10.0  # seconds
MOST_PROBLEMS = 1000
ENDED = frozenset({BatchState.DONE.value, BatchState.CANCELLED.value, BatchState.FAILED.value})


def begin(
    session: Session,
    *,
    kind: str,
    title: str,
    arguments: Mapping[str, Any],
    total: int,
    needs: str,
    maker: Actor,
    now: datetime,
) -> Batch:
    """Add a batch and promise its first slice; `kind` is a job in `bot.jobs.JOBS` that takes `batch_id`.

    `needs` is the permission that its maker must still hold while it works and when the file is fetched;
    how far `session` reaches is kept with it.
    """
    batch = Batch(
        kind=kind,
        title=title[:120],
        arguments=dict(arguments),
        notes={},
        state=BatchState.WAITING.value,
        wants_cancel=False,
        total=total,
        done=0,
        failed=0,
        problems=[],
        needs=str(needs),
        reached=rights.of(session),
        created_by_id=maker.id,
        created_by=maker.name,
        created_at=now,
    )
    session.add(batch)
    session.flush()
    go_on(session, batch, now=now)
    return batch


def go_on(session: Session, batch: Batch, *, now: datetime) -> None:
    """Promise the next slice."""
    promise(session, Wish(batch.kind, {"batch_id": batch.id}, now, f"{batch.kind}:{batch.id}"), now=now)


def take(session: Session, batch_id: int, *, now: datetime) -> Batch | None:
    """Return the batch, locked until the transaction ends, if there is work left on it.

    None for one that has ended or is gone; one whose cancelling was asked for ends here.
    """
    batch = session.scalar(select(Batch).where(Batch.id == batch_id).with_for_update())
    if batch is None or batch.state in ENDED:
        return None
    if batch.wants_cancel:
        end(batch, BatchState.CANCELLED, now=now)
        return None
    batch.state = BatchState.RUNNING.value
    return batch


def advance(batch: Batch, *, done: int, problems: Sequence[tuple[str, str]] = ()) -> None:
    """Count `done` more as behind us, those among them with a problem (what, why) as failed."""
    batch.done += done
    batch.failed += len(problems)
    room = MOST_PROBLEMS - len(batch.problems)
    batch.problems = [*batch.problems, *({"what": what, "why": why} for what, why in problems[:room])]


def end(batch: Batch, state: BatchState, *, now: datetime, file_id: int | None = None) -> None:
    """End the batch, with the file that came of it."""
    batch.state, batch.finished_at = state.value, now
    batch.file_id = file_id if file_id is not None else batch.file_id


def cancel(batch: Batch) -> None:
    """Ask for the end; the next slice hears of it. An ended batch stays as it is."""
    if batch.state not in ENDED:
        batch.wants_cancel = True
