"""The command line's small commands."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import cli
from bot.db import Database, utc_now
from bot.outbox import keeping
from bot.outbox.models import State
from bot.outbox.promises import Wish, promise
from bot.users.models import User
from bot.users.passwords import is_right
from tests import make


@pytest.fixture
def config_file(database_url: str, tmp_path: Path) -> str:
    file = tmp_path / "config.toml"
    file.write_text(f'[database]\nurl = "{database_url}"\n')
    return str(file)


def run(*words: str) -> int:
    return cli.main(list(words))


def dead(db: Database) -> int:
    now = utc_now()
    with db.transaction() as session:
        promise(session, Wish("test.work", {}, now), now=now)
    with db.connection() as connection:
        [promise_id] = keeping.claim_due(connection, now=now, lease=now - now, limit=1)
    with db.transaction() as session:
        taken = keeping.take_up(session, promise_id, now=now, lease=now - now)
        assert taken
        keeping.settle(session, taken, State.DEAD, now=now, reason="menu/create: bad name (errcode 40018)")
    return promise_id


def test_dead_promises_are_listed_with_their_reasons_and_replayed(db, config_file, capsys):
    promise_id = dead(db)

    listed = run("outbox", "list", "--config", config_file)
    report = capsys.readouterr().out
    replayed = run("outbox", "replay", str(promise_id), "--config", config_file)

    assert (listed, replayed) == (0, 0)
    assert "dead 1" in report
    assert "errcode 40018" in report
    assert [row.state for row in make.promises(db)] == ["waiting"]


def test_replay_wants_to_be_told_what(config_file, capsys):
    assert run("outbox", "replay", "--config", config_file) == 2
    assert "--all" in capsys.readouterr().out


def test_a_user_is_added_with_a_password_shown_once_and_kept_as_a_hash(db, config_file, capsys):
    assert run("user", "add", "wang", "--config", config_file) == 0
    password = capsys.readouterr().out.strip().rsplit(" ", 1)[1]

    with db.reading() as session:
        user = session.scalar(select(User))
    assert is_right(user, password)
    assert not is_right(user, password + "x")
    assert user.password_hash.startswith("$argon2id$")
    assert user.must_change


def test_adding_a_user_again_gives_them_a_new_password(db, config_file, capsys):
    run("user", "add", "wang", "--config", config_file)
    run("user", "add", "wang", "--config", config_file)

    assert "password changed" in capsys.readouterr().out
    with db.reading() as session:
        assert len(session.scalars(select(User)).all()) == 1


def test_migrating_twice_is_migrating_once(tmp_path, capsys):
    file = tmp_path / "config.toml"
    file.write_text(f'[database]\nurl = "sqlite:///{tmp_path}/new.db"\n')

    run("migrate", "--config", str(file))
    run("migrate", "--config", str(file))

    said = capsys.readouterr().out.splitlines()
    assert said[0].endswith("migrations applied")
    assert said[0] != said[1] == "0 migrations applied"


@pytest.mark.parametrize("words", [("web",), ("doctor",), ("migrate",)])
def test_a_missing_settings_file_is_one_line_and_status_two(tmp_path, capsys, words):
    assert run(*words, "--config", str(tmp_path / "none.toml")) == 2

    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "config.example.toml" in said


def test_nothing_counts_before_the_processes_have_agreed_where():
    asked = "import sys, bot.cli; sys.exit('prometheus_client' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", asked], check=False, timeout=60)

    assert done.returncode == 0
