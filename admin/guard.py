"""What every request of the back office passes: size, who it is, whether they may, and forgery."""

from datetime import datetime
from urllib.parse import urlsplit

from flask import Response, current_app, g, redirect, request, url_for
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest, Forbidden

from admin import cookies
from admin.access import Open, access_of, largest_of
from admin.office import Visitor, runtime
from bot.db import utc_now
from bot.users import reach, sessions
from bot.users.models import User, UserSession
from bot.users.roles import permissions_of

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# The rooms of somebody who must first choose a password of their own.
BEFORE_CHANGE = {
    "admin.me.password",
    "admin.me.change_password",
    "admin.signing.leave",
    "admin.choices.language",
}


class Forged(BadRequest):
    """The form was not ours, or is older than the session."""


def admit() -> Response | None:
    """Let the request in, send its visitor to sign in, or refuse."""
    view = current_app.view_functions.get(request.endpoint or "")
    access = access_of(view)
    request.max_content_length = request.max_form_memory_size = largest_of(view)
    now = utc_now()
    g.token = cookies.session_token()
    g.visitor = _recognise(g.token, now)
    if g.visitor is None:
        g.token = ""
    if request.method not in {"GET", "HEAD", "OPTIONS"}:
        _refuse_forgery()
    if access is None:
        raise Forbidden
    if access is Open.TO_EVERYONE:
        return None
    if g.visitor is None or g.visitor.is_waiting:
        return _to(url_for("admin.signing.enter", next=_here()))
    if g.visitor.must_change and request.endpoint not in BEFORE_CHANGE:
        return _to(url_for("admin.me.password"))
    if access is not Open.TO_EVERYONE_SIGNED_IN and not g.visitor.may(access):
        raise Forbidden
    return None


def seal(response: Response) -> Response:
    """Put the headers on every answer."""
    cookies.send(response)
    headers = response.headers
    headers["Content-Security-Policy"] = POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    headers["Cache-Control"] = g.get("kept_by_browser", "no-store")
    if cookies.is_secure():
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def is_local(path: str) -> bool:
    """Tell whether `path` leads nowhere but into the back office."""
    parts = urlsplit(path)
    is_plain = path.isprintable() and "\\" not in path and "//" not in parts.path and ".." not in parts.path
    return is_plain and not parts.scheme and not parts.netloc and f"{parts.path}/".startswith("/admin/")


def _recognise(token: str, now: datetime) -> Visitor | None:
    if not token:
        return None
    with runtime.db.reading() as session:
        found = sessions.find(session, token, now=now)
        if found is None:
            return None
        row, user = found
        visitor = _visitor(session, row, user)
    if sessions.is_due(row, now=now):
        with runtime.db.transaction() as session:
            seen = update(UserSession).where(UserSession.id == row.id).values(seen_at=now)
            session.execute(seen)
    return visitor


def _visitor(session: Session, row: UserSession, user: User) -> Visitor:
    return Visitor(
        user_id=user.id,
        name=user.name,
        role=user.role,
        reach=user.reach,
        reach_names=tuple(reach.names(session, user)),
        permissions=permissions_of(user.role),
        scope=reach.scope_of(session, user),
        session_id=row.id,
        is_waiting=row.is_waiting,
        must_change=user.must_change,
        has_second_factor=user.totp_secret is not None,
    )


def _refuse_forgery() -> None:
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise Forged
    if not cookies.is_csrf_right(request.headers.get("X-CSRF") or request.form.get("csrf", "")):
        raise Forged


def _here() -> str | None:
    """Return where the visitor wanted to go, if going there again makes sense."""
    if request.method != "GET" or request.path.rstrip("/") == "/admin":
        return None
    return request.full_path.rstrip("?")


def _to(address: str) -> Response:
    if request.headers.get("HX-Request"):
        # htmx would put the sign-in page into a corner of this one.
        return Response(status=204, headers={"HX-Redirect": address})
    response = redirect(address, 303)
    assert isinstance(response, Response)
    return response
