"""Importing a large sheet, some rows a transaction and some seconds a slice."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from bot import audit
from bot.audit import Actor, Subject
from bot.batches import turns, work
from bot.batches.models import Batch, BatchState
from bot.db import Scope, utc_now
from bot.db.scope import beyond_scope
from bot.imports import plan, uploads, words
from bot.imports.kinds import KINDS
from bot.imports.looking import Around, Problem, Status
from bot.imports.models import SheetUpload
from bot.imports.plan import CHUNK, Done
from bot.imports.uploads import Gone
from bot.organisation.jobs import HERE
from bot.privacy import NoKeys, Vault, vault_of
from bot.sheets import Line, NotASheet
from bot.users import makers
from bot.users.makers import NotAnyMore

if TYPE_CHECKING:
    from bot.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Asked:
    """What a batch was begun with."""

    kind: str
    content: bytes
    around: Around
    actor: Actor
    in_chinese: bool
    wants_all: bool
    at: int


def around_of(runtime: "Runtime", scope: Scope) -> Around:
    """Return what looks need to know of this process and that visitor."""
    try:
        vault: Vault | None = vault_of(runtime.config.privacy)
    except NoKeys:
        vault = None
    accounts = {one.id: one.name for one in runtime.accounts.values()}
    now = utc_now()
    return Around(
        scope,
        now.astimezone(HERE).date(),
        vault,
        accounts,
        now=now,
        approve_above=runtime.config.purchases.approve_above_yuan * 100,
    )


def put(runtime: "Runtime", batch_id: int) -> None:
    """Import the next rows of a batch, within the scope its maker has now.

    Run twice: rows that are as the sheet says are left alone, and the place
    reached is kept in the transaction of the rows before it.
    """
    try:
        asked = _asked(runtime, batch_id)
    except (Gone, NotAnyMore):
        _end(runtime, batch_id, BatchState.FAILED)
        return
    if asked is None:
        return
    try:
        with runtime.db.scoped_reading(asked.around.scope) as session:
            planned = plan.look(session, asked.kind, asked.content, asked.around)
            kind = KINDS[asked.kind](session, asked.around)
            lines = iter(plan.lines_of(kind, asked.content, asked.at))
    except NotASheet:
        _end(runtime, batch_id, BatchState.FAILED)
        return
    wrong = {look.number: look.problems[0] for look in planned.looks if look.status is Status.WRONG}
    if wrong and asked.wants_all and asked.at == 0:
        _refuse(runtime, batch_id, asked, wrong)
        return

    def step() -> bool:
        if chunk := list(islice(lines, CHUNK)):
            return _chunk(runtime, batch_id, asked, chunk, wrong)
        _end(runtime, batch_id, BatchState.DONE)
        return False

    turns.of_batch(runtime.db, batch_id, step)


def _asked(runtime: "Runtime", batch_id: int) -> Asked | None:
    with runtime.db.transaction() as session:
        batch = work.take(session, batch_id, now=utc_now())
        if batch is None:
            return None
        arguments, at, actor = batch.arguments, int(batch.notes.get("at", 0)), _actor(batch)
        scope = makers.scope_now(session, batch)
        upload = session.get(SheetUpload, arguments["upload_id"])
        if upload is None:
            raise Gone
        around = around_of(runtime, scope)
        content = uploads.content(session, upload, around.vault, now=utc_now())
    return Asked(
        arguments["kind"],
        content,
        around,
        actor,
        arguments["language"] == "zh",
        arguments["wants_all"],
        at,
    )


def _chunk(
    runtime: "Runtime", batch_id: int, asked: Asked, chunk: list[Line], wrong: dict[int, Problem]
) -> bool:
    """Import some rows; False if there is no more to do. The batch is locked: two jobs take turns."""
    with runtime.db.scoped(asked.around.scope) as session:
        with beyond_scope(session):
            batch = work.take(session, batch_id, now=utc_now())
            if batch is None or int(batch.notes.get("at", 0)) >= chunk[0].number:
                return False
            found = [(line.number, wrong[line.number]) for line in chunk if line.number in wrong]
            batch.notes = {**batch.notes, "at": chunk[-1].number}
            session.flush()
        done = plan.do(
            session, asked.kind, chunk, asked.around, actor=asked.actor, now=utc_now(), wrong=set(wrong)
        )
        with beyond_scope(session):
            _count(batch, done, len(chunk), found, in_chinese=asked.in_chinese)
            session.flush()
    return True


def _count(
    batch: Batch, done: Done, rows: int, wrong: Iterable[tuple[int, Problem]], *, in_chinese: bool
) -> None:
    late = [(look.number, problem) for look, problem in done.problems]
    problems = [
        (words.at(number, problem, in_chinese=in_chinese), words.why(problem, in_chinese=in_chinese))
        for number, problem in sorted([*wrong, *late], key=lambda one: one[0])
    ]
    work.advance(batch, done=rows, problems=problems)
    notes: dict[str, Any] = dict(batch.notes)
    notes["added"] = notes.get("added", 0) + done.added
    notes["changed"] = notes.get("changed", 0) + done.changed
    batch.notes = notes


def _refuse(runtime: "Runtime", batch_id: int, asked: Asked, wrong: dict[int, Problem]) -> None:
    """End a batch that was to be all or nothing, with nothing done and everything said."""
    with runtime.db.transaction() as session:
        batch = work.take(session, batch_id, now=utc_now())
        if batch is not None:
            _count(batch, Done(), len(wrong), wrong.items(), in_chinese=asked.in_chinese)
            work.end(batch, BatchState.FAILED, now=utc_now())


def _end(runtime: "Runtime", batch_id: int, state: BatchState) -> None:
    with runtime.db.transaction() as session:
        batch = work.take(session, batch_id, now=utc_now())
        if batch is None:
            return
        upload = session.get(SheetUpload, batch.arguments["upload_id"])
        if upload is not None:
            uploads.forget(session, upload)
        work.end(batch, state, now=utc_now())
        after = {name: batch.notes.get(name, 0) for name in ("added", "changed")} | {"wrong": batch.failed}
        subject = Subject("sheet", str(batch.id), batch.title)
        audit.record(session, _actor(batch), "sheet.imported", subject, now=utc_now(), after=after)


def _actor(batch: Batch) -> Actor:
    return Actor(batch.created_by, batch.created_by_id)
