"""Rows of several fans are locked in one order by all: two transactions never wait for each other in a circle."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from bot.fans import rows
from bot.fans.models import Fan
from bot.members import erasing, merging
from bot.members.models import Member
from bot.reach import contents, intents, notes, planning
from bot.reach.judging import Facts
from bot.reach.models import ReachNotice
from bot.reach.notes import Left
from tests.reach.conftest import ACCOUNT, NOON
from tests.support.members import Travellers

# By age of the row, by bytes and by a language's alphabet these are three different orders.
NAMES = ("c", "Zz", "b", "A", "_d")


@pytest.fixture
def fans(db, fan):
    return [fan(name, wrote=timedelta(days=9)) for name in NAMES]


@pytest.fixture
def locked(db):
    """The fans whose rows were locked or written one by one, in that order."""
    found: list[int] = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        said = statement.upper()
        if said.startswith("UPDATE FAN ") or ("FROM FAN" in said and "WHERE FAN.ID = " in said):
            values = parameters.values() if isinstance(parameters, dict) else parameters
            [who] = [value for value in values if isinstance(value, int)][-1:]
            if who not in found:
                found.append(who)

    event.listen(db.engine, "before_cursor_execute", note)
    yield found
    event.remove(db.engine, "before_cursor_execute", note)


def in_the_webhooks_order(db) -> list[int]:
    """Return the fans as the webhook's own statement gives, and so locks, them."""
    who = [(ACCOUNT, f"o{name}") for name in NAMES]
    with db.transaction() as session:
        if db.dialect == "sqlite":  # one writer for the whole file: any order will do
            by = (Fan.account_id, Fan.openid)
            return list(session.scalars(select(Fan.id).order_by(*by)))
        return [row.id for row in rows.lock(session.connection(), who, now=NOON).values()]


def test_notes_are_left_in_the_order_in_which_the_webhook_locks(db, fans, locked):
    left = []
    with db.transaction() as session:
        for one in fans:
            key = planning.notify(
                session,
                account_id=ACCOUNT,
                fan_id=one,
                intent="series",
                key="1",
                content=contents.text("您好"),
                now=NOON,
            )
            facts = Facts(last_interaction_at=NOON - timedelta(days=9))
            left.append(Left(key, 0, one, intents.of("series"), facts))
    locked.clear()

    with db.transaction() as session:
        notes.leave_notes(session, left, now=NOON)

    with db.reading() as session:
        assert set(session.scalars(select(ReachNotice.state))) == {"note"}
    assert locked == in_the_webhooks_order(db)


def test_so_are_the_fans_of_a_member_who_is_merged_or_erased(db, fans, locked):
    travellers = Travellers(db, ACCOUNT)
    with db.transaction() as session:
        kept, merged = (
            Member(number=number, state="active", source="binding", created_at=NOON)
            for number in ("M1", "M2")
        )
        session.add_all([kept, merged])
        session.flush()
        session.execute(update(Fan).values(member_id=merged.id))
        ids = kept.id, merged.id
    expected = in_the_webhooks_order(db)
    locked.clear()

    with db.transaction() as session:
        merging.merge(session, kept_id=ids[0], merged_id=ids[1], why="", by="", now=NOON)
    assert locked == expected
    locked.clear()
    with db.transaction() as session:
        erasing.erase_member(session, ids[0], now=travellers.now)
    assert locked == expected
