"""What each role may do. Permissions are verbs on nouns; a role is a set of them, built in."""

import enum


class Permission(enum.StrEnum):
    """One thing a page lets its visitor do. Every route of the back office states one."""

    FANS_SEE = "fans.see"
    FANS_TAG = "fans.tag"
    FANS_UNMASK = "fans.unmask"
    FANS_EXPORT = "fans.export"
    FANS_SYNC = "fans.sync"
    MEMBERS_SEE = "members.see"
    MEMBERS_CHANGE = "members.change"
    MEMBERS_UNMASK = "members.unmask"
    MEMBERS_EXPORT = "members.export"
    MEMBERS_MERGE = "members.merge"
    POINTS_SEE = "points.see"
    POINTS_ADJUST = "points.adjust"
    POINTS_APPROVE = "points.approve"
    POINTS_EXPORT = "points.export"
    MALL_SEE = "mall.see"
    MALL_CHANGE = "mall.change"
    MALL_HAND_OVER = "mall.hand_over"
    MALL_REFUND = "mall.refund"
    MALL_UNMASK = "mall.unmask"
    MALL_EXPORT = "mall.export"
    REBATES_SEE = "rebates.see"
    REBATES_ASK = "rebates.ask"
    REBATES_APPROVE = "rebates.approve"
    REBATES_PAY = "rebates.pay"
    LEVELS_SEE = "levels.see"
    LEVELS_GIVE = "levels.give"
    LEVELS_CHANGE = "levels.change"
    LEVELS_EXPORT = "levels.export"
    MESSAGES_SEE = "messages.see"
    MESSAGES_REPLY = "messages.reply"
    CHANNELS_SEE = "channels.see"
    CHANNELS_CHANGE = "channels.change"
    CHANNELS_EXPORT = "channels.export"
    POSTERS_SEE = "posters.see"
    POSTERS_CHANGE = "posters.change"
    POSTERS_EXPORT = "posters.export"
    DESK_SEE = "desk.see"
    DESK_CHANGE = "desk.change"
    DESK_EXPORT = "desk.export"
    EARNING_SEE = "earning.see"
    EARNING_CHANGE = "earning.change"
    EARNING_PUBLISH = "earning.publish"
    PURCHASES_SEE = "purchases.see"
    PURCHASES_ENTER = "purchases.enter"
    PURCHASES_APPROVE = "purchases.approve"
    TILLS_SEE = "tills.see"
    TILLS_CHANGE = "tills.change"
    COUNTER_SEE = "counter.see"
    COUNTER_UNDO = "counter.undo"
    COUNTER_CHANGE = "counter.change"
    COUNTER_EXPORT = "counter.export"
    COUPONS_SEE = "coupons.see"
    COUPONS_CHANGE = "coupons.change"
    COUPONS_GIVE = "coupons.give"
    COUPONS_EXPORT = "coupons.export"
    REPLIES_SEE = "replies.see"
    REPLIES_CHANGE = "replies.change"
    SERIES_SEE = "series.see"
    SERIES_CHANGE = "series.change"
    MENUS_SEE = "menus.see"
    MENUS_CHANGE = "menus.change"
    MENUS_PUBLISH = "menus.publish"
    BROADCASTS_SEE = "broadcasts.see"
    BROADCASTS_CHANGE = "broadcasts.change"
    BROADCASTS_APPROVE = "broadcasts.approve"
    BROADCASTS_EXPORT = "broadcasts.export"
    MATERIALS_SEE = "materials.see"
    MATERIALS_CHANGE = "materials.change"
    REACH_SEE = "reach.see"
    REACH_CHANGE = "reach.change"
    ORGANISATION_SEE = "organisation.see"
    ORGANISATION_CHANGE = "organisation.change"
    ORGANISATION_EXPORT = "organisation.export"
    STAFF_SEE_PHONE = "staff.see_phone"
    OUTBOX_SEE = "outbox.see"
    OUTBOX_REPLAY = "outbox.replay"
    USERS_SEE = "users.see"
    USERS_CHANGE = "users.change"
    AUDIT_SEE = "audit.see"
    AUDIT_EXPORT = "audit.export"


class Role(enum.StrEnum):
    """Whom the back office knows. Shop staff who sign in through WeChat are not among them."""

    GROUP_ADMINISTRATOR = "group_administrator"
    MARKETER = "marketer"
    BRANCH_MANAGER = "branch_manager"
    SHOP_MANAGER = "shop_manager"
    SERVICE_LEAD = "service_lead"
    MERCHANT = "merchant"
    AUDITOR = "auditor"


class Reach(enum.StrEnum):
    """How far a user sees: everything, branches with all below them, shops, or only their own rows."""

    ALL = "all"
    BRANCHES = "branches"
    SHOPS = "shops"
    OWN = "own"


P = Permission
_SEES_TRAVELLERS = {P.FANS_SEE, P.FANS_TAG, P.MEMBERS_SEE, P.MESSAGES_SEE, P.MESSAGES_REPLY}
_SEES_ALL = {one for one in Permission if one.value.endswith(".see")}
_MANAGES_SHOPS = {
    *_SEES_TRAVELLERS,
    P.FANS_EXPORT,
    P.MEMBERS_UNMASK,
    P.MEMBERS_EXPORT,
    P.POINTS_SEE,
    P.POINTS_ADJUST,
    P.POINTS_EXPORT,
    P.MALL_SEE,
    P.MALL_HAND_OVER,
    P.MALL_REFUND,
    P.MALL_UNMASK,
    P.MALL_EXPORT,
    P.REBATES_SEE,
    P.REBATES_ASK,
    P.LEVELS_SEE,
    P.LEVELS_EXPORT,
    P.CHANNELS_SEE,
    P.CHANNELS_CHANGE,
    P.CHANNELS_EXPORT,
    P.POSTERS_SEE,
    P.POSTERS_EXPORT,
    P.DESK_SEE,
    P.DESK_CHANGE,
    P.DESK_EXPORT,
    P.EARNING_SEE,
    P.PURCHASES_SEE,
    P.PURCHASES_ENTER,
    P.TILLS_SEE,
    P.COUNTER_SEE,
    P.COUNTER_UNDO,
    P.COUNTER_EXPORT,
    P.COUPONS_SEE,
    P.COUPONS_GIVE,
    P.COUPONS_EXPORT,
    P.REPLIES_SEE,
    P.SERIES_SEE,
    P.MENUS_SEE,
    P.BROADCASTS_SEE,
    P.BROADCASTS_CHANGE,
    P.MATERIALS_SEE,
    P.REACH_SEE,
    P.ORGANISATION_SEE,
    P.ORGANISATION_CHANGE,
    P.ORGANISATION_EXPORT,
    P.STAFF_SEE_PHONE,
}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.GROUP_ADMINISTRATOR: frozenset(Permission),
    Role.MARKETER: frozenset(
        {
            *_SEES_TRAVELLERS,
            P.FANS_EXPORT,
            P.FANS_SYNC,
            P.MEMBERS_EXPORT,
            P.POINTS_SEE,
            P.POINTS_ADJUST,
            P.POINTS_EXPORT,
            P.MALL_SEE,
            P.MALL_CHANGE,
            P.MALL_HAND_OVER,
            P.MALL_REFUND,
            P.MALL_EXPORT,
            P.REBATES_SEE,
            P.REBATES_ASK,
            P.LEVELS_SEE,
            P.LEVELS_GIVE,
            P.LEVELS_CHANGE,
            P.LEVELS_EXPORT,
            P.CHANNELS_SEE,
            P.CHANNELS_CHANGE,
            P.CHANNELS_EXPORT,
            P.POSTERS_SEE,
            P.POSTERS_CHANGE,
            P.POSTERS_EXPORT,
            P.DESK_SEE,
            P.EARNING_SEE,
            P.EARNING_CHANGE,
            P.EARNING_PUBLISH,
            P.PURCHASES_SEE,
            P.COUNTER_SEE,
            P.COUPONS_SEE,
            P.COUPONS_CHANGE,
            P.COUPONS_GIVE,
            P.COUPONS_EXPORT,
            P.REPLIES_SEE,
            P.REPLIES_CHANGE,
            P.SERIES_SEE,
            P.SERIES_CHANGE,
            P.MENUS_SEE,
            P.MENUS_CHANGE,
            P.MENUS_PUBLISH,
            P.BROADCASTS_SEE,
            P.BROADCASTS_CHANGE,
            P.BROADCASTS_EXPORT,
            P.MATERIALS_SEE,
            P.MATERIALS_CHANGE,
            P.REACH_SEE,
            P.REACH_CHANGE,
            P.ORGANISATION_SEE,
            P.OUTBOX_SEE,
        }
    ),
    Role.BRANCH_MANAGER: frozenset(
        {
            *_MANAGES_SHOPS,
            P.MEMBERS_CHANGE,
            P.MEMBERS_MERGE,
            P.POINTS_APPROVE,
            P.REBATES_APPROVE,
            P.LEVELS_GIVE,
            P.PURCHASES_APPROVE,
            P.TILLS_CHANGE,
            P.COUNTER_CHANGE,
            P.BROADCASTS_APPROVE,
            P.BROADCASTS_EXPORT,
        }
    ),
    Role.SHOP_MANAGER: frozenset(_MANAGES_SHOPS),
    Role.SERVICE_LEAD: frozenset(
        {
            *_SEES_TRAVELLERS,
            P.POINTS_SEE,
            P.MALL_SEE,
            P.LEVELS_SEE,
            P.COUPONS_SEE,
            P.DESK_SEE,
            P.DESK_CHANGE,
            P.DESK_EXPORT,
            P.REPLIES_SEE,
            P.ORGANISATION_SEE,
        }
    ),
    # Somebody else's people: their merchant's goods and orders, and nothing of anybody's shops.
    Role.MERCHANT: frozenset({P.MALL_SEE, P.MALL_HAND_OVER, P.MALL_UNMASK}),
    Role.AUDITOR: frozenset({*_SEES_ALL, P.AUDIT_EXPORT}),
}


def permissions_of(role: str) -> frozenset[Permission]:
    """Return what `role` may do: nothing, for one we do not know."""
    return PERMISSIONS[Role(role)] if role in set(Role) else frozenset()


def owns_rows(role: Role) -> bool:
    """Tell whether there are rows that are one's own in that role, for `Reach.OWN` to show."""
    return role is Role.MERCHANT or P.CHANNELS_CHANGE in PERMISSIONS[role]
