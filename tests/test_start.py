"""Processes start: all of a new deployment at the same moment, and where the database is away."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from bot import cli
from bot.errors import DatabaseAway
from bot.runtime import open_runtime
from bot.tags import system
from bot.tags.models import Tag
from tests import make
from tests.support.away import TEXT, unreachable


def test_who_start_at_the_same_moment_all_come_up(db, database_url, monkeypatch):
    """The second waits for the first one's tag, and the first goes on: InnoDB ends one of the two."""
    config = make.config(database_url)
    add, begun, asked = system._add, threading.Event(), threading.Event()

    def slowly(session, name, *, now):
        if begun.is_set():
            asked.set()
            return add(session, name, now=now)
        row = add(session, name, now=now)
        begun.set()
        if asked.wait(1):  # on SQLite the other waits before it asks
            time.sleep(0.5)
        return row

    def start():
        runtime = open_runtime(config)
        runtime.close()
        return {one.name: one.id for one in runtime.accounts.values()}

    start()  # the accounts are known
    with db.transaction() as session:
        for tag in session.scalars(select(Tag)):
            session.delete(tag)
    monkeypatch.setattr(system, "_add", slowly)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(start)
        assert begun.wait(60)
        assert pool.submit(start).result() == first.result()

    with db.reading() as session:
        assert sorted(session.scalars(select(Tag.name))) == sorted(system.NAMES)


def test_a_process_that_starts_while_the_database_is_away_waits_for_it(database_url, caplog):
    with unreachable(5):
        open_runtime(make.config(database_url), patience=60).close()

    [said] = [one for one in caplog.records if one.message == "database away"]
    assert said.reason == TEXT


def test_who_waited_in_vain_says_what_the_database_said(database_url):
    with unreachable(1000), pytest.raises(DatabaseAway, match=rf"\({TEXT}\).*lets us in"):
        open_runtime(make.config(database_url), patience=0.3)


@pytest.mark.parametrize("words", [("fans", "sync"), ("outbox", "list"), ("migrate",)], ids=" ".join)
def test_a_command_says_so_in_one_line(database_url, tmp_path, capsys, words):
    file = tmp_path / "config.toml"
    account = 'name = "head"\napp_id = "wx1234567890"\napp_secret = "the secret of a test"\ntoken = "simtoken2026"\nmode = "plain"'
    file.write_text(f'[database]\nurl = "{database_url}"\n[[accounts]]\n{account}\n')
    with unreachable(1000):
        assert cli.main([*words, "--config", str(file)]) == 2

    [line] = [one for one in capsys.readouterr().err.splitlines() if one.startswith("error")]
    assert line.startswith(f"error: [database] url: no answer ({TEXT})")
