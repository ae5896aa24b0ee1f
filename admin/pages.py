"""Putting the back office into the application."""

import logging
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, g, render_template, request
from flask_babel import gettext as _
from sqlalchemy.exc import NoResultFound
from werkzeug.exceptions import HTTPException, NotFound, RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix

from admin import (
    batches,
    choices,
    cookies,
    formats,
    home,
    labels,
    languages,
    me,
    navigation,
    paging,
    sections,
    signing,
    views,
)
from admin.access import open_to_everyone_signed_in
from admin.assets import Assets
from admin.desk import conversations
from admin.guard import Forged, admit, seal
from admin.office import OutOfSight, actor, runtime
from admin.travellers import exporting
from bot import audit
from bot.audit import Subject
from bot.db import utc_now
from bot.db.scope import OutOfScope

if TYPE_CHECKING:
    from bot.runtime import Runtime

log = logging.getLogger(__name__)
ALWAYS = (
    signing.pages,
    me.pages,
    choices.pages,
    home.pages,
    batches.pages,
    exporting.pages,
    views.pages,
    conversations.pages,
)


def register(app: Flask, runtime: "Runtime", assets: Assets | None = None) -> None:
    """Add the back office and its assets to `app`. Every route states who may open it (`admin.access`)."""
    app.extensions["yizhan"] = runtime
    if proxies := runtime.config.server.proxies:
        # Else the audit and the rate limit would know nobody but the proxy.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=0)  # type: ignore[method-assign]
    assets = assets or Assets()
    app.register_blueprint(assets.make_blueprint())
    languages.speak(app)
    app.jinja_env.filters.update(formats.FILTERS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_blueprint(_office(assets))


def _office(assets: Assets) -> Blueprint:
    office = Blueprint("admin", __name__, url_prefix="/admin", template_folder="templates")
    for pages in dict.fromkeys([*ALWAYS, *(one.pages for one in sections.SECTIONS)]):
        office.register_blueprint(pages)
    office.add_url_rule("/<path:rest>", view_func=_nothing_here, methods=["GET", "POST"])
    office.before_request(admit)
    office.after_request(seal)
    office.context_processor(lambda: _context(assets))
    office.register_error_handler(OutOfScope, _out_of_scope)
    office.register_error_handler(NoResultFound, lambda _error: _problem(NotFound()))
    office.register_error_handler(HTTPException, _problem)
    office.register_error_handler(Exception, _bug)
    return office


@open_to_everyone_signed_in
def _nothing_here(rest: str) -> str:
    raise NotFound(rest)


def _context(assets: Assets) -> dict[str, Any]:
    visitor = g.get("visitor")
    is_in = visitor is not None and not visitor.is_waiting
    return {
        "asset": assets.url,
        "assets": assets,
        "csrf_token": cookies.csrf_token,
        "notes": cookies.notes,
        "here": paging.here,
        "language": languages.chosen(),
        "labels": labels,
        "saved_views": views,
        "visitor": visitor if is_in else None,
        "navigation": navigation.open_to_visitor() if is_in else [],
        "accounts": choices.accounts(),
        "account": choices.account(),
    }


def _problem(error: HTTPException) -> Any:
    """Show what went wrong and what can be done, and write a refused look down."""
    if error.response is not None or (error.code or 500) < 400:
        return error
    if isinstance(error, OutOfSight):
        _write_down(error.subject)
    code = error.code or 500
    title, advice = _words(error, code)
    if request.headers.get("HX-Request"):
        return render_template("admin/problem_part.html", title=title, advice=advice), code
    return render_template("admin/problem.html", title=title, advice=advice, code=code), code


def _words(error: HTTPException, code: int) -> tuple[str, str]:
    if isinstance(error, Forged):
        return _("This form is too old"), _("Go back, reload the page, send it again; nothing was changed.")
    if isinstance(error, RequestEntityTooLarge):
        return _("This is too large"), _("Go back and choose a smaller file; nothing was changed.")
    if code == 403:
        return _("This is not open to you"), _(
            "Your role does not include this page. Ask a group administrator if you need it."
        )
    if code in {404, 405}:
        return _("There is nothing here"), _(
            "The address is wrong, or this is outside your scope. Go back, or choose from the menu."
        )
    if code < 500:
        return _("This could not be read"), _("Go back and try again; nothing was changed.")
    return _("Something broke on our side"), _(
        "Nothing was changed. Try again in a minute; if it happens again, tell your operator the time."
    )


def _write_down(subject: Subject) -> None:
    """Record that somebody asked for a row that is another's; an id that nobody has is no news."""
    if g.get("visitor") is None:
        return
    with runtime.db.transaction() as session:
        if audit.exists(session, subject):
            audit.record(session, actor(), "look.refused", subject, now=utc_now())


def _out_of_scope(error: OutOfScope) -> Any:
    with runtime.db.transaction() as session:
        subject = Subject("route", request.endpoint or "", request.path)
        audit.record(session, actor(), "change.refused", subject, now=utc_now(), reason=str(error))
    return _problem(NotFound())


def _bug(error: Exception) -> Any:
    log.error("admin_page_failed", extra={"endpoint": request.endpoint}, exc_info=error)
    return _problem(HTTPException())
