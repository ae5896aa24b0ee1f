"""What the desk's codes mean, and why a traveller went where they went, in plain words."""

from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bot.desk.decisions import Outcome
from bot.desk.models import Duty, Tier
from bot.desk.request_models import DeskDecision, RequestState, TaskState
from bot.desk.routing import Passed, Rung

STATES: dict[str, LazyString] = {
    RequestState.ASKED.value: _l("Being placed"),
    RequestState.WAITING.value: _l("In line"),
    RequestState.CLAIMED.value: _l("Being connected"),
    RequestState.SERVING.value: _l("In conversation"),
    RequestState.CLOSED.value: _l("Over"),
    RequestState.LEFT.value: _l("Left the line"),
    RequestState.MESSAGE.value: _l("Message taken down"),
    RequestState.GONE.value: _l("Could not be reached any more"),
}
PILLS = {
    "asked": "info",
    "waiting": "warn",
    "claimed": "info",
    "serving": "good",
    "message": "warn",
    "gone": "bad",
}
WHYS: dict[str, LazyString] = {
    "request": _l("asked for a person"),
    "unanswered": _l("no rule had an answer"),
    "no": _l("the answer did not help"),
    "scan": _l("scanned the shop's code"),
    "first_message": _l("first message after a scan"),
    "message": _l("a message that was owed an answer"),
    "notice": _l("an agent was told of a rule's answer"),
    "by_hand": _l("an agent took them by hand"),
}
RUNGS: dict[str, LazyString] = {
    Rung.STICKY.value: _l("served them before"),
    Rung.OWN.value: _l("the shop's own"),
    Rung.SPARE.value: _l("the shop's spare"),
    Rung.BRANCH.value: _l("the branch's desk"),
    Rung.HEAD.value: _l("the default desk"),
    Rung.BY_HAND.value: _l("by hand"),
}
PASSED: dict[str, LazyString] = {
    Passed.FULL.value: _l("all seats taken"),
    Passed.OFFLINE.value: _l("offline"),
    Passed.STALE.value: _l("not heard of for too long"),
    Passed.BREAK.value: _l("on a break"),
    Passed.AWAY.value: _l("away"),
    Passed.FINISHING.value: _l("takes no new ones"),
    Passed.OFF_HOURS.value: _l("outside working hours"),
    Passed.REFUSED.value: _l("refused by WeChat"),
    Passed.LET_WAIT.value: _l("let them wait before"),
    Passed.UNBOUND.value: _l("no WeChat bound yet"),
    Passed.ELSEWHERE.value: _l("served them before, but is not of this shop's desks"),
    Passed.LATER.value: _l("free; somebody came first"),
}
OUTCOMES: dict[str, LazyString] = {
    Outcome.CLAIMED.value: _l("Seat taken"),
    Outcome.SERVING.value: _l("Connected"),
    Outcome.REFUSED.value: _l("Refused"),
    Outcome.WAITING.value: _l("Put in line"),
    Outcome.MESSAGE.value: _l("Message taken down"),
    Outcome.DROPPED.value: _l("Let be"),
}
OUTCOME_PILLS = {"claimed": "info", "serving": "good", "refused": "bad", "waiting": "warn", "message": "warn"}
REASONS: dict[str, LazyString] = {
    "all_busy": _l("everybody who could help is busy"),
    "all_refused": _l("WeChat refused every agent who was asked"),
    "nobody_there": _l("nobody is at the desk"),
    "all_let_wait": _l("all who are at the desk have let them wait"),
    "nobody_free": _l("nobody was free, and nobody had asked for a person"),
    "line_too_long": _l("the line is full"),
    "window_over": _l("the 48 hours in which we may write are ending"),
    "wechat_agreed": _l("WeChat agreed"),
    "served_already": _l("an agent has them already"),
    "wechat_65400": _l("WeChat: the account's desk is not switched on"),
    "wechat_65401": _l("WeChat: no such agent"),
    "wechat_65402": _l("WeChat: the agent has no WeChat bound"),
    "wechat_65413": _l("WeChat: there is no such conversation"),
    "wechat_65414": _l("WeChat: another agent has the traveller"),
    "wechat_65415": _l("WeChat: the agent is offline"),
}
DUTIES: dict[str, LazyString] = {
    Duty.ON.value: _l("On duty"),
    Duty.BREAK.value: _l("On a break"),
    Duty.AWAY.value: _l("Away"),
    Duty.FINISHING.value: _l("Takes no new ones"),
}
TIERS: dict[str, LazyString] = {Tier.OWN.value: _l("Own"), Tier.SPARE.value: _l("Spare")}
TASK_STATES: dict[str, LazyString] = {
    TaskState.OPEN.value: _l("Open"),
    TaskState.OFFERED.value: _l("An agent has it"),
    TaskState.DONE.value: _l("Done"),
}


def code(openid: str) -> str:
    """Return as much of an OpenID as tells two travellers apart."""
    return f"…{openid[-6:]}" if openid else "…"


def said(words: dict[str, LazyString], value: str | None) -> str:
    """Return the words for a code; a code we know no words for stands for itself."""
    return str(words.get(value or "", value or ""))


def reason(value: str) -> str:
    """Say why a decision went as it did."""
    if value.startswith("moved:"):
        return str(_("%(who)s moved them by hand", who=value.partition(":")[2]))
    if value in RUNGS:
        return said(RUNGS, value)
    if value.startswith("wechat_") and value not in REASONS:
        return str(_("WeChat refused with %(code)s", code=value.partition("_")[2]))
    return said(REASONS, value)


def headline(decision: DeskDecision, names: dict[int, str]) -> str:
    """Say in a sentence what was decided."""
    who = names.get(decision.agent_id or 0) or _chosen(decision) or str(_("an agent of another desk"))
    why = reason(decision.reason)
    if decision.outcome == Outcome.CLAIMED:
        return str(_("Given to %(who)s: %(why)s.", who=who, why=why))
    if decision.outcome == Outcome.SERVING:
        return str(_("%(who)s has the traveller: %(why)s.", who=who, why=why))
    if decision.outcome == Outcome.REFUSED:
        return str(_("Not %(who)s: %(why)s.", who=who, why=why))
    return str(_("%(what)s: %(why)s.", what=said(OUTCOMES, decision.outcome), why=why))


def candidates(decision: DeskDecision) -> list[tuple[str, str, str, str]]:
    """Return who was looked at: name, where they stand, their load, and why they were passed over."""
    found = []
    for one in decision.candidates or []:
        if "more" in one:
            found.append((str(_("and %(n)s more", n=one["more"])), "", "", ""))
            continue
        why = said(PASSED, one["why_not"]) if one["why_not"] else str(_("was given the traveller"))
        found.append((one["name"], said(RUNGS, one["rung"]), f"{one['load']}/{one['seats']}", why))
    return found


def passed_over(decision: DeskDecision) -> str:
    """Say in one line why each of the others was not asked."""
    found = [
        f"{name} {load} {why}"
        for name, _rung, load, why in candidates(decision)
        if load and why != str(_("was given the traveller"))
    ]
    return "；".join(found[:12])


def _chosen(decision: DeskDecision) -> str:
    chosen: list[dict[str, Any]] = [one for one in decision.candidates or [] if one.get("why_not") == ""]
    return str(chosen[0]["name"]) if chosen else ""
