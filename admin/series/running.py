"""The runs of a series, and those of a fan."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, select
from werkzeug.wrappers import Response as AnyResponse

from admin import scanning
from admin.access import allowed
from admin.cookies import say
from admin.guard import is_local
from admin.office import changing, find, reading, record
from admin.series import words
from admin.series.blueprint import pages
from admin.series.names import names_in
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.fans import rows as fan_rows
from bot.fans.models import Fan
from bot.series import entering, figures
from bot.series.figures import Said
from bot.series.models import ALIVE, RunState, Series, SeriesRun, SeriesVersion, Stop
from bot.users.roles import Permission

OF_A_FAN = 10


@pages.app_context_processor
def _words() -> dict[str, Any]:
    return {"series_words": words}


@pages.get("/<int:key>/runs")
@allowed(Permission.SERIES_SEE)
def runs(key: int) -> str:
    """List who went through the series, the last to enter first."""
    with reading() as session:
        row = find(session, Series, key)
        found = scanning.scan(session, _wanted(key), by=SeriesRun.id)
        ids = {run.fan_id for run in found.rows}
        numbers = {
            one.id: one
            for one in session.scalars(select(SeriesVersion).where(SeriesVersion.series_id == key))
        }
        return render_template(
            "admin/series/runs.html",
            row=row,
            page=found,
            openids=fan_rows.openids(session, ids),
            said=figures.of_runs(session, found.rows),
            versions=numbers,
            names=names_in(session, channels=row.channels),
            words=words,
            alive=ALIVE,
        )


@pages.post("/runs/<int:key>/end")
@allowed(Permission.SERIES_CHANGE)
def end(key: int) -> AnyResponse:
    """End one fan's run; what it has not said yet is taken back."""
    with changing() as session:
        run = find(session, SeriesRun, key)
        if entering.stop(session, [run.id], Stop.ENDED, now=utc_now()):
            series = find(session, Series, run.series_id)
            record(session, "series.run_ended", series, after={"fan": run.fan_id, "run": run.id})
            say(_("The run is ended."))
        else:
            say(_("That run had ended already."), "info")
    back = request.form.get("back", "")
    return redirect(back if is_local(back) else url_for("admin.series.runs", key=run.series_id), 303)


def _wanted(series_id: int) -> Select[SeriesRun]:
    wanted = select(SeriesRun).where(SeriesRun.series_id == series_id)
    state, why = request.args.get("state", ""), request.args.get("why", "")
    if state in set(RunState):
        wanted = wanted.where(SeriesRun.state == state)
    if why in set(Stop):
        wanted = wanted.where(SeriesRun.stopped_why == why)
    if request.args.get("tests") != "yes":
        wanted = wanted.where(~SeriesRun.is_test)
    return wanted


def of_fan(session: ScopedSession, fan: Fan) -> list[tuple[SeriesRun, Series, int, list[Said]]]:
    """Return the fan's last runs: each with its series, how many steps it has, and what it came to."""
    wanted = (
        select(SeriesRun, Series, SeriesVersion)
        .join(Series, Series.id == SeriesRun.series_id)
        .join(SeriesVersion, SeriesVersion.id == SeriesRun.version_id)
        .where(SeriesRun.fan_id == fan.id)
        .order_by(SeriesRun.id.desc())
        .limit(OF_A_FAN)
    )
    rows = session.execute(wanted).all()
    said = figures.of_runs(session, [run for run, _series, _version in rows])
    return [(run, series, len(version.steps), said.get(run.id, [])) for run, series, version in rows]
