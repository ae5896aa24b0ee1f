"""The editor of a design, what begins one, and the pictures that are brought for it."""

import json
from typing import Any

from flask import Response, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

import posters
from admin import languages
from admin.access import allowed, takes
from admin.forms import Form
from admin.head_office import head_office_only
from admin.office import actor, changing, reading, record, visitor
from admin.posters import desk, samples, words
from admin.posters.blueprint import pages
from admin.posters.previewing import files, read_sent
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.posters import advice, assets, designs, documents, versions
from bot.posters.assets import NotAnAsset
from bot.users.roles import Permission
from posters.scenes import SCENES

BLANK = "blank"
MEGABYTES = 13


@pages.get("/new")
@allowed(Permission.POSTERS_CHANGE)
@head_office_only
def new() -> str:
    """Ask what a new design is called, and what it begins with."""
    with reading() as session:
        return _begin_page(session, Form({"start": request.args.get("start", BLANK)}))


@pages.post("/new")
@allowed(Permission.POSTERS_CHANGE)
@takes(megabytes=MEGABYTES)
@head_office_only
def begin() -> AnyResponse | tuple[str, int]:
    """Add a design: a copy of another, or what a poster says over a background that was sent."""
    form = Form.sent()
    name = form.text("name", longest=40)
    start = str(form.values.get("start", BLANK))
    content = _sent_picture(form) if start == BLANK else b""
    now = utc_now()
    with changing() as session:
        document, known = _start(session, form, start)
        if not form.is_right or document is None:
            return _begin_page(session, form), 422
        row = designs.add(session, name, maker=visitor.user_id, now=now)
        if start == BLANK:
            picture = assets.put(session, content, now=now) if content else ""
            document = documents.blank(name, name, picture=picture)
        kept = assets.files(session, document, known)
        note = _("Begun with a copy") if start != BLANK else _("Begun")
        version = versions.add(session, row, document, assets=kept, note=note, maker=actor(), now=now)
        assets.keep(session, kept)
        record(session, "poster_design.added", row, after={"name": name, "begun_with": start})
        key, number = row.key, version.number
    return redirect(url_for("admin.posters.edit", name=key, number=number), 303)


@pages.get("/<name>/edit")
@allowed(Permission.POSTERS_CHANGE)
@head_office_only
def edit(name: str) -> str:
    """Open the editor on a version: the newest unless another is named."""
    number = request.args.get("number", type=int)
    with reading() as session:
        one = desk.design(session, name)
        newest = desk.last(session, one)
        document, _files = desk.document(session, one, number)
        return render_template(
            "admin/posters/editor.html",
            design=one,
            title=desk.title(one),
            document=json.dumps(document, ensure_ascii=False),
            begun=number if number is not None else (newest.number if newest else 0),
            newest=newest.number if newest else 0,
            people=samples.options(session),
            scenes=[(name, _scene(name)) for name in SCENES],
            advice=advice,
            words=words,
        )


@pages.post("/<name>/edit")
@allowed(Permission.POSTERS_CHANGE)
@head_office_only
def save(name: str) -> AnyResponse | tuple[Response, int]:
    """Save the canvas as a new version, unless something is wrong with it or somebody saved meanwhile."""
    sent = read_sent()
    said = request.get_json()
    if not sent.note:
        return _wrong(_("Say in a few words what is new.")), 422
    try:
        with changing() as session:
            one = desk.design(session, name)
            row = designs.row_of(session, name, maker=visitor.user_id, now=utc_now())
            session.refresh(row, with_for_update=True)
            newest = desk.last(session, desk.design(session, name))
            if (newest.number if newest else 0) != said.get("newest"):
                return _overtaken(newest), 409
            kept = files(session, name, sent)
            found = versions.add(
                session, row, sent.document, assets=kept, note=sent.note, maker=actor(), now=utc_now()
            )
            assets.keep(session, kept)
            after = {"number": found.number, "note": sent.note}
            record(session, "poster_design.version_added", desk.subject(one), after=after)
    except posters.TemplateError as error:
        return jsonify(problems=[words.problem(one) for one in error.problems]), 422
    except NotAnAsset:
        return jsonify(problems=[{"box": "background", "field": "picture"} | _says("asset")]), 422
    return jsonify(to=url_for("admin.posters.show_version", name=name, number=found.number))


@pages.post("/<name>/assets")
@allowed(Permission.POSTERS_CHANGE)
@takes(megabytes=MEGABYTES)
@head_office_only
def bring(name: str) -> AnyResponse | tuple[Response, int]:
    """Keep a picture for the design, judged by its content and made anew: a week, unless a version has it."""
    form = Form()
    content = _sent_picture(form)
    if not content:
        form.wrong("file", _("Please choose a file."))
    if not form.is_right:
        return _wrong(form.errors["file"]), 422
    with changing() as session:
        one = desk.design(session, name)
        found = assets.put(session, content, now=utc_now())
        record(session, "poster_design.picture_brought", desk.subject(one), after={"picture": found})
    return jsonify(name=found)


def _sent_picture(form: Form) -> bytes:
    """Return the picture that was sent, as we keep it; empty without one, wrong for what is none."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return b""
    try:
        return assets.clean(sent.read(assets.LARGEST_FILE + 1))
    except posters.BadPicture as error:
        form.wrong("file", str(words.BAD_PICTURE.get(error.code, words.BAD_PICTURE["not_a_picture"])))
        return b""


def _start(session: ScopedSession, form: Form, start: str) -> tuple[dict[str, Any] | None, dict[str, int]]:
    """Return the document a design begins with, and its pictures' files."""
    if start == BLANK:
        return {}, {}
    try:
        document, known = desk.document(session, desk.design(session, start), None)
    except NotFound:
        form.wrong("start", _("Please choose one of these."))
        return None, {}
    return dict(document), dict(known)


def _begin_page(session: ScopedSession, form: Form) -> str:
    starts = [(one.key, desk.title(one)) for one in designs.every(session) if _can_be_copied(session, one)]
    return render_template(
        "admin/posters/new.html", form=form, starts=[(BLANK, _("A blank canvas")), *starts], words=words
    )


def _scene(name: str) -> str:
    """Return what a drawn scene is called: as the built-in design it was drawn for."""
    known = posters.builtin().get(name)
    return (known.title if languages.chosen() == "zh" else known.title_en) if known else name


def _can_be_copied(session: ScopedSession, one: designs.Design) -> bool:
    return one.can_be_drawn or desk.last(session, one) is not None


def _wrong(says: str) -> Response:
    return jsonify(says=str(says), problems=[])


def _overtaken(newest: Any) -> Response:
    number, who = (newest.number, newest.author) if newest is not None else (0, "")
    says = _(
        "%(who)s saved version %(n)s while you were at it. Look at it on the page of the design. Saving once "
        "more makes yours the newest; theirs stays among the versions.",
        who=who,
        n=number,
    )
    return jsonify(says=str(says), problems=[], newest=number)


def _says(code: str) -> dict[str, str]:
    return {"says": str(words.PROBLEMS[code])}
