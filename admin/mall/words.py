"""What the codes of the mall are called."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.formats import yuan

KINDS = {"goods": _l("Goods"), "service": _l("Service"), "coupon": _l("Coupon")}
WAYS = {"pickup": _l("Fetched in a shop"), "delivery": _l("By parcel"), "at_once": _l("At once")}
WINDOWS = {
    "ever": _l("in all"),
    "day": _l("a day"),
    "week": _l("a week"),
    "month": _l("a month"),
    "year": _l("a year"),
}
STATES = {
    "held": (_l("Waits"), "warn"),
    "done": (_l("Done"), "good"),
    "cancelled": (_l("Called off"), ""),
    "expired": (_l("Ran out"), ""),
    "refunded": (_l("Points given back"), "bad"),
}
HEARD = {
    "told": _l("the member was told"),
    "soon": _l("the member is being told"),
    "never": _l("the member could not be told: please call them"),
}
REBATE_STATES = {
    "waiting": (_l("Waits for approval"), "warn"),
    "pending": (_l("To be exported"), "info"),
    "exported": (_l("With the accountant"), "info"),
    "paid": (_l("Paid"), "good"),
    "failed": (_l("Failed"), "bad"),
    "refused": (_l("Refused"), "bad"),
}


def price(points: int, cash: int) -> str:
    """Say 800 points, or 800 points + ¥19.90."""
    said = _("%(n)s points", n=f"{points:,}")
    return f"{said} + {yuan(cash)}" if cash else str(said)


def by(name: str | None) -> str:
    """Say who ended an order: the member, the clock, or a name."""
    return {"member": str(_("the member")), "clock": str(_("the clock"))}.get(name or "", name or "")


def state(order_state: str, way: str) -> str:
    """Say how an order stands, by the way it goes."""
    if order_state == "held":
        return str(_("To be fetched") if way == "pickup" else _("To be sent"))
    if order_state == "done":
        said = {"pickup": _("Handed over"), "delivery": _("Is sent")}
        return str(said.get(way, STATES["done"][0]))
    return str(STATES[order_state][0])
