"""The posters of all staff of some shops as one file: chosen here, drawn by a batch."""

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, func, select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from admin import languages
from admin.access import allowed
from admin.choices import account
from admin.forms import Form
from admin.office import actor, changing, reading, record
from admin.posters import desk
from admin.posters.blueprint import pages
from bot.batches import parts
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.organisation.models import Shop, ShopState, Staff
from bot.posters import designs, packing
from bot.posters.packing import Order
from bot.users.roles import Permission

WIDTHS_MM = (90, 160, 210, 300)


@pages.get("/staff")
@allowed(Permission.POSTERS_EXPORT)
def choose() -> str:
    """Ask for which shops, in which design and form."""
    with reading() as session:
        return _page(session, Form({"form": "zip", "width": 1080, "width_mm": 90, "design": ""}))


@pages.post("/staff")
@allowed(Permission.POSTERS_EXPORT)
def pack() -> AnyResponse | tuple[str, int]:
    """Begin drawing. Whom the visitor may see now is who gets a poster."""
    form, served = Form.sent(), account()
    if served is None:
        raise NotFound
    with changing() as session:
        kind = form.choice("form", parts.Form)
        shops = form.ids("shops", among=session.scalars(_open_shops().with_only_columns(Shop.id)), of=Shop)
        key = str(form.values.get("design", ""))
        if key and key not in {one.key for one in _offered(session)}:
            form.wrong("design", _("Please choose one of these."))
        width = form.number("width", least=min(desk.WIDTHS), most=max(desk.WIDTHS))
        width_mm = form.number("width_mm", least=WIDTHS_MM[0], most=WIDTHS_MM[-1])
        ids = _staff(session, shops)
        if not form.errors and not shops:
            form.wrong("shops", _("Choose at least one."))
        elif not form.errors and not ids:
            form.wrong("shops", _("Nobody works in these shops."))
        if len(ids) > packing.MOST:
            form.wrong("shops", _("At most %(most)s posters at a time.", most=f"{packing.MOST:,}"))
        if not form.is_right or kind is None:
            return _page(session, form), 422
        order = Order(
            form=kind.value,
            account_id=served.id,
            ids=ids,
            shops=sorted(shops),
            design=key,
            width=width or desk.WIDTHS[0],
            width_mm=width_mm or WIDTHS_MM[0],
            language=languages.chosen(),
        )
        batch = packing.begin(
            session, order, title=_("Posters of %(n)s people", n=len(ids)), maker=actor(), now=utc_now()
        )
        after = {"form": kind.value, "posters": len(ids), "shops": sorted(shops), "design": key}
        record(session, "poster.exported", batch, after=after)
    return redirect(url_for("admin.batches.show", key=batch.id), 303)


def _staff(session: ScopedSession, shops: list[int]) -> list[int]:
    """Return who works in the shops, as far as they are in sight."""
    wanted = select(Staff.id).where(Staff.shop_id.in_(shops), Staff.active.is_(True))
    return list(session.scalars(wanted.order_by(Staff.shop_id, Staff.id).limit(packing.MOST + 1)))


def _open_shops() -> Select[int, str, int]:
    """Return the shops in sight that are open, with how many work there."""
    return (
        select(Shop.id, Shop.name, func.count(Staff.id))
        .outerjoin(Staff, (Staff.shop_id == Shop.id) & Staff.active.is_(True))
        .where(Shop.state == ShopState.OPEN.value)
        .group_by(Shop.id, Shop.name, Shop.branch_id)
        .order_by(Shop.branch_id, Shop.id)
    )


def _offered(session: ScopedSession) -> list[designs.Design]:
    """Return the designs that are offered to anybody; each shop's own are looked at when they are drawn."""
    return [one for one in designs.every(session) if one.state == "active" and one.can_be_drawn]


def _page(session: ScopedSession, form: Form) -> str:
    with session.no_autoflush:
        shops = session.execute(_open_shops()).all()
        return render_template(
            "admin/posters/staff.html",
            form=form,
            shops=[(key, f"{name}（{number}）") for key, name, number in shops],
            designs=[(one.key, desk.title(one)) for one in _offered(session)],
            widths=desk.WIDTHS,
            widths_mm=WIDTHS_MM,
            most=packing.MOST,
        )
