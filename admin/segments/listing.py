"""The list of segments: the visitor's own and those that are shared."""

from flask import render_template
from sqlalchemy import select

from admin.access import allowed
from admin.office import reading
from admin.paging import page
from admin.segments import words
from admin.segments.blueprint import pages
from admin.segments.names import names_in
from bot.segments.models import Segment
from bot.users.roles import Permission


@pages.get("/")
@allowed(Permission.BROADCASTS_SEE)
def listing() -> str:
    """List the segments, newest first, each with its conditions in a sentence."""
    with reading() as session:
        found = page(session, select(Segment), by=Segment.id)
        names = names_in(session)
    return render_template("admin/segments/list.html", page=found, names=names, words=words)
