"""What the codes of coupons are called."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bot.points.reading import last_moment

__all__ = [
    "EVENTS",
    "KINDS",
    "PROBLEMS",
    "REFUSALS",
    "STATES",
    "TEMPLATE_STATES",
    "USE_STATES",
    "by",
    "last_moment",
    "source",
]

KINDS = {
    "amount": _l("An amount off"),
    "percent": _l("A percentage off"),
    "gift": _l("A gift"),
}
TEMPLATE_STATES = {
    "draft": (_l("Draft"), ""),
    "open": (_l("Open for giving"), "good"),
    "paused": (_l("Paused"), "warn"),
}
STATES = {
    "issued": (_l("To be used"), "good"),
    "returned": (_l("Came back"), "good"),
    "offered": (_l("Offered to a friend"), "info"),
    "held": (_l("Held by a till"), "warn"),
    "used": (_l("Used"), "info"),
    "expired": (_l("Expired"), ""),
    "void": (_l("Void"), "bad"),
}
USE_STATES = {
    "held": (_l("Held by a till"), "warn"),
    "used": (_l("Used"), "info"),
    "released": (_l("Let go"), ""),
    "returned": (_l("Came back"), "good"),
}
EVENTS = {
    "issued": _l("Issued"),
    "held": _l("Held by a till"),
    "released": _l("Let go"),
    "used": _l("Used"),
    "returned": _l("Came back"),
    "offered": _l("Offered to a friend"),
    "taken_back": _l("Taken back from the offer"),
    "given": _l("Taken by a friend"),
    "expired": _l("Expired"),
    "voided": _l("Made void"),
}
PROBLEMS = {
    "amount": _l("An amount in yuan, such as 50."),
    "least_below_amount": _l("This is less than what the coupon takes off."),
    "percent": _l("A whole number from 1 to 99."),
    "gift": _l("Say what is handed over."),
    "no_end": _l("Set a last day, or for how many days it is good."),
    "ends_before": _l("This ends before it begins."),
    "no_shop_left": _l("No shop is left where it can be used."),
}
REFUSALS = {
    "no_member": _l("no active member"),
    "not_open": _l("the template is not given out now"),
    "gone": _l("none are left"),
    "enough": _l("has had as many as one may"),
    "not_for_member": _l("not among those it is for"),
    "over": _l("its time is over"),
}


def source(code: str) -> str:
    """Return where a coupon came from."""
    known = {
        "batch": _("given by hand"),
        "earning": _("by an earning rule"),
        "handout": _("by a link"),
        "mall": _("against points"),
        "message": _("with a broadcast"),
        "demo": _("demo"),
    }
    return str(known.get(code, code))


def by(name: str) -> str:
    """Return who did it."""
    if name == "clock":
        return str(_("the clock"))
    return (
        source(name)
        if name in {"batch", "earning", "handout", "mall", "message"}
        else name.removeprefix("till:")
    )
