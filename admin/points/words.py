"""What the codes of the ledger are called."""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bot.points.reading import last_moment

__all__ = ["CHECKS", "COLUMNS", "KINDS", "STATES", "cause", "check", "last_moment", "signed", "source"]

KINDS = {
    "earn": (_l("Earned"), "good"),
    "spend": (_l("Spent"), "info"),
    "refund": (_l("Given back"), "good"),
    "claw_back": (_l("Taken back"), "warn"),
    "expire": (_l("Expired"), ""),
    "adjust": (_l("Adjusted"), "info"),
    "repay": (_l("Debt paid"), ""),
    "renew": (_l("Given a new end"), ""),
}
STATES = {
    "waiting": (_l("Waits for approval"), "warn"),
    "done": (_l("Done"), "good"),
    "refused": (_l("Refused"), "bad"),
}
COLUMNS = {
    "issued": _l("Issued"),
    "spent": _l("Spent"),
    "clawed_back": _l("Taken back"),
    "expired": _l("Expired"),
    "adjusted": _l("Adjusted"),
    "repaid": _l("Debt paid"),
    "outstanding": _l("Outstanding at the end"),
    "spent_here": _l("Spent in the shop"),
}
CHECKS = {
    "entry": _l("An entry is not the sum of its parts"),
    "lot": _l("What remains of a lot is not the sum of its parts"),
    "stray": _l("A part stands under another account than its lot"),
    "debt": _l("A debt is not the sum of its parts"),
    "balance": _l("A balance is not what its lots hold less the debt"),
    "held": _l("A lot holds something else than open holds set aside"),
    "hold": _l("A hold is not what it set aside"),
    "undone": _l("More was given or taken back than there was"),
    "mall_order": _l("An order of the mall says something else than its points"),
    "mall_hold": _l("Points are held for the mall without an order"),
    "mall_take": _l("A member's limit is not the count of their orders"),
    "mall_rebate": _l("A payout says something else than its points"),
}


def check(code: str) -> str:
    """Return what a finding says."""
    return str(CHECKS.get(code, code))


def signed(points: int) -> str:
    """Return points with their sign, a real minus, and thousands."""
    return f"{points:+,}".replace("-", "−") if points else "0"


def cause(code: str, rules: Mapping[str, str]) -> str:
    """Return what points were given for: a rule by its name, or whoever gave them."""
    known = {"adjustment": _("Adjustments by hand"), "demo": _("Demo data")}
    return (
        rules.get(code.removeprefix("rule:"), code)
        if code.startswith("rule:")
        else str(known.get(code) or source(code))
    )


def source(code: str) -> str:
    """Return where an entry came from, as far as we know its kind."""
    known = {
        "adjustment": _("by hand"),
        "adjustment:level": _("by hand, counts towards the level"),
        "earning": _("by the rules"),
        "expiry": _("by the clock"),
        "hold": _("by a confirmed hold"),
        "mall": _("by the mall"),
        "mall_rebate": _("by a payout"),
        "repay": _("by itself"),
        "renew": _("by a released hold"),
        "demo": _("demo"),
    }
    return str(known.get(code, code))
