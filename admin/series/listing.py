"""The series of all accounts, those that are on first."""

from datetime import timedelta

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.guard import is_local
from admin.office import changing, find, reading, record
from admin.paging import Page
from admin.series import words
from admin.series.blueprint import pages
from admin.series.names import names_in
from bot.db import utc_now
from bot.series import figures, keeping
from bot.series.models import Series, SeriesVersion
from bot.users.roles import Permission

DAYS = 90  # of runs that the list counts; a series' own page counts as far back as one likes


@pages.get("/")
@allowed(Permission.SERIES_SEE)
def listing() -> str:
    """List the series; they are some dozens at most."""
    since = utc_now() - timedelta(days=DAYS)
    with reading() as session:
        wanted = select(Series, SeriesVersion).outerjoin(SeriesVersion, SeriesVersion.id == Series.current_id)
        ranked = wanted.order_by(Series.enabled.desc(), Series.priority.desc(), Series.id)
        rows = session.execute(ranked).all()
        named = {one for series, _version in rows for one in series.channels}
        return render_template(
            "admin/series/list.html",
            page=Page(rows),
            counts=figures.standing(session, [series.id for series, _version in rows], since=since),
            days=DAYS,
            names=names_in(session, channels=named),
            words=words,
        )


@pages.post("/<int:key>/switch")
@allowed(Permission.SERIES_CHANGE)
def switch(key: int) -> AnyResponse:
    """Have the series take fans in and go on, or wait."""
    wanted = request.form.get("on") == "yes"
    with changing() as session:
        row = find(session, Series, key)
        before = row.enabled
        moved = keeping.switch(session, row, on=wanted, now=utc_now())
        if before != wanted:
            action = "series.enabled" if wanted else "series.disabled"
            record(session, action, row, before={"enabled": before}, after={"enabled": wanted, "runs": moved})
        name = row.name
    if wanted:
        say(_("%(name)s is on. %(n)s fans go on where they were.", name=name, n=moved))
    else:
        say(
            _(
                "%(name)s is off. %(n)s fans wait where they are, and nothing is said to them.",
                name=name,
                n=moved,
            )
        )
    back = request.form.get("back", "")
    return redirect(back if is_local(back) else url_for("admin.series.listing"), 303)


@pages.post("/<int:key>/remove")
@allowed(Permission.SERIES_CHANGE)
def remove(key: int) -> AnyResponse:
    """Delete a series that nobody ever entered."""
    with changing() as session:
        row = find(session, Series, key)
        before = {"name": row.name, "trigger": row.trigger}
        if not keeping.remove(session, row, now=utc_now()):
            say(_("Fans have entered it, so it stays for its figures. Switch it off instead."), "warning")
            return redirect(url_for("admin.series.show", key=key), 303)
        record(session, "series.deleted", row, before=before)
    say(_("%(name)s is deleted.", name=before["name"]))
    return redirect(url_for("admin.series.listing"), 303)
