"""What coupons say no with. Nothing was written."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.errors import YizhanError

if TYPE_CHECKING:
    from bot.coupons.scopes import WhyNot


class NotIssued(YizhanError):
    """The asker's move: this member gets none of these now. `code` says why, for words and for programs.

    `words` say it of this member where a code says too little; mostly they are empty.
    """

    def __init__(self, code: str, words: str = "") -> None:
        super().__init__(code)
        self.code, self.words = code, words


class NotUsable(YizhanError):
    """The asker's move: the coupon cannot be used so. `reasons` are all there are, never empty."""

    def __init__(self, reasons: "Sequence[WhyNot]") -> None:
        super().__init__(", ".join(one.code for one in reasons))
        self.reasons = reasons


class KeyReused(YizhanError):
    """The asker's move: something else was done under this key."""


class NotOpen(YizhanError):
    """The asker's move: this use, gift or coupon is over, or somebody was faster."""
