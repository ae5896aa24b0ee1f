"""Goods of the mall: the list, the form with its preview, on and off the shelf, and their categories."""

from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.forms import Form
from admin.head_office import head_office_only
from admin.mall import item_form, words
from admin.mall.blueprint import pages
from admin.office import changing, find, reading, record, visitor
from admin.paging import page
from bot.audit import Subject, facts
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.mall import catalogue
from bot.mall.catalogue import StockMoved
from bot.mall.models import MallCategory, MallItem, MallMerchant, MallOrder, MallPicture
from bot.users.roles import Permission

Answer = AnyResponse | tuple[str, int]


@pages.get("/")
@allowed(Permission.MALL_SEE)
def items() -> str:
    """List the goods the visitor sees, the newest first."""
    return _list(Form())


@pages.get("/items/new")
@allowed(Permission.MALL_CHANGE)
@head_office_only
def new() -> str:
    """Show an empty form."""
    with reading() as session:
        return _form(session, item_form.empty(), None)


@pages.post("/items/new")
@allowed(Permission.MALL_CHANGE)
@head_office_only
def add() -> Answer:
    """Add goods; they are put on the shelf by themselves, once there is a picture."""
    form = Form.sent()
    with changing() as session:
        values = item_form.read(session, form, None)
        shop_ids = form.ids("shops", among=[key for key, _name in item_form.choices(session, None)["shops"]])
        _seen, stock = item_form.stock(form)
        if not form.is_right:
            return _form(session, form, None), 422
        item = MallItem(**values, stock=stock, on_shelf=False, created_at=utc_now())
        session.add(item)
        session.flush()
        item_form.put_shops(session, item, shop_ids)
        record(session, "mall_item.added", item, after=facts(item, *item_form.AUDITED))
    say(_("Added. Give it a picture, then put it on the shelf."))
    return redirect(url_for("admin.mall.item", key=item.id), 303)


@pages.get("/items/<int:key>")
@allowed(Permission.MALL_SEE)
def item(key: int) -> str:
    """Show goods: to who may change them as a form, to others as they are."""
    with reading() as session:
        row = find(session, MallItem, key)
        return _form(session, item_form.filled(session, row), row)


@pages.post("/items/<int:key>")
@allowed(Permission.MALL_CHANGE)
@head_office_only
def change(key: int) -> Answer:
    """Save goods. What was taken of the stock meanwhile stays taken; an older form gets 409."""
    form = Form.sent()
    problem = ""
    with changing() as session:
        row = find(session, MallItem, key)
        values = item_form.read(session, form, row)
        shop_ids = form.ids("shops", among=[one for one, _name in item_form.choices(session, row)["shops"]])
        seen, stock = item_form.stock(form)
        if key_in(form.values.get("version")) != row.version:
            problem = _("Somebody changed this meanwhile. Look at it as it is now, then change it again.")
        if not form.is_right:
            return _form(session, form, row), 422
        if not problem:
            try:
                with session.begin_nested():
                    _save(session, row, values, shop_ids=shop_ids, seen=seen, stock=stock)
            except StockMoved:
                form.wrong("stock", _("So many are not left any more; look at the stock again."))
                return _form(session, form, row), 422
            except StaleDataError:
                problem = _("Somebody changed this meanwhile. Look at it as it is now, then change it again.")
    if problem:
        with reading() as session:
            row = find(session, MallItem, key)
            return _form(session, item_form.filled(session, row), row, problem=problem), 409
    say(_("Saved."))
    return redirect(url_for("admin.mall.item", key=key), 303)


@pages.post("/items/<int:key>/shelf")
@allowed(Permission.MALL_CHANGE)
@head_office_only
def shelve(key: int) -> AnyResponse:
    """Put goods on the shelf, or take them off; orders that wait are handed over all the same."""
    wanted = request.form.get("on") == "yes"
    with changing() as session:
        row = find(session, MallItem, key)
        if row.on_shelf != wanted:
            row.on_shelf = wanted
            record(session, "mall_item.shelved" if wanted else "mall_item.unshelved", row)
    say(_("It is on the shelf.") if wanted else _("It is off the shelf; orders that wait stay."))
    return redirect(url_for("admin.mall.item", key=key), 303)


@pages.post("/items/preview")
@allowed(Permission.MALL_CHANGE)
def preview() -> str:
    """Show how what is typed will look on a phone."""
    return render_template("admin/mall/preview.html", **_looks(Form.sent(), None))


@pages.post("/categories")
@allowed(Permission.MALL_CHANGE)
@head_office_only
def categories() -> Answer:
    """Add a category, or rename and move one (`key`)."""
    form = Form.sent()
    name = form.text("category_name", longest=16)
    position = form.number("category_position", least=0, most=100_000)
    key = key_in(form.values.get("key"))
    if not form.is_right:
        return _list(form), 422
    try:
        with changing() as session:
            row = find(session, MallCategory, key) if key else MallCategory()
            row.name, row.position = name, position or 0
            session.add(row)
            session.flush()
            action = "mall_category.changed" if key else "mall_category.added"
            record(session, action, row, after=facts(row, "name", "position"))
    except IntegrityError:
        form.wrong("category_name", _("There is one of this name already."))
        return _list(form), 422
    say(_("Saved."))
    return redirect(url_for("admin.mall.items"), 303)


@pages.post("/categories/<int:key>/delete")
@allowed(Permission.MALL_CHANGE)
@head_office_only
def delete_category(key: int) -> AnyResponse:
    """Delete a category without goods."""
    with changing() as session:
        row = find(session, MallCategory, key)
        used = session.scalar(select(MallItem.id).where(MallItem.category_id == key).limit(1))
        if used is None:
            subject = Subject("mall_category", str(key), row.name)
            session.delete(row)
            session.flush()
            record(session, "mall_category.deleted", subject)
    say(_("Deleted.") if used is None else _("There are goods in it; move them first."))
    return redirect(url_for("admin.mall.items"), 303)


def _save(
    session: ScopedSession,
    row: MallItem,
    values: dict[str, Any],
    *,
    shop_ids: list[int],
    seen: int | None,
    stock: int | None,
) -> None:
    before = facts(row, *item_form.AUDITED)
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()
    catalogue.put_stock(session, row, seen=seen, wanted=stock)
    item_form.put_shops(session, row, shop_ids)
    record(session, "mall_item.changed", row, before=before, after=facts(row, *item_form.AUDITED))


def _list(form: Form) -> str:
    with reading() as session:
        found = page(session, _wanted(request.args), by=MallItem.id)
        ids = [row.id for row in found.rows]
        firsts = select(MallPicture.item_id, func.min(MallPicture.id)).where(MallPicture.item_id.in_(ids))
        waits = select(MallOrder.item_id, func.count(MallOrder.id)).where(
            MallOrder.item_id.in_(ids), MallOrder.state == "held"
        )
        return render_template(
            "admin/mall/items.html",
            page=found,
            pictures={row[0]: row[1] for row in session.execute(firsts.group_by(MallPicture.item_id))},
            waiting={row[0]: row[1] for row in session.execute(waits.group_by(MallOrder.item_id))},
            categories=item_form.categories(session),
            merchants=_merchants(session),
            words=words,
            form=form,
        )


def _wanted(asked: Mapping[str, str]) -> Select[Any]:
    wanted = select(MallItem)
    if (category := key_in(asked.get("category"))) is not None:
        wanted = wanted.where(MallItem.category_id == category)
    if (merchant := key_in(asked.get("merchant"))) is not None:
        wanted = wanted.where(MallItem.merchant_id == merchant)
    if asked.get("shelf") in {"on", "off"}:
        wanted = wanted.where(MallItem.on_shelf.is_(asked["shelf"] == "on"))
    if text := asked.get("q", "").strip()[:40]:
        wanted = wanted.where(MallItem.name.contains(text, autoescape=True))
    return wanted


def _merchants(session: ScopedSession) -> dict[int, str]:
    rows = session.execute(select(MallMerchant.id, MallMerchant.name).order_by(MallMerchant.name))
    return {row.id: row.name for row in rows}


def _form(session: ScopedSession, form: Form, row: MallItem | None, *, problem: str = "") -> str:
    wanted = select(MallPicture).where(MallPicture.item_id == (row.id if row else 0)).order_by(MallPicture.id)
    found = session.scalars(wanted).all()
    return render_template(
        "admin/mall/item.html",
        form=form,
        item=row,
        pictures=found,
        held=catalogue.held_of(session, row.id) if row else 0,
        may_change=visitor.may(Permission.MALL_CHANGE) and visitor.scope.everything,
        most_pictures=catalogue.MOST_PICTURES,
        problem=problem,
        words=words,
        **item_form.choices(session, row),
        **_looks(form, found[0].id if found else None),
    )


def _looks(form: Form, picture_id: int | None) -> dict[str, Any]:
    """Return what the preview shows of what is typed, right or not."""
    points = key_in(form.values.get("points")) or 0
    return {
        "looks": {
            "name": str(form.values.get("name", ""))[:40],
            "words": str(form.values.get("words", ""))[:300],
            "points": f"{points:,}",
            "cash": str(form.values.get("cash", ""))[:12],
            "picture_id": picture_id or key_in(form.values.get("picture_id")),
        }
    }
