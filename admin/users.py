"""Who may sign in here, as what, and how far they see."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import Forbidden, NotFound
from werkzeug.wrappers import Response as AnyResponse

from admin import cookies
from admin.access import allowed
from admin.forms import Form
from admin.office import changing, find, reading, record, visitor
from admin.paging import page
from bot.audit import facts
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.organisation.models import Branch, Shop
from bot.users import attempts, passwords, reach, sessions, totp
from bot.users.models import User, UserSession
from bot.users.roles import Permission, Reach, Role, owns_rows

pages = Blueprint("users", __name__, url_prefix="/users")


@pages.get("/")
@allowed(Permission.USERS_SEE)
def listing() -> str:
    """List the users, newest first."""
    with reading() as session:
        found = page(session, _wanted(), by=User.id)
        names = {user.id: reach.names(session, user) for user in found.rows}
        locked = {user.id for user in found.rows if attempts.is_locked(user, now=utc_now())}
    return render_template("admin/users/list.html", page=found, reach_names=names, locked=locked)


def _wanted() -> Select[User]:
    wanted = select(User)
    if text := request.args.get("q", "").strip()[:64]:
        wanted = wanted.where(User.name.contains(text, autoescape=True))
    if (role := request.args.get("role", "")) in set(Role):
        wanted = wanted.where(User.role == role)
    if (state := request.args.get("state", "")) in {"active", "disabled"}:
        wanted = wanted.where(User.active.is_(state == "active"))
    return wanted


@pages.get("/new")
@allowed(Permission.USERS_CHANGE)
def new() -> str:
    """Show an empty form."""
    with reading() as session:
        return _form_page(session, Form({"role": Role.SHOP_MANAGER.value, "reach": Reach.SHOPS.value}), None)


@pages.post("/new")
@allowed(Permission.USERS_CHANGE)
def add() -> str | tuple[str, int]:
    """Add someone, with a generated password that is shown once."""
    form = Form.sent()
    name = form.text("name", longest=64)
    password = passwords.generate()
    with changing() as session:
        right = _rights(session, form)
        if form.is_right and session.scalar(select(User.id).filter_by(name=name)):
            form.wrong("name", _("Somebody has this name already."))
        if not form.is_right or right is None:
            return _form_page(session, form, None), 422
        role, how_far, branches, shops = right
        try:
            with session.begin_nested():
                passwords.put(session, name=name, role=role, password=password, now=utc_now())
        except IntegrityError:
            form.wrong("name", _("Somebody has this name already."))
            return _form_page(session, form, None), 422
        user = session.scalars(select(User).filter_by(name=name)).one()
        reach.put(session, user, how_far, branches=branches, shops=shops)
        record(session, "user.added", user, after=_said(session, user))
    return render_template("admin/users/password.html", user=user, password=password, is_new=True)


@pages.get("/<int:key>")
@allowed(Permission.USERS_SEE)
def show(key: int) -> str:
    """Show one user."""
    with reading() as session:
        user = find(session, User, key)
        values = {"name": user.name, "role": user.role, "reach": user.reach, **_given(session, user)}
        return _form_page(session, Form(values), user)


@pages.post("/<int:key>")
@allowed(Permission.USERS_CHANGE)
def change(key: int) -> AnyResponse | tuple[str, int]:
    """Give the user another role or scope."""
    form = Form.sent()
    with changing() as session:
        user = find(session, User, key)
        right = _rights(session, form)
        if right is not None and user.id == visitor.user_id and right[0].value != user.role:
            form.wrong("role", _("You cannot change your own role; ask another administrator."))
        if not form.is_right or right is None:
            return _form_page(session, form, user), 422
        before = _said(session, user)
        user.role = right[0].value
        reach.put(session, user, right[1], branches=right[2], shops=right[3])
        record(session, "user.changed", user, before=before, after=_said(session, user))
    cookies.say(_("%(name)s is saved.", name=user.name))
    return redirect(url_for("admin.users.listing"), 303)


@pages.post("/<int:key>/password")
@allowed(Permission.USERS_CHANGE)
def reset_password(key: int) -> str:
    """Give the user a generated password, shown once, and sign them out."""
    password = passwords.generate()
    with changing() as session:
        user = _other(session, key)
        passwords.change(user, password)
        user.must_change = True
        attempts.forgive(user)
        sessions.end_all(session, user)
        record(session, "user.password_reset", user)
    return render_template("admin/users/password.html", user=user, password=password, is_new=False)


@pages.post("/<int:key>/active")
@allowed(Permission.USERS_CHANGE)
def switch(key: int) -> AnyResponse:
    """Disable the user, who is signed out at once, or enable them again."""
    wanted = request.form.get("active") == "yes"
    with changing() as session:
        user = _other(session, key)
        before = facts(user, "active")
        user.active = wanted
        if not wanted:
            sessions.end_all(session, user)
        action = "user.enabled" if wanted else "user.disabled"
        record(session, action, user, before=before, after=facts(user, "active"))
    if wanted:
        cookies.say(_("%(name)s may sign in again.", name=user.name))
    else:
        cookies.say(_("%(name)s is disabled and signed out.", name=user.name))
    return redirect(url_for("admin.users.show", key=key), 303)


@pages.post("/<int:key>/sessions/end")
@allowed(Permission.USERS_CHANGE)
def end_sessions(key: int) -> AnyResponse:
    """Sign the user out of one browser (`session`), or of all."""
    form = Form.sent()
    with changing() as session:
        user = find(session, User, key)
        if chosen := form.values.get("session"):
            chosen_key = key_in(chosen)
            row = session.get(UserSession, chosen_key) if chosen_key is not None else None
            if chosen_key is None or (row is not None and row.user_id != user.id):
                raise NotFound
            if row is not None:  # else it has ended by itself
                session.delete(row)
        else:
            sessions.end_all(session, user)
        record(session, "user.sessions_ended", user)
    cookies.say(_("%(name)s is signed out there.", name=user.name))
    return redirect(url_for("admin.users.show", key=key), 303)


@pages.post("/<int:key>/second-factor/reset")
@allowed(Permission.USERS_CHANGE)
def reset_second_factor(key: int) -> AnyResponse:
    """Ask the user for no codes any more, because their telephone is lost."""
    with changing() as session:
        user = _other(session, key)
        totp.reset(session, user)
        sessions.end_all(session, user)
        record(session, "user.second_factor_removed", user)
    cookies.say(_("%(name)s now signs in with the password alone.", name=user.name))
    return redirect(url_for("admin.users.show", key=key), 303)


def _other(session: ScopedSession, key: int) -> User:
    """Return the user, who must be somebody else: nobody locks themselves out here."""
    user = find(session, User, key)
    if user.id == visitor.user_id:
        raise Forbidden
    return user


def _rights(session: ScopedSession, form: Form) -> tuple[Role, Reach, list[int], list[int]] | None:
    role, how_far = form.choice("role", Role), form.choice("reach", Reach)
    branches = form.ids("branches", among=session.scalars(select(Branch.id)))
    shops = form.ids("shops", among=session.scalars(select(Shop.id)))
    if how_far is Reach.BRANCHES and not branches:
        form.wrong("branches", _("Choose at least one."))
    if role is Role.MERCHANT and how_far is not Reach.OWN:
        form.wrong("reach", _("A merchant's people see their own rows only."))
    if role is not None and how_far is Reach.OWN and not owns_rows(role):
        form.wrong("reach", _("This role makes nothing of its own: it would see nothing."))
    if how_far is Reach.SHOPS and not shops:
        form.wrong("shops", _("Choose at least one."))
    return (role, how_far, branches, shops) if role and how_far and form.is_right else None


def _given(session: ScopedSession, user: User) -> dict[str, list[int]]:
    given = reach.given(session, user)
    return {"branches": given[0], "shops": given[1]}


def _said(session: ScopedSession, user: User) -> dict[str, Any]:
    return {**facts(user, "name", "role", "reach"), "within": reach.names(session, user)}


def _form_page(session: ScopedSession, form: Form, user: User | None) -> str:
    branches = session.scalars(select(Branch).order_by(Branch.id)).all()
    shops = session.scalars(select(Shop).order_by(Shop.branch_id, Shop.id)).all()
    return render_template(
        "admin/users/form.html",
        form=form,
        user=user,
        branches=[(one.id, one.name) for one in branches],
        shops=[(one.id, one.name) for one in shops],
        sessions=sessions.of(session, user, now=utc_now()) if user else [],
        is_locked=user is not None and attempts.is_locked(user, now=utc_now()),
    )
