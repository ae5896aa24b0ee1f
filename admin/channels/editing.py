"""One channel: adding it, changing it, and two people doing so at once."""

from collections.abc import Sequence
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.channels import fields, words
from admin.channels.blueprint import pages
from admin.channels.fields import SLOTS, TAGS
from admin.channels.names import names_in
from admin.choices import account
from admin.cookies import say
from admin.forms import Form
from admin.materials.choosing import bring, shelves
from admin.office import changing, find, reading, record, visitor
from admin.replies import messages
from admin.replies import words as reply_words
from admin.replies.editing import shops_of_all
from bot.channels import making, quota
from bot.channels.models import Channel, ChannelState, ChannelTag, CodeKind
from bot.channels.plans import Common, Row
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.materials import documents
from bot.users.roles import Permission

Shown = str | tuple[str, int]


@pages.get("/new")
@allowed(Permission.CHANNELS_CHANGE)
def new() -> str:
    """Show an empty form."""
    with reading() as session:
        facts = {"shop_id": request.args.get("shop", ""), "group_id": request.args.get("group", "")}
        return _page(session, fields.empty(**facts), None)


@pages.post("/new")
@allowed(Permission.CHANNELS_CHANGE)
def add() -> AnyResponse | Shown:
    """Add a channel and have WeChat make its code."""
    form = Form.sent()
    shops = shops_of_all()
    with changing() as session:
        sent = fields.read(form, session=session, row=None, names=names_in(session), shops=shops)
        kind = form.choice("kind", CodeKind)
        current = account()
        if current is None:
            form.wrong("name", _("There is no official account in the settings."))
        if form.is_right and current is not None and kind is CodeKind.PERMANENT:
            _ensure_quota(form, session, current.id)
        if not form.is_right or current is None or kind is None:
            return _page(session, form, None), 422
        channel = _made(session, sent, current.id, kind)
        record(session, "channel.added", channel, after=fields.said(channel, tags_of(session, channel.id)))
    _warn(channel)
    say(_("%(name)s is added; WeChat makes its code within seconds.", name=channel.name))
    return redirect(url_for("admin.channels.show", key=channel.id), 303)


@pages.get("/<int:key>/edit")
@allowed(Permission.CHANNELS_CHANGE)
def edit(key: int) -> str:
    """Show the channel in a form."""
    with reading() as session:
        channel = find(session, Channel, key)
        return _page(session, fields.filled(channel, tags_of(session, key)), channel)


@pages.post("/<int:key>/edit")
@allowed(Permission.CHANNELS_CHANGE)
def change(key: int) -> AnyResponse | Shown:
    """Save the channel, unless somebody else has meanwhile: then both are shown, and nothing is lost."""
    form = Form.sent()
    shops = shops_of_all()
    try:
        with changing() as session:
            channel = find(session, Channel, key)
            sent = fields.read(form, session=session, row=channel, names=names_in(session), shops=shops)
            _keep_owner(form, channel, sent)
            if not form.is_right:
                return _page(session, form, channel), 422
            tags = tags_of(session, key)
            if str(form.values.get("version")) != str(channel.version):
                return _conflict(session, form, channel, sent)
            before = fields.said(channel, tags)
            for name in fields.NAMES:
                setattr(channel, name, sent[name])
            making.note_materials(session, channel)
            _bring(session, channel)
            making.put_tags(session, key, fans=sent["fan_tags"], members=sent["member_tags"])
            after = fields.said(channel, tags_of(session, key))
            record(session, "channel.changed", channel, before=before, after=after)
    except StaleDataError:  # theirs was committed between our look and our write
        with reading() as session:
            channel = find(session, Channel, key)
            sent = fields.read(form, session=session, row=channel, names=names_in(session), shops=shops)
            return _conflict(session, form, channel, sent)
    _warn(channel)
    say(_("%(name)s is saved. Travellers are greeted by this from now on.", name=channel.name))
    return redirect(url_for("admin.channels.show", key=key), 303)


def tags_of(session: ScopedSession, key: int) -> dict[str, list[int]]:
    """Return the tags the channel puts on fans and on members."""
    rows = session.scalars(
        select(ChannelTag).where(ChannelTag.channel_id == key).order_by(ChannelTag.tag_id)
    ).all()
    return {
        "fan_tags": [row.tag_id for row in rows if not row.for_members],
        "member_tags": [row.tag_id for row in rows if row.for_members],
    }


def _made(session: ScopedSession, sent: dict[str, Any], account_id: int, kind: CodeKind) -> Channel:
    now = utc_now()
    shared = {name: sent[name] for name in (*fields.NAMES[3:], *TAGS)}
    common = Common(account_id=account_id, kind=kind.value, **shared)
    row = Row(sent["name"], sent["shop_id"], sent["staff_id"])
    mark = f"{visitor.user_id}:{now.timestamp()}"
    channel = making.add(session, common, row, mark=mark, maker=visitor.user_id, now=now)
    making.promise_code(session, channel.id, now=now)
    _bring(session, channel)
    return channel


def _bring(session: ScopedSession, channel: Channel) -> None:
    """Have the materials that the welcomes say brought to WeChat at once, if they say any."""
    if documents.named(channel.welcome, channel.welcomes):
        bring(session, channel.account_id)


def _ensure_quota(form: Form, session: ScopedSession, account_id: int) -> None:
    try:
        quota.ensure(session, account_id, 1)
    except quota.NoCodesLeft:
        form.wrong(
            "kind",
            _(
                "The account has no permanent codes left; "
                "make a temporary one, or give a retired code a new owner."
            ),
        )


def _keep_owner(form: Form, channel: Channel, sent: dict[str, Any]) -> None:
    """Refuse another owner for a retired code: that has a page of its own, which shows what still hangs."""
    owner = (channel.shop_id, channel.staff_id)
    if channel.state == ChannelState.RETIRED and (sent["shop_id"], sent["staff_id"]) != owner:
        form.wrong("shop_id", _("A retired code is given a new owner on its page, by Give to another."))


def _warn(channel: Channel) -> None:
    if channel.kind == CodeKind.TEMPORARY and words.is_printed(channel):
        say(
            _(
                "This is a temporary code for something printed: a printed picture ends after thirty days. "
                "Use a permanent one, or note where it hangs."
            ),
            "warning",
        )


def _conflict(session: ScopedSession, form: Form, channel: Channel, sent: dict[str, Any]) -> Shown:
    """Show both: what stands there now, and what was sent, which the form still holds."""
    by_field = names_in(session).by_field
    theirs = fields.said(channel, tags_of(session, channel.id))
    differing = [
        (label, *(words.value(name, one[name], by_field) for one in (theirs, sent)))
        for name, label in words.FIELDS.items()
        if theirs[name] != sent[name]
    ]
    form.values["version"] = channel.version
    return _page(session, form, channel, differing=differing, is_conflict=True), 409


def _page(session: ScopedSession, form: Form, channel: Channel | None, **more: Any) -> str:
    with session.no_autoflush:
        names = names_in(session)
    return render_template(
        "admin/channels/form.html",
        form=form,
        row=channel,
        names=names,
        words=words,
        reply_words=reply_words,
        messages=messages,
        slots=used_first(form, SLOTS),
        shelves=shelves(session, messages.chosen(form, (messages.REPLY, *SLOTS))),
        **more,
    )


def used_first(form: Form, slots: Sequence[str]) -> list[tuple[str, bool]]:
    """Return the places for welcomes, each with whether anything stands in it."""
    names = (
        "_content",
        "_media",
        "_title",
        "_image",
        "_voice",
        "_video",
        "_articles",
        "_from_time",
        "_until_time",
    )
    return [
        (slot, any(form.values.get(slot + name) for name in names) or bool(form.values.get(f"{slot}_whom")))
        for slot in slots
    ]
