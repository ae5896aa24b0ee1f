"""What coupons came to: issued, used, ended, and what they took off, by template and by shop."""

from datetime import date, timedelta
from functools import partial
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.coupons.blueprint import pages
from admin.earning.books import shop_names
from admin.formats import HERE
from admin.forms import Form
from admin.office import changing, record, survey
from admin.sheets import handing
from bot.audit import Subject
from bot.coupons import figures, templates
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.sheets import Column
from bot.users.roles import Permission

LONGEST = 400  # days
SHEET = (
    Column("by", "统计口径", "By"),
    Column("name", "名称", "Name", width=28),
    Column("issued", "发放", "Issued", is_text=False),
    Column("used", "核销", "Used", is_text=False),
    Column("off", "优惠金额（元）", "Taken off (yuan)", is_text=False),
    Column("sold", "带动消费（元）", "Bought with them (yuan)", is_text=False),
    Column("expired", "过期", "Expired", is_text=False),
    Column("void", "作废", "Void", is_text=False),
    Column("open", "未用", "Still to be used", is_text=False),
)


@pages.get("/figures")
@allowed(Permission.COUPONS_SEE)
def report() -> str:
    """Show some days by template and by shop; the numbers lead to their coupons."""
    since, until = _days(request.args)
    by_template, by_shop, kinds, shops = survey(partial(_read, since=since, until=until))
    return render_template(
        "admin/coupons/figures.html",
        since=since,
        until=until,
        whole=figures.whole(by_shop),
        by_template=sorted(by_template.items(), key=lambda one: -one[1].issued),
        by_shop=sorted(by_shop.items(), key=lambda one: -one[1].used),
        templates=kinds,
        shops=shops,
    )


@pages.post("/figures/export")
@allowed(Permission.COUPONS_EXPORT)
def export_figures() -> AnyResponse:
    """Hand over the same as Excel; written down in the audit."""
    since, until = _days(Form.sent().values)
    by_template, by_shop, kinds, shops = survey(partial(_read, since=since, until=until))
    rows = [
        *(_row(_("Template"), kinds.get(key, str(key)), one) for key, one in by_template.items()),
        *(_row(_("Shop"), shops.get(key or 0, _("Head office")), one) for key, one in by_shop.items()),
    ]
    with changing() as session:
        after = {"rows": len(rows), "from": since.isoformat(), "to": until.isoformat()}
        record(session, "coupon.figures_exported", Subject("coupon"), after=after)
    return handing.excel(SHEET, rows, title=handing.dated(str(_("Coupons by day"))), explained=False)


def _read(
    session: ScopedSession, since: date, until: date
) -> tuple[dict[int, figures.Sum], dict[int | None, figures.Sum], dict[int, str], dict[int, str]]:
    """Return the sums by template and by shop, and what each of these is called."""
    return (
        figures.by_template(session, since, until),
        figures.by_shop(session, since, until),
        templates.names(session),
        shop_names(session),
    )


def _row(by: str, name: str, one: figures.Sum) -> dict[str, Any]:
    return {
        "by": by,
        "name": name,
        **{field: getattr(one, field) for field in ("issued", "used", "expired", "void", "open")},
        "off": one.off / 100,
        "sold": one.sold / 100,
    }


def _days(asked: Any) -> tuple[date, date]:
    today = utc_now().astimezone(HERE).date()
    since = day_in(asked.get("from")) or today - timedelta(days=29)
    until = day_in(asked.get("to")) or today
    since, until = min(since, until), max(since, until)
    return max(since, until - timedelta(days=LONGEST)), until


def day_in(said: Any) -> date | None:
    """Return a day as an address has it; None for anything else."""
    try:
        found = date.fromisoformat(str(said or ""))
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2999 else None
