"""Why the ledger says no. It has changed nothing then."""

from bot.errors import YizhanError


class PointsRefused(YizhanError):
    """The caller's move: what was asked cannot be done, now or with these words."""


class WrongPoints(PointsRefused):
    """Points are whole numbers from one to `books.MOST`."""


class KeyReused(PointsRefused):
    """The key was used before for something else; take a new key for a new wish."""


class NoSuchMember(PointsRefused):
    """Nobody has this number, or they were erased."""


class NotEnough(PointsRefused):
    """There are only `available` points to spend."""

    def __init__(self, available: int, wanted: int) -> None:
        super().__init__(f"{wanted} points are wanted and {available} are there")
        self.available = available
        self.wanted = wanted


class TooMuch(PointsRefused):
    """More is to be undone than `left` of the entry."""

    def __init__(self, left: int, wanted: int) -> None:
        super().__init__(f"{wanted} points are to be undone and {left} are left of the entry")
        self.left = left
        self.wanted = wanted


class WrongEntry(PointsRefused):
    """There is no such entry, or it is not of a kind that can be undone so."""


class HoldOver(PointsRefused):
    """The hold was confirmed, released or has expired."""


class BooksBroken(YizhanError):
    """Our move: a row does not allow what the locked books say it must; the transaction is given up."""
