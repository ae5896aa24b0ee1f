"""Calling WeChat's mass send so that a lost answer is harmless, and taking in how it went.

Every call carries a clientmsgid of ours.  Asking again with it within a day
makes no second send: WeChat answers with the first one's number (45065).  After
a day nobody can tell any more, and the call is `unsure` and left alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.broadcasts import recipients, wording
from bot.broadcasts.models import (
    UNANSWERED,
    Broadcast,
    BroadcastState,
    MassRecipient,
    MassSend,
    MassState,
    Way,
)
from bot.fans.models import Fan
from bot.reach import intents, judging, settings
from bot.reach.models import Reason
from bot.tags import needs

ASKED_AGAIN_FOR: Final = timedelta(hours=23)
UNCONFIRMED: Final = 89504
CONFIRM_WITHIN: Final = timedelta(minutes=35)
SOON: Final = timedelta(minutes=2)
SUCCESS: Final = "send success"
NO_TAG: Final = "WeChat does not know the tag yet"
NO_MATERIAL: Final = "WeChat does not have the material yet"
OPEN: Final = (*UNANSWERED, MassState.ACCEPTED)


@dataclass(frozen=True, slots=True)
class NotYet:
    """WeChat is not to be asked before `until`."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """What to ask of WeChat: a tag of its own, or OpenIDs."""

    account_id: int
    client_id: str
    message: dict[str, Any]
    tag: int | None
    openids: Sequence[str]


def waits_until(session: Session, broadcast: Broadcast, *, now: datetime) -> datetime | None:
    """Return when the quiet hours are over that keep the broadcast back now; None where none do."""
    if not intents.of(broadcast.intent).quiet:
        return None
    return judging.quiet_until(settings.load(session, broadcast.account_id), now)


def begin(session: Session, mass_id: int, *, now: datetime) -> Call | NotYet | None:
    """Note that WeChat is being asked, and return what to ask; None where there is nothing to ask.

    A second run while the first has no answer asks again, with the same clientmsgid, whatever the hour: the
    first may have been heard.
    """
    mass = session.scalar(select(MassSend).where(MassSend.id == mass_id).with_for_update())
    if mass is None or mass.state not in UNANSWERED:
        return None
    if mass.called_at is not None and now - mass.called_at > ASKED_AGAIN_FOR:
        mass.state, mass.finished_at = MassState.UNSURE.value, now
        return None
    broadcast = session.get_one(Broadcast, mass.broadcast_id)
    if broadcast.state != BroadcastState.SENDING:
        if broadcast.state == BroadcastState.CANCELLED:
            # Asking again could be what sends it: the call before may never have come to WeChat.
            is_lost = mass.state == MassState.CALLING
            mass.state = (MassState.UNSURE if is_lost else MassState.CANCELLED).value
            mass.finished_at = now
        return None  # where it is paused, going on promises the call again
    if mass.called_at is None:
        if (until := waits_until(session, broadcast, now=now)) is not None:
            mass.reason = Reason.QUIET_HOURS.value
            return NotYet(until)
        recipients.let_go_changed(session, broadcast, mass, now=now)
    return _asked(session, broadcast, mass, now=now) if mass.state in UNANSWERED else None


def _asked(session: Session, broadcast: Broadcast, mass: MassSend, *, now: datetime) -> Call | NotYet:
    message = wording.mass_message(session, broadcast.content, account_id=mass.account_id, now=now)
    tag = None
    openids: list[str] = []
    if broadcast.way == Way.MASS_TAG:
        tag = needs.wechat_ids(session, mass.account_id).get(broadcast.tag_id or 0)
    else:
        of = select(Fan.openid).join(MassRecipient, MassRecipient.fan_id == Fan.id)
        openids = list(session.scalars(of.where(MassRecipient.mass_send_id == mass.id).order_by(Fan.id)))
    if broadcast.way == Way.MASS_TAG and tag is None:
        mass.reason = NO_TAG
    else:
        mass.reason = None if message else NO_MATERIAL
    if message is None or mass.reason is not None:
        return NotYet(now + SOON)
    mass.state = MassState.CALLING.value
    mass.called_at = mass.called_at or now
    return Call(mass.account_id, mass.client_id, message, tag, openids)


def accepted(session: Session, mass_id: int, msg_id: int) -> None:
    """Note that WeChat took it. Its report may have come before this; then nothing changes."""
    mass = _locked(session, mass_id)
    if mass is not None and mass.state in {MassState.CALLING, MassState.CONFIRMING}:
        mass.state, mass.msg_id, mass.reason = MassState.ACCEPTED.value, msg_id, None


def confirming(session: Session, mass_id: int, *, now: datetime) -> bool:
    """Note that the account's administrator has to agree; False once that has taken too long."""
    mass = _locked(session, mass_id)
    if mass is None or mass.state not in {MassState.CALLING, MassState.CONFIRMING}:
        return False
    if mass.called_at is not None and now - mass.called_at > CONFIRM_WITHIN:
        mass.state, mass.finished_at, mass.status = MassState.FAILED.value, now, "err(40002)"
        return False
    mass.state = MassState.CONFIRMING.value
    return True


def refused(session: Session, mass_id: int, reason: str, *, now: datetime) -> None:
    """Note that WeChat will not take it."""
    mass = _locked(session, mass_id)
    if mass is not None and mass.state in {MassState.CALLING, MassState.CONFIRMING}:
        mass.state, mass.finished_at, mass.reason = MassState.FAILED.value, now, reason[:400]


@dataclass(frozen=True, slots=True)
class Report:
    """What MASSSENDJOBFINISH says (protocol 8.5); counts are None where WeChat left them out."""

    msg_id: int
    status: str
    total: int | None = None
    filtered: int | None = None
    sent: int | None = None
    failed: int | None = None


def finish(session: Session, account_id: int, report: Report, *, now: datetime) -> bool:
    """Note how a send went; False if no send of ours has that number. Told twice, the first one stands."""
    wanted = select(MassSend).where(MassSend.account_id == account_id, MassSend.msg_id == report.msg_id)
    mass = session.scalar(wanted.with_for_update())
    if mass is None:
        return False
    if mass.state == MassState.ACCEPTED or (mass.state == MassState.DONE and mass.total is None):
        is_sent = report.status == SUCCESS
        mass.state = (MassState.DONE if is_sent else MassState.FAILED).value
        mass.status, mass.finished_at = report.status[:64], mass.finished_at or now
        mass.total, mass.filtered = report.total, report.filtered
        mass.sent, mass.failed = report.sent, report.failed
    return True


def is_waited_for(session: Session, account_id: int, *, since: datetime) -> bool:
    """Tell whether an answer is still to come to a call of the account: its report may overtake it."""
    waiting = select(MassSend.id).where(
        MassSend.account_id == account_id,
        MassSend.state.in_([MassState.CALLING.value, MassState.CONFIRMING.value]),
        MassSend.called_at >= since,
    )
    return session.scalar(waiting.limit(1)) is not None


def _locked(session: Session, mass_id: int) -> MassSend | None:
    return session.scalar(select(MassSend).where(MassSend.id == mass_id).with_for_update())
