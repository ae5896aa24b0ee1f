"""Points paid out as money: asking, a second person's word, the accountant's sheet, and what came of it."""

import secrets
from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.choices import account
from admin.cookies import say
from admin.formats import exact
from admin.forms import Form
from admin.head_office import head_office_only
from admin.mall import words
from admin.mall.blueprint import pages
from admin.office import changing, find, reading, record, vault, visitor
from admin.paging import page
from admin.sheets import handing
from bot.audit import Subject, facts
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.fans.models import Fan
from bot.mall import office
from bot.mall import rebates as paying
from bot.mall.rebate_models import MallRebate, RebateState
from bot.mall.refusals import BelowLeast, NeedsAnother, OrderOver
from bot.members import identities, people
from bot.members.models import Member, MemberState
from bot.points.refusals import KeyReused, NoSuchMember, NotEnough
from bot.sheets import Column
from bot.users.roles import Permission

Answer = AnyResponse | tuple[str, int]
MOST_POINTS, MOST_ROWS = 10_000_000, 5_000
COLUMNS = (
    Column("id", "返现单号", "Payout"),
    Column("member", "会员编号", "Member", width=16),
    Column("name", "姓名", "Name"),
    Column("openid", "OpenID", "OpenID", width=32),
    Column("amount", "金额（元）", "Amount (yuan)", width=12),
    Column("points", "积分", "Points", is_text=False, width=10),
    Column("reason", "原因", "Reason", width=28),
    Column("asked", "申请时间", "Asked", width=20),
)


@pages.get("/rebates")
@allowed(Permission.REBATES_SEE)
def rebates() -> str:
    """List payouts of members in scope, with the terms."""
    return _page(Form())


@pages.post("/rebates")
@allowed(Permission.REBATES_ASK)
def ask_rebate() -> Answer:
    """Hold a member's points for a payout; a second person approves it."""
    form = Form.sent()
    number = form.text("member", longest=16).upper()
    points = form.number("points", least=1, most=MOST_POINTS)
    reason, once = form.text("reason", longest=200), form.text("once", longest=32)
    with changing() as session:
        member = session.scalar(select(Member).where(Member.number == number))
        if member is None or member.state != MemberState.ACTIVE:
            form.wrong("member", _("There is no active member with this number."))
        if form.is_right and member is not None and points is not None:
            row = _asked(session, member, points, form, reason=reason, once=once)
            if row is not None:
                after = facts(row, "points", "fen")
                record(session, "mall_rebate.asked", row, after=after, reason=reason)
        if not form.is_right:
            return _page(form), 422
    say(_("Noted. A second person has to approve it."))
    return redirect(url_for("admin.mall.rebates"), 303)


@pages.post("/rebates/<int:key>/approve")
@allowed(Permission.REBATES_APPROVE)
def approve_rebate(key: int) -> AnyResponse:
    """Let a payout that somebody else asked for be paid."""
    return _change(
        key, "mall_rebate.approved", _("Approved; it goes to the accountant with the next sheet."),
        lambda session, row: paying.approve(
            session, row, by_id=visitor.user_id, by=visitor.name, now=utc_now()
        ),
    )  # fmt: skip


@pages.post("/rebates/<int:key>/refuse")
@allowed(Permission.REBATES_APPROVE)
def refuse_rebate(key: int) -> Answer:
    """Refuse a payout before it went to the accountant; the points are free again."""
    why = _why()
    return _change(
        key, "mall_rebate.refused", _("Refused; the points are back."),
        lambda session, row: office.refuse(session, row, why=why, by=visitor.name, now=utc_now()),
        reason=why,
    )  # fmt: skip


@pages.post("/rebates/export")
@allowed(Permission.REBATES_PAY)
@head_office_only
def export_rebates() -> AnyResponse:
    """Give the accountant every approved payout that no sheet held yet; taking the sheet marks them.

    With `again`, what is with the accountant already: for a sheet that was lost on the way. Nothing changes.
    """
    form, now = Form.sent(), utc_now()
    again = form.ticked("again")
    state = RebateState.EXPORTED if again else RebateState.PENDING
    with changing() as session:
        wanted = select(MallRebate).where(MallRebate.state == state.value)
        found = session.scalars(wanted.order_by(MallRebate.id).limit(MOST_ROWS)).all()
        taken = [row for row in found if again or paying.export(session, row, by=visitor.name, now=now)]
        rows = _rows(session, taken)
        after = {"rows": len(rows), "fen": sum(row.fen for row in taken), "again": again}
        if taken:
            record(session, "mall_rebate.exported", Subject("mall_rebate"), after=after)
    if not rows:
        say(_("There is nothing new to pay."), "info")
        return redirect(url_for("admin.mall.rebates"), 303)
    hand = handing.csv if form.values.get("as") == "csv" else handing.excel
    return hand(COLUMNS, rows, title=handing.dated(str(_("Payouts of points"))))


@pages.post("/rebates/<int:key>/paid")
@allowed(Permission.REBATES_PAY)
@head_office_only
def pay_rebate(key: int) -> AnyResponse:
    """Note that the accountant paid it: the points are spent."""
    return _change(
        key, "mall_rebate.paid", _("Paid; the points are spent."),
        lambda session, row: office.pay(session, row, by=visitor.name, now=utc_now()),
    )  # fmt: skip


@pages.post("/rebates/<int:key>/failed")
@allowed(Permission.REBATES_PAY)
@head_office_only
def fail_rebate(key: int) -> AnyResponse:
    """Note that it could not be paid: the points are free again."""
    why = _why()
    return _change(
        key, "mall_rebate.failed", _("Noted; the points are back."),
        lambda session, row: office.fail(session, row, why=why, by=visitor.name, now=utc_now()),
        reason=why,
    )  # fmt: skip


@pages.post("/rebates/terms")
@allowed(Permission.REBATES_APPROVE)
@head_office_only
def rebate_terms() -> Answer:
    """Set how points become money; what was asked before keeps its amount."""
    form = Form.sent()
    ratio = form.number("points_per_yuan", least=1, most=100_000)
    least = form.number("least_points", least=1, most=MOST_POINTS)
    if not form.is_right or ratio is None or least is None:
        return _page(form), 422
    wanted = paying.Terms(ratio, least, form.ticked("is_monthly"))
    with changing() as session:
        before = _said(paying.terms(session))
        paying.put_terms(session, wanted, by=visitor.name, now=utc_now())
        subject = Subject("mall_rebate_terms", "1")
        record(session, "mall_rebate_terms.changed", subject, before=before, after=_said(wanted))
    say(_("Saved."))
    return redirect(url_for("admin.mall.rebates"), 303)


def _asked(
    session: ScopedSession, member: Member, points: int, form: Form, *, reason: str, once: str
) -> MallRebate | None:
    try:
        with session.begin_nested():
            return office.ask(
                session, member, points, once=once, reason=reason,
                by_id=visitor.user_id, by=visitor.name, now=utc_now(),
            )  # fmt: skip
    except NotEnough as refused:
        form.wrong("points", _("The member has only %(n)s points to take.", n=refused.available))
    except BelowLeast:
        least = paying.terms(session).least_points
        form.wrong("points", _("At least %(n)s points are paid out at once.", n=f"{least:,}"))
    except NoSuchMember:
        form.wrong("member", _("There is no active member with this number."))
    except KeyReused:
        form.wrong("points", _("This form was sent before; open the page anew."))
    return None


def _change(
    key: int,
    action: str,
    said: str,
    act: Callable[[ScopedSession, MallRebate], None],
    *,
    reason: str | None = None,
) -> AnyResponse:
    kind = "success"
    with changing() as session:
        row = find(session, MallRebate, key)
        before = facts(row, "state")
        try:
            with session.begin_nested():
                act(session, row)
        except NeedsAnother:
            said, kind = _("You asked for this yourself; somebody else has to approve it."), "warning"
        except OrderOver as over:
            state = words.REBATE_STATES[over.state][0]
            said, kind = _("Nothing was changed: it is “%(state)s” now.", state=state), "warning"
        else:
            record(
                session, action, row, before=before, after=facts(row, "state", "points", "fen"), reason=reason
            )
    say(said, kind)
    return redirect(url_for("admin.mall.rebates"), 303)


def _why() -> str:
    return Form.sent().text("why", longest=200, required=False)[:200] or "–"


def _said(terms: paying.Terms) -> dict[str, Any]:
    return {
        "points_per_yuan": terms.points_per_yuan,
        "least_points": terms.least_points,
        "is_monthly": terms.is_monthly,
    }


def _rows(session: ScopedSession, found: list[MallRebate]) -> list[dict[str, Any]]:
    keys, served = vault(), account()
    members = {
        row.id: row
        for row in session.scalars(select(Member).where(Member.id.in_([one.member_id for one in found])))
    }
    # Who was merged meanwhile is paid as who they are now: that is where their fans have moved.
    payees = {key: identities.as_now(session, key) for key in members}
    fans = select(Fan.member_id, Fan.openid).where(
        Fan.member_id.in_({one.id for one in payees.values()}),
        Fan.account_id == (served.id if served else 0),
    )
    openids = {row.member_id: row.openid for row in session.execute(fans)}
    return [
        {
            "id": one.id,
            "member": members[one.member_id].number,
            "name": people.name_of(keys, payees[one.member_id]) if keys else "",
            "openid": openids.get(payees[one.member_id].id, ""),
            "amount": f"{one.fen / 100:.2f}",
            "points": one.points,
            "reason": one.reason,
            "asked": exact(one.asked_at),
        }
        for one in found
    ]


def _page(form: Form) -> str:
    with reading() as session:
        wanted: Any = select(MallRebate, Member).join(Member, Member.id == MallRebate.member_id)
        if (state := request.args.get("state")) in words.REBATE_STATES:
            wanted = wanted.where(MallRebate.state == state)
        terms = paying.terms(session)
        for name, value in _said(terms).items():
            form.values.setdefault(name, value)
        states = select(MallRebate.state).where(
            MallRebate.state.in_([RebateState.PENDING.value, RebateState.EXPORTED.value])
        )
        sheets = set(session.scalars(states.distinct()))
        return render_template(
            "admin/mall/rebates.html",
            page=page(session, wanted, by=MallRebate.id),
            terms=terms,
            has_pending=RebateState.PENDING in sheets,
            has_exported=RebateState.EXPORTED in sheets,
            form=form,
            once=form.values.get("once") or secrets.token_urlsafe(12),
            words=words,
        )
