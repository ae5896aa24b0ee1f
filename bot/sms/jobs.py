"""Handing short messages to a gateway, and to the next one when the first does not take them."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import update

from bot.db import utc_now
from bot.outbox.outcomes import Pointless
from bot.privacy import vault_of
from bot.queue import SECONDS_TO_INSIST
from bot.sms import gateways, ordering
from bot.sms.gateways import Letter, NotTaken, SmsGateway
from bot.sms.models import SmsMessage, SmsState
from bot.sms.templates import Purpose, parts, text

if TYPE_CHECKING:
    from bot.runtime import Runtime

log = logging.getLogger(__name__)


def send(runtime: "Runtime", sms_id: int) -> None:
    """Send a message by the first gateway that takes it, and let go of what it says.

    Run twice: one that was sent is not sent again, unless we were stopped
    between the gateway's answer and ours: a second code does less harm than
    none.  One that came too late to be of use is not sent.
    """
    deliver(runtime, sms_id, gateways.of(runtime.config))


def deliver(runtime: "Runtime", sms_id: int, lines: Sequence[SmsGateway]) -> None:
    """Do as `send`, by these gateways, in their order."""
    vault = vault_of(runtime.config.privacy)
    with runtime.db.transaction() as session:
        row = session.get_one(SmsMessage, sms_id)
        if row.state != SmsState.WAITING or row.content is None:
            return
        is_late = row.expires_at <= utc_now()
        purpose, (phone, facts) = Purpose(row.purpose), ordering.read(row, vault)
        row.attempts += 1
        if is_late:
            row.state, row.content, row.trouble = SmsState.FAILED.value, None, "too late"
    if is_late:
        raise Pointless("the message came too late to be of use")
    if not lines:
        _note_trouble(runtime, sms_id, "no gateway in [sms] first")
        raise NotTaken("sms", "no gateway in [sms] first")
    letter = Letter(phone, purpose, facts, sms_id)
    trouble: NotTaken | None = None
    for line in lines:
        try:
            key = line.send(letter, now=utc_now())
        except NotTaken as error:
            log.warning("short message not taken", extra={"gateway": error.gateway, "code": error.code})
            trouble = error
            continue
        _note_sent(runtime, sms_id, line.name, key, text(purpose, facts))
        return
    assert trouble is not None
    _note_trouble(runtime, sms_id, str(trouble))
    raise trouble


def forget(runtime: "Runtime") -> None:
    """Delete messages older than the settings keep them. Run twice: there is less to delete."""
    days = runtime.config.sms.keep_days
    while True:
        with runtime.db.transaction() as session:
            if not ordering.forget(session, now=utc_now(), days=days):
                return


def _note_sent(runtime: "Runtime", sms_id: int, gateway: str, key: str, said: str) -> None:
    config = runtime.config.sms
    count = parts(f"【{config.sign}】{said}")
    values = {
        "state": SmsState.SENT.value,
        "content": None,
        "gateway": gateway,
        "gateway_key": key[:64],
        "parts": count,
        "cost_mills": count * config.part_mills,
        "sent_at": utc_now(),
        "trouble": None,
    }
    # Once: if the first commit was done after all, a receipt may have come since.
    mine = update(SmsMessage).where(SmsMessage.id == sms_id, SmsMessage.state == SmsState.WAITING.value)
    # Sent is paid for: a database that restarts must not have it sent a second time.
    runtime.db.insist(lambda session: session.execute(mine.values(**values)), seconds=SECONDS_TO_INSIST)


def _note_trouble(runtime: "Runtime", sms_id: int, trouble: str) -> None:
    with runtime.db.transaction() as session:
        session.execute(update(SmsMessage).where(SmsMessage.id == sms_id).values(trouble=trouble[:200]))
