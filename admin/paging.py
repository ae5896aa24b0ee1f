"""Long lists a page at a time, by key: page 20,000 costs what page 1 does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from flask import request, url_for
from sqlalchemy import Row as Several
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.keys import key_in

Row = TypeVar("Row")
SIZE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list, and the addresses of those before and after them."""

    rows: Sequence[Row] = field(default=())
    newer: str | None = None
    older: str | None = None


def page(
    session: Session, wanted: Select[Row], *, by: InstrumentedAttribute[int], size: int = SIZE
) -> Page[Row]:
    """Return the part of `wanted` that the address asks for (`?before=ID`, `?after=ID`), newest first.

    `by` is the key of the first entity of `wanted`, which must have no order of its own.
    """
    before, after = _key("before"), _key("after")
    if after is not None:
        found = list(_rows(session, wanted.where(by > after).order_by(by.asc()), size))
        more_newer, more_older = len(found) > size, True
        found = found[:size][::-1]
    else:
        narrowed = wanted if before is None else wanted.where(by < before)
        found = list(_rows(session, narrowed.order_by(by.desc()), size))
        more_newer, more_older = before is not None, len(found) > size
        found = found[:size]
    if not found:
        return Page([], _address() if before is not None or after is not None else None)
    first, last = (_value(row, by) for row in (found[0], found[-1]))
    return Page(
        found,
        newer=_address(after=first) if more_newer else None,
        older=_address(before=last) if more_older else None,
    )


def _rows(session: Session, wanted: Select[Any], size: int) -> Sequence[Any]:
    found = session.execute(wanted.limit(size + 1)).all()
    return [row[0] for row in found] if len(wanted.column_descriptions) == 1 else found


def _value(row: Any, by: InstrumentedAttribute[int]) -> int:
    entity = row[0] if isinstance(row, Several) else row
    return int(getattr(entity, by.key))


def _key(name: str) -> int | None:
    return key_in(request.args.get(name))


def _address(**more: int) -> str:
    return here(**{"before": None, "after": None, **more})


def here(**changes: Any) -> str:
    """Return the address of this page with some of its arguments changed; None takes one away."""
    arguments: dict[str, Any] = {**(request.view_args or {}), **request.args.to_dict(flat=False), **changes}
    return url_for(request.endpoint or "", **{k: v for k, v in arguments.items() if v is not None})
