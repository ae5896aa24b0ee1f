"""Who works in the shops. Telephones are masked; seeing one whole takes a reason and is written down."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask import request as asked
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.forms import Form
from admin.office import changing, find, reading, record, vault
from admin.organisation import staff_form
from admin.organisation.saving import Differences, check_version, differences
from admin.organisation.staff_form import StaffFacts
from admin.paging import page
from admin.sheets import Sheet, add_routes
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.members import staff as colleagues
from bot.organisation import phones
from bot.organisation.models import Shop, Staff
from bot.privacy import NotANumber, NotOurs, parse, spoken
from bot.users.roles import Permission

pages = Blueprint("staff", __name__, url_prefix="/staff")


@pages.get("/")
@allowed(Permission.ORGANISATION_SEE)
def listing() -> str:
    """List the staff, newest first."""
    with reading() as session:
        found = page(session, wanted(asked.args), by=Staff.id)
        shops = shops_in_sight(session)
    masks = phones.masks(found.rows, vault())
    return render_template("admin/staff/list.html", page=found, shops=shops, masks=masks)


def wanted(given: Any) -> Select[Staff]:
    """Return those whom the filters `shop`, `state` and `q` leave; a whole number in `q` finds its owner."""
    found = select(Staff)
    if (shop_id := key_in(given.get("shop"))) is not None:
        found = found.where(Staff.shop_id == shop_id)
    if (state := given.get("state", "")) in {"active", "left"}:
        found = found.where(Staff.active.is_(state == "active"))
    if text := str(given.get("q", "")).strip()[:64]:
        conditions = [column.contains(text, autoescape=True) for column in (Staff.name, Staff.role)]
        keys = vault()
        try:
            if keys is not None:
                conditions.append(Staff.phone_index == keys.index(parse(text), phones.PLACE))
        except NotANumber:
            pass
        found = found.where(or_(*conditions))
    return found


@pages.get("/new")
@allowed(Permission.ORGANISATION_CHANGE)
def new() -> str:
    """Show an empty form."""
    with reading() as session:
        return _form_page(session, Form({"shop_id": asked.args.get("shop", ""), "state": "active"}), None)


@pages.post("/new")
@allowed(Permission.ORGANISATION_CHANGE)
def add() -> AnyResponse | tuple[str, int]:
    """Add someone to a shop of the visitor's."""
    form = Form.sent()
    with changing() as session:
        facts = staff_form.read(form)
        shop = _shop(session, form)
        if form.is_right and shop is not None:
            staff = Staff()
            if put(session, form, staff, facts, shop):
                record(session, "staff.added", staff, after=said(staff))
        if not form.is_right:
            return _form_page(session, form, None), 422
    say(_("%(name)s is added.", name=staff.name))
    return redirect(url_for("admin.staff.listing"), 303)


@pages.get("/<int:key>")
@allowed(Permission.ORGANISATION_SEE)
def show(key: int) -> str:
    """Show one person."""
    with reading() as session:
        staff = find(session, Staff, key)
        return _form_page(session, Form(staff_form.values(staff)), staff)


@pages.post("/<int:key>")
@allowed(Permission.ORGANISATION_CHANGE)
def change(key: int) -> AnyResponse | tuple[str, int]:
    """Save someone, unless somebody else has meanwhile: then both are shown, and nothing is lost."""
    form = Form.sent()
    try:
        with changing() as session:
            staff = find(session, Staff, key)
            facts = staff_form.read(form, staff)
            shop = _shop(session, form)
            if not form.is_right or shop is None:
                return _form_page(session, form, staff), 422
            check_version(form, staff)
            before = said(staff)
            if not put(session, form, staff, facts, shop):
                return _form_page(session, form, staff), 422
            record(session, "staff.changed", staff, before=before, after=said(staff))
    except StaleDataError:
        return _both(form, key), 409
    except NotOurs:
        return _unreadable(key), 422
    say(_("%(name)s is saved.", name=staff.name))
    return redirect(url_for("admin.staff.listing"), 303)


@pages.post("/<int:key>/phone")
@allowed(Permission.STAFF_SEE_PHONE)
def unmask(key: int) -> str | tuple[str, int]:
    """Show the number, once, to someone who says what for."""
    form = Form.sent()
    reason = form.text("reason", longest=200)
    keys = vault()
    with changing() as session:
        staff = find(session, Staff, key)
        number = None
        try:
            number = phones.number_of(staff, keys) if keys and form.is_right else None
        except NotOurs:
            form.wrong("reason", _("This number was sealed with a key that is not in the settings any more."))
        if number:
            record(session, "staff.phone_shown", staff, reason=reason)
        shown = Form(staff_form.values(staff))
        shown.errors.update(form.errors)
        shown.values["reason"] = reason
        found = _form_page(session, shown, staff, number=spoken(number) if number else "")
    return found if number else (found, 422)


def put(session: ScopedSession, form: Form, staff: Staff, facts: StaffFacts, shop: Shop) -> bool:
    """Write them; False, and said in the form, if somebody who works here has the number."""
    try:
        with session.begin_nested():  # which writes what is pending: change nothing before
            staff.shop_id = shop.id
            staff_form.fill(staff, facts)
            session.add(staff)
            session.flush()
            colleagues.look_again(session, staff_id=staff.id, now=utc_now())
    except IntegrityError:
        form.wrong("phone", _("Somebody who works here has this number. Mark whoever has left as such."))
        return False
    return True


def said(staff: Staff) -> dict[str, Any]:
    """Return the facts of someone for the audit, the number masked."""
    names = ("name", "shop_id", "role", "active")
    return {**{name: getattr(staff, name) for name in names}, "phone": staff_form.mask_of(staff)}


def shops_in_sight(session: ScopedSession) -> list[tuple[int, str]]:
    """Return id and name of the visitor's shops."""
    rows = session.scalars(select(Shop).order_by(Shop.branch_id, Shop.id))
    return [(one.id, one.name) for one in rows]


def _shop(session: ScopedSession, form: Form) -> Shop | None:
    """Return the chosen shop. One that is not the visitor's is refused, and the look written down."""
    key = key_in(form.values.get("shop_id"))
    if key is None:
        form.wrong("shop_id", _("Please choose one of these."))
        return None
    return find(session, Shop, key)


def _both(form: Form, key: int) -> str:
    """Show what was typed again, beside what somebody else saved meanwhile."""
    with reading() as session:
        staff = find(session, Staff, key)
        differ = differences(form, staff_form.values(staff), staff_form.FIELDS)
        form.values["version"] = staff.version
        return _form_page(session, form, staff, differ=differ)


def _unreadable(key: int) -> str:
    form = Form.sent()
    form.wrong(
        "phone", _("This number was sealed with a key that is not in the settings any more. Type it again.")
    )
    with reading() as session:
        return _form_page(session, form, find(session, Staff, key))


def _form_page(
    session: ScopedSession,
    form: Form,
    staff: Staff | None,
    *,
    differ: Differences | None = None,
    number: str = "",
) -> str:
    with session.no_autoflush:
        shops = shops_in_sight(session)
    return render_template(
        "admin/staff/form.html",
        form=form,
        staff=staff,
        shops=shops,
        mask=staff_form.mask_of(staff) if staff else "",
        has_keys=vault() is not None,
        differ=differ,
        number=number,
    )


add_routes(
    pages,
    Sheet(
        kind="staff",
        title=_l("Staff"),
        change=Permission.ORGANISATION_CHANGE,
        export=Permission.ORGANISATION_EXPORT,
        wanted=lambda given: wanted(given).order_by(Staff.id),
        pages="staff",
    ),
)
