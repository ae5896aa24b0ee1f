"""Words for broadcasts: states, ways, what became of each recipient and why."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.reach.words import REASONS
from bot.broadcasts.deciding import Why
from bot.broadcasts.models import Broadcast, BroadcastState, MassState, Way
from bot.reach.models import Reason

STATES = {
    BroadcastState.DRAFT.value: (_l("Draft"), ""),
    BroadcastState.SUBMITTED.value: (_l("Waits for approval"), "warn"),
    BroadcastState.APPROVED.value: (_l("Approved"), "info"),
    BroadcastState.SENDING.value: (_l("Being sent"), "info"),
    BroadcastState.PAUSED.value: (_l("Paused"), "warn"),
    BroadcastState.DONE.value: (_l("Sent"), "good"),
    BroadcastState.CANCELLED.value: (_l("Called off"), ""),
}
WAYS = {
    Way.PLANNER.value: _l("One by one, as each fan may be written to"),
    Way.MASS_OPENIDS.value: _l("WeChat's mass send to these fans"),
    Way.MASS_TAG.value: _l("WeChat's mass send to a tag"),
}
INTENTS = {
    "broadcast": _l("Offers and news"),
    "broadcast_service": _l("A service notice they need"),
    "broadcast_urgent": _l("An urgent service notice, also by night and by short message"),
}
MASS_STATES = {
    MassState.PLANNED.value: (_l("Waits"), ""),
    MassState.CALLING.value: (_l("Asking WeChat"), "info"),
    MassState.CONFIRMING.value: (_l("Waits for the account's administrator"), "warn"),
    MassState.ACCEPTED.value: (_l("WeChat took it; its report is still to come"), "info"),
    MassState.DONE.value: (_l("Sent"), "good"),
    MassState.FAILED.value: (_l("Not sent"), "bad"),
    MassState.UNSURE.value: (_l("No answer for a day; not asked again"), "bad"),
    MassState.CANCELLED.value: (_l("Called off"), ""),
}
# What WeChat reports of a mass send (protocol §8.5).
STATUSES = {
    "send success": _l("sent"),
    "send fail": _l("WeChat could not send it"),
    "deleted": _l("deleted in the console"),
    "err(10001)": _l("taken for an advertisement"),
    "err(20001)": _l("political content"),
    "err(20002)": _l("indecent content"),
    "err(20004)": _l("content about society that may not be sent"),
    "err(20006)": _l("unlawful content"),
    "err(20008)": _l("taken for a fraud"),
    "err(20013)": _l("somebody else's rights"),
    "err(21000)": _l("another reason of WeChat's"),
    "err(22000)": _l("promotes each other's accounts"),
    "err(30001)": _l("WeChat could not check whether it is original"),
    "err(30002)": _l("may not be sent, as its author says"),
    "err(30003)": _l("taken for a copy of somebody else's article"),
    "err(40001)": _l("the account's administrator refused"),
    "err(40002)": _l("the account's administrator did not confirm within thirty minutes"),
}
LEFT_OUT = {
    "month_limit": _l("had four mass sends this month"),
    "alone": _l("WeChat takes no mass send to a single fan"),
    **{
        rule.value: REASONS[rule]
        for rule in (Reason.OPTED_OUT, Reason.NO_CONSENT, Reason.NOT_MEMBER, Reason.CAPPED)
    },
}
WHY_NOT = {
    Why.OTHER_STATE: _l("It stands otherwise by now. Look again."),
    Why.OWN_WORK: _l("Whoever wrote or submitted a broadcast cannot approve it: ask a colleague."),
    Why.CHANGED: _l("It was changed since you opened this page. Look at it again."),
    Why.PAST: _l("Its time has passed. Choose a later one, or none."),
}
MOST_STATUS = 64


def state(row: Broadcast) -> tuple[str, str]:
    """Return what its state is called, and the colour."""
    if row.state == BroadcastState.APPROVED and row.send_at is not None:
        return str(_("Scheduled")), "info"
    said, colour = STATES[row.state]
    return str(said), colour


def status(code: str | None) -> str:
    """Say how WeChat says a mass send went."""
    return str(STATUSES.get(code or "", code or ""))


def place(row: Broadcast, names: Mapping[str, Mapping[Any, str]]) -> str:
    """Say whose fans it is for."""
    if row.shop_id is not None:
        return names["shop"].get(row.shop_id, f"#{row.shop_id}")
    if row.branch_id is not None:
        return names["branch"].get(row.branch_id, f"#{row.branch_id}")
    return str(_("The whole group"))
