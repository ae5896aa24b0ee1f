"""One file: what it is, who says it, where WeChat has it."""

from collections.abc import Iterator

from flask import Response, abort, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.choices import accounts
from admin.cookies import say
from admin.forms import Form
from admin.materials import words
from admin.materials.adding import said
from admin.materials.blueprint import pages
from admin.office import changing, find, reading, record, runtime
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.files import store
from bot.materials import jobs, places, uses
from bot.materials.models import Kind, Lifetime, Material, MaterialAtWeChat, PlaceState
from bot.outbox.promises import Wish, promise
from bot.router import Served
from bot.users.roles import Permission

# The bytes behind an address never change: a new file is a new material.
KEPT = "private, max-age=31536000, immutable"


@pages.get("/<int:key>")
@allowed(Permission.MATERIALS_SEE)
def show(key: int) -> AnyResponse | str:
    """Show one material."""
    with reading() as session:
        row = find(session, Material, key)
        if row.kind == Kind.ARTICLE:
            return redirect(url_for("admin.materials.article", key=key))
        return _page(session, Form({"title": row.title, "description": row.description}), row)


@pages.post("/<int:key>")
@allowed(Permission.MATERIALS_CHANGE)
def rename(key: int) -> AnyResponse | tuple[str, int]:
    """Call the material something else; what is said of it to travellers does not change at WeChat."""
    form = Form.sent()
    title = form.text("title", longest=64)
    description = form.text("description", longest=120, required=False)
    with changing() as session:
        row = _file(find(session, Material, key))
        if not form.is_right:
            return _page(session, form, row), 422
        before = said(row)
        row.title, row.description = title, description
        record(session, "material.changed", row, before=before, after=said(row))
    say(_("Saved."))
    return _back(key)


@pages.post("/<int:key>/archived")
@allowed(Permission.MATERIALS_CHANGE)
def archive(key: int) -> AnyResponse:
    """Take the material out of what can be chosen, unless something says it; or put it back."""
    wanted = request.form.get("archived") == "yes"
    with changing() as session:
        row = find(session, Material, key)
        if not wanted:
            row.archived_at = None
            record(session, "material.restored", row)
            say(_("%(title)s can be chosen again.", title=row.title))
        elif uses.archive(session, key, now=utc_now()):
            record(session, "material.archived", row)
            say(_("%(title)s is archived: it cannot be chosen any more.", title=row.title))
        else:
            say(
                _("%(title)s is in use. Take it out of what is listed below first.", title=row.title),
                "warning",
            )
    return _back(key)


@pages.post("/<int:key>/permanent")
@allowed(Permission.MATERIALS_CHANGE)
def keep(key: int) -> AnyResponse:
    """Have an account keep the file for good, or try again what it refused."""
    served = account_named()
    lifetime = Lifetime.PERMANENT
    if request.form.get("lifetime") == Lifetime.TEMPORARY:
        lifetime = Lifetime.TEMPORARY
    with changing() as session:
        row = _file(find(session, Material, key))
        there = places.find(session, served.id, places.Wanted(key, lifetime))
        if there is None or there.state != PlaceState.THERE:
            places.ask(session, served.id, places.Wanted(key, lifetime), now=utc_now())
        jobs.want(session, served.name, now=utc_now())
        record(session, "material.wanted", row, after={"account": served.name, "lifetime": lifetime.value})
    say(_("%(account)s is given it within a minute.", account=served.name))
    return _back(key)


@pages.post("/<int:key>/withdraw")
@allowed(Permission.MATERIALS_CHANGE)
def withdraw(key: int) -> AnyResponse:
    """Delete the permanent copy at an account, unless something there says it."""
    served = account_named()
    with changing() as session:
        row = _file(find(session, Material, key))
        users = [one for one in uses.of(session, key) if one.account_id in {None, served.id}]
        if users:
            say(
                _("%(title)s is in use. Take it out of what is listed below first.", title=row.title),
                "warning",
            )
            return _back(key)
        now = utc_now()
        arguments = {"account": served.name, "material_id": key}
        wish = Wish("materials.withdraw", arguments, now, f"materials.withdraw:{served.name}:{key}")
        promise(session, wish, now=now)
        record(session, "material.withdrawn", row, after={"account": served.name})
    say(_("It is deleted at %(account)s in a moment.", account=served.name))
    return _back(key)


@pages.get("/<int:key>/preview")
@allowed(Permission.MATERIALS_SEE)
def preview(key: int) -> Response:
    """Show the small picture."""
    with reading() as session:
        file_id = find(session, Material, key).preview_file_id
    return _sent(file_id, f"material-{key}-small.jpg")


@pages.get("/<int:key>/file")
@allowed(Permission.MATERIALS_SEE)
def file(key: int) -> Response:
    """Send the file as it is kept."""
    with reading() as session:
        row = find(session, Material, key)
        file_id, ending = row.file_id, row.media_type.rpartition("/")[2]
    return _sent(file_id, f"material-{key}.{ending}")


def _sent(file_id: int | None, name: str) -> Response:
    """Send a file through its material's row; its type is what we found it to be, and not up to browsers."""
    if file_id is None:
        abort(404)
    with runtime.db.reading() as session:
        about = store.about(session, file_id)
    if about is None or about.size is None:
        abort(404)
    g.kept_by_browser = KEPT
    is_shown = about.media_type in {"image/jpeg", "image/png"}
    parts: Iterator[bytes] = store.parts(runtime.db, file_id)
    response = Response(parts, mimetype=about.media_type)
    response.content_length = about.size
    how = "inline" if is_shown else "attachment"
    response.headers["Content-Disposition"] = f'{how}; filename="{name}"'
    return response


def _page(session: ScopedSession, form: Form, row: Material) -> str:
    at = select(MaterialAtWeChat).filter_by(material_id=row.id)
    rows = session.scalars(at.order_by(MaterialAtWeChat.account_id, MaterialAtWeChat.lifetime)).all()
    return render_template(
        "admin/materials/show.html",
        form=form,
        row=row,
        uses=uses.of(session, row.id),
        places={one.id: [at for at in rows if at.account_id == one.id] for one in accounts()},
        words=words,
    )


def _file(row: Material) -> Material:
    if row.kind == Kind.ARTICLE:
        abort(404)
    return row


def _in_use(row: Material) -> None:
    say(_("%(title)s is in use. Take it out of what is listed below first.", title=row.title), "warning")


def account_named() -> Served:
    """Return the account the form names; 400 for one that is none."""
    found = runtime.accounts.get(request.form.get("account", ""))
    if found is None:
        abort(400)
    return found


def _back(key: int) -> AnyResponse:
    return redirect(url_for("admin.materials.show", key=key), 303)
