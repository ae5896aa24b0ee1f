"""One rule: adding it, changing it, and two people doing so at once."""

from datetime import timedelta
from typing import Any

from flask import Response, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.forms import Form
from admin.materials.choosing import bring, shelves
from admin.office import changing, find, reading, record, runtime
from admin.replies import fields, messages, words
from admin.replies.blueprint import pages
from admin.replies.listing import trigger_asked
from admin.replies.names import Names, names_in
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.menus import versions
from bot.organisation import directory
from bot.organisation.directory import ShopFacts
from bot.replies import hits, order, rules, verdicts
from bot.replies.bounds import MOST_WORDS
from bot.replies.models import AutoReply, Trigger
from bot.users.roles import Permission

Shown = str | tuple[str, int]


@pages.get("/new")
@allowed(Permission.REPLIES_CHANGE)
def new() -> str:
    """Show an empty form."""
    with reading() as session:
        title, said = (request.args.get(name, "")[:120] for name in ("title", "words"))
        return _page(session, fields.empty(trigger_asked(), title=title[:64], words=said), None)


@pages.post("/new")
@allowed(Permission.REPLIES_CHANGE)
def add() -> AnyResponse | Shown:
    """Add a rule; it is asked before the older ones of its trigger."""
    form = Form.sent()
    shops = shops_of_all()
    with changing() as session:
        sent = fields.read(form, session=session, row=None, names=names_in(session), shops=shops)
        if not form.is_right:
            return _page(session, form, None), 422
        row = AutoReply(**sent, enabled=True, priority=order.first(session, sent["trigger"]))
        rules.save(session, row)
        bring(session, row.account_id)
        record(session, "auto_reply.added", row, after=fields.said(row))
    say(_("%(title)s is saved and answers from now on. Try it.", title=row.title))
    return redirect(url_for("admin.replies.show", key=row.id), 303)


@pages.get("/<int:key>")
@allowed(Permission.REPLIES_SEE)
def show(key: int) -> str:
    """Show one rule."""
    with reading() as session:
        row = find(session, AutoReply, key)
        return _page(session, fields.filled(row), row)


@pages.post("/<int:key>")
@allowed(Permission.REPLIES_CHANGE)
def change(key: int) -> AnyResponse | Shown:
    """Change the rule, unless somebody else has changed it since the form was opened."""
    form = Form.sent()
    shops = shops_of_all()
    try:
        with changing() as session:
            row = find(session, AutoReply, key)
            sent = fields.read(form, session=session, row=row, names=names_in(session), shops=shops)
            if not form.is_right:
                return _page(session, form, row), 422
            if str(form.values.get("version")) != str(row.version):
                return _conflict(session, form, row, sent)
            before = fields.said(row)
            for name, value in sent.items():
                setattr(row, name, value)
            rules.save(session, row)
            bring(session, row.account_id)
            record(session, "auto_reply.changed", row, before=before, after=fields.said(row))
    except StaleDataError:  # theirs was committed between our look and our write
        with reading() as session:
            row = find(session, AutoReply, key)
            sent = fields.read(form, session=session, row=row, names=names_in(session), shops=shops)
            return _conflict(session, form, row, sent)
    say(_("%(title)s is saved and answers from now on. Try it.", title=row.title))
    return redirect(url_for("admin.replies.show", key=key), 303)


@pages.get("/pattern")
@allowed(Permission.REPLIES_SEE)
def pattern() -> Response:
    """Say what RE2 has against the patterns in a field, while they are typed."""
    found = fields.lines(request.args.get("words", "")[:4000])
    return jsonify(problems=fields.problems_of(found[:MOST_WORDS]), count=len(found))


def shops_of_all() -> list[ShopFacts]:
    """Return every shop's facts: travellers are told them, so every answer must fit all."""
    with runtime.db.reading() as session:
        return list(directory.load(session).values())


def _conflict(session: ScopedSession, form: Form, row: AutoReply, sent: dict[str, Any]) -> Shown:
    """Show both: what stands there now, and what was sent, which the form still holds."""
    names = names_in(session)
    theirs = fields.said(row)
    differing = [
        (words.FIELDS[name], *(words.value(name, one[name], names.by_field) for one in (theirs, sent)))
        for name in fields.NAMES
        if theirs[name] != sent[name]
    ]
    form.values["version"] = row.version
    return _page(session, form, row, differing=differing, is_conflict=True), 409


def _page(session: ScopedSession, form: Form, row: AutoReply | None, **more: Any) -> str:
    names: Names = names_in(session)
    return render_template(
        "admin/replies/form.html",
        form=form,
        row=row,
        names=names,
        hits=hits.of_rules(session, now=utc_now()).get(row.id) if row else None,
        verdict=verdicts.of_rules(session, since=utc_now() - hits.WINDOW).get(row.id) if row else None,
        words=words,
        messages=messages,
        shown_keys=_shown_keys(session, row),
        sample=_sample(form, names),
        shelves=shelves(session, messages.chosen(form)),
        **more,
    )


def _shown_keys(session: ScopedSession, row: AutoReply | None) -> list[str]:
    """Return the rule's keys that phones may still send: of menus in force in the last thirty days."""
    if row is None or row.trigger != Trigger.EVENT_KEY:
        return []
    accounts = None if row.account_id is None else [row.account_id]
    shown = versions.keys_since(session, utc_now() - timedelta(days=30), accounts)
    return [word for word in row.words if word in shown]


def _sample(form: Form, names: Names) -> dict[str, str]:
    """Return the facts of a shop for the preview: the rule's own, else the first the visitor knows."""
    known = {one.id: one for one in shops_of_all() if one.id in names.shops}
    chosen = known.get(key_in(form.values.get("shop")) or 0)
    shop = chosen or next(iter(known.values()), None)
    if shop is None:
        return {}
    facts = (shop.name, shop.branch, shop.address, shop.phone, shop.hours)
    return dict(zip(words.PLACEHOLDERS, facts, strict=True))
