"""Retiring a code, and giving a retired one away: only by someone who first sees what still hangs."""

from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.channels import fields, words
from admin.channels.blueprint import pages
from admin.channels.names import Names, names_in
from admin.cookies import say
from admin.forms import Form
from admin.office import changing, find, reading, record
from bot.audit import facts
from bot.channels import making, retiring
from bot.channels.models import Channel
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.organisation.models import Staff
from bot.users.roles import Permission

OWNER = ("name", "shop_id", "staff_id", "campaign_id", "desk_shop_id", "state")
Shown = str | tuple[str, int]


@pages.get("/<int:key>/retire")
@allowed(Permission.CHANNELS_CHANGE)
def farewell(key: int) -> str:
    """Show what still hangs, before the code is taken out of use."""
    with reading() as session:
        return _page(session, Form(), find(session, Channel, key), "admin/channels/retire.html")


@pages.post("/<int:key>/retire")
@allowed(Permission.CHANNELS_CHANGE)
def retire(key: int) -> AnyResponse | Shown:
    """Take the code out of use, for a reason."""
    form = Form.sent()
    with changing() as session:
        channel = find(session, Channel, key)
        reason = form.text("reason", longest=200)
        if not form.is_right:
            return _page(session, form, channel, "admin/channels/retire.html"), 422
        before = facts(channel, *OWNER)
        retiring.retire(channel, now=utc_now())
        record(
            session, "channel.retired", channel, before=before, after=facts(channel, *OWNER), reason=reason
        )
    say(_("%(name)s is retired. Its code leads to the account all the same.", name=channel.name))
    return redirect(url_for("admin.channels.show", key=key), 303)


@pages.get("/<int:key>/reassign")
@allowed(Permission.CHANNELS_CHANGE)
def handover(key: int) -> str | AnyResponse:
    """Show what still hangs of a retired code, and ask for its new owner."""
    with reading() as session:
        channel = find(session, Channel, key)
        form = Form({"name": channel.name, "version": channel.version})
        return _page(session, form, channel, "admin/channels/reassign.html")


@pages.post("/<int:key>/reassign")
@allowed(Permission.CHANNELS_CHANGE)
def reassign(key: int) -> AnyResponse | Shown:
    """Give a retired code to another shop, confirmed by who has seen the page as it is now."""
    form = Form.sent()
    try:
        with changing() as session:
            channel = find(session, Channel, key)
            names = names_in(session)
            name, reason = form.text("name", longest=64), form.text("reason", longest=200)
            staff_id = fields.one_of(form, "staff_id", names.staff, of=Staff)
            shop_id = fields.owner_shop(form, names, None, staff_id)
            if not form.ticked("seen"):
                form.wrong("seen", _("Please confirm that you have looked at what still hangs."))
            if not form.is_right:
                return _page(session, form, channel, "admin/channels/reassign.html"), 422
            if str(form.values.get("version")) != str(channel.version):
                raise StaleDataError  # noqa: TRY301 - as the flush would say it
            before = facts(channel, *OWNER)
            retiring.reassign(channel, name=name, shop_id=shop_id, staff_id=staff_id)
            session.flush()
            making.put_tags(session, key, fans=(), members=())
            after = facts(channel, *OWNER)
            record(session, "channel.reassigned", channel, before=before, after=after, reason=reason)
    except (StaleDataError, retiring.StillInUse):
        return _seen_too_early(form, key)
    say(_("%(name)s has a new owner. Please check its welcome and its tags.", name=channel.name))
    return redirect(url_for("admin.channels.edit", key=key), 303)


def _seen_too_early(form: Form, key: int) -> Shown:
    """Show the page as it is now: what was confirmed was another state of it."""
    with reading() as session:
        channel = find(session, Channel, key)
        form.values.update(version=channel.version, seen="")
        form.wrong("seen", _("Somebody changed this code meanwhile. Look again, and confirm again."))
        return _page(session, form, channel, "admin/channels/reassign.html"), 409


def _page(session: ScopedSession, form: Form, channel: Channel, template: str) -> str:
    names: Names = names_in(session)
    facts_shown: dict[str, Any] = {"hanging": retiring.hanging(session, channel, now=utc_now())}
    return render_template(template, form=form, row=channel, names=names, words=words, **facts_shown)
