"""The back office's table of contents: every section, in the order of the navigation."""

import enum
from dataclasses import dataclass

from flask import Blueprint
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from admin import audit, users
from admin.office import visitor
from bot.users.roles import Permission


class Group(enum.Enum):
    """The parts of the navigation, by what people do."""

    TODAY = _l("Today")
    FANS = _l("Fans and members")
    CHANNELS = _l("Channels")
    DESK = _l("Service desk")
    MESSAGES = _l("Messages and menus")
    POINTS = _l("Points and campaigns")
    ORGANISATION = _l("Organisation")
    SYSTEM = _l("System")


@dataclass(frozen=True, slots=True)
class Section:
    """One line of the navigation. `words` are what the search finds it by, besides its title."""

    group: Group
    title: LazyString
    pages: Blueprint
    opens: str
    needs: Permission
    words: str = ""


SECTIONS: tuple[Section, ...] = (
    Section(
        Group.SYSTEM,
        _l("Users"),
        users.pages,
        "admin.users.listing",
        Permission.USERS_SEE,
        "user role password 用户 角色 权限 密码",
    ),
    Section(
        Group.SYSTEM,
        _l("Audit"),
        audit.pages,
        "admin.audit.listing",
        Permission.AUDIT_SEE,
        "audit log history 审计 日志 记录 谁改的",
    ),
)


def open_to_visitor() -> list[tuple[Group, list[Section]]]:
    """Return the sections the visitor may open, by group; empty groups are left out."""
    found = [
        (group, [one for one in SECTIONS if one.group is group and visitor.may(one.needs)]) for group in Group
    ]
    return [(group, sections) for group, sections in found if sections]
