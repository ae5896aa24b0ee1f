"""Putting a tag on many fans, or taking it off."""

from typing import TYPE_CHECKING

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from bot.batches import turns, work
from bot.batches.models import Batch, BatchState
from bot.db import utc_now
from bot.db.scope import beyond_scope
from bot.fans.models import Fan
from bot.tags import automatic, finding, known, needs
from bot.tags.models import FanTag, Tag
from bot.users import makers

if TYPE_CHECKING:
    from bot.runtime import Runtime

WINDOW = 5_000  # keys looked through at a time
AT_ONCE = 500  # fans changed in one transaction: SQLite's other writers wait for no more


def put_many(runtime: "Runtime", batch_id: int) -> None:
    """Put a tag on the fans of a filter, or take it off, a slice at a time.

    Run twice: where it has come to is kept in the transaction of what was done;
    a tag that is on stays on.  With `undoes` it comes off only who has it from
    that batch.  Fans come from the scope of whoever asked, as it is now: one
    who may no longer tag ends it.
    """
    turns.of_batch(runtime.db, batch_id, lambda: _step(runtime, batch_id))


def _step(runtime: "Runtime", batch_id: int) -> bool:
    """Do the next fans; False once there is nothing left to do."""
    now = utc_now()
    with runtime.db.transaction() as session:
        begun = makers.take(session, batch_id, now=now)
        if begun is None:
            return False
        batch, scope = begun
        tag = session.get(Tag, batch.arguments["tag_id"])
        if tag is None or tag.retired_at is not None:
            work.end(batch, BatchState.FAILED, now=now)
            return False
        below = int(batch.notes.get("below", batch.arguments["newest"] + 1))
        if below <= 1:
            work.end(batch, BatchState.DONE, now=now)
            return False
    low = max(1, below - WINDOW)
    accounts = [one.id for one in runtime.accounts.values()]
    with runtime.db.scoped_reading(scope) as session:
        asked, began = batch.arguments["filter"], batch.created_at
        wanted = finding.wanted(session, asked, account_ids=accounts, now=began)
        if undoes := batch.arguments.get("undoes"):
            wanted = wanted.where(Fan.id.in_(put_by(undoes, batch.arguments["tag_id"])))
        narrowed = wanted.with_only_columns(Fan.id, Fan.account_id).where(Fan.id >= low, Fan.id < below)
        fans = session.execute(narrowed.order_by(Fan.id.desc()).limit(AT_ONCE)).all()
    reached = fans[-1].id if len(fans) == AT_ONCE else low
    with runtime.db.transaction() as session:
        taken = work.take(session, batch_id, now=now)
        if taken is None:
            return False
        if int(taken.notes.get("below", batch.arguments["newest"] + 1)) != below:
            return True  # another run did these
        _change(session, taken, [(fan.account_id, fan.id) for fan in fans])
        taken.notes = {**taken.notes, "below": reached}
        work.advance(taken, done=len(fans))
    return True


def _change(session: Session, batch: Batch, fans: list[tuple[int, int]]) -> None:
    tag_id, now = batch.arguments["tag_id"], utc_now()
    if not fans:
        return
    ids = [fan_id for _account, fan_id in fans]
    if batch.arguments["puts_on"]:
        wanted = [(fan_id, (tag_id,)) for fan_id in ids]
        automatic.put(session.connection(), wanted, source=source_of(batch.id), now=now)
    else:
        gone = delete(FanTag).where(FanTag.tag_id == tag_id, FanTag.fan_id.in_(ids))
        if undoes := batch.arguments.get("undoes"):
            gone = gone.where(FanTag.source == source_of(undoes))  # put on anew since: not the batch's
        session.execute(gone.execution_options(synchronize_session=False))
    tell(session, fans, {tag_id})


def source_of(batch_id: int) -> str:
    """Return what `FanTag.source` says of tags that a batch put on."""
    return f"batch:{batch_id}"


def put_by(batch_id: int, tag_id: int) -> Select[int]:
    """Select the fans who have the tag from that batch: whoever had it before has it from elsewhere."""
    return select(FanTag.fan_id).where(FanTag.tag_id == tag_id, FanTag.source == source_of(batch_id))


def tell(session: Session, fans: list[tuple[int, int]], tag_ids: set[int]) -> None:
    """Have WeChat hear of what changed on these fans (account, fan), where it has to know one of the tags."""
    now = utc_now()
    session.flush()  # what the caller has pending is checked as theirs
    with beyond_scope(session):
        for account_id in sorted({account for account, _fan in fans}):
            if needs.needed(session, account_id) & tag_ids:
                known.wish(session.connection(), [one for one in fans if one[0] == account_id])
                needs.tell(session, account_id, now=now)
