"""What a condition may be about, and how it may be asked: the project's visible list."""

import enum
from dataclasses import dataclass

from bot.fans.models import Standing


class Kind(enum.StrEnum):
    """What a field holds, which decides how it is asked."""

    CHOICE = "choice"
    KEYS = "keys"
    NAMES = "names"
    FLAG = "flag"
    NUMBER = "number"
    MOMENT = "moment"


class Ask(enum.StrEnum):
    """How a field is compared."""

    ANY = "any"
    ALL = "all"
    NONE = "none"
    IS = "is"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    BETWEEN = "between"
    WITHIN = "within"
    OVER = "over"


ASKS: dict[Kind, tuple[Ask, ...]] = {
    Kind.CHOICE: (Ask.ANY, Ask.NONE),
    Kind.KEYS: (Ask.ANY, Ask.NONE),
    Kind.NAMES: (Ask.ANY, Ask.NONE),
    Kind.FLAG: (Ask.IS,),
    Kind.NUMBER: (Ask.AT_LEAST, Ask.AT_MOST),
    Kind.MOMENT: (Ask.WITHIN, Ask.OVER, Ask.BETWEEN),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is known of a fan.

    `of` names what the keys are of (tag, channel, shop, branch, campaign).
    `never_is_long_ago`: who never did it counts as longer ago than any number of days.
    """

    name: str
    kind: Kind
    of: str = ""
    choices: tuple[str, ...] = ()
    may_ask_all: bool = False
    never_is_long_ago: bool = False

    @property
    def asks(self) -> tuple[Ask, ...]:
        """How it may be asked."""
        return (Ask.ANY, Ask.ALL, Ask.NONE) if self.may_ask_all else ASKS[self.kind]


_LISTED = (
    Field("standing", Kind.CHOICE, choices=tuple(one.value for one in Standing)),
    Field("tags", Kind.KEYS, of="tag", may_ask_all=True),
    Field("last_shop", Kind.KEYS, of="shop"),
    Field("first_shop", Kind.KEYS, of="shop"),
    Field("last_branch", Kind.KEYS, of="branch"),
    Field("first_branch", Kind.KEYS, of="branch"),
    Field("city", Kind.NAMES, of="city"),
    Field("last_channel", Kind.KEYS, of="channel"),
    Field("first_channel", Kind.KEYS, of="channel"),
    Field("campaign", Kind.KEYS, of="campaign"),
    Field("followed", Kind.MOMENT, never_is_long_ago=True),
    Field("left", Kind.MOMENT),
    Field("last_touch", Kind.MOMENT, never_is_long_ago=True),
    Field("last_active", Kind.MOMENT, never_is_long_ago=True),
    Field("last_message", Kind.MOMENT, never_is_long_ago=True),
    Field("messages", Kind.NUMBER),
    Field("member", Kind.FLAG),
    Field("level", Kind.NAMES, of="level"),
    Field("bound", Kind.MOMENT),
    Field("member_shop", Kind.KEYS, of="shop"),
    Field("wants_offers", Kind.FLAG),
    Field("staff", Kind.FLAG),
)
FIELDS: dict[str, Field] = {one.name: one for one in _LISTED}
