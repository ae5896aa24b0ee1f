"""The visitor's own account: password, second factor, where they are signed in."""

from io import BytesIO

import qrcode
from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from qrcode.image.svg import SvgPathImage
from sqlalchemy import delete
from werkzeug.wrappers import Response as AnyResponse

from admin import cookies
from admin.access import open_to_everyone_signed_in
from admin.forms import Form
from admin.office import OutOfSight, actor, runtime, vault, visitor
from bot import audit
from bot.audit import Subject
from bot.db import utc_now
from bot.users import attempts, passwords, sessions, totp
from bot.users.models import User, UserSession

pages = Blueprint("me", __name__, url_prefix="/me")


@pages.get("/")
@open_to_everyone_signed_in
def overview() -> str:
    """Show the account."""
    with runtime.db.reading() as session:
        user = session.get_one(User, visitor.user_id)
        held = sessions.of(session, user, now=utc_now())
    return render_template("admin/me.html", user=user, sessions=held)


@pages.get("/password")
@open_to_everyone_signed_in
def password() -> str:
    """Show the form."""
    return render_template("admin/password.html", form=Form())


@pages.post("/password")
@open_to_everyone_signed_in
def change_password() -> AnyResponse | tuple[str, int]:
    """Take a new password; the visitor's other browsers are signed out."""
    form = Form.sent()
    old, new, again = form.secret("old"), form.secret("new"), form.secret("again")
    if form.is_right and new != again:
        form.wrong("again", _("This is not the same as above."))
    if form.is_right and not passwords.SHORTEST <= len(new) <= passwords.LONGEST:
        form.wrong("new", _("At least %(n)s characters.", n=passwords.SHORTEST))
    if form.is_right and visitor.name.lower() in new.lower():
        form.wrong("new", _("It must not contain your name."))
    if form.is_right and new == old:
        form.wrong("new", _("This is the old one; choose another."))
    if form.is_right and _is_own_password(old):
        with runtime.db.transaction() as session:
            user = session.get_one(User, visitor.user_id)
            passwords.change(user, new)
            attempts.forgive(user)
            sessions.end_all(session, user, but=visitor.session_id)
            audit.record(session, actor(), "user.password_changed", user, now=utc_now())
        cookies.say(_("Your password is changed. Other browsers were signed out."))
        return redirect(url_for("admin.me.overview"), 303)
    if form.is_right:
        form.wrong("old", _("This is not your password, or it was tried too often."))
    return render_template("admin/password.html", form=form), 422


@pages.post("/sessions/<int:key>/end")
@open_to_everyone_signed_in
def end_session(key: int) -> AnyResponse:
    """Sign out one browser of the visitor's."""
    with runtime.db.transaction() as session:
        ending = delete(UserSession).filter_by(id=key, user_id=visitor.user_id)
        if not session.execute(ending).rowcount:  # type: ignore[attr-defined]
            raise OutOfSight(Subject("user_session", str(key)))
        user = session.get_one(User, visitor.user_id)
        audit.record(session, actor(), "user.sessions_ended", user, now=utc_now())
    cookies.say(_("That browser is signed out."))
    return redirect(url_for("admin.me.overview"), 303)


@pages.post("/sessions/end-others")
@open_to_everyone_signed_in
def end_others() -> AnyResponse:
    """Sign out every other browser of the visitor's."""
    with runtime.db.transaction() as session:
        user = session.get_one(User, visitor.user_id)
        count = sessions.end_all(session, user, but=visitor.session_id)
        audit.record(session, actor(), "user.sessions_ended", user, now=utc_now(), after={"count": count})
    cookies.say(_("Signed out in %(n)s other browsers.", n=count))
    return redirect(url_for("admin.me.overview"), 303)


@pages.get("/second-factor")
@open_to_everyone_signed_in
def second_factor() -> str:
    """Show a secret to scan, or that there is one."""
    return _second_factor_page(Form({"secret": totp.new_secret()}))


@pages.post("/second-factor")
@open_to_everyone_signed_in
def set_second_factor() -> str | tuple[str, int]:
    """Ask for codes from now on, once the app has shown a right one; show the recovery codes, once."""
    form, now = Form.sent(), utc_now()
    secret, given = form.text("secret", longest=32), form.text("code", longest=10)
    if form.is_right and not _is_own_password(form.secret("password")):
        form.wrong("password", _("This is not your password, or it was tried too often."))
    sealing = vault()
    if form.is_right and sealing is None:
        form.wrong("code", _no_keys())
    step = totp.step_of(secret, given, now=now) if form.is_right and _is_secret(secret) else None
    if form.is_right and step is None:
        form.wrong("code", _("This code is not right. Is the clock of your telephone right?"))
    if not form.is_right or step is None or sealing is None:
        return _second_factor_page(form), 422
    with runtime.db.transaction() as session:
        user = session.get_one(User, visitor.user_id)
        codes = totp.enrol(session, user, secret, step=step, vault=sealing)
        attempts.forgive(user)
        audit.record(session, actor(), "user.second_factor_set", user, now=now)
    return render_template("admin/recovery_codes.html", codes=codes)


@pages.post("/second-factor/remove")
@open_to_everyone_signed_in
def remove_second_factor() -> AnyResponse | tuple[str, int]:
    """Ask for no codes any more."""
    form = Form.sent()
    if form.secret("password") and not _is_own_password(request.form["password"]):
        form.wrong("password", _("This is not your password, or it was tried too often."))
    if not form.is_right:
        return _second_factor_page(form), 422
    with runtime.db.transaction() as session:
        user = session.get_one(User, visitor.user_id)
        totp.reset(session, user)
        attempts.forgive(user)
        audit.record(session, actor(), "user.second_factor_removed", user, now=utc_now())
    cookies.say(_("Two-step sign-in is off."))
    return redirect(url_for("admin.me.overview"), 303)


def _second_factor_page(form: Form) -> str:
    secret = str(form.values.get("secret", ""))
    if not _is_secret(secret):
        secret = form.values["secret"] = totp.new_secret()
    drawn = _drawn(totp.address(secret, visitor.name))
    no_keys = "" if vault() else _no_keys()
    return render_template("admin/second_factor.html", form=form, secret=secret, drawn=drawn, no_keys=no_keys)


def _no_keys() -> str:
    return str(
        _(
            "Two-step sign-in cannot be set up: the settings hold no [privacy] keys to seal its secret with. "
            "Your operator sets keys and index_key (see config.example.toml) and starts the server again."
        )
    )


def _is_secret(text: str) -> bool:
    return len(text) == 32 and set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def _drawn(address: str) -> Markup:
    """Return the QR code as inline SVG; the secret goes into no file and no other request."""
    out = BytesIO()
    qrcode.make(address, image_factory=SvgPathImage, border=2).save(out)
    svg = out.getvalue().decode()
    return Markup(svg[svg.index("<svg") :])  # noqa: S704 - drawn by us; the address is only in its modules


def _is_own_password(given: str) -> bool:
    """Compare with the visitor's password; a wrong one costs an attempt, as at sign-in."""
    with runtime.db.transaction() as session:
        user = session.get_one(User, visitor.user_id)
        may_try = attempts.claim(session, user, now=utc_now())
    return passwords.is_right(user, given) and may_try
