"""What becomes of one row: read cell by cell, with what is wrong beside each, and compared."""

import enum
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy.orm import Session

from bot.audit import Subject
from bot.db import Base, Scope
from bot.privacy import Vault
from bot.sheets import Column, Line

Row = TypeVar("Row", bound=Base)


class Status(enum.StrEnum):
    """What a row of the sheet comes to."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a cell, or with the row where no column is named; `bot.imports.words` says it."""

    code: str
    column: Column | None = None
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Around:
    """What a look needs to know besides the rows."""

    scope: Scope
    today: date
    vault: Vault | None = None
    accounts: Mapping[int, str] = field(default_factory=dict)
    now: datetime | None = None
    approve_above: int = 0  # fen; a purchase of more waits for a second person


@dataclass(frozen=True, slots=True)
class Look:
    """One row of the sheet: what it is about, what would change, what is wrong."""

    number: int
    name: str
    status: Status
    key: int | None
    facts: dict[str, Any]
    changes: tuple[tuple[Column, str, str], ...] = ()
    problems: tuple[Problem, ...] = ()


class Cells:
    """The cells of one row, read one by one; `problems` gathers what is wrong."""

    def __init__(self, line: Line, columns: Sequence[Column]) -> None:
        self.line = line
        self.problems: list[Problem] = []
        self._columns = {column.key: column for column in columns}
        for key in line.errors:
            self.wrong(key, "error_value")

    def has(self, key: str) -> bool:
        """Tell whether the sheet has that column at all."""
        return key in self.line.cells

    def get(self, key: str) -> str:
        """Return the cell; empty where there is none."""
        return self.line.cells.get(key, "")

    def text(self, key: str, *, longest: int, required: bool = True) -> str:
        """Return the cell; wrong if it is missing or too long."""
        value = self.get(key)
        if required and not value:
            self.wrong(key, "required")
        elif len(value) > longest:
            self.wrong(key, "too_long", most=longest, n=len(value))
        return value

    def choice(self, key: str, words: Mapping[str, Any], otherwise: Any) -> Any:
        """Return what the word in the cell stands for; `otherwise` for an empty one; wrong for any other."""
        value = self.get(key)
        if not value:
            return otherwise
        found = words.get(value.casefold())
        if found is None:
            self.wrong(key, "not_a_choice", text=value[:40], choices="、".join(self._columns[key].choices))
            return otherwise
        return found

    def number(self, key: str) -> int | None:
        """Return a whole number; None for an empty cell, and wrong for anything else."""
        value = self.get(key)
        if value and not (value.isascii() and value.isdigit() and len(value) < 19):
            self.wrong(key, "not_a_number", text=value[:40])
            return None
        return int(value) if value else None

    def wrong(self, key: str, code: str, **facts: str | int) -> None:
        """Say what is wrong with a cell; the first thing said of a cell stands."""
        column = self._columns.get(key)
        if column is None or all(one.column is not column for one in self.problems):
            self.problems.append(Problem(code, column, facts))


class Kind(ABC, Generic[Row]):
    """What a sheet may be about. Made anew for each session, it knows the rows that are there.

    `names` are the columns that identify a row to people.  Rows that are not
    the visitor's do not exist for it; `outside` gathers what a sheet asked of them.
    """

    name: ClassVar[str]
    model: ClassVar[type[Base]]

    def __init__(self, session: Session, around: Around) -> None:
        self.session = session
        self.around = around
        self.columns = self.make_columns()
        self.outside: list[Subject] = []
        self._seen: dict[Any, int] = {}
        self.load()

    @abstractmethod
    def make_columns(self) -> tuple[Column, ...]:
        """Return the columns, with what may be chosen in them."""

    @abstractmethod
    def load(self) -> None:
        """Remember what is there to compare with."""

    @abstractmethod
    def match(self, cells: Cells) -> Row | None:
        """Return the row the line is about; None for a new one, with what is wrong in `cells`."""

    @abstractmethod
    def read(self, cells: Cells, row: Row | None) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the facts for `put`, and how each column of the sheet will then read."""

    @abstractmethod
    def shown(self, row: Row) -> dict[str, str]:
        """Return how each column reads now."""

    @abstractmethod
    def put(self, look: Look) -> Row:
        """Add or change the row; flushes. Raise `IntegrityError` where the database says no."""

    @abstractmethod
    def said(self, row: Row) -> dict[str, Any]:
        """Return the facts for the audit."""

    def name_of(self, cells: Cells) -> str:
        """Return what people call the row."""
        return cells.get("name") or f"#{cells.get('id')}"

    def taken(self) -> Problem:
        """Return what a refusal of the database means."""
        return Problem("taken")

    def look(self, line: Line) -> Look:
        """Return what becomes of `line`. Changes nothing."""
        cells = Cells(line, self.columns)
        row = self.match(cells)
        facts, after = self.read(cells, row)
        if row is not None:
            self.once(("row", row.id), cells)  # type: ignore[attr-defined]
        before = self.shown(row) if row is not None else {}
        changes = tuple(
            (column, before.get(column.key, ""), after[column.key])
            for column in self.columns
            if column.key in after and after[column.key] != before.get(column.key, "")
        )
        if cells.problems:
            status = Status.WRONG
        elif row is None:
            status = Status.NEW
        else:
            status = Status.CHANGED if changes else Status.SAME
        key = row.id if row is not None else None  # type: ignore[attr-defined]
        return Look(line.number, self.name_of(cells), status, key, facts, changes, tuple(cells.problems))

    def once(self, what: Any, cells: Cells, column: str = "") -> None:
        """Say that it is wrong for two lines of a sheet to be about the same."""
        first = self._seen.setdefault(what, cells.line.number)
        if first != cells.line.number:
            cells.wrong(column, "twice", n=first)

    def by_id(self, cells: Cells, known: Mapping[int, Row]) -> tuple[bool, Row | None]:
        """Return whether the line names an id, and the row that has it; wrong if that is not in sight."""
        key = cells.number("id")
        if key is None:
            return False, None
        if key not in known:
            cells.wrong("id", "no_such_id", text=key)
            self.outside.append(Subject(self.model.__tablename__, str(key)))
        return True, known.get(key)
