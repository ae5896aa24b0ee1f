"""The form of goods: from a row to fields, and from what was typed to what a row should be."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, or_, select

from admin.earning import rule_forms
from admin.forms import Form
from bot.coupons import templates
from bot.db.scoped import ScopedSession
from bot.levels import versions
from bot.mall.models import Kind, MallCategory, MallItem, MallItemShop, MallMerchant, Window
from bot.moments import HERE
from bot.organisation.models import Shop

MOST_POINTS, MOST_STOCK, MOST_DAYS = 10_000_000, 1_000_000, 365
AUDITED = (
    "category_id",
    "merchant_id",
    "name",
    "kind",
    "template_id",
    "points",
    "cash",
    "stock",
    "limit_times",
    "limit_window",
    "can_pick_up",
    "can_deliver",
    "hold_days",
    "position",
    "on_shelf",
)


def empty() -> Form:
    """Return the form of new goods."""
    return Form({"kind": "goods", "limit_window": "ever", "pick_up": "yes", "hold_days": 14, "position": 100})


def filled(session: ScopedSession, item: MallItem) -> Form:
    """Return the form as the item stands."""
    shops = session.scalars(select(MallItemShop.shop_id).where(MallItemShop.item_id == item.id)).all()
    stock = "" if item.stock is None else item.stock
    return Form(
        {
            "category": item.category_id,
            "merchant": item.merchant_id or "",
            "name": item.name,
            "words": item.words,
            "kind": item.kind,
            "template": item.template_id or "",
            "points": item.points,
            "cash": f"{item.cash / 100:.2f}" if item.cash else "",
            "stock": stock,
            "stock_seen": stock,
            "limit_times": item.limit_times or "",
            "limit_window": item.limit_window,
            "from_at": _typed(item.from_at),
            "until_at": _typed(item.until_at),
            "pick_up": "yes" if item.can_pick_up else "",
            "deliver": "yes" if item.can_deliver else "",
            "shops": list(shops),
            "levels": list(item.levels),
            "hold_days": item.hold_days,
            "position": item.position,
            "version": item.version,
        }
    )


def choices(session: ScopedSession, item: MallItem | None) -> dict[str, Any]:
    """Return what the form's fields offer: active merchants, and the item's own, not to be lost."""
    kept = item.merchant_id if item is not None else None
    offered = or_(MallMerchant.is_active, MallMerchant.id == kept)
    merchants = select(MallMerchant).where(offered).order_by(MallMerchant.name)
    return {
        "categories": [(row.id, row.name) for row in categories(session)],
        "merchants": [(row.id, row.name) for row in session.scalars(merchants)],
        "shops": [
            (row.id, row.name) for row in session.scalars(select(Shop).order_by(Shop.branch_id, Shop.id))
        ],
        "levels": list(versions.names(session).items()),
        "templates": list(templates.names(session).items()),
    }


def categories(session: ScopedSession) -> Sequence[MallCategory]:
    """Return the categories in their order."""
    return session.scalars(select(MallCategory).order_by(MallCategory.position, MallCategory.id)).all()


def read(session: ScopedSession, form: Form, item: MallItem | None) -> dict[str, Any]:
    """Return the columns as they were typed, all but stock; what is wrong stands in the form."""
    offered = choices(session, item)
    category = form.ids("category", among=[key for key, _name in offered["categories"]])
    merchant = form.ids("merchant", among=[key for key, _name in offered["merchants"]])
    kind, window = form.choice("kind", Kind), form.choice("limit_window", Window)
    if not category:
        form.wrong("category", _("Please choose one of these."))
    template = form.ids("template", among=[key for key, _name in offered["templates"]])
    is_coupon = kind is Kind.COUPON
    if is_coupon and not template:
        form.wrong("template", _("Please choose one of these."))
    begins, ends = moment(form, "from_at"), moment(form, "until_at")
    values = {
        "category_id": category[0] if category else None,
        "merchant_id": merchant[0] if merchant else None,
        "name": form.text("name", longest=40),
        "words": form.text("words", longest=2000, required=False),
        "kind": kind,
        "template_id": template[0] if is_coupon and template else None,
        "points": form.number("points", least=1, most=MOST_POINTS),
        "cash": rule_forms.fen(form, "cash", required=False) or 0,
        "limit_times": _optional(form, "limit_times", least=1, most=10_000),
        "limit_window": window,
        "from_at": begins,
        "until_at": ends,
        "can_pick_up": not is_coupon and form.ticked("pick_up"),
        "can_deliver": not is_coupon and form.ticked("deliver"),
        "hold_days": form.number("hold_days", least=1, most=MOST_DAYS),
        "position": form.number("position", least=0, most=100_000),
        "levels": _levels(form, {key for key, _name in offered["levels"]}),
    }
    if not is_coupon and not values["can_pick_up"] and not values["can_deliver"]:
        form.wrong("pick_up", _("Choose how it comes to the member."))
    if is_coupon and values["cash"]:
        form.wrong("cash", _("A coupon comes at once: nobody takes money for it."))
    if begins is not None and ends is not None and begins >= ends:
        form.wrong("until_at", _("This is before it begins."))
    return values


def stock(form: Form) -> tuple[int | None, int | None]:
    """Return the stock as it was seen and as it is wanted; None is without end."""
    seen = str(form.values.get("stock_seen", "")).strip()
    return int(seen) if seen.isascii() and seen.isdigit() else None, _optional(
        form, "stock", least=0, most=MOST_STOCK
    )


def put_shops(session: ScopedSession, item: MallItem, shop_ids: Sequence[int]) -> None:
    """Have these shops hand it over; none means every open shop."""
    session.execute(delete(MallItemShop).where(MallItemShop.item_id == item.id))
    session.add_all(MallItemShop(item_id=item.id, shop_id=key) for key in sorted(set(shop_ids)))
    session.flush()


def moment(form: Form, name: str) -> datetime | None:
    """Return a moment in Shanghai, None for an empty field; None, and wrong, for anything else."""
    typed = form.text(name, longest=20, required=False)
    if not typed:
        return None
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        form.wrong(name, _("A day and a time."))
        return None
    if not 2000 <= found.year <= 9000:
        form.wrong(name, _("A day and a time."))
        return None
    return found.replace(tzinfo=HERE)


def _optional(form: Form, name: str, *, least: int, most: int) -> int | None:
    typed = str(form.values.get(name, "")).strip()
    return form.number(name, least=least, most=most) if typed else None


def _levels(form: Form, known: set[str]) -> list[str]:
    sent = form.values.get("levels", [])
    return [str(one) for one in (sent if isinstance(sent, list) else [sent]) if str(one) in known]


def _typed(at: datetime | None) -> str:
    return f"{at.astimezone(HERE):%Y-%m-%dT%H:%M}" if at else ""
