"""Why the mall says no. Whoever gets one gives their transaction up, and nothing has changed."""

from bot.errors import YizhanError


class MallRefused(YizhanError):
    """The caller's move: it cannot be had, or not so, or not any more."""


class NotToBeHad(MallRefused):
    """`why` is a word of `shelf.Why`."""

    def __init__(self, why: str) -> None:
        super().__init__(f"not to be had: {why}")
        self.why = why


class WrongWay(MallRefused):
    """The item does not come this way, or this shop does not hand it over, or the address is missing."""


class SentBefore(MallRefused):
    """The same form was sent for something else before; it is opened anew for a new wish."""


class OrderOver(MallRefused):
    """The order is not what it would have to be: it is `state` now."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the order is {state}")
        self.state = state


class CouponUsed(MallRefused):
    """What was given is used, or promised to somebody: it cannot come back."""


class BelowLeast(MallRefused):
    """Fewer points than may be paid out at once, or not a whole number of fen."""


class NeedsAnother(MallRefused):
    """Who asked may not decide."""
