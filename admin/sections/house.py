"""The sections about the house itself: who belongs to it, and how the server is."""

from flask_babel import lazy_gettext as _l

from admin import (
    audit,
    health,
    outbox,
    users,
)
from admin.members import signed_in
from admin.organisation import branches, shop_picture, staff
from admin.section import Group, Section
from bot.users.roles import Permission

HOUSE: tuple[Section, ...] = (
    Section(
        Group.ORGANISATION,
        _l("Shops"),
        shop_picture.pages,
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
        Group.ORGANISATION,
        _l("Staff in WeChat"),
        signed_in.pages,
        "admin.staff_signins.listing",
        Permission.ORGANISATION_SEE,
        "staff wechat openid 员工 认证 微信",
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
