"""Keeping the outbox small."""

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.db import utc_now
from bot.outbox import keeping

if TYPE_CHECKING:
    from bot.runtime import Runtime


def forget_done(runtime: "Runtime") -> None:
    """Delete promises kept longer ago than the settings ask. Run twice: there is less to delete."""
    before = utc_now() - timedelta(days=runtime.config.outbox.keep_days)
    while True:
        with runtime.db.transaction() as session:
            if not keeping.forget(session, before=before):
                return
