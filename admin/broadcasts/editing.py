"""Writing a broadcast."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.broadcasts import fields, words
from admin.broadcasts.blueprint import pages
from admin.broadcasts.fields import Sent
from admin.choices import account, accounts
from admin.cookies import say
from admin.forms import Form
from admin.materials.choosing import bring, shelves
from admin.office import OutOfSight, changing, find, reading, record, runtime, visitor
from admin.replies import messages
from admin.replies import words as reply_words
from admin.replies.editing import shops_of_all
from admin.segments.names import Names, names_in
from bot.audit import Subject
from bot.broadcasts import deciding
from bot.broadcasts.deciding import NotNow
from bot.broadcasts.models import Broadcast, BroadcastState, Way
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.links import keeping
from bot.materials import uses
from bot.materials.uses import User
from bot.segments.models import Segment
from bot.tags import needs
from bot.users.roles import Permission

Shown = str | tuple[str, int]
FACTS = ("name", "account_id", "branch_id", "shop_id", "segment_id", "way", "tag_id", "intent", "content")


def facts(row: Broadcast) -> dict[str, Any]:
    """Return what the audit keeps of it."""
    times = {"rate": row.rate, "send_at": row.send_at.isoformat() if row.send_at else None}
    return {**{name: getattr(row, name) for name in FACTS}, **times}


@pages.get("/new")
@allowed(Permission.BROADCASTS_CHANGE)
def new() -> str:
    """Show an empty form."""
    with reading() as session:
        names = names_in(session)
        offered = fields.places(names)
        served = account()
        form = Form(
            {
                "account": served.id if served else "",
                "place": offered[0][0] if offered else "",
                "segment": request.args.get("segment", "")[:20],
                "way": Way.PLANNER.value,
                "intent": "broadcast",
                f"{messages.REPLY}_type": "text",
                "version": 0,
            }
        )
        return _page(session, form, None, names)


@pages.post("/new")
@allowed(Permission.BROADCASTS_CHANGE)
def add() -> AnyResponse | Shown:
    """Add a draft."""
    form = Form.sent()
    with changing() as session:
        names = names_in(session)
        sent = fields.read(form, session=session, names=names, row=None)
        if not form.is_right:
            return _page(session, form, None, names), 422
        row = Broadcast(
            **sent.values,
            state=BroadcastState.DRAFT.value,
            content=fields.content_of(sent, ()),
            written_by=[visitor.user_id],
            created_by=visitor.name,
            created_at=utc_now(),
        )
        session.add(row)
        session.flush()
        row.content = _kept(session, row, sent)
        record(session, "broadcast.added", row, after=facts(row))
    say(_("Saved as a draft. Look at whom it reaches, try it on a colleague, and submit it."))
    return redirect(url_for("admin.broadcasts.show", key=row.id), 303)


@pages.get("/<int:key>/edit")
@allowed(Permission.BROADCASTS_CHANGE)
def edit(key: int) -> AnyResponse | str:
    """Show the form of one that is not under way."""
    with reading() as session:
        row = find(session, Broadcast, key)
        if row.state not in {one.value for one in deciding.OPEN}:
            return redirect(url_for("admin.broadcasts.show", key=key), 303)
        found = keeping.addresses(session, row.content.get("links", ()))
        form = fields.filled(row, [found[one] for one in row.content.get("links", ())])
        return _page(session, form, row, names_in(session))


@pages.post("/<int:key>/edit")
@allowed(Permission.BROADCASTS_CHANGE)
def change(key: int) -> AnyResponse | Shown:
    """Change it. What was submitted or approved is a draft again, and the visitor cannot approve it."""
    form = Form.sent()
    try:
        with changing() as session:
            row = deciding.locked(session, key)
            if row is None:
                raise OutOfSight(Subject(Broadcast.__tablename__, str(key)))
            names = names_in(session)
            sent = fields.read(form, session=session, names=names, row=row)
            if not form.is_right:
                return _page(session, form, row, names), 422
            if str(form.values.get("version")) != str(row.version):
                form.values["version"] = row.version
                return _page(session, form, row, names, is_conflict=True), 409
            before = facts(row)
            values = {**sent.values, "content": _kept(session, row, sent)}
            deciding.write(row, values, user_id=visitor.user_id)
            record(session, "broadcast.changed", row, before=before, after=facts(row))
    except NotNow as error:
        say(words.WHY_NOT[error.why], "danger")
        return redirect(url_for("admin.broadcasts.show", key=key), 303)
    except StaleDataError:
        say(words.WHY_NOT[deciding.Why.CHANGED], "danger")
        return redirect(url_for("admin.broadcasts.edit", key=key), 303)
    say(_("Saved. It is a draft and has to be approved before it is sent."))
    return redirect(url_for("admin.broadcasts.show", key=key), 303)


def _kept(session: ScopedSession, row: Broadcast, sent: Sent) -> dict[str, Any]:
    """Keep links, materials and tags of it where they are looked after; return the content with the links."""
    now = utc_now()
    links = keeping.put(session, row.batch, sent.addresses, now=now)
    account_id = sent.values["account_id"]
    uses.put(
        session,
        User(Broadcast.__tablename__, row.id, sent.values["name"], account_id),
        fields.materials_of(sent.answer),
    )
    bring(session, account_id)
    if visitor.scope.everything:
        needed = [sent.values["tag_id"]] if sent.values["tag_id"] else []
        of = runtime.account_by_id(account_id).name
        needs.put(session, account=of, account_id=account_id, why=row.batch, tag_ids=needed, now=now)
    return fields.content_of(sent, links)


def _page(session: ScopedSession, form: Form, row: Broadcast | None, names: Names, **more: Any) -> str:
    segments = session.execute(select(Segment.id, Segment.name).order_by(Segment.id.desc()).limit(500)).all()
    shop = next((one for one in shops_of_all() if one.id in names.of["shop"]), None)
    shown = (shop.name, shop.branch, shop.address, shop.phone, shop.hours) if shop else ()
    return render_template(
        "admin/broadcasts/form.html",
        form=form,
        row=row,
        words=words,
        reply_words=reply_words,
        messages=messages,
        accounts_offered=[(one.id, one.name) for one in accounts()],
        places=fields.places(names),
        coupons=fields.coupons(session, row),
        segments=[(one.id, one.name) for one in segments],
        tags=list(names.of["tag"].items()),
        types=[(code, reply_words.TYPES[code]) for code in fields.TYPES],
        shelves=shelves(session, messages.chosen(form, (messages.REPLY,))),
        sample=dict(zip(reply_words.PLACEHOLDERS, shown, strict=False)),
        **more,
    )
