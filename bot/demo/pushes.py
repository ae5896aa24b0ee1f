"""The messages that follows, scans and leaves were to us: what the first page counts, and fans show."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.channels.models import Deed
from bot.figures import jobs as figures
from bot.messages import rows as message_rows
from bot.moments import HERE
from bot.wechat.replies import Text, to_document
from handlers.follow import GREETING

KINDS = {
    Deed.FOLLOW: "event.subscribe",
    Deed.RETURN: "event.subscribe",
    Deed.SCAN: "event.scan",
    Deed.LEAVE: "event.unsubscribe",
}
WELCOME_BACK = to_document(Text("您好，有需要请直接留言。"))


@dataclass(frozen=True, slots=True)
class Push:
    """What WeChat told us that a fan did; the scene is the code's, if it was through one."""

    account_id: int
    fan_id: int
    deed: Deed
    at: datetime
    scene: str | None = None


def put(session: Session, pushes: Iterable[Push]) -> None:
    """Record them as the webhook would have."""
    session.flush()
    rows = []
    for one in pushes:
        name = f"demo/{one.fan_id}/{one.deed}/{one.at.isoformat()}"
        reply = None
        if one.deed in {Deed.FOLLOW, Deed.RETURN}:
            reply = to_document(GREETING)
        elif one.deed is Deed.SCAN:
            reply = WELCOME_BACK
        key = hashlib.blake2b(name.encode(), digest_size=16).digest()
        prefix = "" if one.deed is Deed.SCAN or one.scene is None else "qrscene_"
        event_key = "" if one.deed is Deed.LEAVE else f"{prefix}{one.scene or ''}"
        by = {Deed.LEAVE: "follow", Deed.SCAN: "scan"}.get(one.deed, "follow")
        fields = {"EventKey": event_key}
        rows.append((key, one.account_id, one.fan_id, KINDS[one.deed], fields, one.at, one.at, by, reply))
    message_rows.record(session.connection(), rows)


def add_up(session: Session, accounts: Collection[int], *, now: datetime) -> None:
    """Add up every day that the first page shows, so that it has something to show at once."""
    session.flush()
    today = now.astimezone(HERE).date()
    for back in range(figures.DAYS):
        figures.add_up(session, today - timedelta(back), sorted(accounts), now=now)
