"""How much of somebody's file we look at, and how we say that it is no sheet."""

from dataclasses import dataclass

from bot.errors import YizhanError


class NotASheet(YizhanError):
    """The uploader's move. `code` is one of `CODES`, which the edges put into words; `facts` fill them."""

    def __init__(self, code: str, **facts: str | int) -> None:
        super().__init__(f"{code} {facts}" if facts else code)
        self.code = code
        self.facts = facts


CODES = (
    "too_large",
    "empty",
    "old_or_locked",
    "not_a_sheet",
    "broken",
    "bomb",
    "too_many_rows",
    "no_header",
    "missing_columns",
    "column_twice",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may come to: bytes as sent, and unpacked; rows with something in them; columns.

    `blank` blank rows in a row are the end: a column formatted to the bottom is a million of them.
    """

    size: int = 8 * 1024 * 1024
    inflated: int = 64 * 1024 * 1024
    entries: int = 500
    ratio: int = 150
    rows: int = 20_000
    columns: int = 60
    cell: int = 8_000
    blank: int = 1_000


USUAL = Limits()
