"""All designs, with pictures: which are offered, to whom, when, how often used, and in what order."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.head_office import head_office_only
from admin.office import changing, reading, record, visitor
from admin.posters import desk, samples, words
from admin.posters.blueprint import pages
from bot.audit import Subject
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.moments import HERE
from bot.organisation.models import Branch, Shop
from bot.posters import designs, usage, versions
from bot.posters.designs import Design
from bot.posters.models import PosterDesignShop
from bot.users.roles import Permission


@pages.get("/")
@allowed(Permission.POSTERS_SEE)
def listing() -> str:
    """Show every design."""
    now = utc_now()
    with reading() as session:
        found = designs.every(session)
        sample = samples.of(session, samples.USUAL)
        return render_template(
            "admin/posters/list.html",
            designs=found,
            pictures={one.key: _mark(session, one, sample) for one in found},
            reach=_reach(session),
            chosen=usage.chosen(session),
            sent=usage.sent(session, now=now),
            today=now.astimezone(HERE).date(),
            may_change=desk.may_change(),
            title=desk.title,
            words=words,
        )


@pages.post("/<name>/move")
@allowed(Permission.POSTERS_CHANGE)
@head_office_only
def move(name: str) -> AnyResponse:
    """Show the design one earlier or one later."""
    step = {"up": -1, "down": 1}.get(request.form.get("way", ""))
    if step is None:
        raise BadRequest
    with changing() as session:
        one = desk.design(session, name)
        keys = [found.key for found in designs.every(session)]
        at = keys.index(name)
        to = at + step
        if 0 <= to < len(keys):
            before = list(keys)
            keys[at], keys[to] = keys[to], keys[at]
            designs.put_in_order(session, keys, maker=visitor.user_id, now=utc_now())
            subject = Subject("poster_design", name, one.title)
            record(session, "poster_design.ordered", subject, before={"order": before}, after={"order": keys})
    return redirect(url_for("admin.posters.listing", _anchor=f"design-{name}"), 303)


@pages.post("/<name>/shown")
@allowed(Permission.POSTERS_CHANGE)
@head_office_only
def put_shown(name: str) -> AnyResponse:
    """Offer the design no longer, or again. Posters made of it still lead where they led."""
    is_wanted = request.form.get("shown") == "yes"
    with changing() as session:
        one = desk.design(session, name)
        row = designs.row_of(session, name, maker=visitor.user_id, now=utc_now())
        before = row.state
        if is_wanted:
            versions.show_again(session, row)
        else:
            versions.hide(session, row)
        if row.state != before:
            action = "poster_design.shown" if is_wanted else "poster_design.hidden"
            record(session, action, desk.subject(one), before={"state": before}, after={"state": row.state})
    if is_wanted:
        say(_("%(name)s can be chosen again.", name=one.title))
    else:
        say(_("%(name)s cannot be chosen any more. Posters made of it still work.", name=one.title))
    return redirect(url_for("admin.posters.show", name=name), 303)


def _mark(session: ScopedSession, one: Design, sample: samples.Sample) -> str:
    """Return what names the small picture of a design; empty where there is nothing to draw."""
    if not one.can_be_drawn and desk.last(session, one) is None:
        return ""
    return samples.mark(desk.drawn(session, one, None), sample)


def _reach(session: ScopedSession) -> dict[int, list[str]]:
    """Return the names of the shops and branches each design is kept to, by the design's id."""
    rows = session.execute(
        select(PosterDesignShop.design_id, PosterDesignShop.shop_id, PosterDesignShop.branch_id)
    ).all()
    shops = dict(session.execute(select(Shop.id, Shop.name)).all()) if rows else {}
    branches = dict(session.execute(select(Branch.id, Branch.name)).all()) if rows else {}
    found: dict[int, list[str]] = {}
    for design_id, shop_id, branch_id in rows:
        name = shops.get(shop_id) if shop_id is not None else branches.get(branch_id or 0)
        found.setdefault(design_id, []).append(name or str(_("elsewhere")))
    return found
