"""Members' points: the list of accounts, and one member's ledger with the lots behind every row."""

import secrets
from typing import Any

from flask import render_template, request
from sqlalchemy import select

from admin.access import allowed
from admin.forms import Form
from admin.members.people import known_by
from admin.office import find, reading, vault, visitor
from admin.paging import here, page
from admin.points import words
from admin.points.blueprint import pages
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.members.models import Member
from bot.organisation.models import Shop
from bot.points import adjusting, office
from bot.points.models import PointAccount
from bot.points.office_models import AdjustmentState, PointAdjustment
from bot.users.roles import Permission

AT_ONCE = 50


@pages.get("/")
@allowed(Permission.POINTS_SEE)
def listing() -> str:
    """List the accounts of the members in the visitor's scope, the newest first."""
    with reading() as session:
        found = page(session, _wanted(request.args), by=PointAccount.id)
        return render_template(
            "admin/points/list.html", page=found, shops=shops(session), words=words, form=Form()
        )


@pages.get("/members/<int:key>")
@allowed(Permission.POINTS_SEE)
def show(key: int) -> str:
    """Show what a member has, what ends next, and every row with the lots it touched."""
    with reading() as session:
        return account_page(session, find(session, Member, key), Form())


def account_page(session: ScopedSession, member: Member, form: Form) -> str:
    """Return the page of one member's points."""
    before = key_in(request.args.get("before"))
    books = office.books(session, member, before=before, now=utc_now())
    asked = select(PointAdjustment).where(
        PointAdjustment.member_id == member.id, PointAdjustment.state == AdjustmentState.WAITING.value
    )
    is_more = len(books.movements) == AT_ONCE
    return render_template(
        "admin/points/account.html",
        member=member,
        books=books,
        lots={lot.id: lot for lot in books.lots},
        now=utc_now(),
        older=here(before=books.movements[-1].entry.id) if is_more else None,
        newest=here(before=None) if before is not None else None,
        waiting=session.scalars(asked.order_by(PointAdjustment.id)).all(),
        limit=adjusting.limit_of(session, visitor.role),
        shops=dict(shops(session)),
        words=words,
        form=form,
        once=secrets.token_urlsafe(12),
    )


def shops(session: ScopedSession) -> list[tuple[int, str]]:
    """Return the shops the visitor sees, by branch."""
    return [(row.id, row.name) for row in session.scalars(select(Shop).order_by(Shop.branch_id, Shop.id))]


def _wanted(asked: Any) -> Any:
    wanted: Any = select(PointAccount, Member).join(Member, Member.id == PointAccount.member_id)
    if (shop_id := key_in(asked.get("shop"))) is not None:
        wanted = wanted.where(Member.home_shop_id == shop_id)
    if asked.get("only") == "debt":
        wanted = wanted.where(PointAccount.debt > 0)
    if text := str(asked.get("q", "")).strip()[:64]:
        found = Member.number == text.upper()
        if (keys := vault()) is not None:
            found = found | Member.id.in_(known_by(keys, text))
        wanted = wanted.where(found)
    return wanted
