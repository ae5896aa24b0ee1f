"""What broadcasts have done outside of a page. Each may run twice and says what happens then."""

import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from bot.broadcasts import deciding, effects, laying, massing, recipients, settling, wording
from bot.broadcasts.laying import AT_ONCE
from bot.broadcasts.massing import SOON, Call, NotYet, Report
from bot.broadcasts.models import Broadcast
from bot.coupons import telling
from bot.db import utc_now
from bot.errors import NotPermitted, WeChatError, WeChatUnavailable
from bot.fans.models import Fan
from bot.outbox.outcomes import Pointless
from bot.outbox.promises import promise
from bot.reach import jobs as reach

if TYPE_CHECKING:
    from bot.runtime import Runtime

log = logging.getLogger(__name__)
SECONDS: Final = 10.0  # of laying down in one run
OVERTAKING: Final = timedelta(minutes=10)


def lay(runtime: "Runtime", broadcast_id: int) -> None:
    """Lay down who gets a broadcast whose time has come, for about ten seconds; promise what is left.

    Run twice, killed, or two at once: a slice and the place it reached are one
    transaction, so each fan is laid down once and nobody is passed over.
    """
    until = time.monotonic() + SECONDS
    while True:
        now = utc_now()
        with runtime.db.transaction() as session:
            begun = laying.take(session, broadcast_id, now=now)
        if begun is None:
            return
        laid = laying.lay(runtime.db, begun, most=AT_ONCE)
        pause = begun.pause_after(begun.size if laid < 0 else laid)
        if pause or time.monotonic() >= until:
            due_at = now + timedelta(seconds=pause)
            with runtime.db.transaction() as session:
                promise(session, deciding.lay_wish(broadcast_id, due_at), now=now)
            return


def pump(runtime: "Runtime", account_id: int, lane: str) -> None:
    """Send the notices that are due (`bot.reach`), with the coupons they carry, and mass sends in the cap.

    Run twice: each notice is in one hand.
    """
    reach.pump(runtime, account_id, lane, besides=recipients.massed, giver=telling.give)


def call(runtime: "Runtime", mass_send_id: int) -> None:
    """Make one call of WeChat's mass send, or promise it for when the quiet hours are over.

    Run twice, or killed before the answer was kept: WeChat is asked again with
    the same clientmsgid and names the send it made.  One that has ended is left alone.
    """
    now = utc_now()
    with runtime.db.transaction() as session:
        asked = massing.begin(session, mass_send_id, now=now)
        if isinstance(asked, NotYet):
            promise(session, deciding.call_wish(mass_send_id, asked.until), now=now)
    if not isinstance(asked, Call):
        return
    line = runtime.wechat.of(runtime.account_by_id(asked.account_id).name)
    try:
        if asked.tag is not None:
            msg_id = line.mass_to_tag(asked.tag, asked.message, client_id=asked.client_id)
        else:
            msg_id = line.mass_to_openids(asked.openids, asked.message, client_id=asked.client_id)
    except WeChatError as error:
        _not_taken(runtime, mass_send_id, error)
        return
    with runtime.db.transaction() as session:
        massing.accepted(session, mass_send_id, msg_id)


def _not_taken(runtime: "Runtime", mass_send_id: int, error: WeChatError) -> None:
    now = utc_now()
    if isinstance(error, NotPermitted) and error.code == massing.UNCONFIRMED:
        with runtime.db.transaction() as session:
            if massing.confirming(session, mass_send_id, now=now):
                promise(session, deciding.call_wish(mass_send_id, now + SOON), now=now)
        return
    if error.retryable:
        raise error
    with runtime.db.transaction() as session:
        massing.refused(session, mass_send_id, str(error), now=now)


def finish(runtime: "Runtime", account_id: int, report: dict[str, Any]) -> None:
    """Note how WeChat says a mass send went.

    Run twice: the first report stands.  It may overtake our own commit of the
    send's number; while an answer is waited for it is tried again.  Sends that
    somebody made in the console are none of ours.
    """
    now = utc_now()
    with runtime.db.transaction() as session:
        known = massing.finish(session, account_id, Report(**report), now=now)
        early = not known and massing.is_waited_for(session, account_id, since=now - OVERTAKING)
    if early:
        raise WeChatUnavailable(None, "the report came before the answer", call="MASSSENDJOBFINISH")
    if not known:
        raise Pointless("no mass send of ours has this number")


def look(runtime: "Runtime") -> None:
    """See to broadcasts under way: begin those whose time has come, go on, ask WeChat, end what is over.

    Everything is promised when it becomes due; this finds what was lost nevertheless.  Run twice: nothing
    is left to do.
    """
    now = utc_now()
    with runtime.db.transaction() as session:
        settling.promise_due(session, now=now)
        unheard = settling.unheard(session, now=now)
    for mass_id, account_id, msg_id in unheard:
        line = runtime.wechat.of(runtime.account_by_id(account_id).name)
        try:
            status = line.mass_status(msg_id)
        except WeChatError as error:
            log.warning("mass_status_unknown", extra={"mass_send_id": mass_id, "reason": str(error)})
            continue
        with runtime.db.transaction() as session:
            settling.told(session, mass_id, status, now=now)
    with runtime.db.transaction() as session:
        settling.end(session, accounts=runtime.accounts, now=now)


def count(runtime: "Runtime") -> None:
    """Count anew what broadcasts of the last days brought. Run twice: it says the same."""
    now = utc_now()
    with runtime.db.reading() as session:
        wanted = effects.due(session, now=now)
    for broadcast_id in wanted:
        with runtime.db.reading() as session:
            effect = effects.count(session, session.get_one(Broadcast, broadcast_id), now=now)
        with runtime.db.transaction() as session:
            effects.keep(session, broadcast_id, effect)


def preview(runtime: "Runtime", broadcast_id: int, fan_id: int) -> None:
    """Show a mass send to one of the staff, as it stands. Run twice: they see it twice."""
    now = utc_now()
    with runtime.db.reading() as session:
        broadcast, fan = session.get(Broadcast, broadcast_id), session.get(Fan, fan_id)
        if broadcast is None or fan is None:
            raise Pointless("the broadcast or the fan is gone")
        message = wording.mass_message(session, broadcast.content, account_id=broadcast.account_id, now=now)
    if message is None:
        raise WeChatUnavailable(None, massing.NO_MATERIAL, call="/cgi-bin/message/mass/preview")
    line = runtime.wechat.of(runtime.account_by_id(broadcast.account_id).name)
    line.mass_preview(fan.openid, message)
