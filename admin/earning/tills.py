"""Keys of tills: one for each till of a shop, shown once, revoked at once."""

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.earning.books import shop_names
from admin.forms import Form
from admin.office import changing, find, reading, record, vault, visitor
from admin.paging import page
from bot.audit import facts
from bot.db import utc_now
from bot.organisation.models import Shop
from bot.tills import keys
from bot.tills.models import Till
from bot.users.roles import Permission

pages = Blueprint("tills", __name__, url_prefix="/tills")
AUDITED = ("shop_id", "name", "key", "revoked_at")


@pages.get("/")
@allowed(Permission.TILLS_SEE)
def listing() -> str:
    """List the tills of the visitor's shops, and a form for another."""
    return _listed(Form())


@pages.post("/")
@allowed(Permission.TILLS_CHANGE)
def add() -> tuple[str, int]:
    """Make a key. This answer, and none after it, shows its secret."""
    form = Form.sent()
    name = form.text("name", longest=64)
    with reading() as session:
        shops = shop_names(session)
    shop = form.ids("shop", among=shops, of=Shop)
    if not shop:
        form.wrong("shop", _("Please choose one of these."))
    sealing = vault()
    if sealing is None:
        form.wrong("name", _("The settings hold no [privacy] keys to seal a secret with."))
    if not form.is_right or sealing is None:
        return _listed(form), 422
    with changing() as session:
        row, secret = keys.make(session, sealing, shop_id=shop[0], name=name, by=visitor.name, now=utc_now())
        record(session, "till.added", row, after=facts(row, *AUDITED))
    return render_template("admin/tills/made.html", row=row, secret=secret, shop=shops[row.shop_id]), 201


@pages.post("/<int:key>/revoke")
@allowed(Permission.TILLS_CHANGE)
def revoke(key: int) -> AnyResponse:
    """Let a key open nothing from now on."""
    with changing() as session:
        row = find(session, Till, key)
        before = facts(row, *AUDITED)
        if keys.revoke(session, row, by=visitor.name, now=utc_now()):
            record(session, "till.revoked", row, before=before, after=facts(row, *AUDITED))
    say(_("The key of %(name)s opens nothing any more.", name=row.name))
    return redirect(url_for("admin.tills.listing"), 303)


def _listed(form: Form) -> str:
    with reading() as session:
        found = page(session, select(Till), by=Till.id)
        shops = shop_names(session)
    return render_template("admin/tills/list.html", page=found, shops=shops, form=form)
