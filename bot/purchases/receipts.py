"""A receipt as it is reported: checked before anything is written."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from bot.errors import YizhanError
from bot.purchases.models import Payment

MOST_FEN = 100_000_000_00  # a hundred million yuan: beyond it somebody mistyped
MOST_ITEMS = 200
MOST_PIECES = 100_000
LATEST = timedelta(minutes=10)  # a till's clock may be so much ahead
OLDEST = timedelta(days=180)  # what is reported later is entered by hand, with a reason
LONGEST = 64


class BadReceipt(YizhanError):
    """The reporter's move: something of the receipt cannot be. `field` and `code` say what."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.code = code


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a receipt: pieces, and what they came to (fen)."""

    sku: str
    name: str
    category: str
    quantity: int
    amount: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was bought; `amount` in fen is what was paid, of which the lines may leave some unsaid."""

    number: str
    amount: int
    payment: Payment
    occurred_at: datetime
    lines: tuple[Line, ...] = ()

    def check(self, *, now: datetime, oldest: timedelta | None = OLDEST) -> None:
        """Raise `BadReceipt` at the first thing that cannot be."""
        _check_number(self.number)
        _check_amount("amount", self.amount)
        check_moment(self.occurred_at, now=now, oldest=oldest)
        check_lines(self.lines, at_most=self.amount)

    def hash(self, shop_id: int, member_id: int) -> bytes:
        """Return what is the same for the same receipt of the same member, and for no other."""
        moment = self.occurred_at.timestamp()
        return digest(
            [shop_id, member_id, self.number, self.amount, self.payment.value, moment, plain(self.lines)]
        )


def check_refund(
    number: str, amount: int, lines: Sequence[Line], occurred_at: datetime, *, now: datetime
) -> None:
    """Raise `BadReceipt` at the first thing of a refund that cannot be."""
    _check_number(number)
    _check_amount("amount", amount)
    check_moment(occurred_at, now=now, oldest=None)
    check_lines(lines, at_most=amount)


def check_lines(lines: Sequence[Line], *, at_most: int) -> None:
    """Raise `BadReceipt` if there are too many lines, one that cannot be, or if they come to too much."""
    if len(lines) > MOST_ITEMS:
        raise BadReceipt("items", "too_many_items", f"at most {MOST_ITEMS} items")
    for line in lines:
        if not (1 <= line.quantity <= MOST_PIECES and 0 <= line.amount <= MOST_FEN):
            raise BadReceipt("items", "bad_item", "an item has from 1 piece and from 0 fen on")
        if max(len(line.sku), len(line.category), len(line.name)) > LONGEST or not (
            line.sku or line.category
        ):
            raise BadReceipt(
                "items", "bad_item", f"an item has a sku or a category, of up to {LONGEST} characters"
            )
    if sum(line.amount for line in lines) > at_most:
        raise BadReceipt("items", "items_exceed_amount", "the items come to more than the amount")


def plain(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Return the lines as they are kept."""
    return [asdict(line) for line in lines]


def line_of(kept: Mapping[str, Any]) -> Line:
    """Return a line as it was reported."""
    return Line(**kept)


def digest(said: Any) -> bytes:
    """Return the hash of what was said."""
    return hashlib.sha256(orjson.dumps(said)).digest()


def _check_number(number: str) -> None:
    if not 0 < len(number) <= LONGEST or not number.isprintable() or number != number.strip():
        raise BadReceipt("number", "bad_number", f"a receipt has a number of up to {LONGEST} characters")


def _check_amount(field: str, amount: int) -> None:
    if not 1 <= amount <= MOST_FEN:
        raise BadReceipt(field, "bad_amount", f"an amount is from 1 to {MOST_FEN} fen")


def check_moment(at: datetime, *, now: datetime, oldest: timedelta | None = OLDEST) -> None:
    """Raise `BadReceipt` for a moment that is to come, or longer ago than `oldest`."""
    if at > now + LATEST:
        raise BadReceipt("occurred_at", "in_the_future", "this is later than now; is the till's clock right?")
    if oldest is not None and at < now - oldest:
        raise BadReceipt("occurred_at", "too_old", f"older than {oldest.days} days; enter it by hand")
