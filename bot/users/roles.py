"""What each role may do. Permissions are verbs on nouns; a role is a set of them, built in."""

import enum


class Permission(enum.StrEnum):
    """One thing a page lets its visitor do. Every route of the back office states one."""

    FANS_SEE = "fans.see"
    FANS_TAG = "fans.tag"
    FANS_UNMASK = "fans.unmask"
    FANS_EXPORT = "fans.export"
    MESSAGES_SEE = "messages.see"
    MESSAGES_REPLY = "messages.reply"
    CHANNELS_SEE = "channels.see"
    CHANNELS_CHANGE = "channels.change"
    CHANNELS_EXPORT = "channels.export"
    DESK_SEE = "desk.see"
    DESK_CHANGE = "desk.change"
    REPLIES_SEE = "replies.see"
    REPLIES_CHANGE = "replies.change"
    MENUS_SEE = "menus.see"
    MENUS_CHANGE = "menus.change"
    MENUS_PUBLISH = "menus.publish"
    MATERIALS_SEE = "materials.see"
    MATERIALS_CHANGE = "materials.change"
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
    AUDITOR = "auditor"


class Reach(enum.StrEnum):
    """How far a user sees: everything, branches with all below them, shops, or only their own rows."""

    ALL = "all"
    BRANCHES = "branches"
    SHOPS = "shops"
    OWN = "own"


P = Permission
_SEES_TRAVELLERS = {P.FANS_SEE, P.FANS_TAG, P.MESSAGES_SEE, P.MESSAGES_REPLY}
_SEES_ALL = {one for one in Permission if one.value.endswith(".see")}
_MANAGES_SHOPS = {
    *_SEES_TRAVELLERS,
    P.FANS_EXPORT,
    P.CHANNELS_SEE,
    P.CHANNELS_CHANGE,
    P.CHANNELS_EXPORT,
    P.DESK_SEE,
    P.DESK_CHANGE,
    P.REPLIES_SEE,
    P.MENUS_SEE,
    P.MATERIALS_SEE,
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
            P.CHANNELS_SEE,
            P.CHANNELS_CHANGE,
            P.CHANNELS_EXPORT,
            P.DESK_SEE,
            P.REPLIES_SEE,
            P.REPLIES_CHANGE,
            P.MENUS_SEE,
            P.MENUS_CHANGE,
            P.MENUS_PUBLISH,
            P.MATERIALS_SEE,
            P.MATERIALS_CHANGE,
            P.ORGANISATION_SEE,
            P.OUTBOX_SEE,
        }
    ),
    Role.BRANCH_MANAGER: frozenset(_MANAGES_SHOPS),
    Role.SHOP_MANAGER: frozenset(_MANAGES_SHOPS),
    Role.SERVICE_LEAD: frozenset(
        {*_SEES_TRAVELLERS, P.DESK_SEE, P.DESK_CHANGE, P.REPLIES_SEE, P.ORGANISATION_SEE}
    ),
    Role.AUDITOR: frozenset({*_SEES_ALL, P.AUDIT_EXPORT}),
}


def permissions_of(role: str) -> frozenset[Permission]:
    """Return what `role` may do: nothing, for one we do not know."""
    return PERMISSIONS[Role(role)] if role in set(Role) else frozenset()
