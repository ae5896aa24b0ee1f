"""One design: its picture for anybody, its days, and the shops and branches that may use it."""

from datetime import date

from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.days import day_of
from admin.forms import Form
from admin.head_office import head_office_only
from admin.office import changing, reading, record, visitor
from admin.posters import desk, samples, words
from admin.posters.blueprint import pages
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.organisation.models import Branch, Shop, ShopState
from bot.posters import designs, usage, versions
from bot.posters.designs import Design
from bot.users.roles import Permission

NAME = 64


@pages.get("/<name>")
@allowed(Permission.POSTERS_SEE)
def show(name: str) -> str:
    """Show the design."""
    with reading() as session:
        return _page(session, desk.design(session, name))


@pages.get("/<name>/picture")
@allowed(Permission.POSTERS_SEE)
def picture(name: str) -> Response:
    """Hand over a picture of the design: of a version, for somebody, in one of two sizes or small."""
    width = request.args.get("width", type=int) or desk.WIDTHS[0]
    if width not in desk.WIDTHS:
        raise NotFound
    with reading() as session:
        found = desk.drawn(session, desk.design(session, name), request.args.get("number", type=int))
        sample = samples.of(session, request.args.get("whom", samples.USUAL))
    facts = sample.facts(dict(found.pictures))
    return desk.picture(
        found,
        facts,
        width=width,
        is_small="small" in request.args,
        name=samples.mark(found, sample),
    )


@pages.post("/<name>")
@allowed(Permission.POSTERS_CHANGE)
@head_office_only
def offer(name: str) -> AnyResponse | tuple[str, int]:
    """Save what the design is called, on which days, and who may use it."""
    form = Form.sent()
    title = form.text("name", longest=NAME, required=False)
    begins, ends = _day(form, "begins_on"), _day(form, "ends_on")
    if begins and ends and ends < begins:
        form.wrong("ends_on", _("The last day is before the first one."))
    with changing() as session:
        one = desk.design(session, name)
        shops = form.ids("shops", among=session.scalars(select(Shop.id)))
        branches = form.ids("branches", among=session.scalars(select(Branch.id)))
        if not one.is_built_in and not title:
            form.wrong("name", _("Please fill this in."))
        if not form.is_right:
            return _page(session, one, form), 422
        row = designs.row_of(session, name, maker=visitor.user_id, now=utc_now())
        before = _said(one, *designs.reach_of(session, row))
        row.name = "" if one.is_built_in and title == one.title else title
        row.begins_on, row.ends_on = begins, ends
        designs.put_reach(session, row, shops=shops, branches=branches)
        after = _said(desk.design(session, name), *designs.reach_of(session, row))
        if before != after:
            record(session, "poster_design.changed", desk.subject(one), before=before, after=after)
    say(_("Saved."))
    return redirect(url_for("admin.posters.show", name=name), 303)


def _page(session: ScopedSession, one: Design, form: Form | None = None) -> str:
    shops, branches = _reach(session, one)
    whom, width = request.args.get("whom", samples.USUAL), request.args.get("width", "1080")
    has_picture = one.can_be_drawn or desk.last(session, one) is not None
    values = {
        "name": one.title,
        "begins_on": one.begins_on or "",
        "ends_on": one.ends_on or "",
        "shops": shops,
        "branches": branches,
    }
    # Without their newest mark, a browser would show the picture it has.
    mark = samples.mark(desk.drawn(session, one, None), samples.of(session, whom)) if has_picture else ""
    return render_template(
        "admin/posters/show.html",
        design=one,
        form=form or Form(values),
        people=samples.options(session),
        widths=desk.WIDTHS,
        mark=mark,
        whom=whom,
        width=width,
        rows=versions.all_of(session, one.row_id) if one.row_id is not None else [],
        shops=_open_shops(session, shops),
        branches=session.execute(select(Branch.id, Branch.name).order_by(Branch.id)).all(),
        chosen=usage.chosen(session).get(one.key, 0),
        may_change=desk.may_change(),
        title=desk.title(one),
        words=words,
    )


def _open_shops(session: ScopedSession, kept: list[int]) -> list[tuple[int, str]]:
    """Return the shops to choose from: those that are open, and those chosen before."""
    wanted = select(Shop.id, Shop.name).where((Shop.state == ShopState.OPEN.value) | Shop.id.in_(kept))
    return list(session.execute(wanted.order_by(Shop.branch_id, Shop.id)).all())


def _reach(session: ScopedSession, one: Design) -> tuple[list[int], list[int]]:
    if one.row_id is None:
        return [], []
    return designs.reach_of(session, designs.find_row(session, one.key))


def _said(one: Design, shops: list[int], branches: list[int]) -> dict[str, object]:
    return {
        "name": one.title,
        "begins_on": str(one.begins_on or ""),
        "ends_on": str(one.ends_on or ""),
        "shops": sorted(shops),
        "branches": sorted(branches),
    }


def _day(form: Form, name: str) -> date | None:
    typed = str(form.values.get(name, "")).strip()
    found = day_of(typed) if typed else None
    if typed and (found is None or not 2000 < found.year < 2200):
        form.wrong(name, _("A day such as 2026-02-17."))
    return found
