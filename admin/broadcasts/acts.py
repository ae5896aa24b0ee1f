"""What is done to a broadcast: submitted, approved, sent back, paused, gone on with, called off, deleted."""

from collections.abc import Callable
from typing import Any

from flask import redirect, url_for
from flask_babel import gettext as _
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.broadcasts import fields, words
from admin.broadcasts.blueprint import pages
from admin.broadcasts.editing import facts
from admin.cookies import say
from admin.forms import Form
from admin.office import OutOfSight, actor, changing, record, runtime
from bot.audit import Subject
from bot.broadcasts import deciding, settling
from bot.broadcasts.deciding import NotNow, Why
from bot.broadcasts.models import Broadcast, BroadcastState, Way
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.users.roles import Permission

Act = Callable[[ScopedSession, Broadcast], None]


def _do(
    key: int, action: str, act: Act, said: str, *, reason: str | None = None, **after: Any
) -> AnyResponse:
    """Do `act` to the broadcast, locked; say why not where it stands otherwise by now."""
    try:
        with changing() as session:
            row = deciding.locked(session, key)
            if row is None:
                raise OutOfSight(Subject(Broadcast.__tablename__, str(key)))
            before = {"state": row.state}
            act(session, row)
            session.flush()
            now = {"state": row.state, "version": row.version, **after}
            record(session, action, row, before=before, after=now, reason=reason)
    except NotNow as error:
        say(words.WHY_NOT[error.why], "danger")
    except StaleDataError:
        say(words.WHY_NOT[Why.CHANGED], "danger")
    else:
        say(said)
    return redirect(url_for("admin.broadcasts.show", key=key), 303)


@pages.post("/<int:key>/submit")
@allowed(Permission.BROADCASTS_CHANGE)
def submit(key: int) -> AnyResponse:
    """Ask for a colleague's yes."""
    return _do(
        key,
        "broadcast.submitted",
        lambda session, row: deciding.submit(session, row, actor=actor(), now=utc_now()),
        _("Submitted. A colleague who may approve looks at it now."),
    )


@pages.post("/<int:key>/withdraw")
@allowed(Permission.BROADCASTS_CHANGE)
def withdraw(key: int) -> AnyResponse:
    """Take a broadcast back that waits for a yes or for its time."""
    return _do(
        key,
        "broadcast.withdrawn",
        lambda _session, row: deciding.send_back(row, None),
        _("It is a draft again."),
    )


@pages.post("/<int:key>/approve")
@allowed(Permission.BROADCASTS_APPROVE)
def approve(key: int) -> AnyResponse:
    """Say yes to the version on the visitor's page."""
    version = key_in(str(Form.sent().values.get("version", ""))) or 0
    return _do(
        key,
        "broadcast.approved",
        lambda session, row: deciding.approve(session, row, version=version, actor=actor(), now=utc_now()),
        _("Approved. It is sent at its time, or within seconds."),
    )


@pages.post("/<int:key>/send-back")
@allowed(Permission.BROADCASTS_APPROVE)
def send_back(key: int) -> AnyResponse:
    """Say no, and why."""
    why = str(Form.sent().values.get("why", "")).strip()[:400]
    if not why:
        say(_("Say what should be different."), "danger")
        return redirect(url_for("admin.broadcasts.show", key=key), 303)
    return _do(
        key,
        "broadcast.sent_back",
        lambda _session, row: deciding.send_back(row, why),
        _("Sent back with your words."),
        reason=why,
    )


@pages.post("/<int:key>/pause")
@allowed(Permission.BROADCASTS_CHANGE)
def pause(key: int) -> AnyResponse:
    """Stop for now: whoever may write may stop."""
    return _do(
        key,
        "broadcast.paused",
        deciding.pause,
        _("Paused. What was on its way at this moment still arrives."),
    )


@pages.post("/<int:key>/resume")
@allowed(Permission.BROADCASTS_CHANGE)
def resume(key: int) -> AnyResponse:
    """Go on."""
    return _do(
        key,
        "broadcast.resumed",
        lambda session, row: deciding.resume(session, row, now=utc_now()),
        _("It goes on."),
    )


@pages.post("/<int:key>/cancel")
@allowed(Permission.BROADCASTS_CHANGE)
def cancel(key: int) -> AnyResponse:
    """Call it off for good."""

    def act(session: ScopedSession, row: Broadcast) -> None:
        deciding.cancel(session, row, now=utc_now())
        _drop_tag(session, row)

    return _do(key, "broadcast.cancelled", act, _("Called off. What was sent stays sent."))


@pages.post("/<int:key>/rate")
@allowed(Permission.BROADCASTS_CHANGE)
def rate(key: int) -> AnyResponse:
    """Change how fast it is laid down, while it is under way."""
    form = Form.sent()
    said = str(form.values.get("rate", "")).strip()
    wanted = form.number("rate", least=1, most=fields.FASTEST) if said else None
    if not form.is_right:
        say(form.errors["rate"], "danger")
        return redirect(url_for("admin.broadcasts.show", key=key), 303)

    def act(_session: ScopedSession, row: Broadcast) -> None:
        if row.state not in {one.value for one in deciding.UNDER_WAY} or row.way != Way.PLANNER:
            raise NotNow(Why.OTHER_STATE)
        row.rate = wanted

    return _do(key, "broadcast.rate_changed", act, _("Saved."), rate=wanted)


@pages.post("/<int:key>/delete")
@allowed(Permission.BROADCASTS_CHANGE)
def delete(key: int) -> AnyResponse:
    """Delete a draft that was never sent; everything else stays."""
    with changing() as session:
        row = deciding.locked(session, key)
        if row is None:
            raise OutOfSight(Subject(Broadcast.__tablename__, str(key)))
        if row.state != BroadcastState.DRAFT:
            say(words.WHY_NOT[Why.OTHER_STATE], "danger")
            return redirect(url_for("admin.broadcasts.show", key=key), 303)
        record(session, "broadcast.deleted", row, before=facts(row))
        deciding.let_go(session, row)
        _drop_tag(session, row)
        session.delete(row)
    say(_("Deleted."))
    return redirect(url_for("admin.broadcasts.listing"), 303)


def _drop_tag(session: ScopedSession, row: Broadcast) -> None:
    """WeChat, which has room for a hundred, need not know the tag because of this broadcast any more."""
    if row.way == Way.MASS_TAG:
        of = runtime.account_by_id(row.account_id).name
        settling.drop_need(session, row, account=of, now=utc_now())
