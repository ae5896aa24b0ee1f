"""One series: its steps with their figures, and trying it."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.office import changing, find, reading, record, survey
from admin.replies import words as reply_words
from admin.series import words
from admin.series.blueprint import pages
from admin.series.names import names_in
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.fans.models import Fan, Standing
from bot.keys import key_in
from bot.organisation.models import Staff
from bot.series import figures, keeping
from bot.series.models import Series, SeriesVersion
from bot.users.roles import Permission

PERIODS = {"7": _l("7 days"), "30": _l("30 days"), "90": _l("90 days"), "all": _l("ever")}
TESTERS = 50


@pages.get("/<int:key>")
@allowed(Permission.SERIES_SEE)
def show(key: int) -> str:
    """Show the steps of a version with what they came to."""
    now = utc_now()
    period = request.args.get("period", "30")
    period = period if period in PERIODS else "30"
    with reading() as session:
        row = find(session, Series, key)
        versions = session.scalars(
            select(SeriesVersion).where(SeriesVersion.series_id == key).order_by(SeriesVersion.number.desc())
        ).all()
        asked = key_in(request.args.get("version"))
        wanted = [one for one in versions if one.number == asked] or [
            one for one in versions if one.id == row.current_id
        ]
        version = wanted[0]
        names = names_in(session, channels=row.channels)
        testers = _testers(session, row) if row.account_id else []
    of: dict[str, Any] = {"version_id": version.id, "series_id": key, "since": _since(period, now)}
    return render_template(
        "admin/series/show.html",
        row=row,
        version=version,
        versions=versions,
        funnel=survey(partial(figures.funnel, **of)),
        effect=survey(partial(figures.effect, **of)),
        period=period,
        periods=PERIODS,
        names=names,
        words=words,
        reply_words=reply_words,
        testers=testers,
    )


@pages.post("/<int:key>/try")
@allowed(Permission.SERIES_CHANGE)
def attempt(key: int) -> AnyResponse:
    """Have one of our own people go through the series, a day in a minute."""
    with changing() as session:
        row = find(session, Series, key)
        chosen = key_in(request.form.get("fan"))
        if chosen not in {fan_id for fan_id, _name in _testers(session, row)}:
            say(_("Choose one of our own people who follows this account."), "warning")
            return redirect(url_for("admin.series.show", key=key), 303)
        run = keeping.attempt(session, row, find(session, Fan, chosen), now=utc_now())
        record(session, "series.tried", row, after={"fan": chosen, "run": run.id})
    say(_("The try has begun; its messages arrive within minutes, as far as WeChat lets us write."))
    return redirect(url_for("admin.series.runs", key=key, tests="yes"), 303)


def _since(period: str, now: datetime) -> datetime | None:
    return None if period == "all" else now - timedelta(days=int(period))


def _testers(session: ScopedSession, row: Series) -> list[tuple[int, str]]:
    """Return our own people who follow the account: fans of the visitor's scope who signed in as staff."""
    wanted = (
        select(Fan.id, Staff.name)
        .join(Staff, Staff.id == Fan.staff_id)
        .where(Fan.account_id == row.account_id, Fan.standing != Standing.LEFT.value)
        .order_by(Staff.name, Fan.id)
        .limit(TESTERS)
    )
    return [(fan_id, f"{name} #{fan_id}") for fan_id, name in session.execute(wanted)]
