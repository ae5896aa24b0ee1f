"""Saved views: the filters of a list under a name, for oneself or for everyone of one's role."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, g, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from admin.access import open_to_everyone_signed_in
from admin.cookies import say
from admin.forms import Form
from admin.hiding import hide
from admin.office import OutOfSight, changing, reading, record, visitor
from bot.audit import Subject, facts
from bot.db import utc_now
from bot.users.roles import Permission
from bot.users.views import SavedView

pages = Blueprint("views", __name__, url_prefix="/views")
# The lists that have views, and what one must be allowed in order to open them.
LISTS = {
    "admin.fans.listing": Permission.FANS_SEE,
    "admin.messages.listing": Permission.MESSAGES_SEE,
    "admin.shops.listing": Permission.ORGANISATION_SEE,
    "admin.staff.listing": Permission.ORGANISATION_SEE,
    "admin.replies.listing": Permission.REPLIES_SEE,
    "admin.audit.listing": Permission.AUDIT_SEE,
    "admin.levels.by_level": Permission.LEVELS_SEE,
}
PLACES = {"before", "after", "moved"}  # where one is in the list is no filter
LONGEST = 1000
MOST = 40


def of_page() -> list[SavedView]:
    """Return the views of the list that is shown: the visitor's own first, then shared ones."""
    if request.endpoint not in LISTS or g.get("visitor") is None:
        return []
    theirs = or_(SavedView.user_id == visitor.user_id, SavedView.role == visitor.role)
    wanted = select(SavedView).where(SavedView.page == request.endpoint, theirs)
    with reading() as session:
        found = session.scalars(wanted.order_by(SavedView.name, SavedView.id).limit(MOST)).all()
    return sorted(found, key=lambda one: one.user_id != visitor.user_id)


def query_here() -> str:
    """Return the filters that are set now, as an address has them."""
    return _normal(request.query_string.decode("utf-8", "replace"))


def can_save() -> bool:
    """Tell whether this is a list with views, under filters."""
    return request.endpoint in LISTS and bool(query_here())


@pages.post("/")
@open_to_everyone_signed_in
def save() -> AnyResponse:
    """Keep the filters under a name; under a name the visitor has, these take the place of the old ones."""
    form = Form.sent()
    page, query = str(form.values.get("page", "")), _normal(str(form.values.get("query", "")))
    if page not in LISTS or not visitor.may(LISTS[page]) or len(query) > LONGEST:
        raise BadRequest
    name = form.text("name", longest=64)
    if any(hide(value) != value for _name, value in parse_qsl(query)):
        form.wrong("query", _("A view cannot hold a telephone or identity number; search for it each time."))
    if not form.is_right:
        say(next(iter(form.errors.values())), "danger")
        return redirect(_address(page, query), 303)
    role = visitor.role if form.ticked("shared") else None
    with changing() as session:
        own = select(SavedView).filter_by(user_id=visitor.user_id, page=page, name=name)
        view = session.scalar(own) or _added(session, page, name)
        view.query, view.role = query, role
        record(session, "view.saved", view, after=facts(view, "page", "name", "query", "role"))
    say(_("The view %(name)s is saved.", name=name))
    return redirect(_address(page, query), 303)


@pages.post("/<int:key>/delete")
@open_to_everyone_signed_in
def delete(key: int) -> AnyResponse:
    """Delete a view of the visitor's own."""
    with changing() as session:
        view = session.scalar(select(SavedView).filter_by(id=key, user_id=visitor.user_id))
        if view is None:
            raise OutOfSight(Subject(SavedView.__tablename__, str(key)))
        before = facts(view, "page", "name", "query", "role")
        session.delete(view)
        record(session, "view.deleted", view, before=before)
    say(_("The view %(name)s is deleted.", name=view.name))
    return redirect(url_for(view.page) if view.page in LISTS else url_for("admin.home.today"), 303)


def _added(session: Any, page: str, name: str) -> SavedView:
    """Return a new view; the other one's, if the same browser sent the form twice."""
    view = SavedView(user_id=visitor.user_id, page=page, name=name, query="", created_at=utc_now())
    try:
        with session.begin_nested():
            session.add(view)
    except IntegrityError:
        found: SavedView = session.scalars(
            select(SavedView).filter_by(user_id=visitor.user_id, page=page, name=name)
        ).one()
        return found
    return view


def address_of(view: SavedView) -> str:
    """Return where the view leads."""
    return _address(view.page, view.query)


def _address(page: str, query: str) -> str:
    return f"{url_for(page)}?{query}" if query else url_for(page)


def _normal(query: str) -> str:
    """Return the filters in order, without those that are empty and without the place in the list."""
    given = parse_qsl(query, max_num_fields=40)
    return urlencode(sorted((name, value) for name, value in given if value.strip() and name not in PLACES))
