"""One channel: its picture, where it is used, what it says to whom, and who came through it last."""

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select, update
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.channels import words
from admin.channels.blueprint import pages
from admin.channels.editing import tags_of
from admin.channels.names import names_in
from admin.cookies import say
from admin.office import changing, find, reading, record
from admin.replies import words as reply_words
from bot.channels import making, retiring
from bot.channels.models import Channel
from bot.db import utc_now
from bot.organisation.models import Shop, Staff
from bot.replies.models import AutoReply
from bot.users.roles import Permission


@pages.get("/<int:key>")
@allowed(Permission.CHANNELS_SEE)
def show(key: int) -> str:
    """Show one channel."""
    now = utc_now()
    with reading() as session:
        channel = find(session, Channel, key)
        names = names_in(session)
        staff = session.get(Staff, channel.staff_id) if channel.staff_id else None
        shop = session.scalar(select(Shop).where(Shop.id == channel.shop_id)) if channel.shop_id else None
        return render_template(
            "admin/channels/show.html",
            row=channel,
            names=names,
            shop=shop,
            staff=staff,
            tags=tags_of(session, key),
            hanging=retiring.hanging(session, channel, now=now),
            replies=session.scalars(select(AutoReply).filter_by(channel_id=key).order_by(AutoReply.id)).all(),
            words=words,
            reply_words=reply_words,
            now=now,
        )


@pages.post("/<int:key>/again")
@allowed(Permission.CHANNELS_CHANGE)
def again(key: int) -> AnyResponse:
    """Have WeChat asked once more for a code it has not made or renewed, or for one that has ended.

    A code that still works is kept meanwhile.
    """
    now = utc_now()
    with changing() as session:
        channel = find(session, Channel, key)
        has_ended = channel.expires_at is not None and channel.expires_at <= now
        if channel.ticket is None or has_ended or channel.trouble:
            # The version stays, so it is changed beside the row; what ended is not noted as a renewal.
            values = {"trouble": None, "refused_at": None} | ({"ticket": None} if has_ended else {})
            fresh = update(Channel).where(Channel.id == key).values(values)
            session.execute(fresh.execution_options(synchronize_session=False))
            making.promise_code(session, key, now=now)
            record(session, "channel.asked_again", channel)
    say(_("WeChat is asked again; look in a few seconds."))
    return redirect(url_for("admin.channels.show", key=key), 303)


@pages.post("/<int:key>/replaced")
@allowed(Permission.CHANNELS_CHANGE)
def replaced(key: int) -> AnyResponse:
    """Note that no older picture of a temporary code hangs anywhere any more."""
    with changing() as session:
        channel = find(session, Channel, key)
        before = {"previous_ends_at": channel.previous_ends_at}
        channel.previous_ends_at = None
        record(session, "channel.replaced", channel, before=before, after={"previous_ends_at": None})
    say(_("Noted: the pictures of %(name)s are the new ones.", name=channel.name))
    return redirect(url_for("admin.channels.show", key=key), 303)
