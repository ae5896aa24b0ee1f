"""Trying a broadcast on colleagues before it goes to anybody else."""

import secrets
from dataclasses import replace

from flask import redirect, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.broadcasts import words
from admin.broadcasts.blueprint import pages
from admin.cookies import say
from admin.forms import Form
from admin.office import changing, find, record, runtime
from bot.broadcasts import deciding, wording
from bot.broadcasts.deciding import Why
from bot.broadcasts.models import Broadcast, Way
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.fans.models import Fan, Standing
from bot.organisation import directory
from bot.organisation.models import Staff
from bot.outbox.promises import Wish, promise
from bot.reach import contents
from bot.reach.planning import notify
from bot.users.roles import Permission

MOST = 10
OFFERED = 60


def colleagues(session: ScopedSession, account_id: int) -> list[tuple[int, str]]:
    """Return the staff in the visitor's scope who follow the account, by their fan."""
    wanted = (
        select(Fan.id, Staff.name)
        .join(Staff, Staff.id == Fan.staff_id)
        .where(Fan.account_id == account_id, Fan.standing != Standing.LEFT.value, Staff.active)
        .order_by(Staff.name, Fan.id)
        .limit(OFFERED)
    )
    return [(row[0], row[1]) for row in session.execute(wanted)]


@pages.post("/<int:key>/try")
@allowed(Permission.BROADCASTS_CHANGE)
def send_trial(key: int) -> AnyResponse:
    """Send it as it is saved to the colleagues chosen; what they open is not counted."""
    form = Form.sent()
    back = redirect(url_for("admin.broadcasts.show", key=key), 303)
    with changing() as session:
        row = find(session, Broadcast, key)
        known = dict(colleagues(session, row.account_id))
        chosen = form.ids("to", among=known, of=Fan)
        if row.state not in {one.value for one in deciding.OPEN}:
            say(words.WHY_NOT[Why.OTHER_STATE], "danger")
            return back
        if not 1 <= len(chosen) <= MOST:
            say(_("Choose one to %(most)s colleagues.", most=MOST), "danger")
            return back
        for fan_id in chosen:
            _send(session, row, session.get_one(Fan, fan_id))
        record(session, "broadcast.tried", row, after={"to": [known[one] for one in chosen]})
    said = ngettext(
        "It is on its way to %(num)s colleague.", "It is on its way to %(num)s colleagues.", len(chosen)
    )
    say(said)
    return back


def _send(session: ScopedSession, row: Broadcast, fan: Fan) -> None:
    now = utc_now()
    if row.way != Way.PLANNER:
        arguments = {"broadcast_id": row.id, "fan_id": fan.id}
        promise(session, Wish("broadcasts.preview", arguments, now), now=now)
        return
    places = wording.placeholders(row.content)
    with runtime.db.reading() as reading_all:
        shops = directory.load(reading_all) if places else {}
    notify(
        session,
        account_id=row.account_id,
        fan_id=fan.id,
        intent="broadcast_trial",
        key=f"try:{row.id}:{secrets.token_hex(6)}",
        content=replace(contents.read(row.content), coupon=None),  # they are to see it, not to have it
        facts=wording.facts(places, shops.get(fan.last_shop_id or 0)),
        now=now,
    )
