"""Words for what the tables hold as codes."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

ROLES = {
    "group_administrator": _l("Group administrator"),
    "marketer": _l("Marketer"),
    "branch_manager": _l("Branch manager"),
    "shop_manager": _l("Shop manager"),
    "service_lead": _l("Service lead"),
    "auditor": _l("Auditor"),
}
REACHES = {
    "all": _l("Whole group"),
    "branches": _l("Branches, with all below"),
    "shops": _l("Shops"),
    "own": _l("Own rows only"),
}
ACTIONS = {
    "user.signed_in": _l("signed in"),
    "user.signed_out": _l("signed out"),
    "user.added": _l("added a user"),
    "user.changed": _l("changed a user"),
    "user.disabled": _l("disabled a user"),
    "user.enabled": _l("enabled a user"),
    "user.password_reset": _l("reset a password"),
    "user.password_changed": _l("changed their password"),
    "user.second_factor_set": _l("set up two-step sign-in"),
    "user.second_factor_removed": _l("removed two-step sign-in"),
    "user.sessions_ended": _l("signed a user out"),
    "user.locked": _l("was locked out"),
    "staff.added": _l("added someone to the staff"),
    "staff.changed": _l("changed someone of the staff"),
    "staff.phone_shown": _l("looked at a phone number"),
    "branch.added": _l("added a branch"),
    "branch.changed": _l("changed a branch"),
    "shop.added": _l("added a shop"),
    "shop.changed": _l("changed a shop"),
    "shop.closed": _l("closed a shop"),
    "shop.opened": _l("opened a shop again"),
    "auto_reply.added": _l("added an auto-reply"),
    "auto_reply.changed": _l("changed an auto-reply"),
    "auto_reply.moved": _l("moved an auto-reply"),
    "auto_reply.enabled": _l("switched an auto-reply on"),
    "auto_reply.disabled": _l("switched an auto-reply off"),
    "auto_reply.deleted": _l("deleted an auto-reply"),
    "audit.exported": _l("exported the audit"),
    "outbox.replayed": _l("replayed dead promises"),
    "health.checked": _l("ran the checks"),
    "fan.written_to": _l("wrote to a fan"),
    "look.refused": _l("was refused a look"),
    "change.refused": _l("was refused a change"),
}
SUBJECTS = {
    "user": _l("User"),
    "audit_entry": _l("Audit"),
    "shop": _l("Shop"),
    "branch": _l("Branch"),
    "staff": _l("Staff"),
    "fan": _l("Fan"),
    "message": _l("Message"),
    "channel": _l("Channel"),
    "agent": _l("Agent"),
    "menu": _l("Menu"),
    "auto_reply": _l("Auto-reply"),
    "outbox": _l("Promise"),
    "health": _l("Health"),
    "route": _l("Page"),
}


def role(code: str) -> str:
    """Return the role's name."""
    return str(ROLES.get(code, code))


def reach(code: str, names: tuple[str, ...] | list[str] = ()) -> str:
    """Return what a scope is called: the group, the names, or how many."""
    if code in {"branches", "shops"}:
        if not names:
            return str(_("Nothing yet"))
        shown = "、".join(names[:2])
        return str(_("%(names)s and %(n)s more", names=shown, n=len(names) - 2)) if len(names) > 2 else shown
    return str(REACHES.get(code, code))


def action(code: str) -> str:
    """Return what was done, in words; the code where a section brought none."""
    return str(ACTIONS.get(code, code))


def subject(code: str) -> str:
    """Return what it was done to."""
    return str(SUBJECTS.get(code, code))
