"""What members' codes are called."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

STATES = {
    "active": (_l("Member"), "good"),
    "known": (_l("Imported only"), "info"),
    "merged": (_l("Merged"), ""),
    "erased": (_l("Erased"), "bad"),
}
KINDS = {"phone": _l("Phone"), "openid": "OpenID", "unionid": "UnionID", "customer": _l("Customer number")}
RELEASED = {
    "rebound": _l("changed their number"),
    "recycled": _l("the carrier gave it to somebody else"),
    "unbound": _l("unbound"),
    "revoked": _l("taken back in WeChat"),
    "erased": _l("erased"),
}
CONSENTS = {"privacy": _l("Privacy policy"), "marketing": _l("Offers")}
HOW = {
    "member": _l("by the member"),
    "office": _l("by the back office"),
    "erased": _l("erased"),
}
SMS_STATES = {
    "waiting": (_l("Waiting"), "warn"),
    "sent": (_l("Sent"), "info"),
    "delivered": (_l("Delivered"), "good"),
    "failed": (_l("Failed"), "bad"),
}
SMS_PURPOSES = {"code": _l("Verification code")}
CLAIMS = {
    "waiting": (_l("Waiting for the other WeChat"), "warn"),
    "confirmed": (_l("Confirmed"), "good"),
    "refused": (_l("Refused"), "bad"),
    "taken_over": (_l("Taken over"), "info"),
}


def source(code: str) -> str:
    """Return where a member came from."""
    kind, _mark, name = code.partition(":")
    return str(_("Import: %(name)s", name=name)) if kind == "import" else str(_("Binding"))


def state_of(state: str, *, is_verified: bool) -> str:
    """Return the word's key: an active member nobody has proved is known from an import only."""
    return "known" if state == "active" and not is_verified else state
