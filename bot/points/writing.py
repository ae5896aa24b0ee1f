"""Writing an entry under its key: once, whoever asks how often."""

import hashlib
from datetime import datetime
from typing import Any, TypedDict

import orjson
from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from bot.db.types import table_of
from bot.db.upsert import add_if_free
from bot.points.models import EntryKind, HoldState, PointEntry, PointHold
from bot.points.refusals import KeyReused

_ENTRIES, _HOLDS = table_of(PointEntry), table_of(PointHold)
_SEEN = {
    table.name: select(table.c.id, table.c.input_hash).where(
        table.c.source == bindparam("of_source"), table.c.key == bindparam("of_key")
    )
    for table in (_ENTRIES, _HOLDS)
}


class Details(TypedDict, total=False):
    """What else may be said of an entry: who of the staff, which campaign, for what, and when it happened.

    `reference` is the business's own name for it (`purchase:17`); `occurred_at`
    is for what a till reports late, and is the moment of recording otherwise.
    """

    staff_id: int | None
    campaign_id: int | None
    reference: str | None
    occurred_at: datetime


class Asked:
    """A wish under its key. What makes it the same wish is in `hash`; facts and moments are not.

    A caller who tries again works out `expires_at` and `facts` again, and the
    first answer holds.
    """

    def __init__(
        self,
        kind: str,
        whose: int,
        points: int | None,
        *,
        source: str,
        key: str,
        reason: str,
        shop_id: int | None,
        facts: dict[str, Any] | None,
        details: Details,
    ) -> None:
        if not 0 < len(source) <= 32 or not 0 < len(key) <= 128 or len(details.get("reference") or "") > 128:
            raise ValueError("a source has up to 32 characters, a key and a reference up to 128")
        self.kind = kind
        self.source = source
        self.key = key
        self.details = details
        self.facts = facts or {}
        self.said: dict[str, Any] = {
            "reason": reason[:200],
            "shop_id": shop_id,
            "staff_id": details.get("staff_id"),
            "campaign_id": details.get("campaign_id"),
            "reference": details.get("reference"),
        }
        same = [kind, whose, points, shop_id, self.said["campaign_id"], self.said["reference"]]
        self.hash = hashlib.sha256(orjson.dumps(same)).digest()

    def known(self, session: Session) -> PointEntry | None:
        """Return the entry that answered this before, or None; raise `KeyReused` if it answered another."""
        key = self._seen(session, _ENTRIES)
        return None if key is None else session.get_one(PointEntry, key)

    def known_hold(self, session: Session) -> PointHold | None:
        """Do as `known`, for a hold."""
        key = self._seen(session, _HOLDS)
        return None if key is None else session.get_one(PointHold, key, populate_existing=True)

    def write(
        self,
        session: Session,
        account_id: int,
        points: int,
        *,
        kind: EntryKind,
        now: datetime,
        about_id: int | None = None,
    ) -> PointEntry:
        """Add the entry; raise `KeyReused` if the key became another member's a moment ago."""
        entry = self._put(session, PointEntry, self.entry(account_id, points, kind, now, about_id))
        assert isinstance(entry, PointEntry)
        return entry

    def entry(
        self, account_id: int, points: int, kind: EntryKind, now: datetime, about_id: int | None = None
    ) -> dict[str, Any]:
        """Return the row of the entry."""
        return {
            **self._named(),
            "account_id": account_id,
            "kind": kind.value,
            "points": points,
            "about_id": about_id,
            "occurred_at": self.details.get("occurred_at", now),
            "recorded_at": now,
        }

    def write_hold(
        self, session: Session, account_id: int, points: int, *, until: datetime, now: datetime
    ) -> PointHold:
        """Do as `write`, for a hold."""
        values = {
            **self._named(),
            "account_id": account_id,
            "points": points,
            "state": HoldState.OPEN.value,
            "made_at": now,
            "expires_at": until,
            "ended_at": None,
        }
        hold = self._put(session, PointHold, values)
        assert isinstance(hold, PointHold)
        return hold

    def _put(
        self, session: Session, model: type[PointEntry] | type[PointHold], values: dict[str, Any]
    ) -> PointEntry | PointHold:
        """Insert the row, unless its key was taken: the same member's writers have queued before."""
        row = model(**values)
        if not add_if_free(session, row):
            raise KeyReused(f"key {self.key!r} of {self.source} is in use for another member")
        return row

    def _named(self) -> dict[str, Any]:
        names = {"source": self.source, "key": self.key, "input_hash": self.hash, "facts": self.facts}
        return {**names, **self.said}

    def _seen(self, session: Session, table: Table) -> int | None:
        named = {"of_source": self.source, "of_key": self.key}
        row = session.connection().execute(_SEEN[table.name], named).one_or_none()
        if row is None:
            return None
        if row.input_hash != self.hash:
            raise KeyReused(f"key {self.key!r} of {self.source} was used for something else")
        key: int = row.id
        return key
