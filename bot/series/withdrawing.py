"""Taking back what was planned and is not said yet: a run has ended, or its next message is there."""

from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db.scope import beyond_scope
from bot.reach.models import NoticeState, ReachNotice
from bot.series.models import Deed, SeriesDeed

INTENT = "series"
UNSAID = (NoticeState.WAITING.value, NoticeState.HELD.value, NoticeState.NOTE.value)


def key_of(run_id: int, step: int) -> str:
    """Return the key of a step's notice: unique for the fan, so a step that runs twice says it once."""
    return f"series:{run_id}:{step}"


def unsaid(session: Session, run_ids: Collection[int]) -> int:
    """Cancel what these runs planned and WeChat was not given; return how many. Twice: nothing is left."""
    if not run_ids:
        return 0
    with beyond_scope(session):
        said = select(SeriesDeed.run_id, SeriesDeed.step, SeriesDeed.fan_id).where(
            SeriesDeed.run_id.in_(sorted(run_ids)), SeriesDeed.deed == Deed.SAID.value
        )
        rows = session.execute(said).all()
        if not rows:
            return 0
        cancelling = (
            update(ReachNotice)
            .where(
                ReachNotice.fan_id.in_(sorted({row.fan_id for row in rows})),
                ReachNotice.intent == INTENT,
                ReachNotice.key.in_([key_of(row.run_id, row.step) for row in rows]),
                ReachNotice.state.in_(UNSAID),
            )
            .values(state=NoticeState.CANCELLED.value)
            .execution_options(synchronize_session=False)
        )
        taken: int = session.execute(cancelling).rowcount  # type: ignore[attr-defined]
    return taken
