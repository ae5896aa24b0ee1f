"""Which welcome whom would get, and when: asked of the function that greets travellers."""

from datetime import datetime

from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy import select

from admin.access import allowed
from admin.channels import words
from admin.channels.blueprint import pages
from admin.formats import HERE
from admin.forms import Form
from admin.office import find, reading, runtime
from admin.replies import words as reply_words
from bot.channels import welcomes
from bot.channels.models import Channel
from bot.channels.welcomes import Whom
from bot.db import utc_now
from bot.materials import documents
from bot.materials.models import Material
from bot.organisation import directory
from bot.replies.speaking import with_shop
from bot.users.roles import Permission

KINDS = (Whom.NEW, Whom.RETURNING, Whom.FOLLOWING)


@pages.get("/<int:key>/try")
@allowed(Permission.CHANNELS_SEE)
def trial(key: int) -> str | tuple[str, int]:
    """Ask the channel's saved welcomes, as scans would. Nothing is sent and nothing counted."""
    form = Form(request.args.to_dict())
    form.values.setdefault("moment", f"{utc_now().astimezone(HERE):%Y-%m-%dT%H:%M}")
    try:
        at = datetime.fromisoformat(str(form.values["moment"])).replace(tzinfo=HERE)
    except ValueError:
        form.wrong("moment", _("A day and a time."))
        at = utc_now()
    with runtime.db.reading() as everything:  # shops as the webhook knows them
        shops = directory.load(everything)
    with reading() as session:
        channel = find(session, Channel, key)
        named = documents.named(channel.welcome, channel.welcomes)
        titles = {
            row.id: row.title for row in session.scalars(select(Material).where(Material.id.in_(named)))
        }
        table = []
        for kind in KINDS:
            for who in (frozenset({kind}), frozenset({kind, Whom.MEMBER})):
                reply = welcomes.choose(channel, who, now=at)
                said = with_shop(reply, shops.get(channel.shop_id or 0)) if reply else None
                place = welcomes.chosen(channel.welcomes or (), who, now=at)
                shown = reply_words.said(documents.to_document(said), titles) if said else ""
                table.append((kind, Whom.MEMBER in who, place, shown))
        page = render_template("admin/channels/try.html", form=form, row=channel, table=table, words=words)
    return page if form.is_right else (page, 422)
