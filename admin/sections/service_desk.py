"""The sections of the service desk."""

from flask_babel import lazy_gettext as _l

from admin.desk import answers, board, notes, tasks, why
from admin.desk import at_wechat as desk_agents
from admin.desk import figures as desk_figures
from admin.desk import settings as desk_settings
from admin.section import Group, Section
from bot.users.roles import Permission

SERVICE_DESK: tuple[Section, ...] = (
    Section(
        Group.DESK,
        _l("Live board"),
        board.pages,
        "admin.desk_board.show",
        Permission.DESK_SEE,
        "desk board live waiting line session 客服 看板 实时 排队 会话",
    ),
    Section(
        Group.DESK,
        _l("Messages and complaints"),
        tasks.pages,
        "admin.desk_tasks.listing",
        Permission.DESK_SEE,
        "desk task message complaint 留言 投诉 待办 低分",
    ),
    Section(
        Group.DESK,
        _l("Agents"),
        desk_agents.pages,
        "admin.desk_agents.listing",
        Permission.DESK_SEE,
        "desk agent seat hours break 客服 坐席 座位 休息 排班",
    ),
    Section(
        Group.DESK,
        _l("Desks"),
        desk_settings.pages,
        "admin.desk_settings.listing",
        Permission.DESK_SEE,
        "desk setting rule timeout 客服台 设置 接入 超时",
    ),
    Section(
        Group.DESK,
        _l("Why so"),
        why.pages,
        "admin.desk_why.listing",
        Permission.DESK_SEE,
        "desk why decision routing 分配 原因 路由 决策",
    ),
    Section(
        Group.DESK,
        _l("Desk figures"),
        desk_figures.pages,
        "admin.desk_figures.show",
        Permission.DESK_SEE,
        "desk statistics percentile export 客服统计 应答 等待 导出",
    ),
    Section(
        Group.DESK,
        _l("Notes for the desk"),
        notes.pages,
        "admin.desk_notes.listing",
        Permission.DESK_SEE,
        "desk note agent notify 客服 留言 提醒 待处理",
    ),
    Section(
        Group.DESK,
        _l("Answer times"),
        answers.pages,
        "admin.desk_answers.listing",
        Permission.DESK_SEE,
        "desk answer time wait median 客服 应答 等待 时长",
    ),
)
