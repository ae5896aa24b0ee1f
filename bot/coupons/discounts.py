"""What a coupon takes off a receipt, line by line. Nothing here reads a row or a clock."""

from collections.abc import Sequence

from bot.coupons.terms import Kind, Terms


def off(terms: Terms, eligible: int) -> int:
    """Return what is taken off goods that come to `eligible` fen: never more than these.

    A percentage is rounded to the fen, a half up, and then capped.
    """
    if terms.kind is Kind.AMOUNT:
        return min(terms.amount, eligible)
    if terms.kind is Kind.PERCENT:
        taken = (eligible * terms.percent + 50) // 100
        return min(taken, eligible, terms.cap if terms.cap is not None else taken)
    return 0


def shared(discount: int, amounts: Sequence[int]) -> list[int]:
    """Share a discount among lines by what they come to, by largest remainder; earlier lines win a tie.

    The shares come to `discount`, and none is more than its line, as long as
    the lines come to no less than the discount.
    """
    whole = sum(amounts)
    if not whole or not discount:
        return [0] * len(amounts)
    shares = [discount * amount // whole for amount in amounts]
    rest = discount - sum(shares)
    order = sorted(range(len(amounts)), key=lambda at: (-(discount * amounts[at] % whole), at))
    for at in order[:rest]:
        shares[at] += 1
    return shares
