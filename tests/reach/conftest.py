"""A shop's fans, a planner, and the moment it all happens at."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.db import Database
from bot.fans.models import Fan

NOON = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)  # twelve o'clock in Shanghai
ACCOUNT = 1


@pytest.fixture
def fan(db: Database) -> Callable[..., int]:
    """Adds a fan; with `wrote`, one who wrote that long before noon."""
    return lambda name, **facts: add_fan(db, name, **facts)


def add_fan(
    db: Database,
    name: str,
    *,
    wrote: timedelta | None = None,
    did: timedelta | None = None,
    standing: str = "following",
    **facts: object,
) -> int:
    with db.transaction() as session:
        row = Fan(
            account_id=facts.pop("account_id", ACCOUNT),
            openid=f"o{name}",
            standing=standing,
            created_at=NOON - timedelta(days=9),
            follow_count=1,
            message_count=0,
            last_message_at=NOON - wrote if wrote is not None else None,
            last_interaction_at=NOON - (did or wrote) if (did or wrote) is not None else None,
            **facts,
        )
        session.add(row)
        session.flush()
        return row.id
