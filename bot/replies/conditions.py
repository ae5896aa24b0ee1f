"""When a rule holds: for whose shop, on which days, at what time of day in Shanghai."""

import enum
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

HERE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a message finds: the moment, and the shop the fan last came through.

    Without a moment, hours and dates are not looked at.
    """

    now: datetime | None = None
    shop_id: int | None = None


ANYWHERE = Circumstances()


class WhyNot(enum.StrEnum):
    """Why a rule does not answer."""

    DISABLED = "disabled"
    OTHER_ACCOUNT = "other_account"
    OTHER_SHOP = "other_shop"
    NOT_YET = "not_yet"
    OVER = "over"
    OTHER_DAY = "other_day"
    OTHER_TIME = "other_time"
    NO_MATCH = "no_match"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Condition:
    """The conditions of one rule; None is no condition.

    `weekdays` are digits from 1 for Monday, times `HH:MM`.  Hours that end
    before they begin go over midnight and belong to the day they began on.
    """

    shop_id: int | None = None
    weekdays: str | None = None
    from_time: str | None = None
    until_time: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None

    @property
    def is_none(self) -> bool:
        """Whether the rule holds always and for everybody."""
        return self == ALWAYS

    def why_not(self, at: Circumstances) -> WhyNot | None:
        """Return what keeps the rule from answering; None if nothing does."""
        if self.shop_id is not None and self.shop_id != at.shop_id:
            return WhyNot.OTHER_SHOP
        return self._why_not_at(at.now.astimezone(HERE)) if at.now is not None else None

    def _why_not_at(self, there: datetime) -> WhyNot | None:
        day, clock = there.date(), f"{there:%H:%M}"
        begins, ends = self.from_time or "00:00", self.until_time or "24:00"
        if begins < ends:
            is_time = begins <= clock < ends
        else:
            is_time = clock >= begins or clock < ends
            if clock < ends:
                day -= timedelta(days=1)
        if self.valid_from is not None and day < self.valid_from:
            return WhyNot.NOT_YET
        if self.valid_until is not None and day > self.valid_until:
            return WhyNot.OVER
        if self.weekdays and str(day.isoweekday()) not in self.weekdays:
            return WhyNot.OTHER_DAY
        return None if is_time else WhyNot.OTHER_TIME


ALWAYS = Condition()
