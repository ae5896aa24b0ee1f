"""Who may see which rows, enforced in the query (docs/decisions/0010-data-scope.md).

Every model says in `__scope__` how its rows belong to shops.  A session opened
with `Database.scoped` adds that to each SELECT, UPDATE and DELETE, relationship
loads, aliases and subqueries included, and checks each row it writes.  It fails
closed: a model that says nothing cannot be used there, and neither can what the
session cannot look through: text, Core tables, bulk operations.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import ColumnElement, false, inspect, or_, select, true
from sqlalchemy.orm import Session

from bot.db.types import Base
from bot.errors import YizhanError

NOBODY: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Scope:
    """What one person may reach.

    `branches` and `shops` are everything under what they were given, spelt
    out; `above` the branches of their shops, of which they may know the name.
    With `owner`, only the rows that say they are that user's. `user` is who looks, whatever they reach.
    """

    everything: bool = False
    branches: frozenset[int] = field(default=NOBODY)
    shops: frozenset[int] = field(default=NOBODY)
    above: frozenset[int] = field(default=NOBODY)
    owner: int | None = None
    user: int | None = None

    @property
    def needs_shop(self) -> bool:
        """Whether what they add must be of a shop: of no shop is what is the head office's, or their own."""
        return not self.everything and self.owner is None


EVERYTHING = Scope(everything=True)


class OutOfScope(YizhanError):
    """The writer's move: the row is not theirs, or would not be theirs any more."""


class NotThroughHere(YizhanError):
    """Our move: the statement or the model says nothing a scoped session could go by."""


class Rule(Protocol):
    """How the rows of one model belong to shops; the instances below are all there are."""

    def reading(self, model: type[Base], scope: Scope) -> ColumnElement[bool]:
        """Return what a row must fulfil to be seen."""

    def may_write(self, session: Session, row: Base, scope: Scope) -> bool:
        """Tell whether `row` is within the scope, before and after its pending change."""

    def columns(self) -> frozenset[str]:
        """Return the attributes that say to whom a row belongs."""


def values(row: Base, name: str) -> set[Any]:
    """Return what the attribute is and, if it has just been changed, what it was."""
    history = inspect(row).attrs[name].load_history()
    return {*history.unchanged, *history.added, *history.deleted} or {None}


@dataclass(frozen=True, slots=True)
class ByShop:
    """Rows of the shop in `column`; rows of no shop are the head office's.

    For whom only their own rows are: `owner` names a user's column, or `through` the row they are with.
    """

    column: str = "shop_id"
    owner: str | None = None
    through: "Through | None" = None

    def reading(self, model: type[Base], scope: Scope) -> ColumnElement[bool]:
        """Their shops' rows; with an owner's scope, their own."""
        if scope.owner is not None:
            if self.through is not None:
                return self.through.reading(model, scope)
            return getattr(model, self.owner) == scope.owner if self.owner else false()
        return getattr(model, self.column).in_(sorted(scope.shops))  # type: ignore[no-any-return]

    def may_write(self, session: Session, row: Base, scope: Scope) -> bool:
        """The same, before and after."""
        if scope.owner is not None:
            if self.through is not None:
                return self.through.may_write(session, row, scope)
            return self.owner is not None and values(row, self.owner) <= {scope.owner}
        return values(row, self.column) <= scope.shops

    def columns(self) -> frozenset[str]:
        """Return the shop's, the owner's, and the way to the row they are with."""
        way = self.through.columns() if self.through else frozenset()
        return frozenset(one for one in (self.column, self.owner) if one is not None) | way


@dataclass(frozen=True, slots=True)
class TheShop:
    """The shops themselves: theirs to read and change; a new one only in a branch of theirs."""

    def reading(self, model: type[Base], scope: Scope) -> ColumnElement[bool]:
        """Their shops."""
        return model.id.in_(sorted(scope.shops))  # type: ignore[attr-defined,no-any-return]

    def may_write(self, session: Session, row: Base, scope: Scope) -> bool:
        """A shop of theirs stays where it is, or moves between branches of theirs."""
        is_new = row in session.new
        is_moved = len(values(row, "branch_id")) > 1
        if (is_new or is_moved) and not values(row, "branch_id") <= scope.branches:
            return False
        return is_new or row.id in scope.shops  # type: ignore[attr-defined]

    def columns(self) -> frozenset[str]:
        """Return what places a shop."""
        return frozenset({"id", "branch_id"})


@dataclass(frozen=True, slots=True)
class TheBranch:
    """The branches: those above their shops to read, their own to change."""

    def reading(self, model: type[Base], scope: Scope) -> ColumnElement[bool]:
        """Their branches, and those their shops are in."""
        return model.id.in_(sorted(scope.branches | scope.above))  # type: ignore[attr-defined,no-any-return]

    def may_write(self, session: Session, row: Base, scope: Scope) -> bool:
        """A branch below one of theirs may be added; the top of their tree stays where it hangs."""
        is_moved = len(values(row, "parent_id")) > 1
        if (row in session.new or is_moved) and not values(row, "parent_id") <= scope.branches:
            return False
        return row in session.new or row.id in scope.branches  # type: ignore[attr-defined]

    def columns(self) -> frozenset[str]:
        """Return what places a branch."""
        return frozenset({"id", "parent_id"})


@dataclass(frozen=True, slots=True)
class Through:
    """Rows that belong to whom the row of `model` behind `column` belongs to."""

    column: str
    model: type[Base]

    def reading(self, model: type[Base], scope: Scope) -> ColumnElement[bool]:
        """Those whose parent may be seen."""
        # On the bare table: criteria on the parent's entity would be added to themselves for ever.
        parent = self.model.__table__
        rule = rule_of(self.model)
        within = rule.reading(_Bare(parent), scope)  # type: ignore[arg-type]
        return getattr(model, self.column).in_(select(parent.c.id).where(within))  # type: ignore[no-any-return]

    def may_write(self, session: Session, row: Base, scope: Scope) -> bool:
        """The parent must be in sight, before and after."""
        del scope  # the session has it
        with session.no_autoflush:
            wanted = values(row, self.column)
            found = session.scalars(select(self.model.id).where(self.model.id.in_(wanted)))  # type: ignore[attr-defined]
            return set(found) == wanted

    def columns(self) -> frozenset[str]:
        """Return the way to the parent."""
        return frozenset({self.column})


@dataclass(frozen=True, slots=True)
class ByMaker:
    """Rows seen and changed by the user in `column`, who made them, and by those who see everything."""

    column: str

    def reading(self, model: type[Base], scope: Scope) -> ColumnElement[bool]:
        """Their own."""
        return getattr(model, self.column) == scope.user if scope.user is not None else false()

    def may_write(self, session: Session, row: Base, scope: Scope) -> bool:
        """Their own, before and after."""
        del session
        return scope.user is not None and values(row, self.column) <= {scope.user}

    def columns(self) -> frozenset[str]:
        """Return the maker's."""
        return frozenset({self.column})


@dataclass(frozen=True, slots=True)
class ByMakerOrShared:
    """Rows of whoever made them, and to read also those with something in `shared`."""

    column: str
    shared: str

    def reading(self, model: type[Base], scope: Scope) -> ColumnElement[bool]:
        """Their own, and what was shared."""
        shown: ColumnElement[bool] = getattr(model, self.shared).is_not(None)
        return or_(shown, getattr(model, self.column) == scope.user) if scope.user is not None else shown

    def may_write(self, session: Session, row: Base, scope: Scope) -> bool:
        """Their own, before and after."""
        del session
        return scope.user is not None and values(row, self.column) <= {scope.user}

    def columns(self) -> frozenset[str]:
        """Return the maker's."""
        return frozenset({self.column})


@dataclass(frozen=True, slots=True)
class ByPlace:
    """Rows of the shop in one column, or of the branch in another; of neither: the head office's.

    Of a branch means of all of it: who has only some of its shops does not see them.
    """

    branch: str = "branch_id"
    shop: str = "shop_id"

    def reading(self, model: type[Base], scope: Scope) -> ColumnElement[bool]:
        """Those of their shops and of their branches."""
        branch, shop = getattr(model, self.branch), getattr(model, self.shop)
        return or_(branch.in_(sorted(scope.branches)), shop.in_(sorted(scope.shops)))

    def may_write(self, session: Session, row: Base, scope: Scope) -> bool:
        """The same, before and after; one of the head office's is not taken by giving it a place."""
        branches, shops = values(row, self.branch), values(row, self.shop)
        if row not in session.new and all(None in one for one in (branches, shops)):
            return False
        branches, shops = branches - {None}, shops - {None}
        return bool(branches or shops) and branches <= scope.branches and shops <= scope.shops

    def columns(self) -> frozenset[str]:
        """Return the branch's and the shop's."""
        return frozenset({self.branch, self.shop})


@dataclass(frozen=True, slots=True)
class _Everywhere:
    """Rows without a shop: `seen` by everyone or only by those whose scope is everything, who alone write."""

    seen: bool

    def reading(self, model: type[Base], scope: Scope) -> ColumnElement[bool]:
        """All or nothing."""
        del model, scope
        return true() if self.seen else false()

    def may_write(self, session: Session, row: Base, scope: Scope) -> bool:
        """No."""
        del session, row, scope
        return False

    def columns(self) -> frozenset[str]:
        """Return nothing."""
        return frozenset()


SHARED = _Everywhere(seen=True)
HEAD_OFFICE = _Everywhere(seen=False)


class _Bare:
    """A table that answers to its columns' names as its model does."""

    def __init__(self, table: Any) -> None:
        self._columns = table.c

    def __getattr__(self, name: str) -> Any:
        return self._columns[name]


def rule_of(model: type[Base]) -> Rule:
    """Return what `model` says of itself; raise `NotThroughHere` if it says nothing."""
    rule: Rule | None = getattr(model, "__scope__", None)
    if rule is None:
        raise NotThroughHere(f"{model.__name__} says nothing in __scope__, so it cannot be read in a scope")
    return rule


def within(model: type[Base], scope: Scope) -> ColumnElement[bool]:
    """Return what keeps trusted code that reads beyond a scope to the rows of `model` within it.

    For a statement that shows rows of theirs by what became of others': say it in its WHERE.
    """
    return true() if scope.everything else rule_of(model).reading(model, scope)


@contextmanager
def beyond_scope(session: Session) -> Iterator[Session]:
    """Let trusted code below the pages (audit, outbox, revisions) write its own rows through `session`.

    Never for what a visitor named: nothing is checked inside.
    """
    depth = session.info.get("beyond_scope", 0)
    session.info["beyond_scope"] = depth + 1
    try:
        yield session
    finally:
        session.info["beyond_scope"] = depth
