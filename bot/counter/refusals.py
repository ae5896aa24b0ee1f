"""Why a counter says no. Nothing was changed then."""

from bot.errors import YizhanError


class CounterRefused(YizhanError):
    """What was asked cannot be done here, or not by this person."""


class NotAtWork(CounterRefused):
    """They work in this shop no longer, or it is closed."""


class Oneself(CounterRefused):
    """Nobody serves themselves."""


class NoSuchCustomer(CounterRefused):
    """The member was erased meanwhile."""


class ReceiptKnown(CounterRefused):
    """The shop has a receipt with this number already."""


class AboveLimit(CounterRefused):
    """More at once than `most`, which is what somebody of the staff may do."""

    def __init__(self, most: int) -> None:
        super().__init__(f"at most {most} at once")
        self.most = most


class DayIsFull(CounterRefused):
    """Only `left` of the day's limit are left."""

    def __init__(self, left: int) -> None:
        super().__init__(f"{left} are left today")
        self.left = left


class AnotherWaits(CounterRefused):
    """The member is being asked about other points at this moment."""


class NothingToUndo(CounterRefused):
    """It was undone before, by this page or another, or there is nothing in it to undo."""
