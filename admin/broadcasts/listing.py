"""The list of broadcasts."""

from flask import render_template, request
from sqlalchemy import select

from admin.access import allowed
from admin.broadcasts import words
from admin.broadcasts.blueprint import pages
from admin.office import reading
from admin.paging import page
from admin.segments.names import names_in
from bot.broadcasts.models import Broadcast
from bot.segments.models import Segment
from bot.users.roles import Permission


@pages.get("/")
@allowed(Permission.BROADCASTS_SEE)
def listing() -> str:
    """List the broadcasts of the visitor's scope, newest first."""
    wanted = select(Broadcast)
    if (state := request.args.get("state", "")) in words.STATES:
        wanted = wanted.where(Broadcast.state == state)
    if text := request.args.get("q", "").strip()[:64]:
        wanted = wanted.where(Broadcast.name.contains(text, autoescape=True))
    with reading() as session:
        found = page(session, wanted, by=Broadcast.id)
        names = names_in(session)
        chosen = [row.segment_id for row in found.rows if row.segment_id]
        segments = select(Segment.id, Segment.name).where(Segment.id.in_(chosen))
        segment_names = {row.id: row.name for row in session.execute(segments)}
    return render_template(
        "admin/broadcasts/list.html", page=found, names=names, segment_names=segment_names, words=words
    )
