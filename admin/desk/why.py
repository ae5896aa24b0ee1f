"""Why travellers went where they went: the decisions of a day, each with who was looked at."""

from datetime import datetime, time, timedelta
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy import Select, or_, select

from admin.access import allowed
from admin.choices import account
from admin.days import day_of
from admin.desk import words
from admin.desk.names import agent_names, shop_names
from admin.formats import HERE
from admin.office import reading
from admin.paging import here
from admin.scanning import Scanned
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.desk.decisions import Outcome
from bot.desk.request_models import DeskDecision
from bot.fans import rows as fan_rows
from bot.keys import key_in
from bot.users.roles import Permission

pages = Blueprint("desk_why", __name__, url_prefix="/desk/why")
SIZE = 30


@pages.get("/")
@allowed(Permission.DESK_SEE)
def listing() -> str:
    """Show the decisions of the day asked for, today's without one, the latest first."""
    today = utc_now().astimezone(HERE).date()
    asked = day_of(request.args.get("day", ""))
    day = asked if asked and 1970 < asked.year < 3000 else today
    served = account()
    account_id = served.id if served else 0
    with reading() as session:
        found = _page(session, _wanted(account_id, datetime.combine(day, time(), HERE)))
        openids = fan_rows.openids(session, {row.fan_id for row in found.rows})
        shops, names = shop_names(session), agent_names(session, account_id)
    return render_template(
        "admin/desk/why.html",
        page=found,
        openids=openids,
        shops=shops,
        names=names,
        words=words,
        day=day,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1) if day < today else None,
    )


def _wanted(account_id: int, midnight: datetime) -> Select[DeskDecision]:
    wanted = select(DeskDecision).where(
        DeskDecision.account_id == account_id,
        DeskDecision.at >= midnight,
        DeskDecision.at < midnight + timedelta(days=1),
    )
    if (shop_id := key_in(request.args.get("shop"))) is not None:
        wanted = wanted.where(DeskDecision.shop_id == shop_id)
    if (outcome := request.args.get("outcome", "")) in set(Outcome):
        wanted = wanted.where(DeskDecision.outcome == outcome)
    return wanted


def _page(session: ScopedSession, wanted: Select[Any]) -> Scanned[DeskDecision]:
    """Return a page in the order of time; the index of moments and keys leads through the day."""
    at, key = DeskDecision.at, DeskDecision.id
    before = key_in(request.args.get("before"))
    edge = session.get(DeskDecision, before) if before is not None else None
    if edge is not None:
        wanted = wanted.where(at <= edge.at, or_(at < edge.at, key < edge.id))
    rows = session.scalars(wanted.order_by(at.desc(), key.desc()).limit(SIZE + 1)).all()
    newer = here(before=None) if edge is not None else None
    older = here(before=rows[SIZE - 1].id) if len(rows) > SIZE else None
    return Scanned(rows[:SIZE], newer, older)
