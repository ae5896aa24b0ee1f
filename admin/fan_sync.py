"""Fan sync: how the run under way does, what earlier ones found, with the fans behind each number."""

from datetime import timedelta
from typing import Any, Final

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from admin import cookies
from admin.access import allowed
from admin.choices import account
from admin.head_office import head_office_only
from admin.office import changing, find, reading, record, runtime, visitor
from admin.paging import page
from bot.db import utc_now
from bot.fan_sync import runs
from bot.fan_sync.models import FanSyncFinding, FanSyncRun, Kind, Phase, RunState
from bot.fan_sync.progress import Progress, progress
from bot.fans.models import Fan
from bot.users.roles import Permission

pages = Blueprint("fan_sync", __name__, url_prefix="/fan-sync")
STATES: Final = {
    RunState.RUNNING.value: (_l("Running"), "info"),
    RunState.DONE.value: (_l("Done"), "good"),
    RunState.STOPPED.value: (_l("Stopped"), ""),
    RunState.FAILED.value: (_l("Failed"), "bad"),
}
PHASES: Final = {
    Phase.TAGS.value: _l("Reading the tags of the console"),
    Phase.LIST.value: _l("Listing who follows"),
    Phase.PROFILES.value: _l("Reading profiles, a hundred a call"),
    Phase.BLACKLIST.value: _l("Reading the blacklist"),
    Phase.MISSING.value: _l("Asking after who is not in the list"),
}
# What was found, the column that counts it, and what it means.
KINDS: Final = {
    Kind.ADDED: ("added", _l("New here"), _l("followed, and were not known here")),
    Kind.RETURNED: ("returned", _l("Came back"), _l("had left, as far as we knew")),
    Kind.LEFT: ("gone", _l("Left unnoticed"), _l("were thought to follow")),
    Kind.UNIONID: ("unionids", _l("UnionID learnt"), _l("of fans known here")),
    Kind.TAGS: ("retagged", _l("Other tags"), _l("are put right at WeChat towards ours")),
    Kind.BLACKLISTED: ("blacklisted", _l("Blacklisted"), _l("in WeChat's console since the last run")),
    Kind.RELEASED: ("released", _l("No longer blacklisted"), _l("since the last run")),
}


@pages.app_context_processor
def _words() -> dict[str, Any]:
    return {"sync_states": STATES, "sync_phases": PHASES, "sync_kinds": KINDS}


@pages.get("/")
@allowed(Permission.FANS_SEE)
@head_office_only
def listing() -> str:
    """Show the account's run under way, and those before it, newest first."""
    served = account()
    with reading() as session:
        wanted = select(FanSyncRun).where(FanSyncRun.account_id == (served.id if served else 0))
        found = page(session, wanted, by=FanSyncRun.id, size=20)
        run = runs.under_way(session, served.id) if served else None
    settings = runtime.config.fan_sync
    return render_template(
        "admin/fan_sync/list.html",
        page=found,
        run=run,
        progress=_progress(run),
        now=utc_now(),
        settings=settings,
        account=served,
    )


@pages.get("/<int:key>/part")
@allowed(Permission.FANS_SEE)
@head_office_only
def part(key: int) -> str:
    """Return the part of the page that moves, until the run has ended."""
    with reading() as session:
        run = find(session, FanSyncRun, key)
    return render_template("admin/fan_sync/part.html", run=run, progress=_progress(run), now=utc_now())


@pages.get("/<int:key>")
@allowed(Permission.FANS_SEE)
@head_office_only
def show(key: int) -> str:
    """Show what a run found."""
    with reading() as session:
        run = find(session, FanSyncRun, key)
    took = (run.finished_at or utc_now()) - run.started_at
    return render_template(
        "admin/fan_sync/run.html", run=run, progress=_progress(run), now=utc_now(), took=_seconds(took)
    )


@pages.get("/<int:key>/<kind>")
@allowed(Permission.FANS_SEE)
@head_office_only
def fans_behind(key: int, kind: str) -> str:
    """List the fans about whom a run found something."""
    if kind not in set(Kind):
        raise NotFound
    with reading() as session:
        run = find(session, FanSyncRun, key)
        mine = (FanSyncFinding.run_id == key, FanSyncFinding.kind == kind)
        wanted = select(Fan).join(FanSyncFinding, FanSyncFinding.fan_id == Fan.id).where(*mine)
        found = page(session, wanted, by=Fan.id)
        moments = select(FanSyncFinding).where(
            *mine, FanSyncFinding.fan_id.in_([fan.id for fan in found.rows])
        )
        noticed = {one.fan_id: one.noticed_at for one in session.scalars(moments)}
    return render_template("admin/fan_sync/fans.html", run=run, kind=Kind(kind), page=found, noticed=noticed)


@pages.post("/begin")
@allowed(Permission.FANS_SYNC)
@head_office_only
def begin() -> AnyResponse:
    """Begin a run of the account in sight; one that is under way is shown."""
    served = account()
    if served is None:
        raise NotFound
    with changing() as session:
        known = runs.under_way(session, served.id)
        if known is None:
            run = runs.begin(session, served.id, asked_by=visitor.name, now=utc_now())
            record(session, "fan_sync.begun", run)
    cookies.say(_("A run is under way already.") if known else _("The run begins within seconds."), "info")
    return redirect(url_for("admin.fan_sync.listing"), 303)


@pages.post("/<int:key>/stop")
@allowed(Permission.FANS_SYNC)
@head_office_only
def stop(key: int) -> AnyResponse:
    """End a run. What it has written stays; the next one begins anew."""
    with changing() as session:
        run = find(session, FanSyncRun, key)
        stopped = runs.end(session, key, RunState.STOPPED, now=utc_now())
        if stopped:
            record(session, "fan_sync.stopped", run, after={"profiled": run.profiled, "total": run.total})
    cookies.say(_("Stopped. What was read stays.") if stopped else _("It had ended already."), "info")
    return redirect(url_for("admin.fan_sync.show", key=key), 303)


def _progress(run: FanSyncRun | None) -> Progress | None:
    if run is None:
        return None
    return progress(run, per_second=runtime.config.fan_sync.calls_per_second, now=utc_now())


def _seconds(length: timedelta) -> int:
    return max(0, round(length.total_seconds()))
