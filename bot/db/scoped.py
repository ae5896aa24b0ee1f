"""The session that keeps to a scope. See `bot.db.scope` for what it promises."""

from collections.abc import Iterable
from typing import Any, NoReturn

from sqlalchemy import Delete, Select, TextClause, Update, event, inspect, select
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria
from sqlalchemy.sql.elements import ColumnClause
from sqlalchemy.sql.selectable import FromClause, TableClause, TextualSelect
from sqlalchemy.sql.visitors import HasTraverseInternals

from bot.db.scope import HEAD_OFFICE, NotThroughHere, OutOfScope, Rule, Scope, rule_of
from bot.db.types import Base, table_of


class ScopedSession(Session):
    """A session in which only the rows within `scope` exist."""

    def __init__(self, bind: Any, scope: Scope) -> None:
        super().__init__(bind, expire_on_commit=False)
        self.scope = scope
        self._criteria = _criteria(scope)

    @property
    def is_beyond(self) -> bool:
        """Whether trusted code is at work (`beyond_scope`)."""
        return bool(self.info.get("beyond_scope"))

    def connection(self, *args: Any, **options: Any) -> Any:
        """Return the connection to trusted code; nobody else may go around the criteria."""
        if not self.is_beyond:
            raise NotThroughHere("a scoped session does not hand out its connection")
        return super().connection(*args, **options)

    def _refuse(self, *_args: Any, **_options: Any) -> NoReturn:
        raise NotThroughHere("bulk operations pass by the checks of a scoped session; add rows one by one")

    bulk_save_objects = bulk_insert_mappings = bulk_update_mappings = _refuse

    def confine(self, state: ORMExecuteState) -> None:
        """Add the criteria to one statement, or refuse it."""
        if self.is_beyond:
            return
        statement = state.statement
        if not state.is_orm_statement or not isinstance(statement, (Select, Update, Delete)):
            raise NotThroughHere("only SELECT, UPDATE and DELETE of models can be confined to a scope")
        for model in _models_in(statement):
            rule_of(model)
        if self.scope.everything:
            return
        if isinstance(statement, (Update, Delete)):
            self._check_bulk(state, statement)
        if not state.is_column_load:  # of a row this session has, and may have
            state.statement = state.statement.options(*self._criteria)

    def _check_bulk(self, state: ORMExecuteState, statement: Update | Delete) -> None:
        model = state.bind_mapper.class_ if state.bind_mapper else Base
        rule = rule_of(model)
        if isinstance(state.parameters, list):
            raise NotThroughHere("many parameters at once pass by the criteria; change the rows one by one")
        if not rule.columns():
            raise OutOfScope(f"{model.__name__} is changed by the head office")
        if isinstance(statement, Update):
            given = {column if isinstance(column, str) else column.key for column in _values_of(statement)}
            given |= set(state.parameters or {})
            if given & rule.columns():
                raise NotThroughHere(f"{model.__name__}: load the rows to give them to somebody else")

    def check_pending(self) -> None:
        """Look at every row about to be written; raise `OutOfScope` for one that is not theirs."""
        if self.is_beyond:
            return
        for row in [*self.new, *self.dirty, *self.deleted]:
            rule = rule_of(type(row))
            if self.scope.everything or (row in self.dirty and not self.is_modified(row)):
                continue
            self._check(rule, row)

    def check_new(self, row: Base) -> None:
        """Look at a row about to be written by a statement of its own; raise `OutOfScope` likewise."""
        if not (self.is_beyond or self.scope.everything):
            self._check(rule_of(type(row)), row)

    def _check(self, rule: Rule, row: Base) -> None:
        if not rule.may_write(self, row, self.scope):
            raise OutOfScope(f"{type(row).__name__} outside the scope")
        if row not in self.deleted:
            self._check_references(row)

    def _check_references(self, row: Base) -> None:
        """Refuse a forged id: what a row of theirs newly points at must be in sight, too."""
        state = inspect(row)
        for attribute in state.mapper.column_attrs:
            for key in attribute.columns[0].foreign_keys:
                added = [value for value in state.attrs[attribute.key].history.added if value is not None]
                target = _model_of(key.column.table)
                if not added or not rule_of(target).columns():
                    continue
                column = getattr(target, key.column.key)
                with self.no_autoflush:
                    found = self.scalars(select(column).where(column.in_(added))).all()
                if set(found) != set(added):
                    raise OutOfScope(f"{type(row).__name__}.{attribute.key} points outside the scope")


@event.listens_for(ScopedSession, "do_orm_execute")
def _confine(state: ORMExecuteState) -> None:
    session = state.session
    assert isinstance(session, ScopedSession)
    session.confine(state)


@event.listens_for(ScopedSession, "before_flush")
def _check(session: Session, _context: UOWTransaction, _instances: object) -> None:
    assert isinstance(session, ScopedSession)
    session.check_pending()


def _criteria(scope: Scope) -> list[Any]:
    """Return the criteria of every model: a row of one that says nothing is never seen."""
    if scope.everything:
        return []
    criteria = []
    for model in [mapper.class_ for mapper in Base.registry.mappers]:
        rule: Rule = getattr(model, "__scope__", HEAD_OFFICE)
        criteria.append(with_loader_criteria(model, rule.reading(model, scope), include_aliases=True))
    return criteria


def _model_of(table: Any) -> type[Base]:
    return next(mapper.class_ for mapper in Base.registry.mappers if mapper.local_table is table)


def _models_in(statement: Any) -> set[type[Base]]:
    """Return every model the statement touches; raise `NotThroughHere` for what is not a model.

    SQLAlchemy's own `get` compares bare columns, so those may stand in a
    condition, of a table that is there as a model.
    """
    models: set[type[Base]] = set()
    bare: set[Any] = set()
    waiting = [statement]
    while waiting:
        element = waiting.pop()
        if isinstance(element, (TextClause, TextualSelect)) or _is_literal(element):
            raise NotThroughHere("text in a statement cannot be confined to a scope")
        entity = _entity(element)
        if entity is not None:
            models.add(entity.mapper.class_)
        elif isinstance(element, TableClause):
            raise NotThroughHere(f"the bare table {element.name}: select the model instead")
        elif isinstance(element, ColumnClause) and isinstance(element.table, TableClause):
            bare.add(element.table)
        if isinstance(element, Select):
            _check_columns(element)
        if entity is None or not isinstance(element, FromClause):
            waiting += _children(element)
    if bare - {table_of(model) for model in models}:
        raise NotThroughHere("a bare column of another table: compare with the model instead")
    return models


def _entity(element: Any) -> Any:
    return getattr(element, "_annotations", {}).get("parententity")


def _check_columns(statement: Select[Any]) -> None:
    """Refuse bare columns, unless the model they are of is named in FROM, as SQLAlchemy's own DELETE does."""
    named = {_entity(one).mapper.local_table for one in statement._from_obj if _entity(one) is not None}  # noqa: SLF001
    for column in statement._raw_columns:  # noqa: SLF001
        if not isinstance(column, ColumnClause) or _entity(column) is not None:
            continue
        if isinstance(column.table, TableClause) and column.table not in named:
            raise NotThroughHere("bare columns: select those of the model instead")


def _children(element: Any) -> Iterable[Any]:
    if isinstance(element, Select):
        # What was written; `Select.get_children` adds the bare tables that follow from the columns.
        return HasTraverseInternals.get_children(element, omit_attrs=("_correlate", "_correlate_except"))
    return element.get_children()  # type: ignore[no-any-return]


def _is_literal(element: Any) -> bool:
    """Tell whether this is SQL as text; the star of count(*) is none."""
    return isinstance(element, ColumnClause) and element.is_literal and element.name != "*"


def _values_of(statement: Update) -> list[Any]:
    """Return the columns an UPDATE sets."""
    listed = [column for given in statement._multi_values for row in given for column in row]  # noqa: SLF001
    return [*listed, *(statement._values or ())]  # noqa: SLF001
