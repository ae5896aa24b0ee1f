"""Words for what the tables hold as codes."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin import audit_words

ROLES = {
    "group_administrator": _l("Group administrator"),
    "marketer": _l("Marketer"),
    "branch_manager": _l("Branch manager"),
    "shop_manager": _l("Shop manager"),
    "service_lead": _l("Service lead"),
    "merchant": _l("Merchant"),
    "auditor": _l("Auditor"),
}
REACHES = {
    "all": _l("Whole group"),
    "branches": _l("Branches, with all below"),
    "shops": _l("Shops"),
    "own": _l("Own rows only"),
}
SUBJECTS = {
    "level_draft": _l("Draft of the levels"),
    "level_version": _l("Levels"),
    "member_level": _l("Member levels"),
    "earning_draft": _l("Draft of the earning rules"),
    "earning_version": _l("Earning rules"),
    "purchase": _l("Purchase"),
    "till": _l("Till"),
    "counter_action": _l("Counter record"),
    "counter_limit": _l("Limits at the counter"),
    "coupon": _l("Coupon"),
    "coupon_template": _l("Coupon template"),
    "coupon_handout": _l("Link of a coupon"),
    "user": _l("User"),
    "audit_entry": _l("Audit"),
    "shop": _l("Shop"),
    "branch": _l("Branch"),
    "staff": _l("Staff"),
    "fan": _l("Fan"),
    "member": _l("Member"),
    "member_merge": _l("Merge"),
    "point_account": _l("Points"),
    "point_adjustment": _l("Adjustment of points"),
    "point_limit": _l("Limits of points"),
    "point_day": _l("Points report"),
    "point_month": _l("Points report"),
    "mall_item": _l("Goods of the mall"),
    "mall_category": _l("Category of the mall"),
    "mall_merchant": _l("Merchant"),
    "mall_order": _l("Order of the mall"),
    "mall_picture": _l("Picture of goods"),
    "mall_rebate": _l("Payout of points"),
    "mall_rebate_terms": _l("Terms of payouts"),
    "policy_version": _l("Privacy policy"),
    "message": _l("Message"),
    "channel": _l("Channel"),
    "channel_group": _l("Group of channels"),
    "campaign": _l("Campaign"),
    "agent": _l("Agent"),
    "desk_note": _l("Note for the desk"),
    "poster_design": _l("Poster design"),
    "menu": _l("Menu"),
    "menu_draft": _l("Draft of a menu"),
    "auto_reply": _l("Auto-reply"),
    "series": _l("Series"),
    "material": _l("Material"),
    "channel_figure": _l("Channel figures"),
    "tag": _l("Tag"),
    "reach_notice": _l("Notice"),
    "reach_settings": _l("Rules for reaching people"),
    "reach_mapping": _l("Template of a notice"),
    "segment": _l("Segment"),
    "broadcast": _l("Broadcast"),
    "sheet": _l("Sheet"),
    "saved_view": _l("Saved view"),
    "outbox": _l("Promise"),
    "health": _l("Health"),
    "batch": _l("Task"),
    "fan_sync_run": _l("Fan sync"),
    "platform_day": _l("WeChat's own figures"),
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
    return str(audit_words.ACTIONS.get(code, code))


def subject(code: str) -> str:
    """Return what it was done to."""
    return str(SUBJECTS.get(code, code))
