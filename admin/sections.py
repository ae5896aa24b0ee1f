"""The back office's table of contents: every section, in the order of the navigation."""

import enum
from dataclasses import dataclass

from flask import Blueprint
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from admin import audit, fans, health, messages, outbox, replies, users
from admin.office import visitor
from admin.organisation import branches, shops, staff
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
    head_office: bool = False  # only for those who see the whole group


SECTIONS: tuple[Section, ...] = (
    Section(
        Group.FANS,
        _l("Fans"),
        fans.pages,
        "admin.fans.listing",
        Permission.FANS_SEE,
        "fan follower openid 粉丝 关注 取关",
    ),
    Section(
        Group.FANS,
        _l("Messages"),
        messages.pages,
        "admin.messages.listing",
        Permission.MESSAGES_SEE,
        "message search answer 消息 留言 搜索 回复",
    ),
    Section(
        Group.ORGANISATION,
        _l("Shops"),
        shops.pages,
        "admin.shops.listing",
        Permission.ORGANISATION_SEE,
        "shop hours address holiday 门店 营业时间 地址 节假日",
    ),
    Section(
        Group.ORGANISATION,
        _l("Branches"),
        branches.pages,
        "admin.branches.listing",
        Permission.ORGANISATION_SEE,
        "branch city 分公司 城市",
    ),
    Section(
        Group.ORGANISATION,
        _l("Staff"),
        staff.pages,
        "admin.staff.listing",
        Permission.ORGANISATION_SEE,
        "staff people phone 员工 店员 导游 手机",
    ),
    Section(
        Group.MESSAGES,
        _l("Auto-replies"),
        replies.pages,
        "admin.replies.listing",
        Permission.REPLIES_SEE,
        "auto reply keyword rule welcome 自动回复 关键词 关注回复 默认回复 规则",
    ),
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
    Section(
        Group.SYSTEM,
        _l("Outbox"),
        outbox.pages,
        "admin.outbox.listing",
        Permission.OUTBOX_SEE,
        "outbox queue job dead replay 发件箱 任务 失败 重试",
        head_office=True,
    ),
    Section(
        Group.SYSTEM,
        _l("Health"),
        health.pages,
        "admin.health.overview",
        Permission.OUTBOX_SEE,
        "health doctor token quota 健康 体检 令牌 额度",
        head_office=True,
    ),
)


def _is_open(section: Section) -> bool:
    return visitor.may(section.needs) and (visitor.scope.everything or not section.head_office)


def open_to_visitor() -> list[tuple[Group, list[Section]]]:
    """Return the sections the visitor may open, by group; empty groups are left out."""
    found = [(group, [one for one in SECTIONS if one.group is group and _is_open(one)]) for group in Group]
    return [(group, sections) for group, sections in found if sections]
