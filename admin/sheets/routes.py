"""Template, export, upload, the look and the yes: the routes that a section of rows gets for its sheet.

add_routes(pages, Sheet("staff", _l("Staff"), change=…, export=…, wanted=wanted, pages="staff"))
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from admin import cookies
from admin.access import allowed, takes
from admin.forms import Form
from admin.office import OutOfSight, actor, changing, reading, record, visitor
from admin.sheets import handing
from admin.sheets.exporting import sheet_export
from admin.sheets.sheet import MEGABYTES, Sheet, around, form_page
from bot.audit import Subject
from bot.batches import work
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.imports import plan, uploads, words
from bot.imports.models import SheetUpload
from bot.imports.plan import AT_ONCE, Plan
from bot.imports.uploads import Gone
from bot.sheets import Column, NotASheet
from bot.users.roles import Permission

MOST_SHOWN = 200
MOST_REFUSED = 50  # entries in the audit for one sheet
REASONS = Column("problem", "问题", "Problem", others=("原因", "problems"), width=60)
Shown = str | tuple[str, int]
Route = tuple[str, Callable[..., Any], Permission]


class _NotAll(Exception):
    """A row could not be done, and it was to be all or nothing."""


def add_routes(pages: Blueprint, sheet: Sheet) -> None:
    """Give the section the routes of its sheet."""
    views = Views(sheet)
    opened: tuple[Route, ...] = (
        ("/sheet", views.sheet, sheet.change),
        ("/sheet/template", views.sheet_template, sheet.change),
        ("/sheet/<int:key>", views.sheet_look, sheet.change),
        ("/sheet/<int:key>/problems", views.sheet_problems, sheet.change),
    )
    for path, view, permission in opened:
        pages.add_url_rule(path, view.__name__, _open(view, permission))
    upload = takes(megabytes=MEGABYTES + 1)(_open(views.sheet_upload, sheet.change))
    pages.add_url_rule("/sheet", "sheet_upload", upload, methods=["POST"])
    posted: tuple[Route, ...] = (
        ("/sheet/<int:key>", views.sheet_put, sheet.change),
        ("/sheet/<int:key>/forget", views.sheet_forget, sheet.change),
    )
    for path, view, permission in posted:
        pages.add_url_rule(path, view.__name__, _open(view, permission), methods=["POST"])
    exported = _open(partial(sheet_export, sheet), sheet.export)
    pages.add_url_rule("/sheet/export", "sheet_export", exported, methods=["POST"])


def _open(view: Callable[..., Any], permission: Permission) -> Callable[..., Any]:
    """Return a function of its own for the route: what it states is not every section's."""

    def of_section(**values: Any) -> Any:
        return view(**values)

    return allowed(permission)(of_section)


class Views:
    """The views of one section's sheet."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    def sheet(self) -> str:
        """Show where to send a sheet, and what it should look like."""
        return form_page(self._sheet, Form())

    def sheet_template(self) -> Response:
        """Hand over an empty sheet that explains itself."""
        with reading() as session:
            columns = self._sheet.made(session).columns
        return handing.excel(columns, (), title=str(self._sheet.title))

    def sheet_upload(self) -> AnyResponse | Shown:
        """Look at a sheet and keep it for an hour. Nothing is imported yet."""
        form = Form.sent()
        sent = request.files.get("sheet")
        content = sent.read() if sent is not None else b""
        if sent is None or not sent.filename:
            form.wrong("sheet", _("Choose a file."))
            return form_page(self._sheet, form), 422
        facts = around()
        try:
            with reading() as session:
                looked = plan.look(session, self._sheet.kind, content, facts)
        except NotASheet as error:
            form.wrong("sheet", words.why(error, in_chinese=handing.in_chinese()))
            return form_page(self._sheet, form), 422
        with changing() as session:
            upload = uploads.put(
                session,
                content,
                kind=self._sheet.kind,
                name=sent.filename,
                user_id=visitor.user_id,
                vault=facts.vault,
                now=utc_now(),
            )
            for subject in looked.outside[:MOST_REFUSED]:
                record(session, "change.refused", subject, reason=f"sheet: {self._sheet.kind}")
        return redirect(self._sheet.url("sheet_look", key=upload.id), 303)

    def sheet_look(self, key: int) -> AnyResponse | str:
        """Show what would become of the sheet."""
        try:
            upload, looked = self._looked(key)
        except Gone:
            return self._gone()
        return self._look_page(upload, looked, Form())

    def sheet_problems(self, key: int) -> AnyResponse:
        """Hand the sheet back with a column that says what is wrong in which row."""
        try:
            upload, looked = self._looked(key)
        except Gone:
            return self._gone()
        chinese = handing.in_chinese()
        why = {
            one.number: "；".join(words.say(problem, in_chinese=chinese) for problem in one.problems)
            for one in looked.wrong
        }
        with reading() as session:
            kind = self._sheet.made(session)
            lines = list(plan.lines_of(kind, self._content(session, upload)))
        known = {column.key: column for column in kind.columns}
        columns = [*(known[key] for key in (lines[0].cells if lines else ())), REASONS]
        rows = ({**line.cells, REASONS.key: why.get(line.number, "")} for line in lines)
        return handing.excel(columns, rows, title=str(self._sheet.title), explained=False)

    def sheet_put(self, key: int) -> AnyResponse | Shown:
        """Import what was looked at: all rows, or those with nothing wrong. Large sheets go on as a batch."""
        form = Form.sent()
        try:
            upload, looked = self._looked(key)
        except Gone:
            return self._gone()
        wants_all = form.values.get("rows") != "right"
        status = 409
        if form.values.get("digest") != looked.digest:
            form.wrong("rows", _("Rows have changed since you looked. Look again; nothing was imported."))
        elif wants_all and looked.wrong:
            form.wrong("rows", _("Some rows are wrong, so nothing was imported. Choose what to do."))
            status = 422
        if not form.is_right:
            return self._look_page(upload, looked, form), status
        if len(looked.todo) > AT_ONCE:
            return self._put_later(upload, looked, wants_all=wants_all)
        return self._put_now(upload, looked, form, wants_all=wants_all)

    def sheet_forget(self, key: int) -> AnyResponse:
        """Let go of the sheet at once."""
        with changing() as session:
            uploads.forget(session, self._mine(session, key))
        cookies.say(_("The sheet is forgotten; nothing was imported."), "info")
        return redirect(self._sheet.url("sheet"), 303)

    def _put_now(
        self, upload: SheetUpload, looked: Plan, form: Form, *, wants_all: bool
    ) -> AnyResponse | Shown:
        wrong = {one.number for one in looked.wrong}
        todo = {one.number for one in looked.todo}
        with reading() as session:
            kind, content = self._sheet.made(session), self._content(session, upload)
            lines = [line for line in plan.lines_of(kind, content) if line.number in todo]
        try:
            with changing() as session:
                uploads.forget(session, self._mine(session, upload.id))
                done = plan.do(session, self._sheet.kind, lines, around(), actor=actor(), now=utc_now())
                if done.problems and wants_all:
                    raise _NotAll  # noqa: TRY301 - what rolls the transaction back
                after = {"added": done.added, "changed": done.changed, "wrong": len(wrong)}
                record(session, "sheet.imported", Subject("sheet", "", self._name(upload)), after=after)
        except _NotAll:
            form.wrong("rows", _("Rows have changed since you looked. Look again; nothing was imported."))
            return self._look_page(upload, self._looked(upload.id)[1], form), 409
        said = _("Imported: %(added)s added, %(changed)s changed.", added=done.added, changed=done.changed)
        left = len(wrong) + len(done.problems)
        kind_of_note = "warning" if left else "success"
        cookies.say(f"{said} {_('%(n)s rows were left out.', n=left)}" if left else said, kind_of_note)
        return redirect(self._sheet.url("listing"), 303)

    def _put_later(self, upload: SheetUpload, looked: Plan, *, wants_all: bool) -> AnyResponse:
        now = utc_now()
        arguments = {
            "upload_id": upload.id,
            "kind": self._sheet.kind,
            "language": "zh" if handing.in_chinese() else "en",
            "wants_all": wants_all,
        }
        with changing() as session:
            uploads.work_on(session, self._mine(session, upload.id), now=now)
            title = _("Import: %(name)s", name=self._name(upload))
            batch = work.begin(
                session,
                kind="imports.put",
                title=title,
                arguments=arguments,
                total=len(looked.looks),
                needs=self._sheet.change,
                maker=actor(),
                now=now,
            )
            record(session, "sheet.import_begun", batch, after={"rows": len(looked.looks)})
        return redirect(url_for("admin.batches.show", key=batch.id), 303)

    def _looked(self, key: int) -> tuple[SheetUpload, Plan]:
        with reading() as session:
            upload = self._mine(session, key)
            content = self._content(session, upload)
            try:
                return upload, plan.look(session, self._sheet.kind, content, around())
            except NotASheet:
                raise Gone from None

    def _mine(self, session: ScopedSession, key: int) -> SheetUpload:
        """Return the visitor's own upload: what is in another's is not theirs to see."""
        own = select(SheetUpload).where(
            SheetUpload.id == key,
            SheetUpload.created_by_id == visitor.user_id,
            SheetUpload.kind == self._sheet.kind,
        )
        upload = session.scalar(own)
        if upload is None:
            raise OutOfSight(Subject(SheetUpload.__tablename__, str(key)))
        return upload

    def _content(self, session: ScopedSession, upload: SheetUpload) -> bytes:
        return uploads.content(session, upload, around().vault, now=utc_now())

    def _name(self, upload: SheetUpload) -> str:
        return f"{self._sheet.title} · {upload.name}"

    def _gone(self) -> AnyResponse:
        cookies.say(_("The sheet is not kept any more: send it again."), "warning")
        return redirect(self._sheet.url("sheet"), 303)

    def _look_page(self, upload: SheetUpload, looked: Plan, form: Form) -> str:
        return render_template(
            "admin/sheets/look.html",
            form=form,
            sheet=self._sheet,
            upload=upload,
            plan=looked,
            words=words,
            chinese=handing.in_chinese(),
            most=MOST_SHOWN,
            at_once=AT_ONCE,
        )
