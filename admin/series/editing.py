"""One series: adding it, changing it, and two people doing so at once."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.choices import account
from admin.cookies import say
from admin.forms import Form
from admin.materials.choosing import bring, shelves
from admin.office import changing, find, reading, record, runtime, visitor
from admin.replies import messages
from admin.replies import words as reply_words
from admin.series import fields, step_fields, words
from admin.series.blueprint import pages
from admin.series.names import names_in
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.organisation import directory
from bot.organisation.directory import ShopFacts
from bot.replies.bounds import TEXT_BYTES
from bot.series import keeping
from bot.series.models import Series, SeriesVersion
from bot.users.roles import Permission

Shown = str | tuple[str, int]


@pages.get("/new")
@allowed(Permission.SERIES_CHANGE)
def new() -> str:
    """Show an empty form."""
    here = account()
    with reading() as session:
        return _page(session, fields.empty(here.id if here else None), None)


@pages.post("/new")
@allowed(Permission.SERIES_CHANGE)
def add() -> AnyResponse | Shown:
    """Add a series; it is off until it is switched on."""
    form = Form.sent()
    shops = _shops()
    with changing() as session:
        if (focus := _rearranged(form)) is not None:
            return _page(session, form, None, focus=focus)
        names = names_in(session)
        sent = fields.read(form, session=session, row=None, version=None, names=names, shops=shops)
        if not form.is_right:
            return _page(session, form, None), 422
        row = Series(created_at=utc_now(), created_by_id=visitor.user_id)
        _keep(session, row, sent)
        record(session, "series.added", row, after=fields.said(row, _current(session, row)))
        key, name = row.id, row.name
    say(_("%(name)s is saved. It is off: try it, then switch it on.", name=name))
    return redirect(url_for("admin.series.show", key=key), 303)


@pages.get("/<int:key>/edit")
@allowed(Permission.SERIES_SEE)
def edit(key: int) -> str:
    """Show the form of a series."""
    with reading() as session:
        row = find(session, Series, key)
        version = _current(session, row)
        return _page(session, fields.filled(row, version), row)


@pages.post("/<int:key>/edit")
@allowed(Permission.SERIES_CHANGE)
def change(key: int) -> AnyResponse | Shown:
    """Change the series, unless somebody else has changed it since the form was opened."""
    form = Form.sent()
    shops = _shops()
    try:
        with changing() as session:
            row = find(session, Series, key)
            if (focus := _rearranged(form)) is not None:
                return _page(session, form, row, focus=focus)
            version = _current(session, row)
            names = names_in(session, channels=row.channels)
            sent = fields.read(form, session=session, row=row, version=version, names=names, shops=shops)
            if not form.is_right:
                return _page(session, form, row), 422
            if str(form.values.get("version")) != str(row.version):
                return _conflict(session, form, row, sent)
            before = fields.said(row, version)
            _keep(session, row, sent)
            record(
                session, "series.changed", row, before=before, after=fields.said(row, _current(session, row))
            )
            name = row.name
    except StaleDataError:  # theirs was committed between our look and our write
        with reading() as session:
            row = find(session, Series, key)
            names = names_in(session, channels=row.channels)
            sent = fields.read(
                form, session=session, row=row, version=_current(session, row), names=names, shops=shops
            )
            return _conflict(session, form, row, sent)
    say(_("%(name)s is saved. Who is under way goes on as they began; who enters now gets this.", name=name))
    return redirect(url_for("admin.series.show", key=key), 303)


def _keep(session: ScopedSession, row: Series, sent: dict[str, Any]) -> None:
    for name in fields.NAMES:
        setattr(row, name, sent[name])
    of_version = {"said": sent["steps"], "stops": sent["stops"], "stop_tags": sent["stop_tags"]}
    keeping.save(session, row, **of_version, by=visitor.user_id, now=utc_now())
    bring(session, row.account_id)


def _current(session: ScopedSession, row: Series) -> SeriesVersion:
    return session.get_one(SeriesVersion, row.current_id)


def _rearranged(form: Form) -> int | None:
    """Return the step to go to, if a button of the steps was pressed and not Save."""
    act = str(form.values.pop("act", ""))
    return step_fields.rearrange(form, act) if act else None


def _shops() -> list[ShopFacts]:
    """Return every shop's facts: travellers are told them, so every text must fit all."""
    with runtime.db.reading() as session:
        return list(directory.load(session).values())


def _conflict(session: ScopedSession, form: Form, row: Series, sent: dict[str, Any]) -> Shown:
    """Show both: what stands there now, and what was sent, which the form still holds."""
    names = names_in(session, channels=row.channels)
    theirs = fields.said(row, _current(session, row))
    mine = {**sent, "stops": [one.value for one in sent["stops"]]}
    differing = [
        (words.FIELDS[name], words.value(name, theirs[name], names), words.value(name, mine[name], names))
        for name in words.FIELDS
        if theirs[name] != mine[name]
    ]
    form.values["version"] = row.version
    return _page(session, form, row, differing=differing, is_conflict=True), 409


def _page(session: ScopedSession, form: Form, row: Series | None, **more: Any) -> str:
    number = step_fields.count(form)
    form.values["steps"] = number
    names = names_in(session, channels=row.channels if row else ())
    sample = next((one for one in _shops() if one.id in names["shops"]), None)
    facts = (sample.name, sample.branch, sample.address, sample.phone, sample.hours) if sample else ()
    return render_template(
        "admin/series/form.html",
        form=form,
        row=row,
        slots=step_fields.SLOTS[:number],
        most=step_fields.MOST,
        names=names,
        words=words,
        reply_words=reply_words,
        text_bytes=TEXT_BYTES,
        sample=dict(zip(reply_words.PLACEHOLDERS, facts, strict=False)),
        shelves=shelves(session, messages.chosen(form, step_fields.SLOTS[:number])),
        kept=step_fields.KEEPS,
        path=request.path,
        **more,
    )
