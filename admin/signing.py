"""Signing in and out.

1. take one of the user's ten attempts (committed), 2. compare the password with
no transaction open, 3. begin a session, or one that waits for the second factor.
A wrong name, a wrong password and a locked name get the same words after the
same work.
"""

from datetime import datetime

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from admin import cookies, rate
from admin.access import open_to_everyone, open_to_everyone_signed_in
from admin.forms import Form
from admin.guard import is_local
from admin.office import actor, runtime, vault, visitor
from bot import audit
from bot.audit import Actor
from bot.db import utc_now
from bot.users import attempts, passwords, sessions, totp
from bot.users.models import User

pages = Blueprint("signing", __name__)


@pages.get("/login")
@open_to_everyone
def enter() -> AnyResponse | str:
    """Show the form; whoever is signed in goes on."""
    if g.visitor is not None:
        return redirect(url_for("admin.signing.code" if g.visitor.is_waiting else "admin.home.today"), 303)
    return render_template("admin/login.html", form=Form(), wanted=_wanted(request.args.get("next", "")))


@pages.post("/login")
@open_to_everyone
def sign_in() -> AnyResponse | tuple[str, int]:
    """Compare name and password."""
    form = Form.sent()
    name, password = form.text("name", longest=64), form.secret("password")
    if form.is_right and not rate.may_try(runtime.redis, request.remote_addr or ""):
        form.wrong("password", _("Too many attempts from this address. Try again in five minutes."))
    if form.is_right:
        now = utc_now()
        user = _proven(name, password, now=now)
        if user is not None:
            return _begin(user, now=now)
        form.wrong(
            "password",
            _("Name or password is not right. After ten wrong ones the name is locked for 15 minutes."),
        )
    page = render_template("admin/login.html", form=form, wanted=_wanted(request.form.get("next", "")))
    return page, 422


@pages.get("/login/code")
@open_to_everyone
def code() -> AnyResponse | str:
    """Ask for the second factor."""
    if g.visitor is None or not g.visitor.is_waiting:
        return redirect(url_for("admin.signing.enter"), 303)
    return render_template("admin/login_code.html", form=Form(), wanted=_wanted(request.args.get("next", "")))


@pages.post("/login/code")
@open_to_everyone
def check_code() -> AnyResponse | tuple[str, int]:
    """Compare the code; a right one begins a new session in place of the one that waited."""
    if g.visitor is None or not g.visitor.is_waiting:
        return redirect(url_for("admin.signing.enter"), 303)
    form, now = Form.sent(), utc_now()
    given = form.secret("code")[:40]
    with runtime.db.transaction() as session:
        user = session.get_one(User, g.visitor.user_id)
        may_try = attempts.claim(session, user, now=now)
        if may_try and totp.accept(session, user, given, now=now, vault=vault()):
            sessions.end(session, g.token)
            return _signed_in(session, user, now=now)
    form.wrong("code", _("This code is not right, or was used before. Wait for the next one."))
    page = render_template("admin/login_code.html", form=form, wanted=_wanted(request.form.get("next", "")))
    return page, 422


@pages.post("/logout")
@open_to_everyone_signed_in
def leave() -> AnyResponse:
    """Sign out here."""
    with runtime.db.transaction() as session:
        sessions.end(session, g.token)
        user = session.get_one(User, visitor.user_id)
        audit.record(session, actor(), "user.signed_out", user, now=utc_now())
    response = make_response(redirect(url_for("admin.signing.enter"), 303))
    cookies.forget_session(response)
    return response


def _proven(name: str, password: str, *, now: datetime) -> User | None:
    """Return the active user of that name if the password is theirs and they may still try."""
    with runtime.db.transaction() as session:
        user = session.scalar(select(User).filter_by(name=name))
        may_try = user is not None and attempts.claim(session, user, now=now)
        if user is not None and may_try:
            session.refresh(user)
        if user is not None and may_try and user.failures == attempts.MOST:
            audit.record(session, _as(user), "user.locked", user, now=now)
    is_right = passwords.is_right(user, password)
    return user if user is not None and is_right and may_try and user.active else None


def _begin(user: User, *, now: datetime) -> AnyResponse:
    with runtime.db.transaction() as session:
        fresh = session.get_one(User, user.id)
        if fresh.totp_secret is None:
            return _signed_in(session, fresh, now=now)
        _row, token = sessions.begin(session, fresh, is_waiting=True, now=now, **_whence())
    wanted = _wanted(request.form.get("next", ""))
    response = make_response(redirect(url_for("admin.signing.code", next=wanted or None), 303))
    cookies.keep_session(response, token)
    return response


def _signed_in(session: Session, user: User, *, now: datetime) -> Response:
    """Begin a session under a token nobody has seen, whatever the browser came with."""
    attempts.forgive(user)
    user.signed_in_at = now
    _row, token = sessions.begin(session, user, is_waiting=False, now=now, **_whence())
    audit.record(session, _as(user), "user.signed_in", user, now=now)
    wanted = _wanted(request.form.get("next", ""))
    response = make_response(redirect(wanted or url_for("admin.home.today"), 303))
    cookies.keep_session(response, token)
    return response


def _as(user: User) -> Actor:
    return Actor(user.name, user.id, request.remote_addr or "")


def _whence() -> dict[str, str]:
    return {"address": request.remote_addr or "", "browser": request.headers.get("User-Agent", "")}


def _wanted(path: str) -> str:
    return path if is_local(path) else ""
