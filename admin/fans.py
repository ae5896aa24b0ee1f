"""The fans: who they are, how they came, what was said, and writing to them while they may be written to."""

from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select
from werkzeug.wrappers import Response as AnyResponse

from admin import cookies, message_words, promise_words, scanning, timeline
from admin.access import allowed
from admin.forms import Form
from admin.hiding import hide
from admin.office import changing, find, reading, record, runtime, visitor
from admin.series import running
from admin.tags import on_fans
from bot.channels.models import Channel
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.fan_sync.models import BlacklistedFan
from bot.fans.models import Fan, Standing
from bot.keys import key_in
from bot.organisation.models import Shop
from bot.replies import office
from bot.tags import finding
from bot.users.roles import Permission

pages = Blueprint("fans", __name__, url_prefix="/fans")
STANDINGS = {
    Standing.FOLLOWING.value: _l("Following"),
    Standing.LEFT.value: _l("Left"),
    Standing.UNKNOWN.value: _l("Unknown"),
}
PILLS = {Standing.FOLLOWING.value: "good", Standing.LEFT.value: "bad", Standing.UNKNOWN.value: ""}
ACTIVE = {
    "2": _l("Within 48 hours"),
    "7": _l("Within 7 days"),
    "30": _l("Within 30 days"),
    "-30": _l("Not for 30 days"),
}


@pages.app_context_processor
def _words() -> dict[str, Any]:
    return {"message_words": message_words, "standings": STANDINGS, "standing_pills": PILLS}


@pages.get("/")
@allowed(Permission.FANS_SEE)
def listing() -> str:
    """List the fans of the visitor's scope, the latest we came to know first."""
    with reading() as session:
        wanted = wanted_by(session, request.args)
        found = scanning.scan(session, wanted, by=Fan.id)
        counted = scanning.count(session, wanted, by=Fan.id)
        shops = [
            (one.id, one.name) for one in session.scalars(select(Shop).order_by(Shop.branch_id, Shop.id))
        ]
        channel = _channel(session, request.args.get("channel", ""))
        through = _channel(session, request.args.get("through", ""))
        tags = on_fans.every(session)
        tagged = on_fans.of_fans(session, [fan.id for fan in found.rows])
    return render_template(
        "admin/fans/list.html",
        page=found,
        counted=counted,
        shops=shops,
        shop_names=dict(shops),
        account_names=account_names(),
        active=ACTIVE,
        channel=channel,
        through=through,
        tags=tags,
        tagged=tagged,
        kept=finding.kept(request.args),
    )


@pages.get("/<int:key>")
@allowed(Permission.FANS_SEE)
def show(key: int) -> str:
    """Show one fan with everything that happened between them and us."""
    with reading() as session:
        return _page(session, find(session, Fan, key), Form())


@pages.post("/<int:key>/reply")
@allowed(Permission.MESSAGES_REPLY)
def reply(key: int) -> AnyResponse | tuple[str, int]:
    """Write to the fan, if WeChat would take it."""
    form = Form.sent()
    words = form.text("words", longest=office.LONGEST).replace("\r\n", "\n")
    now = utc_now()
    with changing() as session:
        fan = find(session, Fan, key)
        session.refresh(fan, with_for_update=True)  # two colleagues share what may still be written
        window = office.window(session, fan)
        if fan.account_id not in account_names():
            form.wrong("words", _("The fan's account is no longer in the settings, so nothing can be sent."))
        elif not window.is_open(now):
            form.wrong("words", refusal(window, now))
        if not form.is_right:
            return _page(session, fan, form), 422
        office.write(session, fan, words, user_id=visitor.user_id, user_name=visitor.name, now=now)
        record(session, "fan.written_to", fan, after={"words": hide(words), "characters": len(words)})
    cookies.say(_("Handed over; it reaches the fan within seconds. Below stands what became of it."))
    return redirect(url_for("admin.fans.show", key=key), 303)


def refusal(window: office.Window, now: datetime) -> str:
    """Return why the fan may not be written to now."""
    if window.has_left:
        return str(_("The fan has left; WeChat delivers nothing to them."))
    if window.until is None:
        return str(_("The fan has never written; WeChat lets us write only after they do."))
    if now >= window.until:
        return str(_("Closed: the fan was silent for more than 48 hours. It opens when they write."))
    return str(_("WeChat takes no more messages now; the fan has to write first."))


def account_names() -> dict[int, str]:
    """Return the names of the accounts by their ids."""
    return {one.id: one.name for one in runtime.accounts.values()}


def _page(session: ScopedSession, fan: Fan, form: Form) -> str:
    now = utc_now()
    window = office.window(session, fan)
    ids = {one for one in (fan.first_channel_id, fan.last_channel_id) if one}
    channels = {one.id: one for one in session.scalars(select(Channel).where(Channel.id.in_(ids)))}
    shop_ids = {one for one in (fan.first_shop_id, fan.last_shop_id) if one}
    shops = {one.id: one.name for one in session.scalars(select(Shop).where(Shop.id.in_(shop_ids)))}
    entries, older = timeline.of(session, fan)
    return render_template(
        "admin/fans/fan.html",
        fan=fan,
        form=form,
        window=window,
        is_open=window.is_open(now),
        refusal="" if window.is_open(now) else refusal(window, now),
        now=now,
        account_name=account_names().get(fan.account_id, ""),
        channels=channels,
        shops=shops,
        tags=on_fans.of_fans(session, [fan.id]).get(fan.id, []),
        other_tags=on_fans.choices(session),
        entries=entries,
        older=older,
        desk_sessions=timeline.sessions(session, fan),
        series_runs=running.of_fan(session, fan) if visitor.may(Permission.SERIES_SEE) else [],
        blacklisted=session.get(BlacklistedFan, fan.id),
        promises=timeline.promises(session, fan) if _sees_outbox() else None,
        promise_words=promise_words,
        longest=office.LONGEST,
    )


def _sees_outbox() -> bool:
    return visitor.scope.everything and visitor.may(Permission.OUTBOX_SEE)


def _channel(session: ScopedSession, text: str) -> Channel | None:
    key = key_in(text)
    return session.get(Channel, key) if key is not None else None


def wanted_by(session: ScopedSession, asked: Any) -> Select[Fan]:
    """Return the fans that the filters leave."""
    return finding.wanted(session, asked, account_ids=list(account_names()), now=utc_now())
