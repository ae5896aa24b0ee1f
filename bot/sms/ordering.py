"""Ordering a short message in the caller's transaction; it goes out after the commit, or never."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import orjson
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.outbox.promises import Wish, promise
from bot.privacy import Vault, masked
from bot.sms.models import SmsMessage, SmsState
from bot.sms.templates import Purpose

PLACE = "sms_message:content"


def order(
    session: Session,
    vault: Vault,
    *,
    purpose: Purpose,
    phone: str,
    facts: Mapping[str, str],
    good_until: datetime,
    fan_id: int | None,
    shop_id: int | None,
    now: datetime,
) -> SmsMessage:
    """Promise the message. Number and words stand sealed in its row until it is sent, and nowhere else."""
    content = orjson.dumps({"phone": phone, "facts": dict(facts)}).decode()
    row = SmsMessage(
        purpose=purpose.value,
        shop_id=shop_id,
        fan_id=fan_id,
        masked=masked(phone),
        content=vault.seal(content, PLACE),
        state=SmsState.WAITING.value,
        parts=0,
        cost_mills=0,
        attempts=0,
        created_at=now,
        expires_at=good_until,
    )
    session.add(row)
    session.flush()
    promise(session, Wish("sms.send", {"sms_id": row.id}, now, f"sms.send:{row.id}"), now=now)
    return row


def read(row: SmsMessage, vault: Vault) -> tuple[str, dict[str, str]]:
    """Return number and facts of a message that was not sent yet."""
    assert row.content is not None
    content = orjson.loads(vault.open(row.content, PLACE))
    return content["phone"], content["facts"]


def note_receipt(
    session: Session, *, gateway: str, key: str, delivered: bool, trouble: str | None, at: datetime
) -> bool:
    """Note what a gateway says of a message it took; False for one that is not ours.

    Said again, or after the end, it changes nothing.
    """
    wanted = update(SmsMessage).where(
        SmsMessage.gateway == gateway,
        SmsMessage.gateway_key == key,
        SmsMessage.state == SmsState.SENT.value,
    )
    state = SmsState.DELIVERED if delivered else SmsState.FAILED
    values = {
        "state": state.value,
        "delivered_at": at if delivered else None,
        "trouble": None if delivered else (trouble or "")[:200],
    }
    return bool(session.execute(wanted.values(**values)).rowcount)  # type: ignore[attr-defined]


def forget(session: Session, *, now: datetime, days: int, most: int = 2000) -> int:
    """Delete messages older than so many days, at most so many at once; return how many went."""
    old = select(SmsMessage.id).where(SmsMessage.created_at < now - timedelta(days=days)).limit(most)
    ids = list(session.scalars(old))
    if ids:
        session.execute(delete(SmsMessage).where(SmsMessage.id.in_(ids)))
    return len(ids)
