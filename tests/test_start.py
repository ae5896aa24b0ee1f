"""All processes of a new deployment start at the same moment, on a database that knows nothing of them yet."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from bot.runtime import open_runtime
from bot.tags import system
from bot.tags.models import Tag
from tests import make


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
