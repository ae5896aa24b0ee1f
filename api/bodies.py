"""From the body of a request to receipts and refunds, or to the first thing that is wrong with it."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request

from api.problems import Problem
from bot.purchases import customers
from bot.purchases.models import Payment
from bot.purchases.receipts import BadReceipt, Line, Receipt

LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Named:
    """The one thing a member is named by."""

    by: customers.By
    value: str


class Body:
    """An object of a request, read field by field; what is no such thing raises `Problem` (400)."""

    def __init__(self, values: Any, where: str = "") -> None:
        if not isinstance(values, Mapping):
            raise Problem(400, "not_an_object", "an object is wanted here", field=where)
        self.values = values
        self.where = where

    @classmethod
    def sent(cls) -> "Body":
        """Return the body of this request."""
        if not request.is_json:
            raise Problem(400, "not_json", "send JSON, with Content-Type: application/json")
        return cls(request.get_json(silent=True))

    def only(self, *names: str) -> None:
        """Refuse what is not among `names`: a misspelt field must not be one that is left out."""
        for name in self.values:
            if name not in names:
                raise self._wrong(str(name)[:64], "unknown_field", "there is no such field")

    def text(self, name: str, *, longest: int = 64, required: bool = True) -> str:
        """Return a text, without blanks around it."""
        value = self.values.get(name, None if required else "")
        if not isinstance(value, str) or (required and not value.strip()) or len(value.strip()) > longest:
            raise self._wrong(name, "bad_text", f"a text of up to {longest} characters")
        if not value.isprintable():
            raise self._wrong(name, "bad_text", "this holds characters that cannot be shown")
        return value.strip()

    def one_of(self, name: str, among: Sequence[str]) -> str:
        """Return one of these words."""
        value = self.values.get(name)
        if not isinstance(value, str) or value not in among:
            raise self._wrong(name, "bad_choice", f"one of {', '.join(among)}")
        return value

    def whole(self, name: str, *, least: int, most: int, default: int | None = None) -> int:
        """Return a whole number."""
        value = self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self._wrong(name, "bad_number", f"a whole number from {least} to {most}")
        return value

    def moment(self, name: str) -> datetime:
        """Return a moment with its time zone, as RFC 3339 writes it."""
        value = self.values.get(name)
        found = None
        if isinstance(value, str) and "T" in value.upper() and len(value) <= 40:
            with contextlib.suppress(ValueError, OverflowError):
                found = datetime.fromisoformat(value)
        if found is None or found.tzinfo is None or not 2000 <= found.year <= 9000:
            raise self._wrong(name, "bad_moment", "a moment such as 2026-06-01T12:00:00+08:00")
        return found

    def objects(self, name: str, *, most: int, least: int = 0) -> list["Body"]:
        """Return a list of objects."""
        found = self.values.get(name, [])
        if not isinstance(found, list) or not least <= len(found) <= most:
            raise self._wrong(name, "bad_list", f"a list of {least} to {most} objects")
        return [Body(one, f"{self._at(name)}.{number}") for number, one in enumerate(found)]

    def member(self, name: str = "member") -> Named:
        """Return what the member is named by: exactly one of phone, card and code."""
        inner = Body(self.values.get(name), self._at(name))
        inner.only(*customers.By)
        if len(inner.values) != 1:
            raise self._wrong(name, "bad_member", "name the member by one of phone, card and code")
        by = customers.By(next(iter(inner.values)))
        return Named(by, inner.text(by.value))

    def receipt(self) -> Receipt:
        """Return a receipt that has the right shape; whether it can be is asked elsewhere."""
        self.only("number", "member", "amount", "payment", "occurred_at", "items")
        try:
            payment = Payment(self.values.get("payment", ""))
        except ValueError:
            raise self._wrong("payment", "bad_payment", f"one of {', '.join(Payment)}") from None
        return Receipt(
            number=self.text("number"),
            amount=self.whole("amount", least=1, most=10**13),
            payment=payment,
            occurred_at=self.moment("occurred_at"),
            lines=self.lines(),
        )

    def lines(self) -> tuple[Line, ...]:
        """Return the items."""
        found = []
        for item in self.objects("items", most=200):
            item.only("sku", "name", "category", "quantity", "amount")
            found.append(
                Line(
                    sku=item.text("sku", required=False),
                    name=item.text("name", required=False),
                    category=item.text("category", required=False),
                    quantity=item.whole("quantity", least=1, most=100_000, default=1),
                    amount=item.whole("amount", least=0, most=10**13),
                )
            )
        return tuple(found)

    def _at(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name

    def _wrong(self, name: str, code: str, message: str) -> Problem:
        return Problem(400, code, message, field=self._at(name))


def cannot_be(error: BadReceipt) -> Problem:
    """Return the problem of a receipt that has the right shape and cannot be."""
    return Problem(422, error.code, str(error), field=error.field)
