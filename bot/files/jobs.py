"""Letting go of files nobody needs any more."""

from typing import TYPE_CHECKING

from bot.db import utc_now
from bot.files import store

if TYPE_CHECKING:
    from bot.runtime import Runtime


def forget(runtime: "Runtime") -> None:
    """Delete the files whose time is over, each in a transaction of its own. Run twice: there are fewer."""
    while True:
        with runtime.db.reading() as session:
            ids = store.outdated(session, now=utc_now())
        for file_id in ids:
            with runtime.db.transaction() as session:
                store.remove(session, file_id)
        if not ids:
            return
