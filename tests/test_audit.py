"""The chain of what was done: whole under many writers, and telling when somebody meddled with it."""

import threading

import pytest
from sqlalchemy import delete, insert, select, text, update

from bot import audit, cli
from bot.audit import Actor, Subject, chain
from bot.audit.models import AuditEntry, AuditHead
from bot.db import Database, Scope, utc_now
from bot.db.types import table_of
from bot.users.models import User

ENTRIES = table_of(AuditEntry)


def write(db: Database, count: int, name: str = "alice") -> None:
    for number in range(count):
        with db.transaction() as session:
            said = {"number": number, "name": "王珊", "list": [1, 2], "none": None}
            audit.record(
                session,
                Actor(name, 1, "10.0.0.1"),
                "test.done",
                Subject("test", str(number)),
                now=utc_now(),
                after=said,
            )


def verdict(db: Database) -> chain.Verdict:
    with db.reading() as session:
        return chain.verify(session)


def test_eight_writers_at_once_make_one_chain(db):
    writers = [threading.Thread(target=write, args=(db, 15, f"writer {n}")) for n in range(8)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()

    assert verdict(db).broken_at is None
    assert verdict(db).count == 120


def test_what_is_rolled_back_was_not_done(db):
    write(db, 2)
    with pytest.raises(RuntimeError), db.transaction() as session:
        audit.record(session, Actor("alice"), "test.done", Subject("test"), now=utc_now())
        raise RuntimeError
    write(db, 1)

    assert (verdict(db).count, verdict(db).broken_at) == (3, None)


MEDDLING = {
    "a word changed": (update(ENTRIES).where(ENTRIES.c.id == 3).values(actor="bob"), 3),
    "a fact changed": (update(ENTRIES).where(ENTRIES.c.id == 2).values(after='{"number":7}'), 2),
    "a reason added": (update(ENTRIES).where(ENTRIES.c.id == 4).values(reason="because"), 4),
    "an entry removed": (delete(ENTRIES).where(ENTRIES.c.id == 2), 2),
    "the last removed": (delete(ENTRIES).where(ENTRIES.c.id == 5), 5),
    "all removed": (delete(ENTRIES), 1),
    "the head forgotten": (delete(table_of(AuditHead)), 6),
}


@pytest.mark.parametrize("how", MEDDLING)
def test_meddling_is_found_and_where(db, how):
    write(db, 5)
    statement, place = MEDDLING[how]

    with db.transaction() as session:
        session.execute(statement)

    assert verdict(db).broken_at == place


def test_an_entry_slipped_in_is_found(db):
    write(db, 2)
    with db.reading() as session:
        last = session.get_one(AuditEntry, 2)
        row = {column.name: getattr(last, column.name) for column in ENTRIES.c}

    with db.transaction() as session:
        session.execute(insert(ENTRIES).values(**{**row, "id": 3, "previous": last.hash}))

    assert verdict(db).broken_at == 3


def test_secrets_are_no_facts():
    user = User(name="alice", password_hash="$argon2id$…", totp_secret="JBSWY3DP", role="auditor")

    assert set(audit.facts(user)) == {
        "id",
        "name",
        "role",
        "reach",
        "active",
        "must_change",
        "signed_in_at",
        "created_at",
    }


def test_whoever_sees_one_shop_is_written_down_all_the_same(db):
    with db.scoped(Scope(shops=frozenset({1}))) as session:
        audit.record(session, Actor("manager"), "test.done", Subject("test"), now=utc_now())
        assert session.scalars(select(AuditEntry)).all() == []

    assert verdict(db).count == 1


def test_the_command_says_whether_and_where(db, database_url, tmp_path, capsys):
    file = tmp_path / "config.toml"
    file.write_text(f'[database]\nurl = "{database_url}"\n')
    write(db, 3)

    whole = cli.main(["audit", "verify", "--config", str(file)])
    said = capsys.readouterr().out
    with db.transaction() as session:
        session.execute(text("UPDATE audit_entry SET actor = 'bob' WHERE id = 2"))
    broken = cli.main(["audit", "verify", "--config", str(file)])

    assert (whole, broken) == (0, 1)
    assert "3 entries" in said
    assert "broken at entry 2: what it says was changed" in capsys.readouterr().out
