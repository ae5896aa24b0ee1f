"""Messages the desk was to hear of: which an agent was told of, and which wait for somebody."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from admin import message_words
from admin.access import allowed
from admin.cookies import say
from admin.desk.names import called, nicknames
from admin.office import changing, find, reading, record, visitor
from admin.paging import page
from bot.db import utc_now
from bot.desk import notices
from bot.desk.models import DeskNote, NoteState
from bot.fans.models import Fan
from bot.messages.models import Message
from bot.users.roles import Permission

pages = Blueprint("desk_notes", __name__, url_prefix="/desk/notes")
STATES = {
    NoteState.OPEN.value: _l("Waiting"),
    NoteState.TOLD.value: _l("An agent was told"),
    NoteState.DONE.value: _l("Seen to"),
}
PILLS = {NoteState.OPEN.value: "warn", NoteState.TOLD.value: "good", NoteState.DONE.value: ""}
REASONS = {
    "nobody_free": _l("No agent of the shop or the default desk was there with room."),
    "all_refused": _l("WeChat refused every agent who was there."),
    "no_right": _l("The account has no right to a service desk."),
    "fan_gone": _l("The fan had left."),
}


@pages.get("/")
@allowed(Permission.DESK_SEE)
def listing() -> str:
    """List the notes of the visitor's scope, those nobody has seen to unless another state is asked for."""
    state = request.args.get("state", NoteState.OPEN.value)
    state = state if state in STATES else NoteState.OPEN.value
    with reading() as session:
        found = page(session, select(DeskNote).where(DeskNote.state == state), by=DeskNote.id)
        ids = [row.message_id for row in found.rows]
        messages = {one.id: one for one in session.scalars(select(Message).where(Message.id.in_(ids)))}
        fan_ids = {row.fan_id for row in found.rows}
        fans = {fan.id: fan for fan in session.scalars(select(Fan).where(Fan.id.in_(fan_ids)))}
        names = nicknames(session)
    return render_template(
        "admin/desk/notes.html",
        page=found,
        state=state,
        states=STATES,
        pills=PILLS,
        reasons=REASONS,
        messages=messages,
        fans=fans,
        message_words=message_words,
        called=lambda kf_account: called(names, kf_account),
    )


@pages.post("/<int:key>/done")
@allowed(Permission.DESK_CHANGE)
def done(key: int) -> AnyResponse:
    """Note that somebody has seen to it."""
    with changing() as session:
        note = find(session, DeskNote, key)
        session.refresh(note, with_for_update=True)
        if notices.settle(note, by=visitor.name, now=utc_now()):
            record(session, "desk_note.settled", note, before={"state": "open"}, after={"state": note.state})
            say(_("Seen to."))
        else:
            say(_("Somebody has seen to it already."), "info")
    return redirect(url_for("admin.desk_notes.listing"), 303)
