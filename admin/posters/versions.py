"""Versions of a design: what each changed, publishing one, and going back to another."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

import posters
from admin.access import allowed
from admin.cookies import say
from admin.head_office import head_office_only
from admin.office import changing, reading, record, visitor
from admin.posters import desk, samples, words
from admin.posters.blueprint import pages
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.posters import designs, differences, documents
from bot.posters import versions as bot_versions
from bot.posters.designs import Design
from bot.posters.models import PosterDesignVersion
from bot.users.roles import Permission


@pages.get("/<name>/versions/<int:number>")
@allowed(Permission.POSTERS_SEE)
def show_version(name: str, number: int) -> str:
    """Show one version in both sizes, and what it changed."""
    with reading() as session:
        one = desk.design(session, name)
        row = desk.version(session, one, number)
        before = _before(session, row)
        earlier = before.document if before else _as_it_comes(one)
        in_force = desk.document(session, one, one.number or 0)[0] if one.can_be_drawn else None
        return render_template(
            "admin/posters/version.html",
            design=one,
            row=row,
            before=before,
            changes=differences.changes(earlier, row.document) if earlier else [],
            is_first=earlier is None,
            to_in_force=differences.changes(in_force, row.document) if in_force else [],
            problems=problems_of(row),
            whom=request.args.get("whom", samples.USUAL),
            mark=samples.of(session, request.args.get("whom", samples.USUAL)).mark,
            people=samples.options(session),
            widths=desk.WIDTHS,
            may_change=desk.may_change(),
            title=desk.title(one),
            words=words,
        )


@pages.post("/<name>/publish")
@allowed(Permission.POSTERS_CHANGE)
@head_office_only
def publish(name: str) -> AnyResponse:
    """Have a version drawn from now on; number 0 draws a built-in as it comes. The others stay."""
    typed = key_in(request.form.get("number"), longest=8)
    if typed is None:
        raise BadRequest
    number = typed or None
    with changing() as session:
        one = desk.design(session, name)
        if number is None and not one.is_built_in:
            raise BadRequest
        version = desk.version(session, one, number) if number is not None else None
        if version is not None and problems_of(version):
            say(_("Version %(n)s cannot be drawn any more. Mend it in the editor first.", n=number), "danger")
            return redirect(url_for("admin.posters.show_version", name=name, number=number), 303)
        row = designs.row_of(session, name, maker=visitor.user_id, now=utc_now())
        before = {"published": row.published, "state": row.state}
        bot_versions.publish(session, row, number)
        after = {"published": row.published, "state": row.state}
        if before != after:
            record(session, "poster_design.published", desk.subject(one), before=before, after=after)
    if number is None:
        say(_("The design is drawn as it comes again."))
    else:
        say(_("Version %(n)s is what staff get from now on.", n=number))
    return redirect(url_for("admin.posters.show", name=name), 303)


def problems_of(row: PosterDesignVersion) -> list[str]:
    """Return what keeps a version from being drawn: an engine of today may want more than that of its day."""
    try:
        posters.read(row.document)
    except posters.TemplateError as error:
        return [words.problem(one)["says"] for one in error.problems]
    return []


def _before(session: ScopedSession, row: PosterDesignVersion) -> PosterDesignVersion | None:
    earlier = select(PosterDesignVersion).where(
        PosterDesignVersion.design_id == row.design_id, PosterDesignVersion.number < row.number
    )
    return session.scalars(earlier.order_by(PosterDesignVersion.number.desc()).limit(1)).first()


def _as_it_comes(one: Design) -> desk.Document | None:
    template = posters.builtin().get(one.key)
    return documents.to_edit(template) if template is not None else None
