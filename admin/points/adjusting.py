"""Adjusting by hand, and the second person's word above the limit of a role."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from admin import cookies
from admin.access import allowed
from admin.forms import Form
from admin.head_office import head_office_only
from admin.members.people import subject
from admin.office import changing, find, reading, record, visitor
from admin.paging import page
from admin.points import words
from admin.points.accounts import account_page
from admin.points.blueprint import pages
from bot.audit import Subject
from bot.db import utc_now
from bot.levels import reviewing
from bot.members.models import Member, MemberState
from bot.points import adjusting, office
from bot.points.adjusting import AskedBefore, Decided, NeedsAnother
from bot.points.office_models import AdjustmentState, PointAdjustment, PointLimit
from bot.points.refusals import NoSuchMember, NotEnough
from bot.users.roles import PERMISSIONS, Permission

MOST = 1_000_000


@pages.post("/members/<int:key>/adjust")
@allowed(Permission.POINTS_ADJUST)
def adjust(key: int) -> AnyResponse | tuple[str, int]:
    """Give or take points for a reason: at once within the limit of the role, else once approved."""
    form = Form.sent()
    points = form.number("points", least=-MOST, most=MOST)
    reason = form.text("reason", longest=200)
    once = form.text("once", longest=32, required=False)
    if points == 0:
        form.wrong("points", _("Zero changes nothing."))
    with changing() as session:
        member = find(session, Member, key)
        if member.state != MemberState.ACTIVE:
            form.wrong("points", _("Points are adjusted for active members only."))
        if not form.is_right or points is None:
            return account_page(session, member, form), 422
        try:
            with session.begin_nested():
                row = office.ask(
                    session,
                    member,
                    points,
                    reason=reason,
                    by_id=visitor.user_id,
                    by=visitor.name,
                    role=visitor.role,
                    once=once or None,
                    counts=form.ticked("counts"),
                    now=utc_now(),
                )
        except AskedBefore:
            cookies.say(_("This adjustment arrived twice; it was done or noted once."), "info")
            return redirect(url_for("admin.points.show", key=key), 303)
        except NotEnough as refused:
            form.wrong("points", _("The member has only %(n)s points to take.", n=refused.available))
            return account_page(session, member, form), 422
        done = row.state == AdjustmentState.DONE
        if done and row.counts:
            reviewing.review(session, member.id, now=utc_now())
        action = "points.adjusted" if done else "points.adjustment_asked"
        record(session, action, subject(member), after={"points": points}, reason=reason)
    cookies.say(_("Adjusted.") if done else _("Noted. A second person has to approve it."))
    return redirect(url_for("admin.points.show", key=key), 303)


@pages.get("/adjustments")
@allowed(Permission.POINTS_SEE)
def adjustments() -> str:
    """List adjustments by hand, with those that wait to be decided, and what roles may do alone."""
    return _page(Form())


@pages.post("/adjustments/<int:key>/approve")
@allowed(Permission.POINTS_APPROVE)
def approve(key: int) -> AnyResponse:
    """Do what somebody else asked for. Again, or when somebody was faster: it was decided, and is said."""
    with changing() as session:
        row = find(session, PointAdjustment, key)
        member = find(session, Member, row.member_id)
        try:
            with session.begin_nested():
                office.approve(session, row, member, by_id=visitor.user_id, by=visitor.name, now=utc_now())
        except NeedsAnother:
            said = _("You asked for this yourself; somebody else has to approve it.")
        except Decided:
            said = _("Somebody has decided already.")
        except NotEnough as refused:
            said = _("The member has only %(n)s points to take.", n=refused.available)
        except NoSuchMember:
            said = _("Points are adjusted for active members only.")
        else:
            said = _("Approved and adjusted.")
            if row.counts:
                reviewing.review(session, member.id, now=utc_now())
            after = {"points": row.points, "asked_by": row.asked_by}
            record(session, "points.adjustment_approved", subject(member), after=after, reason=row.reason)
    cookies.say(said)
    return redirect(url_for("admin.points.adjustments"), 303)


@pages.post("/adjustments/<int:key>/refuse")
@allowed(Permission.POINTS_ADJUST)
def refuse(key: int) -> AnyResponse | tuple[str, int]:
    """Refuse what somebody asked for, or take back what one asked for oneself."""
    form = Form.sent()
    why = form.text("why", longest=200)
    if not form.is_right:
        return _page(form), 422
    with changing() as session:
        row = find(session, PointAdjustment, key)
        if row.asked_by_id != visitor.user_id and not visitor.may(Permission.POINTS_APPROVE):
            said = _("Only who asked, or who may approve, can refuse it.")
        else:
            try:
                office.refuse(session, row, why=why, by_id=visitor.user_id, by=visitor.name, now=utc_now())
                said = _("Refused. The points stay as they are.")
                member = find(session, Member, row.member_id)
                record(session, "points.adjustment_refused", subject(member), reason=why)
            except Decided:
                said = _("Somebody has decided already.")
    cookies.say(said)
    return redirect(url_for("admin.points.adjustments"), 303)


@pages.post("/limits")
@allowed(Permission.POINTS_APPROVE)
@head_office_only
def limits() -> AnyResponse | tuple[str, int]:
    """Set how many points each role may adjust alone."""
    form = Form.sent()
    wanted = {role: form.number(f"limit_{role}", least=0, most=MOST) for role in _roles()}
    if not form.is_right:
        return _page(form), 422
    with changing() as session:
        before = {role: adjusting.limit_of(session, role) for role in wanted}
        for role, points in wanted.items():
            session.merge(PointLimit(role=role, points=points or 0))
        record(session, "points.limits_changed", Subject("point_limit"), before=before, after=wanted)
    cookies.say(_("Saved."))
    return redirect(url_for("admin.points.adjustments"), 303)


def _roles() -> list[str]:
    return [role.value for role, may in PERMISSIONS.items() if Permission.POINTS_ADJUST in may]


def _page(form: Form) -> str:
    with reading() as session:
        of_member = Member.id == PointAdjustment.member_id
        wanted: Any = select(PointAdjustment, Member).join(Member, of_member)
        if (state := request.args.get("state")) in words.STATES:
            wanted = wanted.where(PointAdjustment.state == state)
        found = page(session, wanted, by=PointAdjustment.id)
        current = {role: adjusting.limit_of(session, role) for role in _roles()}
        for role, points in current.items():
            form.values.setdefault(f"limit_{role}", points)
        return render_template(
            "admin/points/adjustments.html",
            page=found,
            form=form,
            limits=current,
            words=words,
        )
