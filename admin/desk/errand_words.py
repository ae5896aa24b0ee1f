"""What is wanted of WeChat about an agent, how that stands, and what helps against WeChat's refusals."""

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bot.desk.errand_models import AgentErrand, ErrandKind, ErrandState
from bot.desk.obeying import NO_FILE

KINDS: dict[str, LazyString] = {
    ErrandKind.ADD.value: _l("Add at WeChat"),
    ErrandKind.RENAME.value: _l("Rename"),
    ErrandKind.PICTURE.value: _l("New picture"),
    ErrandKind.INVITE.value: _l("Invite a WeChat"),
    ErrandKind.DELETE.value: _l("Delete at WeChat"),
}
STATES: dict[str, LazyString] = {
    ErrandState.WANTED.value: _l("WeChat is being asked"),
    ErrandState.DONE.value: _l("Done"),
    ErrandState.REFUSED.value: _l("WeChat refused"),
}
PILLS = {"wanted": "info", "done": "good", "refused": "bad"}
INVITED: dict[str, LazyString] = {
    "waiting": _l("Invited; they confirm in WeChat on their phone"),
    "rejected": _l("The invitation was declined"),
    "expired": _l("The invitation has run out"),
}
_NICKNAME = _l("WeChat does not take this nickname: at most 16 characters, no special signs. Choose another.")
_OURS = _l(
    "The account name has the wrong form: at most ten letters, digits and _, then @ and WeChat's id of ours."
)
_FULL = _l("The account has as many agents as WeChat allows. Delete one nobody uses, then try again.")
_EXISTS = _l("WeChat has an agent of this account name already; it comes into this list by itself.")
_UNKNOWN = _l("WeChat does not know this agent any more. Look at the list again in a few minutes.")
REMEDIES: dict[int, LazyString] = {
    NO_FILE: _l("The picture is not here any more. Choose it again."),
    40005: _l("WeChat does not take this kind of picture. Choose a JPEG or PNG."),
    40009: _l("The picture is too large for WeChat. Choose one below 5 MB."),
    48001: _l("The account may not do this by interface. Have it verified in WeChat's console."),
    61451: _OURS,
    61452: _UNKNOWN,
    61453: _EXISTS,
    61454: _NICKNAME,
    61455: _NICKNAME,
    61456: _FULL,
    61457: _l("WeChat does not take this kind of picture. Choose a JPEG or PNG."),
    65400: _l("Customer service is not switched on. Switch it on in WeChat's console, then try again."),
    65401: _UNKNOWN,
    65403: _NICKNAME,
    65404: _OURS,
    65405: _FULL,
    65406: _EXISTS,
    65407: _l(
        "This WeChat is an agent of the account already. Invite another, or release it in the console."
    ),
    65408: _l(
        "This WeChat is invited for another agent. Wait until that invitation has run out, or is declined."
    ),
    65409: _l(
        "There is no such WeChat id. Ask the colleague: Me → above the phone number, not the nickname."
    ),
    65410: _l("Too many invitations today. Try again tomorrow."),
    65411: _l("An invitation of this agent is still open. Wait until it has run out, or is declined."),
    65412: _l("This agent has a WeChat already. Release it in WeChat's console first."),
}


def remedy(code: int | None) -> str:
    """Say what helps against WeChat's refusal."""
    otherwise = _(
        "WeChat refused with %(code)s. Look at the agents in WeChat's console, then try again.", code=code
    )
    return str(REMEDIES.get(code or 0, otherwise))


def standing(errand: AgentErrand, travellers: int) -> str:
    """Say how an errand stands, in one line."""
    is_waiting = errand.kind == ErrandKind.DELETE and errand.state == ErrandState.WANTED and travellers
    if is_waiting:
        return str(_("waits until the %(n)s travellers at hand are seen to", n=travellers))
    return str(STATES[errand.state])
