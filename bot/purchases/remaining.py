"""What is left of a purchase after its refunds: what the rules judge."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.purchases.receipts import Line


def left_of(
    lines: Sequence[Line], amount: int, refunds: Iterable[tuple[int, Sequence[Line]]]
) -> tuple[Line, ...]:
    """Return the lines with what was refunded taken off; `refunds` are amounts with the lines they name.

    A refund that names lines takes off these; what it does not name is taken
    off all that is left, in proportion, a fraction of a fen in the shop's
    favour.  Lines without pieces or money are gone.
    """
    found = list(lines)
    left = amount
    for refunded, named in refunds:
        left -= refunded
        said = 0
        for line in named:
            said += line.amount
            found = _take_off(found, line)
        if unsaid := refunded - said:
            found = _in_proportion(found, left, left + unsaid)
    return tuple(line for line in found if line.quantity > 0 and line.amount > 0)


def _take_off(lines: list[Line], gone: Line) -> list[Line]:
    left, found = gone, []
    for line in lines:
        same = (
            (line.sku, line.category) == (left.sku, left.category)
            if left.sku
            else line.category == left.category
        )
        if same and (left.quantity or left.amount):
            pieces, amount = min(line.quantity, left.quantity), min(line.amount, left.amount)
            found.append(replace(line, quantity=line.quantity - pieces, amount=line.amount - amount))
            left = replace(left, quantity=left.quantity - pieces, amount=left.amount - amount)
        else:
            found.append(line)
    return found


def _in_proportion(lines: list[Line], left: int, before: int) -> list[Line]:
    if left <= 0:
        return []
    return [replace(line, amount=line.amount * left // before) for line in lines]
