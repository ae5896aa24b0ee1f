"""Campaigns: what several codes are for. Everyone chooses among them, the head office keeps them."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.forms import Form
from admin.office import changing, find, reading, record
from admin.paging import page
from bot.audit import facts
from bot.channels.models import Campaign, Channel
from bot.db.scoped import ScopedSession
from bot.users.roles import Permission

pages = Blueprint("campaigns", __name__, url_prefix="/campaigns")
FIELDS = ("name", "begins_on", "ends_on", "note")


@pages.get("/")
@allowed(Permission.CHANNELS_SEE)
def listing() -> str:
    """List the campaigns, newest first, with how many codes of the visitor's scope each has."""
    with reading() as session:
        found = page(session, select(Campaign), by=Campaign.id)
        ids = [row.id for row in found.rows]
        counting = select(Channel.campaign_id, func.count(Channel.id)).where(Channel.campaign_id.in_(ids))
        counts = {row[0]: row[1] for row in session.execute(counting.group_by(Channel.campaign_id))}
    return render_template("admin/campaigns/list.html", page=found, counts=counts)


@pages.get("/new")
@allowed(Permission.CHANNELS_CHANGE)
def new() -> str:
    """Show an empty form."""
    return render_template("admin/campaigns/form.html", form=Form(), row=None)


@pages.post("/new")
@allowed(Permission.CHANNELS_CHANGE)
def add() -> AnyResponse | tuple[str, int]:
    """Add a campaign."""
    form = Form.sent()
    sent = _read(form)
    with changing() as session:
        row = Campaign()
        if form.is_right and _put(session, form, row, sent):
            record(session, "campaign.added", row, after=facts(row, *FIELDS))
    if not form.is_right:
        return render_template("admin/campaigns/form.html", form=form, row=None), 422
    say(_("%(name)s is added.", name=row.name))
    return redirect(url_for("admin.campaigns.listing"), 303)


@pages.get("/<int:key>")
@allowed(Permission.CHANNELS_SEE)
def show(key: int) -> str:
    """Show one campaign."""
    with reading() as session:
        row = find(session, Campaign, key)
    values = {name: getattr(row, name) or "" for name in FIELDS}
    return render_template(
        "admin/campaigns/form.html", form=Form({**values, "version": row.version}), row=row
    )


@pages.post("/<int:key>")
@allowed(Permission.CHANNELS_CHANGE)
def change(key: int) -> AnyResponse | tuple[str, int]:
    """Save the campaign, unless somebody else has meanwhile."""
    form = Form.sent()
    sent = _read(form)
    try:
        with changing() as session:
            row = find(session, Campaign, key)
            if form.is_right and str(form.values.get("version")) != str(row.version):
                raise StaleDataError  # noqa: TRY301 - as the flush would say it
            before = facts(row, *FIELDS)
            if form.is_right and _put(session, form, row, sent):
                record(session, "campaign.changed", row, before=before, after=facts(row, *FIELDS))
    except StaleDataError:
        with reading() as session:
            row = find(session, Campaign, key)
        form.values["version"] = row.version
        form.wrong("name", _("Somebody else changed this campaign meanwhile. Look, and save again."))
        theirs = facts(row, *FIELDS)
        return render_template("admin/campaigns/form.html", form=form, row=row, theirs=theirs), 409
    if not form.is_right:
        return render_template("admin/campaigns/form.html", form=form, row=row), 422
    say(_("%(name)s is saved.", name=row.name))
    return redirect(url_for("admin.campaigns.listing"), 303)


def _read(form: Form) -> dict[str, Any]:
    begins_on, ends_on = form.day("begins_on"), form.day("ends_on")
    if begins_on and ends_on and ends_on < begins_on:
        form.wrong("ends_on", _("The last day is before the first."))
    name, note = form.text("name", longest=64), form.text("note", longest=400, required=False)
    return {"name": name, "begins_on": begins_on, "ends_on": ends_on, "note": note}


def _put(session: ScopedSession, form: Form, row: Campaign, sent: dict[str, Any]) -> bool:
    """Write the campaign; False, and said in the form, if its name is taken."""
    try:
        with session.begin_nested():
            for name, value in sent.items():
                setattr(row, name, value)
            session.add(row)
            session.flush()
    except IntegrityError:
        form.wrong("name", _("Another campaign has this name."))
        return False
    return True
