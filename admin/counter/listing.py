"""The record of counters, scoped by shop, and undoing what was done there."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, select
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.counter import words
from admin.counter.blueprint import pages
from admin.earning.books import shop_names
from admin.forms import Form
from admin.office import changing, find, reading, record, vault, visitor
from admin.points.words import signed
from admin.scanning import scan
from bot.audit import facts
from bot.counter import office
from bot.counter.models import ActionKind, CounterAction
from bot.counter.refusals import NothingToUndo
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.members.models import Member
from bot.organisation.models import Staff
from bot.purchases.models import Purchase, PurchaseState
from bot.purchases.recording import By
from bot.users.roles import Permission

AUDITED = ("kind", "shop_id", "staff_id", "member_id", "number", "amount", "points", "about_id")
AT_ONCE = 5_000  # members asked for in one statement
Answer = AnyResponse | tuple[str, int]


@pages.get("/")
@allowed(Permission.COUNTER_SEE)
def listing() -> str:
    """List what was done at the counters of the visitor's shops, newest first."""
    return _listed(Form())


@pages.post("/<int:key>/undo")
@allowed(Permission.COUNTER_UNDO)
def undo(key: int) -> Answer:
    """Give a receipt or spent points back, or take a visit back. Again, it is said that it was."""
    form = Form.sent()
    reason = form.text("reason", longest=200)
    if not form.is_right:
        return _listed(form), 422
    with changing() as session:
        action = find(session, CounterAction, key)
        by = By("hand", visitor.name, visitor.user_id)
        try:
            with session.begin_nested():
                undone = office.undo(session, vault(), action, reason=reason, by=by, now=utc_now())
        except NothingToUndo:
            said, kind = _("There is nothing left to undo in it."), "warning"
        else:
            record(session, "counter.undone", undone, after=facts(undone, *AUDITED), reason=reason)
            said, kind = _("Undone; %(n)s points were moved back.", n=undone.points), "success"
    say(said, kind)
    return redirect(url_for("admin.counter.listing"), 303)


def wanted(asked: Mapping[str, Any]) -> Select[Any]:
    """Return what the filters leave."""
    found = select(CounterAction)
    if (shop := key_in(asked.get("shop"))) is not None:
        found = found.where(CounterAction.shop_id == shop)
    if (staff := key_in(asked.get("staff"))) is not None:
        found = found.where(CounterAction.staff_id == staff)
    if (member := key_in(asked.get("member"))) is not None:
        found = found.where(CounterAction.member_id == member)
    if (kind := str(asked.get("kind", ""))) in set(ActionKind):
        found = found.where(CounterAction.kind == kind)
    if number := str(asked.get("number", "")).strip()[:64]:
        found = found.where(CounterAction.number == number)
    return found


def member_numbers(session: ScopedSession, rows: Iterable[CounterAction]) -> dict[int, str]:
    """Return the numbers of those members the visitor may open; the others are of other shops."""
    keys = sorted({row.member_id for row in rows})
    numbers: dict[int, str] = {}
    # An export may have more of them than SQLite takes parameters.
    for start in range(0, len(keys), AT_ONCE):
        wanted = select(Member.id, Member.number).where(Member.id.in_(keys[start : start + AT_ONCE]))
        numbers |= {row.id: row.number for row in session.execute(wanted)}
    return numbers


def _listed(form: Form) -> str:
    with reading() as session:
        shops = shop_names(session)
        found = scan(session, wanted(request.args), by=CounterAction.id)
        keys = [row.id for row in found.rows]
        undone = session.scalars(select(CounterAction.about_id).where(CounterAction.about_id.in_(keys)))
        bought = {row.purchase_id for row in found.rows if row.purchase_id is not None}
        purchases = {one.id: one for one in session.scalars(select(Purchase).where(Purchase.id.in_(bought)))}
        return render_template(
            "admin/counter/list.html",
            page=found,
            shops=shops,
            numbers=member_numbers(session, found.rows),
            undone=set(undone),
            waiting={key for key, one in purchases.items() if one.state == PurchaseState.WAITING},
            chips=_chips(session, shops),
            form=form,
            words=words,
            signed=signed,
        )


def _chips(session: ScopedSession, shops: Mapping[int, str]) -> list[tuple[str, str]]:
    chips = []
    if (shop := key_in(request.args.get("shop"))) in shops:
        chips.append(("shop", _("Shop: %(name)s", name=shops[shop or 0])))
    if (kind := request.args.get("kind", "")) in words.KINDS:
        chips.append(("kind", _("What: %(name)s", name=words.KINDS[kind][0])))
    key = key_in(request.args.get("staff"))
    if key is not None and (who := session.get(Staff, key)) is not None:
        chips.append(("staff", _("Staff: %(name)s", name=who.name)))
    if number := request.args.get("number", "").strip()[:64]:
        chips.append(("number", _("Number: %(n)s", n=number)))
    return chips
