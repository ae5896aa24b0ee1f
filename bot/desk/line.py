"""The waiting line: who is next, and where somebody stands in it.

Whoever can soon not be written to any more comes first, then by priority, then
first come first served.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, String, case, cast, func, select
from sqlalchemy.orm import Session

from bot.desk.request_models import DeskRequest, RequestState
from bot.desk.requests import IN_LINE

NEAR_THE_END = timedelta(hours=2)


class Waiting(NamedTuple):
    """One request in line."""

    id: int
    shop_id: int | None
    expires_at: datetime | None
    passed: list[int] | None


_COLUMNS = (DeskRequest.id, DeskRequest.shop_id, DeskRequest.expires_at, DeskRequest.passed)


def waiting(
    session: Session,
    account_id: int,
    *,
    now: datetime,
    shops: Collection[int] | None = None,
    limit: int,
) -> Sequence[Waiting]:
    """Return who waits at the account, or for one of those shops, next first."""
    wanted = select(*_COLUMNS).where(*_in_line(account_id))
    if shops is not None:
        wanted = wanted.where(DeskRequest.shop_id.in_(sorted(shops)))
    rows = session.execute(wanted.order_by(*_order(now)).limit(limit))
    return [Waiting(*row) for row in rows]


def ending(session: Session, account_id: int, *, until: datetime) -> Sequence[int]:
    """Return the requests in line whose travellers can be written to until then and no longer."""
    wanted = select(DeskRequest.id).where(*_in_line(account_id), DeskRequest.expires_at <= until)
    return session.scalars(wanted.order_by(DeskRequest.expires_at)).all()


def shops(session: Session, account_id: int) -> set[int | None]:
    """Return for which shops' desks anybody waits; None for the head office's."""
    return set(session.scalars(select(DeskRequest.shop_id).where(*_in_line(account_id)).distinct()))


def of_shop(session: Session, account_id: int, shop_id: int | None, *, limit: int) -> Sequence[int]:
    """Return who waits for that shop's desk, the first come first."""
    wanted = select(DeskRequest.id).where(*_in_line(account_id), DeskRequest.shop_id == shop_id)
    return session.scalars(wanted.order_by(DeskRequest.waiting_since, DeskRequest.id).limit(limit)).all()


def let_wait(session: Session, account_id: int, *, limit: int) -> Sequence[Waiting]:
    """Return who waits although an agent was theirs before and let them wait, the first come first."""
    is_any = cast(DeskRequest.passed, String(64)).not_in(("[]", "null"))
    wanted = select(*_COLUMNS).where(*_in_line(account_id), is_any)
    rows = session.execute(wanted.order_by(DeskRequest.waiting_since, DeskRequest.id).limit(limit))
    return [Waiting(*row) for row in rows]


def place_of(session: Session, request: DeskRequest, *, now: datetime) -> int:
    """Return the traveller's place in the line of their shop's desk, counted from one."""
    ids = session.scalars(
        select(DeskRequest.id)
        .where(*_in_line(request.account_id), DeskRequest.shop_id == request.shop_id)
        .order_by(*_order(now))
    ).all()
    return ids.index(request.id) + 1 if request.id in ids else len(ids) + 1


def length(session: Session, account_id: int, shop_id: int | None) -> int:
    """Return how many wait for that shop's desk."""
    wanted = select(func.count()).where(*_in_line(account_id), DeskRequest.shop_id == shop_id)
    return session.scalar(wanted) or 0


def is_waited_for(session: Session, account_id: int) -> bool:
    """Tell whether anybody at all waits at the account."""
    wanted = select(DeskRequest.id).where(
        DeskRequest.account_id == account_id, DeskRequest.state.in_(IN_LINE)
    )
    return session.scalar(wanted.limit(1)) is not None


def _in_line(account_id: int) -> tuple[ColumnElement[bool], ...]:
    return (DeskRequest.account_id == account_id, DeskRequest.state == RequestState.WAITING.value)


def _order(now: datetime) -> tuple[Any, ...]:
    soon = DeskRequest.expires_at <= now + NEAR_THE_END
    return (
        case((soon, 0), else_=1),
        case((soon, DeskRequest.expires_at), else_=None),
        DeskRequest.priority.desc(),
        DeskRequest.waiting_since,
        DeskRequest.id,
    )
