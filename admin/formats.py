"""How facts look on a page: moments as people say them, money, telephones, audit values."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import get_locale
from flask_babel import gettext as _

from bot.db import utc_now

HERE = ZoneInfo("Asia/Shanghai")


def moment(at: datetime | None) -> str:
    """Say 今天 14:05, 昨天 09:30, 11月3日 08:00, 2025年11月3日; nothing for no moment."""
    if at is None:
        return ""
    there, now = at.astimezone(HERE), utc_now().astimezone(HERE)
    days = (now.date() - there.date()).days
    clock = f"{there:%H:%M}"
    if days == 0:
        return str(_("Today %(clock)s", clock=clock))
    if days == 1:
        return str(_("Yesterday %(clock)s", clock=clock))
    if there.year == now.year:
        return f"{day(at)} {clock}"
    return day(at)


def day(at: datetime | None) -> str:
    """Say 11月3日, with the year where it is not this one."""
    if at is None:
        return ""
    there, now = at.astimezone(HERE), utc_now().astimezone(HERE)
    if str(get_locale()).startswith("zh"):
        said = f"{there.month}月{there.day}日"
        return said if there.year == now.year else f"{there.year}年{said}"
    return f"{there:%b} {there.day}" if there.year == now.year else f"{there:%b} {there.day}, {there.year}"


def exact(at: datetime | None) -> str:
    """Say 2026-11-03 14:05:09, for titles, exports and the audit."""
    return f"{at.astimezone(HERE):%Y-%m-%d %H:%M:%S}" if at else ""


def ago(length: timedelta) -> str:
    """Say how long, roughly."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 60:
        return str(_("%(n)s min", n=minutes))
    return str(_("%(n)s h", n=minutes // 60) if minutes < 48 * 60 else _("%(n)s days", n=minutes // 1440))


def lasting(seconds: int) -> str:
    """Say how long something took: 45 s, 2 min 5 s, 3 h 20 min."""
    if seconds < 60:
        return str(_("%(n)s s", n=seconds))
    if seconds < 3600:
        minutes, rest = divmod(seconds, 60)
        return str(_("%(m)s min %(s)s s", m=minutes, s=rest) if rest else _("%(n)s min", n=minutes))
    hours, rest = divmod(seconds // 60, 60)
    return str(_("%(h)s h %(m)s min", h=hours, m=rest) if rest else _("%(n)s h", n=hours))


def yuan(fen: int) -> str:
    """Say ¥1,280.00."""
    return f"{'-' if fen < 0 else ''}¥{abs(fen) // 100:,}.{abs(fen) % 100:02}"


def masked(phone: str) -> str:
    """Say 138****5678."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) > 7 else "*" * len(phone)


def browser(agent: str) -> str:
    """Say which browser on which system, as far as it says so itself."""
    programs = ("MicroMessenger", "Edg", "Firefox", "Chrome", "Safari")
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")
    program = next((one for one in programs if one in agent), "")
    system = next((one for one in systems if one in agent), "")
    known = {"Edg": "Edge", "MicroMessenger": "WeChat"}
    return " · ".join(one for one in (known.get(program, program), system) if one) or agent[:60]


FILTERS = {
    "browser": browser,
    "moment": moment,
    "day": day,
    "exact": exact,
    "ago": ago,
    "lasting": lasting,
    "yuan": yuan,
    "masked": masked,
}
