"""A member's points: what they have is on their page, what happened is here."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db import utc_now
from bot.earning import explaining
from bot.keys import key_in
from bot.mall import rebates
from bot.organisation.models import Shop
from bot.points import ledger
from bot.points.ledger import Balance
from bot.points.models import PointLot
from bot.points.reading import last_moment
from h5.access import members_only
from h5.days import said
from h5.visit import guest, runtime

pages = Blueprint("points", __name__)
AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Purse:
    """What the member's page says of their points; `expires` is the last day they are good, as it is said."""

    balance: Balance
    expires: str
    expiring: int


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, as it is read; `why` says of what rules gave how they came to it."""

    title: str
    about: str
    points: str
    is_gain: bool
    why: Sequence[str] = ()


@pages.get("/me/points")
@members_only
def show() -> str:
    """Show what they have and what happened, twenty rows at a time; who has not bound is asked to."""
    assert guest.member_id is not None
    before = key_in(request.args.get("before"))
    with runtime.db.reading() as session:
        rows = ledger.history(session, guest.member_id, before=before, most=AT_ONCE)
        return render_template(
            "h5/points.html",
            purse=purse(session, guest.member_id),
            lines=_lines(session, rows),
            older=rows[-1].entry.id if len(rows) == AT_ONCE else None,
            is_newest=before is None,
            is_paid_out=rebates.terms(session).is_set,
        )


def purse(session: Session, member_id: int) -> Purse:
    """Return what the member has now, and what of it ends next."""
    now = utc_now()
    expiry = ledger.next_expiry(session, member_id, now)
    return Purse(
        balance=ledger.balance(session, member_id, now),
        expires=said(last_moment(expiry.at)) if expiry else "",
        expiring=expiry.points if expiry else 0,
    )


def _lines(session: Session, rows: Sequence[ledger.Movement]) -> list[Line]:
    """Say each movement; what came to nothing, as paying a debt does, is left out."""
    shown = [row for row in rows if row.points]
    entries = [row.entry for row in shown]
    shop_ids = {entry.shop_id for entry in entries if entry.shop_id}
    names = {row.id: row.name for row in session.scalars(select(Shop).where(Shop.id.in_(shop_ids)))}
    lots = select(PointLot).where(PointLot.entry_id.in_([entry.id for entry in entries]))
    ends = {lot.entry_id: lot.expires_at for lot in session.scalars(lots) if lot.expires_at}
    why = explaining.of_entries(session, entries)
    lines = []
    for row in shown:
        about = [said(row.entry.occurred_at), names.get(row.entry.shop_id or 0, "")]
        if (end := ends.get(row.entry.id)) is not None and row.points > 0:
            about.append(f"{said(last_moment(end))}到期")
        lines.append(
            Line(
                title=row.entry.reason,
                about=" · ".join(filter(None, about)),
                points=f"{row.points:+,}".replace("-", "−"),
                is_gain=row.points > 0,
                why=why.get(row.entry.id, ()),
            )
        )
    return lines
