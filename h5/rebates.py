"""Points as money each month: what it means, and a member's yes or no."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import select

from bot.db import utc_now
from bot.mall import rebates
from bot.mall.rebate_models import MallRebate
from bot.members import identities
from bot.points import ledger
from bot.points.books import kin
from h5.access import members_only
from h5.orders import at
from h5.visit import guest, runtime

pages = Blueprint("rebates", __name__, url_prefix="/me/rebate")
STATES = {
    "waiting": "审核中",
    "pending": "等待打款",
    "exported": "打款中",
    "paid": "已到账",
    "failed": "未成功，积分已退回",
    "refused": "未通过，积分已退回",
}
MOST = 12


@pages.get("")
@members_only
def show() -> Any:
    """Show the terms and what was paid; without terms nothing is promised, and their points are shown."""
    assert guest.member_id is not None
    with runtime.db.reading() as session:
        root = next(iter(kin(session, guest.member_id)))
        terms = rebates.terms(session)
        if not terms.is_set:
            return redirect(url_for("h5.points.show"))
        available = ledger.balance(session, root, utc_now()).available
        wanted = select(MallRebate).where(MallRebate.member_id.in_(identities.family(session, root)))
        return render_template(
            "h5/rebate.html",
            terms=terms,
            available=available,
            worth=terms.fen(terms.whole_yuan(available)),
            wishes=rebates.wishes(session, root),
            paid=session.scalars(wanted.order_by(MallRebate.id.desc()).limit(MOST)).all(),
            states=STATES,
            at=at,
        )


@pages.post("")
@members_only
def choose() -> Any:
    """Note their yes or no; sent twice it is the same."""
    assert guest.member_id is not None
    with runtime.db.transaction() as session:
        root = identities.root(session, guest.member_id).id
        rebates.set_wish(session, root, wanted=request.form.get("wish") == "yes", now=utc_now())
    return redirect(url_for("h5.rebates.show"), 303)
