"""What a page works with: the runtime, who is asking, and their way to the rows.

Pages read with `reading()` and change with `changing()`, one of either per
request; figures, which may be some seconds old, come from `survey()`.  All of them
see only what the visitor may see (`bot.db.scope`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import current_app, g, request
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.local import LocalProxy

from bot import audit
from bot.audit import Actor, Subject
from bot.db import Base, Scope, utc_now
from bot.db.scoped import ScopedSession
from bot.privacy import NoKeys, Vault, vault_of
from bot.users.roles import Permission

if TYPE_CHECKING:
    from bot.runtime import Runtime

Row = TypeVar("Row", bound=Base)
Done = TypeVar("Done")
MOST_LOOKED_FOR = 500


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is asking, as the database knew them when the request began."""

    user_id: int
    name: str
    role: str
    reach: str
    reach_names: tuple[str, ...]
    permissions: frozenset[Permission]
    scope: Scope
    session_id: int
    is_waiting: bool
    must_change: bool
    has_second_factor: bool

    def may(self, permission: Permission | str) -> bool:
        """Tell whether the visitor's role holds `permission`."""
        return permission in self.permissions


runtime = cast("Runtime", LocalProxy(lambda: current_app.extensions["yizhan"]))
visitor = cast("Visitor", LocalProxy(lambda: g.visitor))


def vault() -> Vault | None:
    """Return what personal data is sealed with; None where the settings hold no keys."""
    try:
        return vault_of(runtime.config.privacy)
    except NoKeys:
        return None


class OutOfSight(NotFound):
    """There is no such row for this visitor. If there is one for others, the look is written down."""

    def __init__(self, subject: Subject) -> None:
        super().__init__()
        self.subject = subject


def reading() -> AbstractContextManager[ScopedSession]:
    """Open a consistent view of the rows the visitor may see; nothing written in it is kept."""
    return runtime.db.scoped_reading(visitor.scope)


def survey(work: Callable[[ScopedSession], Done]) -> Done:
    """Return what `work` reads of the rows the visitor may see, perhaps some seconds old (`bot.replica`)."""
    return runtime.surveys.take(visitor.scope, work)


@contextmanager
def changing() -> Iterator[ScopedSession]:
    """Open the transaction of this request, on the rows the visitor may see."""
    with runtime.db.scoped(visitor.scope) as session:
        yield session


def find(session: ScopedSession, model: type[Row], key: int) -> Row:
    """Return the row with that id; otherwise a 404, whether it does not exist or is not the visitor's."""
    row = session.get(model, key)
    if row is None:
        raise OutOfSight(Subject(model.__tablename__, str(key)))
    return row


def refuse_hidden(model: type[Any], keys: Iterable[int]) -> None:
    """Raise `OutOfSight` if one of the ids is of a row that there is, and that the visitor does not see.

    For ids that a form chose from what it had not offered; what nobody has is for the form to tell.
    """
    wanted = select(model.id).where(model.id.in_(sorted(set(keys))[:MOST_LOOKED_FOR]))
    with runtime.db.reading() as everything, reading() as session:
        hidden = set(everything.scalars(wanted)) - set(session.scalars(wanted))
    if hidden:
        raise OutOfSight(Subject(model.__tablename__, str(min(hidden))))


def actor() -> Actor:
    """Return the visitor, or somebody not signed in, for the audit."""
    who = g.get("visitor")
    address = request.remote_addr or ""
    return Actor(who.name, who.user_id, address) if who else Actor("-", None, address)


def record(
    session: ScopedSession,
    action: str,
    subject: Base | Subject,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Write into the audit, in the transaction of the change, what the visitor does. Call it last."""
    audit.record(session, actor(), action, subject, now=utc_now(), before=before, after=after, reason=reason)
