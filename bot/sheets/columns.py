"""The columns of a sheet, and finding them in somebody's first row."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from bot.sheets.limits import NotASheet

LOOKED_AT = 10  # rows above the header: a title, a date, a note


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `key` for us, `title` and `english` for people, `others` that it is called as well.

    `hint` and `hint_english` say what to write; `choices` are all there is to
    choose from; `is_text` keeps spreadsheets from making a number of it.
    """

    key: str
    title: str
    english: str
    hint: str = ""
    hint_english: str = ""
    others: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    example: str = ""
    width: int = 16
    is_needed: bool = False
    is_text: bool = True


@dataclass(frozen=True, slots=True)
class Header:
    """Where each column stands, by its place in the row, and what we know nothing of."""

    number: int
    places: dict[int, Column]
    unknown: tuple[str, ...]


def find(
    rows: Sequence[tuple[int, Sequence[str]]], columns: Sequence[Column], *, takes_first: bool = False
) -> Header:
    """Return the header among the first rows, given with their numbers. Raise `NotASheet` without one.

    Of two places for one column the first is taken, where that is asked for; else that is refused.
    """
    known = {
        normal(name): column
        for column in columns
        for name in (column.key, column.title, column.english, *column.others)
    }
    needed = [column for column in columns if column.is_needed]
    best: Header | None = None
    for number, cells in rows[:LOOKED_AT]:
        header = _read(number, cells, known, takes_first=takes_first)
        if best is None or len(header.places) > len(best.places):
            best = header
    if best is None or not best.places:
        raise NotASheet("no_header", columns="、".join(one.title for one in needed))
    if missing := [one.title for one in needed if one not in best.places.values()]:
        raise NotASheet("missing_columns", columns="、".join(missing))
    return best


def normal(title: str) -> str:
    """Return a title as titles are compared: half-width, without blanks, stars and what is in brackets."""
    text = unicodedata.normalize("NFKC", title).casefold()
    return re.sub(r"[\s*_]+|\(.*?\)", "", text)


def _read(number: int, cells: Sequence[str], known: dict[str, Column], *, takes_first: bool) -> Header:
    places: dict[int, Column] = {}
    unknown = []
    for place, text in enumerate(cells):
        column = known.get(normal(text)) if text else None
        if column is None:
            unknown += [text] if text else []
        elif column in places.values():
            if not takes_first:
                raise NotASheet("column_twice", columns=column.title)
            unknown.append(text)
        else:
            places[place] = column
    return Header(number, places, tuple(unknown))
