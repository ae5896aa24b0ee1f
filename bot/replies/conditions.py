"""When a rule holds: for whose shop or code, on which days, at what time of day in Shanghai."""

import enum
from dataclasses import dataclass
from datetime import date, datetime

from bot.moments import missed


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a message finds: the moment, and the shop and the code the fan last came through.

    Without a moment, hours and dates are not looked at.
    """

    now: datetime | None = None
    shop_id: int | None = None
    channel_id: int | None = None


ANYWHERE = Circumstances()


class WhyNot(enum.StrEnum):
    """Why a rule does not answer."""

    DISABLED = "disabled"
    OTHER_ACCOUNT = "other_account"
    OTHER_SHOP = "other_shop"
    OTHER_CHANNEL = "other_channel"
    NOT_YET = "not_yet"
    OVER = "over"
    OTHER_DAY = "other_day"
    OTHER_TIME = "other_time"
    NO_MATCH = "no_match"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Condition:
    """The conditions of one rule; None is no condition.

    Weekdays, times and days are read as `bot.moments.missed` says.
    """

    shop_id: int | None = None
    channel_id: int | None = None
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
        if self.channel_id is not None and self.channel_id != at.channel_id:
            return WhyNot.OTHER_CHANNEL
        if at.now is None:
            return None
        found = missed(
            at.now,
            weekdays=self.weekdays,
            from_time=self.from_time,
            until_time=self.until_time,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )
        return WhyNot(found.value) if found is not None else None


ALWAYS = Condition()
