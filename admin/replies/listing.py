"""The rules by trigger, in the order in which they are asked."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, func, select, update
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.guard import is_local
from admin.office import changing, find, reading, record
from admin.paging import Page
from admin.replies import words
from admin.replies.blueprint import pages
from admin.replies.fields import said
from admin.replies.names import names_in
from bot.db import utc_now
from bot.db.revisions import bump
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.replies import hits, order, rules, verdicts
from bot.replies.models import AutoReply, Trigger
from bot.replies.rules import normal, precedence
from bot.users.roles import Permission


@pages.get("/")
@allowed(Permission.REPLIES_SEE)
def listing() -> str:
    """List the rules of one trigger."""
    trigger = trigger_asked()
    with reading() as session:
        rows = filtered(session, request.args, trigger)
        counting = select(AutoReply.trigger, func.count(AutoReply.id)).group_by(AutoReply.trigger)
        return render_template(
            "admin/replies/list.html",
            page=Page(rows),
            neighbours=_neighbours(rows),
            counts={name: count for name, count in session.execute(counting)},  # noqa: C416 - rows
            trigger=trigger,
            hits=hits.of_rules(session, now=utc_now()),
            verdicts=verdicts.of_rules(session, since=utc_now() - hits.WINDOW),
            names=names_in(session),
            words=words,
        )


def trigger_asked() -> Trigger:
    """Return the trigger the address names; keywords without one."""
    asked = request.args.get("trigger", "")
    return Trigger(asked) if asked in set(Trigger) else Trigger.KEYWORD


def filtered(session: ScopedSession, asked: Any, trigger: Trigger | None) -> list[AutoReply]:
    """Return the rules that fit the filters, in order. They are some hundreds at most."""
    rows = sorted(session.scalars(_wanted(asked, trigger)), key=precedence)
    text = normal(str(asked.get("q", ""))[:64])
    return [row for row in rows if not text or text in _haystack(row)]


def exported(asked: Any) -> Select[AutoReply]:
    """Return the rules of all triggers that the account and the state leave."""
    return _wanted(asked, None).order_by(AutoReply.trigger, AutoReply.priority.desc(), AutoReply.id)


def _wanted(asked: Any, trigger: Trigger | None) -> Select[AutoReply]:
    wanted = select(AutoReply)
    if trigger is not None:
        wanted = wanted.where(AutoReply.trigger == trigger)
    account = str(asked.get("account", ""))
    if account == "shared":
        wanted = wanted.where(AutoReply.account_id.is_(None))
    elif (account_id := key_in(account)) is not None:
        wanted = wanted.where(AutoReply.account_id == account_id)
    if (state := asked.get("state", "")) in {"on", "off"}:
        wanted = wanted.where(AutoReply.enabled.is_(state == "on"))
    return wanted


@pages.post("/<int:key>/move")
@allowed(Permission.REPLIES_CHANGE)
def move(key: int) -> AnyResponse:
    """Put the rule right before or right after another one."""
    side = "before" if request.form.get("before") else "after"
    other = key_in(request.form.get(side))
    if other is None:
        raise BadRequest
    with changing() as session:
        row, neighbour = find(session, AutoReply, key), find(session, AutoReply, other)
        if order.may_stand_together(row, neighbour):
            order.put(session, row, neighbour, before=side == "before")
            bump(session, "replies")
            record(session, "auto_reply.moved", row, after={side: neighbour.title})
        else:
            say(_("A shop's own rule always comes before those for everybody."), "warning")
    return _back(moved=key)


@pages.post("/<int:key>/enabled")
@allowed(Permission.REPLIES_CHANGE)
def switch(key: int) -> AnyResponse:
    """Have the rule answer, or not."""
    wanted = request.form.get("enabled") == "yes"
    with changing() as session:
        row = find(session, AutoReply, key)
        session.execute(update(AutoReply).where(AutoReply.id == key).values(enabled=wanted))
        bump(session, "replies")
        action = "auto_reply.enabled" if wanted else "auto_reply.disabled"
        record(session, action, row, before={"enabled": not wanted}, after={"enabled": wanted})
    if wanted:
        say(_("%(title)s answers again.", title=row.title))
    else:
        say(_("%(title)s does not answer any more.", title=row.title))
    return _back(moved=key)


@pages.post("/<int:key>/delete")
@allowed(Permission.REPLIES_CHANGE)
def remove(key: int) -> AnyResponse:
    """Delete the rule for good; what it said stays in the audit."""
    with changing() as session:
        row = find(session, AutoReply, key)
        before = said(row)
        rules.remove(session, row)
        record(session, "auto_reply.deleted", row, before=before)
    say(_("%(title)s is deleted.", title=row.title))
    return redirect(url_for("admin.replies.listing", trigger=row.trigger), 303)


def _back(*, moved: int) -> AnyResponse:
    wanted = request.form.get("back", "")
    if not is_local(wanted):
        return redirect(url_for("admin.replies.listing", moved=moved), 303)
    return redirect(wanted, 303)


def _haystack(row: AutoReply) -> str:
    documents = [row.reply, *(row.variants or []), *row.follow_ups]
    return normal("\n".join([row.title, *row.words, *(words.said(one) for one in documents if one)]))


def _neighbours(rows: list[AutoReply]) -> dict[int, tuple[int | None, int | None]]:
    """Return for each rule the one it may be moved before, and the one it may be moved after."""
    found: dict[int, tuple[int | None, int | None]] = {}
    for place, row in enumerate(rows):
        above = rows[place - 1] if place else None
        below = rows[place + 1] if place + 1 < len(rows) else None
        found[row.id] = (
            above.id if above is not None and order.may_stand_together(row, above) else None,
            below.id if below is not None and order.may_stand_together(row, below) else None,
        )
    return found
