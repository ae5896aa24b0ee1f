"""Uploading: the file is judged by what it holds before anything is written."""

from flask import jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed, takes
from admin.cookies import say
from admin.forms import Form
from admin.materials import words
from admin.materials.blueprint import pages
from admin.office import changing, record, visitor
from bot.db import utc_now
from bot.materials import adding
from bot.materials.adding import Checked
from bot.materials.models import Kind, Material
from bot.materials.refusing import NotTaken
from bot.users.roles import Permission


@pages.get("/new")
@allowed(Permission.MATERIALS_CHANGE)
def new() -> str:
    """Show an empty form."""
    asked = request.args.get("kind", "")
    kind = asked if asked in {one.value for one in words.kinds_of_files()} else Kind.IMAGE.value
    return _page(Form({"kind": kind}))


@pages.post("/new")
@allowed(Permission.MATERIALS_CHANGE)
@takes(megabytes=12)
def add() -> AnyResponse | tuple[str, int]:
    """Keep a file that is what it is said to be."""
    form = Form.sent()
    checked = _checked(form)
    title = form.text("title", longest=64, required=False)
    description = form.text("description", longest=120, required=False)
    sent = request.files.get("file")
    if not form.is_right or checked is None:
        return _page(form), 422
    title = title or adding.label(sent.filename or "" if sent else "") or str(words.KINDS[checked.kind])
    with changing() as session:
        row = adding.put(
            session, checked, title=title, description=description, by=visitor.name, now=utc_now()
        )
        record(session, "material.added", row, after=said(row))
    say(_("%(title)s is kept. Choose it in a reply, and it is brought to WeChat by itself.", title=row.title))
    to = url_for("admin.materials.show", key=row.id)
    if request.headers.get("X-Progress"):
        return jsonify(to=to)
    return redirect(to, 303)


def said(row: Material) -> dict[str, object]:
    """Return what the audit tells of a material."""
    names = ("kind", "title", "description", "media_type", "size", "width", "height", "milliseconds")
    return {name: value for name in names if (value := getattr(row, name)) not in {None, ""}}


def _checked(form: Form) -> Checked | None:
    kind = form.choice("kind", Kind)
    sent = request.files.get("file")
    if kind is Kind.ARTICLE:
        form.wrong("kind", _("Please choose one of these."))
        return None
    if sent is None or not sent.filename:
        form.wrong("file", _("Choose a file."))
        return None
    if kind is None:
        return None
    try:
        return adding.check(kind, sent.read())
    except NotTaken as refusal:
        form.wrong("file", words.why(refusal))
        return None


def _page(form: Form) -> str:
    return render_template("admin/materials/new.html", form=form, words=words)
