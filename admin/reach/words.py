"""Notices in words: how they stand, which way they went, and why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin import message_words
from admin.hiding import hide
from bot.reach import words as filling
from bot.reach.models import NoticeState, ReachContent, ReachNotice, Reason, RouteName

STATES: dict[str, tuple[Any, str]] = {
    NoticeState.WAITING: (_l("Waiting"), "info"),
    NoticeState.HELD: (_l("Held"), "warn"),
    NoticeState.CALLING: (_l("Being sent"), "info"),
    NoticeState.NOTE: (_l("Waits for their next message"), "warn"),
    NoticeState.SENT: (_l("Sent"), "good"),
    NoticeState.UNSURE: (_l("Perhaps sent"), "warn"),
    NoticeState.BOUNCED: (_l("Not delivered"), "bad"),
    NoticeState.SKIPPED: (_l("Not to be sent"), ""),
    NoticeState.UNREACHED: (_l("Not reached"), "bad"),
    NoticeState.CANCELLED: (_l("Cancelled"), ""),
}
ROUTES: dict[str, Any] = {
    RouteName.CUSTOM: _l("Message"),
    RouteName.SUBSCRIPTION: _l("Subscription notice"),
    RouteName.TEMPLATE: _l("Template message"),
    RouteName.SMS: _l("Short message"),
    RouteName.NOTE: _l("Note for next time"),
}
REASONS: dict[str, Any] = {
    Reason.OPTED_OUT: _l("wants no offers"),
    Reason.NO_CONSENT: _l("a member who has not agreed to offers"),
    Reason.NOT_MEMBER: _l("no member, and the rules ask for one"),
    Reason.CAPPED: _l("had enough of them this week"),
    Reason.GONE: _l("is no fan any more"),
    Reason.NO_COUPON: _l("gets no coupon: no member, none left, or not for them"),
    Reason.LEFT: _l("no longer follows"),
    Reason.NOT_FOLLOWING: _l("WeChat says they do not follow"),
    Reason.BLACKLISTED: _l("is on the account's blacklist"),
    Reason.REFUSED: _l("takes no messages of this account"),
    Reason.WINDOW_CLOSED: _l("did not write within 48 hours"),
    Reason.WINDOW_USED: _l("WeChat takes no more messages until they write"),
    Reason.NO_TEMPLATE: _l("no template is set for it"),
    Reason.NO_ACCEPT: _l("has not accepted the notice"),
    Reason.NO_PHONE: _l("no number is known"),
    Reason.NO_ROUTE: _l("there is no way to say it"),
    Reason.NOT_PERMITTED: _l("the account may not send this"),
    Reason.NOT_TAKEN: _l("WeChat refused what it says"),
    Reason.QUIET_HOURS: _l("quiet hours"),
    Reason.QUOTA: _l("the quota of the day is used up"),
    Reason.BUSY: _l("WeChat is busy"),
    Reason.NO_ANSWER: _l("WeChat's answer was lost"),
    Reason.KILLED: _l("the server stopped while sending"),
    Reason.RESTORED: _l("the database was restored; it may have been said before"),
    Reason.NOTE_OVER: _l("they did not come back in time"),
    Reason.FAILED_LATER: _l("WeChat could not deliver it"),
    Reason.BLOCKED_LATER: _l("the traveller blocked such messages"),
}
INTENTS: dict[str, Any] = {
    "broadcast": _l("Broadcast: offers"),
    "broadcast_service": _l("Broadcast: service"),
    "broadcast_urgent": _l("Broadcast: urgent service"),
    "broadcast_trial": _l("Broadcast: trial on a colleague"),
    "series": _l("Series"),
    "referral_counted": _l("A friend became a member"),
    "level_rose": _l("Their level rose"),
    "level_ending": _l("Their level is about to end"),
    "number_claimed": _l("Somebody proved their number"),
    "coupon_ending": _l("Coupons end soon"),
    "coupon_given": _l("A coupon they earned"),
    "coupon_offered": _l("A coupon given to them"),
    "order_sent": _l("Something they took for points was sent"),
    "order_ready": _l("Something they took for points can be fetched"),
    "order_undone": _l("What they took for points was called off"),
    "shop_digest": _l("Weekly digest"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """How one notice stands."""

    state: Any
    colour: str
    reason: Any
    sent_at: datetime | None


def said(row: ReachNotice) -> Said:
    """Return how it stands, in words."""
    state, colour = STATES[row.state]
    return Said(state, colour, REASONS.get(row.reason or "", ""), row.sent_at)


def in_a_line(row: ReachNotice) -> str:
    """Return how it stands in one line: the state, the way, the reason."""
    one = said(row)
    way = ROUTES.get(row.route or "", "") if row.route != RouteName.NOTE else ""
    return " · ".join(str(part) for part in (one.state, way, one.reason) if part)


def of_notices(session: Session, ids: Sequence[int | None]) -> dict[int, Said]:
    """Return how these notices stand, by id; those out of the visitor's sight are missing."""
    wanted = [one for one in ids if one is not None]
    if not wanted:
        return {}
    return {
        row.id: said(row) for row in session.scalars(select(ReachNotice).where(ReachNotice.id.in_(wanted)))
    }


def content(row: ReachContent, facts: Mapping[str, Any]) -> str:
    """Return what is said with these facts, with numbers masked."""
    answer = row.document.get("answer")
    if answer is None:
        return "、".join(
            hide(str(said)) for said in filling.fill(row.document.get("fields", {}), facts).values()
        )
    filled = filling.fill(answer, facts)
    if "material_id" in filled or "material_ids" in filled:
        return str(KINDS.get(filled.get("type", ""), ""))
    return message_words.reply(filled)


KINDS: dict[str, Any] = {
    "image": _l("Picture"),
    "voice": _l("Voice"),
    "video": _l("Video"),
    "music": _l("Music"),
    "news": _l("Article"),
}


def state_options() -> list[tuple[str, Any]]:
    """Return the states as a filter offers them."""
    return [(state, spelled) for state, (spelled, _colour) in STATES.items()]
