"""Everything this product tells travellers of its own accord: the project's one list of it."""

import enum
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.reach.models import Lane, RouteName

C, S, T, M, N = RouteName.CUSTOM, RouteName.SUBSCRIPTION, RouteName.TEMPLATE, RouteName.SMS, RouteName.NOTE


class Category(enum.StrEnum):
    """A service notice answers something of theirs; marketing needs their leave."""

    SERVICE = "service"
    MARKETING = "marketing"


@dataclass(frozen=True, slots=True)
class Intent:
    """One kind of notice: by which routes, in order, and under which rules.

    A note waits for the fan's next deed for `note_for`.  `quiet` ones keep the
    quiet hours, `capped` ones count among the few a week.  With `says_as` the
    templates of that intent say it, and none are set for it.
    """

    name: str
    category: Category
    routes: tuple[RouteName, ...]
    note_for: timedelta = timedelta(0)
    quiet: bool = True
    capped: bool = False
    says_as: str = ""

    @property
    def lane(self) -> Lane:
        """The lane its notices go in."""
        return Lane.MARKETING if self.category is Category.MARKETING else Lane.SERVICE


INTENTS: Final[dict[str, Intent]] = {
    intent.name: intent
    for intent in (
        # Templates and short messages are for service notices only: WeChat withdraws the ability otherwise.
        Intent("broadcast", Category.MARKETING, (C,), capped=True),
        Intent("broadcast_service", Category.SERVICE, (C, S, T, N), timedelta(days=7)),
        # What cannot wait for morning, nor for a traveller's next word: a trip is off, a ship leaves earlier.
        Intent("broadcast_urgent", Category.SERVICE, (C, S, T, M, N), timedelta(days=7), quiet=False),
        # A colleague asked for it and waits for it, whatever the hour.
        Intent(
            "broadcast_trial",
            Category.SERVICE,
            (C, S, T, N),
            timedelta(days=7),
            quiet=False,
            says_as="broadcast_service",
        ),
        Intent("series", Category.MARKETING, (C, N), timedelta(days=7), capped=True),
        Intent("referral_counted", Category.SERVICE, (C, S, T, N), timedelta(days=30)),
        Intent("level_rose", Category.SERVICE, (C, S, T, N), timedelta(days=30)),
        Intent("level_ending", Category.SERVICE, (C, S, T, N), timedelta(days=30)),
        Intent("number_claimed", Category.SERVICE, (C, S, T, N), timedelta(days=30), quiet=False),
        # What somebody has and would lose: a service, kept to by one message a day and coupon.
        Intent("coupon_ending", Category.SERVICE, (C, S, T, N), timedelta(days=2)),
        # What a rule gave for something they did; what somebody thought of giving is an offer.
        Intent("coupon_given", Category.SERVICE, (C, S, T, N), timedelta(days=14)),
        Intent("coupon_offered", Category.MARKETING, (C, N), timedelta(days=14), capped=True),
        # What became, by others' doing, of something they took for points.
        Intent("order_sent", Category.SERVICE, (C, S, T, N), timedelta(days=14)),
        Intent("order_ready", Category.SERVICE, (C, S, T, N), timedelta(days=14)),
        Intent("order_undone", Category.SERVICE, (C, S, T, N), timedelta(days=30)),
        Intent("shop_digest", Category.SERVICE, (C, N), timedelta(days=14)),
    )
}


def of(name: str) -> Intent:
    """Return the intent; raise `KeyError` for one that is not in the list."""
    return INTENTS[name]
