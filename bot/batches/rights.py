"""What a batch may be asked for with, beside it: the permission it takes, and how far its maker reached.

What came of it is handed to nobody who holds less of either by then.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from bot.db import EVERYTHING, Scope
from bot.db.scoped import ScopedSession

Reached = dict[str, Any]


def of(session: Session) -> Reached:
    """Return how far `session` reaches, as JSON; a plain one, as the command line's, reaches everything."""
    return document(session.scope if isinstance(session, ScopedSession) else EVERYTHING)


def document(scope: Scope) -> Reached:
    """Return `scope` as the JSON a batch carries."""
    return {
        "everything": scope.everything,
        "branches": sorted(scope.branches),
        "shops": sorted(scope.shops),
        "owner": scope.owner,
    }


def widened(reached: Mapping[str, Any] | None, scope: Scope) -> Reached | None:
    """Return `reached` with `scope` in it: a slice read that, too. None stays None, which covers nothing."""
    if reached is None:
        return None
    now = document(scope)
    return {
        "everything": reached["everything"] or now["everything"],
        "branches": sorted({*reached["branches"], *now["branches"]}),
        "shops": sorted({*reached["shops"], *now["shops"]}),
        "owner": now["owner"] if reached["owner"] is None else reached["owner"],
    }


def covers(scope: Scope, reached: Mapping[str, Any] | None) -> bool:
    """Tell whether all that was reached is within `scope`; no, for a batch that does not say what."""
    if reached is None:
        return False
    if scope.everything:
        return True
    within = set(reached["branches"]) <= scope.branches and set(reached["shops"]) <= scope.shops
    return within and not reached["everything"] and reached["owner"] == scope.owner
