"""What a section of the back office is; the list of them is `admin.sections`."""

import enum
from dataclasses import dataclass

from flask import Blueprint
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from bot.users.roles import Permission


class Group(enum.Enum):
    """The parts of the navigation, by what people do."""

    TODAY = _l("Today")
    FANS = _l("Fans and members")
    CHANNELS = _l("Channels")
    DESK = _l("Service desk")
    MESSAGES = _l("Messages and menus")
    POINTS = _l("Points and levels")
    MALL = _l("Mall and coupons")
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
