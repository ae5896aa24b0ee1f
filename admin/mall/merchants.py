"""Merchants: who supplies goods, and who of the back office works for them."""

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.forms import Form
from admin.head_office import head_office_only
from admin.mall.blueprint import pages
from admin.office import changing, find, reading, record
from admin.paging import page
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.mall.models import MallItem, MallMerchant, MallMerchantUser
from bot.users.models import User
from bot.users.roles import Permission, Role

Answer = AnyResponse | tuple[str, int]


@pages.get("/merchants")
@allowed(Permission.MALL_CHANGE)
@head_office_only
def merchants() -> str:
    """List the merchants with their people and how many goods they supply."""
    with reading() as session:
        found = page(session, select(MallMerchant), by=MallMerchant.id)
        counted = select(MallItem.merchant_id, func.count(MallItem.id)).group_by(MallItem.merchant_id)
        names: dict[int, list[str]] = {}
        people = select(MallMerchantUser.merchant_id, User.name).join(
            User, User.id == MallMerchantUser.user_id
        )
        for merchant_id, name in session.execute(people):
            names.setdefault(merchant_id, []).append(name)
        return render_template(
            "admin/mall/merchants.html",
            page=found,
            goods={row[0]: row[1] for row in session.execute(counted)},
            people=names,
        )


@pages.get("/merchants/new")
@allowed(Permission.MALL_CHANGE)
@head_office_only
def new_merchant() -> str:
    """Show an empty form."""
    with reading() as session:
        return _form(session, Form({"active": "yes"}), None)


@pages.get("/merchants/<int:key>")
@allowed(Permission.MALL_CHANGE)
@head_office_only
def merchant(key: int) -> str:
    """Show a merchant."""
    with reading() as session:
        row = find(session, MallMerchant, key)
        users = select(MallMerchantUser.user_id).where(MallMerchantUser.merchant_id == key)
        values = {
            "name": row.name,
            "note": row.note,
            "active": "yes" if row.is_active else "",
            "users": list(session.scalars(users)),
        }
        return _form(session, Form(values), row)


@pages.post("/merchants/new")
@allowed(Permission.MALL_CHANGE)
@head_office_only
def add_merchant() -> Answer:
    """Add a merchant."""
    return _save(None)


@pages.post("/merchants/<int:key>")
@allowed(Permission.MALL_CHANGE)
@head_office_only
def change_merchant(key: int) -> Answer:
    """Save a merchant; whose people are not theirs any more sees nothing from the next page on."""
    return _save(key)


def _save(key: int | None) -> Answer:
    form = Form.sent()
    name, note = form.text("name", longest=64), form.text("note", longest=200, required=False)
    with changing() as session:
        row = find(session, MallMerchant, key) if key else None
        users = form.ids("users", among=[user_id for user_id, _name in _users(session)])
        if not form.is_right:
            return _form(session, form, row), 422
        before = {"name": row.name, "active": row.is_active} if row else None
        made = row or MallMerchant(created_at=utc_now())
        made.name, made.note, made.is_active = name, note, form.ticked("active")
        try:
            with session.begin_nested():
                session.add(made)
                session.flush()
        except IntegrityError:
            form.wrong("name", _("There is one of this name already."))
            return _form(session, form, row), 422
        _put_users(session, made.id, users)
        after = {"name": name, "active": made.is_active, "users": users}
        action = "mall_merchant.changed" if key else "mall_merchant.added"
        record(session, action, made, before=before, after=after)
    say(_("Saved."))
    return redirect(url_for("admin.mall.merchants"), 303)


def _put_users(session: ScopedSession, merchant_id: int, users: list[int]) -> None:
    """Give the merchant these people; each works for one merchant only."""
    theirs = MallMerchantUser.merchant_id == merchant_id
    session.execute(delete(MallMerchantUser).where(theirs | MallMerchantUser.user_id.in_(users)))
    session.add_all(MallMerchantUser(user_id=one, merchant_id=merchant_id) for one in sorted(set(users)))
    session.flush()


def _users(session: ScopedSession) -> list[tuple[int, str]]:
    rows = select(User.id, User.name).where(User.role == Role.MERCHANT.value).order_by(User.name)
    return [(row.id, row.name) for row in session.execute(rows)]


def _form(session: ScopedSession, form: Form, row: MallMerchant | None) -> str:
    return render_template("admin/mall/merchant.html", form=form, merchant=row, users=_users(session))
