"""The record of counters as a sheet, with the filters of the page."""

from flask import redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.counter import words
from admin.counter.blueprint import pages
from admin.counter.listing import member_numbers, wanted
from admin.earning.books import shop_names
from admin.formats import exact
from admin.forms import Form
from admin.office import changing, record
from admin.sheets import handing, reasons
from bot.audit import Subject
from bot.counter.models import CounterAction
from bot.sheets import Column
from bot.users.roles import Permission

MOST = 50_000
FILTERS = ("shop", "staff", "member", "kind", "number")
SHEET = (
    Column("at", "时间", "When", width=20),
    Column("what", "事项", "What"),
    Column("shop", "门店", "Shop", width=28),
    Column("who", "经手人", "Who"),
    Column("member", "会员", "Member"),
    Column("number", "小票号", "Receipt", width=20),
    Column("amount", "金额（元）", "Amount (yuan)", is_text=False),
    Column("points", "积分", "Points", is_text=False),
)


@pages.post("/export")
@allowed(Permission.COUNTER_EXPORT)
def export() -> AnyResponse:
    """Hand over what the filters leave; what it is for stands in the audit."""
    form = Form.sent()
    asked = {name: value for name, value in form.values.items() if name in FILTERS and value}
    if not (reason := reasons.of(form)):
        return redirect(url_for("admin.counter.listing", **asked), 303)
    with changing() as session:
        shops = shop_names(session)
        found = session.scalars(wanted(asked).order_by(CounterAction.id.desc()).limit(MOST)).all()
        numbers = member_numbers(session, found)
        rows = [
            {
                "at": exact(row.at),
                "what": str(words.KINDS[row.kind][0]),
                "shop": shops.get(row.shop_id, ""),
                "who": row.who,
                "member": numbers.get(row.member_id, _("a member of another shop")),
                "number": row.number,
                "amount": row.amount / 100,
                "points": words.change(row),
            }
            for row in found
        ]
        said = {"rows": len(rows), "filters": asked}
        record(session, "counter.exported", Subject("counter_action"), after=said, reason=reason)
    return handing.excel(SHEET, rows, title=handing.dated(str(_("Counter record"))), explained=False)
