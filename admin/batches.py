"""Long work a visitor asked for: how far it is, what went wrong, stopping it, and taking what came of it."""

from urllib.parse import quote

from flask import Blueprint, Response, abort, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from admin import cookies
from admin.access import open_to_everyone_signed_in
from admin.office import OutOfSight, changing, reading, record, runtime, visitor
from admin.paging import page
from admin.tags.on_fans import can_be_taken_back
from bot.audit import Subject
from bot.batches import rights, work
from bot.batches.models import Batch, BatchState
from bot.db.scoped import ScopedSession
from bot.files import store

pages = Blueprint("batches", __name__, url_prefix="/batches")
STATES = {
    BatchState.WAITING.value: (_l("Waiting"), "warn"),
    BatchState.RUNNING.value: (_l("Running"), "info"),
    BatchState.DONE.value: (_l("Done"), "good"),
    BatchState.CANCELLED.value: (_l("Cancelled"), ""),
    BatchState.FAILED.value: (_l("Failed"), "bad"),
}


def _mine(session: ScopedSession, key: int) -> Batch:
    """Return the visitor's own batch: what came of another's may hold what this role is not shown."""
    batch = session.scalar(select(Batch).where(Batch.id == key, Batch.created_by_id == visitor.user_id))
    if batch is None:
        raise OutOfSight(Subject(Batch.__tablename__, str(key)))
    return batch


def _is_still_theirs(batch: Batch) -> bool:
    """Tell whether the visitor may still see what came of it: rights are of now, a file of then."""
    return visitor.may(batch.needs or "") and rights.covers(visitor.scope, batch.reached)


@pages.get("/")
@open_to_everyone_signed_in
def listing() -> str:
    """List the visitor's batches, newest first."""
    with reading() as session:
        found = page(session, select(Batch).where(Batch.created_by_id == visitor.user_id), by=Batch.id)
    return render_template("admin/batches/list.html", page=found, states=STATES)


@pages.get("/<int:key>")
@open_to_everyone_signed_in
def show(key: int) -> str:
    """Show how one batch stands; the page follows it by itself."""
    return _shown("admin/batches/show.html", key)


@pages.get("/<int:key>/part")
@open_to_everyone_signed_in
def part(key: int) -> str:
    """Return the part of the page that moves."""
    return _shown("admin/batches/part.html", key)


def _shown(template: str, key: int) -> str:
    with reading() as session:
        batch = _mine(session, key)
        is_theirs = _is_still_theirs(batch)
        file = store.about(session, batch.file_id) if batch.file_id and is_theirs else None
    return render_template(
        template,
        batch=batch,
        file=file,
        is_theirs=is_theirs,
        states=STATES,
        is_over=batch.state in work.ENDED,
        back=can_be_taken_back(batch),
    )


@pages.post("/<int:key>/cancel")
@open_to_everyone_signed_in
def cancel(key: int) -> AnyResponse:
    """Ask for the end. What is done stays done."""
    with changing() as session:
        batch = _mine(session, key)
        work.cancel(batch)
        record(session, "batch.cancelled", batch, after={"done": batch.done, "total": batch.total})
    cookies.say(_("It stops within seconds; what is done stays."), "info")
    return redirect(url_for("admin.batches.show", key=key), 303)


@pages.get("/<int:key>/file")
@open_to_everyone_signed_in
def download(key: int) -> Response:
    """Hand over what came of it, a part at a time, to who may still see it."""
    with reading() as session:
        batch = _mine(session, key)
        if not _is_still_theirs(batch):
            raise OutOfSight(Subject(Batch.__tablename__, str(key)))
        file = store.about(session, batch.file_id) if batch.file_id else None
    if file is None or file.size is None:
        abort(404)
    # The application's own, for a generator that outlives the request.
    response = Response(store.parts(runtime.db, file.id), mimetype=file.media_type)
    response.headers["Content-Length"] = str(file.size)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
    return response
