"""What is still to be done outside, what failed for good and why, and having it tried again."""

from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Select, String, cast, func, select
from werkzeug.wrappers import Response as AnyResponse

from admin import cookies, promise_words, scanning
from admin.access import allowed
from admin.forms import Form
from admin.head_office import head_office_only
from admin.hiding import hidden, hide
from admin.office import changing, find, reading, record
from admin.paging import page
from bot.audit import Subject
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.outbox import keeping
from bot.outbox.models import Promise, State
from bot.users.roles import Permission

pages = Blueprint("outbox", __name__, url_prefix="/outbox")
ORDER = (State.DEAD, State.HELD, State.WAITING, State.QUEUED, State.RUNNING, State.DONE)
MOST = 10_000


@pages.app_context_processor
def _words() -> dict[str, Any]:
    return {"promise_words": promise_words, "hide": hide, "hidden": hidden}


@pages.get("/")
@allowed(Permission.OUTBOX_SEE)
@head_office_only
def listing() -> str:
    """List promises, the dead ones unless another state is asked for."""
    state = _state(request.args)
    with reading() as session:
        counts = {one: _count(session, one) for one in ORDER}
        oldest = {one: _oldest(session, one) for one in (State.DEAD, State.WAITING)}
        # Of what is not done there is little, found by the index of the states; the done ones are the mass.
        listed = scanning.scan if state == State.DONE else page
        found = listed(session, _wanted(request.args), by=Promise.id)
    return render_template(
        "admin/outbox/list.html",
        page=found,
        state=state,
        counts=counts,
        ages={one: utc_now() - at for one, at in oldest.items() if at},
        now=utc_now(),
    )


@pages.get("/<int:key>")
@allowed(Permission.OUTBOX_SEE)
@head_office_only
def show(key: int) -> str:
    """Show one promise with everything about it that may be shown."""
    with reading() as session:
        promise = find(session, Promise, key)
    return render_template("admin/outbox/promise.html", promise=promise, arguments=hidden(promise.arguments))


@pages.post("/replay")
@allowed(Permission.OUTBOX_REPLAY)
@head_office_only
def replay() -> str | AnyResponse:
    """Let the chosen dead promises, or all that fit, wait again; `sure` says it was asked before."""
    form = Form.sent()
    with changing() as session:
        ids = _chosen(session, form)
        if not ids:
            cookies.say(_("No dead promise was chosen."), "warning")
            return redirect(url_for("admin.outbox.listing"), 303)
        if not form.ticked("sure"):
            kept = {name: form.values.get(name, "") for name in ("all", "job", "q")}
            some = session.scalars(select(Promise).where(Promise.id.in_(ids[:5])).order_by(Promise.id.desc()))
            return render_template(
                "admin/outbox/replay.html",
                count=len(ids),
                ids=[] if form.ticked("all") else ids,
                kept=kept,
                newest=max(ids),
                some=some.all(),
                most=MOST,
            )
        count = keeping.replay(session, ids, now=utc_now())
        told = {"count": count, "ids": ids[:200]}
        record(
            session, "outbox.replayed", Subject("outbox", str(ids[0]) if len(ids) == 1 else ""), after=told
        )
    cookies.say(
        ngettext("%(num)s promise waits again.", "%(num)s promises wait again.", count)
        if count
        else _("Somebody has replayed them already."),
        "success" if count else "info",
    )
    return redirect(url_for("admin.outbox.listing"), 303)


def _chosen(session: ScopedSession, form: Form) -> list[int]:
    dead = select(Promise.id).where(Promise.state == State.DEAD.value)
    if form.ticked("all"):
        wanted = _narrowed(dead, form.values)
        if (newest := key_in(form.values.get("newest"))) is not None:
            wanted = wanted.where(Promise.id <= newest)  # not what died after it was asked
        return list(session.scalars(wanted.order_by(Promise.id).limit(MOST)))
    found = form.values.get("ids", [])
    sent = [str(one) for one in (found if isinstance(found, list) else [found])]
    ids = {key for one in sent if (key := key_in(one)) is not None}
    return list(session.scalars(dead.where(Promise.id.in_(sorted(ids)[:MOST])).order_by(Promise.id)))


def _state(asked: Any) -> str:
    state = str(asked.get("state", ""))
    return state if state in set(State) else State.DEAD.value


def _wanted(asked: Any) -> Select[Promise]:
    return _narrowed(select(Promise).where(Promise.state == _state(asked)), asked)


def _narrowed(wanted: Select[Any], asked: Any) -> Select[Any]:
    if job := str(asked.get("job", "")).strip()[:64]:
        wanted = wanted.where(Promise.job == job)
    if text := str(asked.get("q", "")).strip()[:64]:
        said = cast(Promise.arguments, String(4000))
        wanted = wanted.where(
            Promise.reason.icontains(text, autoescape=True) | said.icontains(text, autoescape=True)
        )
    return wanted


def _count(session: ScopedSession, state: State) -> scanning.Counted:
    some = select(Promise.id).where(Promise.state == state.value).limit(scanning.MOST + 1).subquery()
    number = session.scalar(select(func.count()).select_from(some)) or 0
    return scanning.Counted(min(number, scanning.MOST), is_exact=number <= scanning.MOST)


def _oldest(session: ScopedSession, state: State) -> datetime | None:
    if state is State.WAITING:  # how late the latest is
        return session.scalar(
            select(func.min(Promise.due_at)).where(Promise.state == state.value, Promise.due_at <= utc_now())
        )
    some = select(Promise.finished_at).where(Promise.state == state.value).limit(scanning.MOST).subquery()
    oldest: datetime | None = session.scalar(select(func.min(some.c.finished_at)))
    return oldest
