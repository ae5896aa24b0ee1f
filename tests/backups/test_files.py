"""What `backup` writes and `restore` believes: whole files of ours alone, and nothing is touched before."""

import json
import os
import stat
import threading
import time
import zipfile

import pytest
from alembic import command
from sqlalchemy import inspect, text

from bot import schema
from bot.backups import archive
from bot.errors import ConfigError
from bot.restorations import marker
from bot.runtime import open_runtime
from tests import make
from tests.backups.conftest import KEY, OTHER_KEY

# What is decided by the file alone.
ON_SQLITE = pytest.mark.parametrize("house", [("sqlite", "")], ids=["sqlite"], indirect=True)


def titles(house):
    with house.open() as db, db.connection() as connection:
        return sorted(connection.scalars(text("SELECT title FROM auto_reply")))


def add(house, title):
    with house.open() as db:
        make.rule(db, title=title, words=[title], content="好的。")


@pytest.fixture
def kept(house, tmp_path):
    """A backup of a database with one rule, to which another was added since."""
    add(house, "before 以前 🌊")
    file = tmp_path / "one.zip"
    assert house.run("backup", file) == 0
    add(house, "since")
    return file


def refused(house, capsys, *words):
    """The one line that `restore` said, having left everything as it was."""
    capsys.readouterr()
    before = titles(house)
    assert house.run("restore", *words) == 2
    assert titles(house) == before
    return capsys.readouterr().err


def rewritten(file, tmp_path, **changes):
    """The backup with other words in its manifest."""
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(other, "w") as target:
        manifest = json.loads(source.read(archive.MANIFEST)) | changes
        target.writestr(archive.MANIFEST, json.dumps(manifest))
        target.writestr(archive.DATABASE, source.read(archive.DATABASE))
    return other


def test_a_backup_brings_everything_back_and_keeps_what_it_replaces(house, kept, tmp_path, capsys):
    assert house.run("restore", kept, "--replace") == 0

    said = capsys.readouterr().out
    assert titles(house) == ["before 以前 🌊"]
    assert "is kept as" in said
    with house.open() as db:
        assert schema.unapplied(db) == []
        if house.is_sqlite:
            [aside] = house.database_file.parent.glob("test.db.before-*")
            assert str(aside) in said
            assert stat.S_IMODE(house.database_file.stat().st_mode) == 0o600
        else:
            [aside] = [name for name in inspect(db.engine).get_schema_names() if name.startswith("before")]
            assert aside in said
            with db.connection() as connection:
                assert connection.scalar(text(f"SELECT count(*) FROM {aside}.auto_reply")) == 2
    assert house.run("backup", tmp_path / "again.zip") == 0  # with the one put aside beside it
    assert house.run("restore", tmp_path / "again.zip", "--replace") == 0
    assert titles(house) == ["before 以前 🌊"]


@ON_SQLITE
def test_a_backup_is_readable_by_us_alone_and_holds_no_key(house, tmp_path, capsys):
    umask = os.umask(0o022)
    try:
        house.run("backup", tmp_path / "backups" / "one.zip")
    finally:
        os.umask(umask)

    file = tmp_path / "backups" / "one.zip"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["one.zip"]
    with zipfile.ZipFile(file) as whole:
        manifest = whole.read(archive.MANIFEST).decode()
        assert whole.testzip() is None
    assert KEY not in manifest
    assert set(json.loads(manifest)["keys"]) == {"2026a", "index_key"}
    assert "Not in it: [privacy] 2026a, index_key" in capsys.readouterr().out


@ON_SQLITE
def test_a_file_that_is_there_is_not_written_over(house, kept, capsys):
    whole = kept.read_bytes()

    assert house.run("backup", kept) == 2
    assert "is there already" in capsys.readouterr().err
    assert kept.read_bytes() == whole


@ON_SQLITE
def test_the_oldest_backups_of_a_folder_go(house, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    for day in ("01", "02", "03"):
        (folder / f"yizhan-202611{day}T030000Z.backup.zip").write_bytes(b"")
    (folder / "yizhan.toml").write_text("somebody's")

    assert house.run("backup", folder, "--keep", 2) == 0

    left = sorted(one.name for one in folder.iterdir())
    assert left[0] == "yizhan-20261103T030000Z.backup.zip"
    assert (len(left), left[-1]) == (3, "yizhan.toml")


def test_a_full_database_is_replaced_only_when_asked(house, kept, capsys):
    assert "--replace" in refused(house, capsys, kept)


def test_an_empty_one_is_filled(house, kept, capsys):
    with house.open() as db:
        command.downgrade(schema.alembic_config(db), "base")
        with db.connection() as connection:
            connection.execute(text("DROP TABLE alembic_version"))

    assert house.run("restore", kept) == 0
    assert titles(house) == ["before 以前 🌊"]
    assert "is kept as" not in capsys.readouterr().out


def test_nothing_is_restored_while_somebody_is_at_the_database(house, kept, capsys):
    with house.open() as web, web.reading() as session:
        session.execute(text("SELECT 1"))

        assert "in use" in refused(house, capsys, kept, "--replace")

    assert house.run("restore", kept, "--replace") == 0


@ON_SQLITE
def test_nothing_is_restored_while_run_has_the_folder(house, kept, capsys):
    from bot.supervisor import run_lock

    with run_lock.hold(house.file.parent / "var" / "run.lock"):
        assert "already running" in refused(house, capsys, kept, "--replace")


def test_other_keys_are_refused_by_name_and_lost_ones_given_up(house, kept, capsys):
    house.settle(keys=f"2026a:{OTHER_KEY}")

    said = refused(house, capsys, kept, "--replace")

    assert "2026a (fingerprint" in said
    assert KEY not in said
    assert house.run("restore", kept, "--replace", "--without-keys") == 0


@ON_SQLITE
def test_a_key_that_came_since_is_no_hindrance(house, kept):
    house.settle(keys=f"2027a:{OTHER_KEY} 2026a:{KEY}")

    assert house.run("restore", kept, "--replace") == 0


@ON_SQLITE
@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_file_cut_short_is_refused(house, kept, capsys, share):
    whole = kept.read_bytes()
    kept.write_bytes(whole[: int(len(whole) * share)])

    assert "not a whole one" in refused(house, capsys, kept, "--replace")


@ON_SQLITE
def test_a_damaged_file_is_refused(house, kept, capsys):
    whole = bytearray(kept.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    kept.write_bytes(whole)

    assert "damaged" in refused(house, capsys, kept, "--replace")


@ON_SQLITE
def test_something_else_is_refused(house, kept, capsys, tmp_path):
    (tmp_path / "letter.zip").write_text("dear operator")

    assert "no backup of ours" in refused(house, capsys, tmp_path / "letter.zip", "--replace")
    assert "cannot be read" in refused(house, capsys, tmp_path / "nothing.zip", "--replace")


@ON_SQLITE
def test_a_newer_release_is_named(house, kept, capsys, tmp_path):
    newer = rewritten(kept, tmp_path, revision="9999", product="7.0.0")

    said = refused(house, capsys, newer, "--replace")

    assert "release 7.0.0" in said
    assert "9999" in said


@ON_SQLITE
def test_another_kind_of_database_is_refused(house, kept, capsys, tmp_path):
    other = rewritten(kept, tmp_path, dialect="oracle")

    assert "a backup of oracle" in refused(house, capsys, other, "--replace")


def test_an_older_one_is_brought_up_to_date(house, tmp_path, capsys):
    add(house, "before")
    with house.open() as db:
        command.downgrade(schema.alembic_config(db), "0028")
        missing = len(schema.unapplied(db))
    house.run("backup", tmp_path / "old.zip")

    assert house.run("restore", tmp_path / "old.zip", "--replace") == 0

    assert f"{missing} migrations applied" in capsys.readouterr().out
    with house.open() as db:
        assert schema.unapplied(db) == []


def test_a_restore_that_fails_half_way_leaves_what_was_there(house, kept, capsys, monkeypatch):
    def broken(*_args, **_facts):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("bot.backups.aftermath.begin", broken)

    before = titles(house)
    with pytest.raises(RuntimeError):
        house.run("restore", kept, "--replace")

    assert titles(house) == before
    assert not list(house.file.parent.glob("test.db.before-*"))


def test_a_backup_is_of_one_moment_while_others_write(house, tmp_path):
    """Each transaction adds to both tables; a copy in which they differ is of no moment."""
    done = threading.Event()

    def write():
        with house.open() as db:
            number = 0
            while not done.is_set():
                number += 1
                with db.connection() as connection:
                    for table in ("revision", "timetable_slot"):
                        column = "value" if table == "revision" else "slot"
                        connection.execute(
                            text(f"INSERT INTO {table} (name, {column}) VALUES (:name, 1)"),
                            {"name": f"n{number}"},
                        )

    writers = [threading.Thread(target=write)]
    for one in writers:
        one.start()
    try:
        for number in range(2):
            assert house.run("backup", tmp_path / f"{number}.zip") == 0
    finally:
        done.set()
        for one in writers:
            one.join()

    counts = []
    for number in range(2):
        assert house.run("restore", tmp_path / f"{number}.zip", "--replace") == 0
        with house.open() as db, db.connection() as connection:
            tables = ("revision WHERE name LIKE 'n%'", "timetable_slot")
            counts.append([connection.scalar(text(f"SELECT count(*) FROM {one}")) for one in tables])
    assert [one for one, other in counts if one != other] == []
    assert counts[-1][0] > 0


def test_missing_and_older_tools_are_named(house, tmp_path, capsys, monkeypatch):
    if house.is_sqlite:
        return
    tools = tmp_path / "bin"
    tools.mkdir()
    monkeypatch.setenv("PATH", str(tools))
    assert house.run("backup", tmp_path / "one.zip") == 2
    assert "pg_dump is not installed" in capsys.readouterr().err

    old = tools / "pg_dump"
    old.write_text('#!/bin/sh\necho "pg_dump (PostgreSQL) 9.6.24"\n')
    old.chmod(0o700)
    assert house.run("backup", tmp_path / "one.zip") == 2
    assert "pg_dump is of PostgreSQL 9" in capsys.readouterr().err
    assert not (tmp_path / "one.zip").exists()


@ON_SQLITE
def test_mariadb_is_left_to_its_own_tools(tmp_path, capsys, house):
    house.url = "mariadb://root@127.0.0.1:9/nowhere"
    house.settle()

    assert house.run("backup", tmp_path / "one.zip") == 2

    assert "mariadb-dump --single-transaction" in capsys.readouterr().err


def test_a_restore_that_was_killed_lets_nobody_in_until_it_is_run_again(house, kept, capsys):
    """On PostgreSQL, where the tables are loaded in their place."""
    if house.is_sqlite:
        return  # loaded beside the file, which a kill leaves as it was
    today = titles(house)
    with house.open() as db, db.connection() as connection:
        marker.begin(connection, "before_now")
        connection.execute(text("ALTER SCHEMA public RENAME TO before_now"))
        connection.execute(text("CREATE SCHEMA public"))

    assert house.run("migrate") == 2
    assert "was broken off (the database before it lies in the schema before_now)" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="run python -m bot restore"):
        open_runtime(house.config)

    assert house.run("restore", kept, "--replace") == 0
    with house.open() as db, db.connection() as connection:
        assert marker.found(connection) is None
        names = set(connection.scalars(text("SELECT nspname FROM pg_namespace")))
        [aside] = [name for name in names if name.startswith("before_2")]
        assert sorted(connection.scalars(text(f'SELECT title FROM "{aside}".auto_reply'))) == today
        assert "before_now" not in names
    open_runtime(house.config).close()


@pytest.fixture
def killed(house, tmp_path):
    """Makes what a killed backup leaves, and what only looks like it, all touched so many hours ago."""

    def leave(hours: float) -> list[str]:
        database = house.database_file.parent if house.is_sqlite else tmp_path
        folders = [database / name for name in (".backup-abc_1234", ".restore-k3k3k3k3", ".backup-mine")]
        for folder, name in zip(folders, ("copy.db", "fresh.db", "copy.db"), strict=True):
            folder.mkdir()
            (folder / name).write_bytes(b"half")
        parts = (".yizhan-20261101T020000Z.backup.zip.0a1b2c3d.part", ".two.zip.00000000.part")
        files = [tmp_path / name for name in (*parts, ".others.zip.00000000.part", ".two.zip.part")]
        for file in files:
            file.write_bytes(b"half")
        at = time.time() - 3600 * hours
        for one in [*files, *(each for folder in folders for each in (*folder.iterdir(), folder))]:
            os.utime(one, (at, at))
        return sorted(one.name for one in (*files, *folders))

    def left() -> list[str]:
        there = (
            {*tmp_path.iterdir(), *house.database_file.parent.iterdir()}
            if house.is_sqlite
            else {*tmp_path.iterdir()}
        )
        return sorted(one.name for one in there if one.name.startswith("."))

    return leave, left


@ON_SQLITE
def test_the_next_backup_deletes_what_killed_ones_left_and_nothing_else(house, tmp_path, killed):
    leave, left = killed
    leave(hours=25)

    assert house.run("backup", tmp_path / "two.zip") == 0

    assert left() == [".backup-mine", ".others.zip.00000000.part", ".two.zip.part"]


@ON_SQLITE
def test_what_may_still_be_written_stays(house, tmp_path, killed):
    leave, left = killed
    names = leave(hours=23)

    assert house.run("backup", tmp_path / "two.zip") == 0

    assert left() == names


@ON_SQLITE
def test_a_folder_with_something_else_in_it_or_that_leads_elsewhere_is_not_ours(house, tmp_path):
    beside = house.database_file.parent
    (beside / ".backup-aaaaaaaa").mkdir()
    (beside / ".backup-aaaaaaaa" / "letters.txt").write_text("mine")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "copy.db").write_text("mine")
    (beside / ".backup-bbbbbbbb").symlink_to(elsewhere)
    for one in (
        beside / ".backup-aaaaaaaa" / "letters.txt",
        beside / ".backup-aaaaaaaa",
        elsewhere / "copy.db",
        elsewhere,
    ):
        os.utime(one, (0, 0))

    assert house.run("backup", tmp_path / "two.zip") == 0

    assert (beside / ".backup-aaaaaaaa" / "letters.txt").exists()
    assert (elsewhere / "copy.db").exists()
