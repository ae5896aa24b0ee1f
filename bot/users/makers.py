"""Whoever asked for long work: what they may do and see now, not when they asked."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.batches import rights, work
from bot.batches.models import Batch, BatchState
from bot.db import EVERYTHING, Scope
from bot.errors import YizhanError
from bot.users import reach
from bot.users.models import User
from bot.users.roles import permissions_of


class NotAnyMore(YizhanError):
    """Nobody's move: whoever asked for it is gone, or may not do it any more. The work ends."""


def scope_now(session: Session, batch: Batch) -> Scope:
    """Return what the batch's maker sees now, which the batch notes that it reached. Raise `NotAnyMore`.

    A batch without a user was begun on the command line: who runs the server sees everything.
    """
    scope = EVERYTHING if batch.created_by_id is None else _scope(session, batch)
    batch.reached = rights.widened(batch.reached, scope)
    return scope


def take(session: Session, batch_id: int, *, now: datetime) -> tuple[Batch, Scope] | None:
    """Do as `work.take`, and return what the maker sees now beside the batch.

    None, and the batch has failed, if they may not do it any more.
    """
    batch = work.take(session, batch_id, now=now)
    if batch is None:
        return None
    try:
        return batch, scope_now(session, batch)
    except NotAnyMore:
        work.end(batch, BatchState.FAILED, now=now)
        return None


def _scope(session: Session, batch: Batch) -> Scope:
    user = session.get(User, batch.created_by_id)
    if user is None or not user.active or batch.needs not in permissions_of(user.role):
        raise NotAnyMore(f"batch {batch.id}: its maker may not do this any more")
    return reach.scope_of(session, user)
