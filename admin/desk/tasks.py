"""What shops owe travellers: messages taken down while nobody was there, complaints after low scores."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.choices import account
from admin.cookies import say
from admin.desk import words
from admin.desk.names import agent_names, shop_names
from admin.hiding import hide
from admin.office import changing, find, reading, record, visitor
from admin.paging import here
from admin.scanning import Scanned
from bot.db import utc_now
from bot.desk import tasks
from bot.desk.request_models import DeskRequest, DeskTask, TaskKind, TaskState
from bot.fans import rows as fan_rows
from bot.keys import key_in
from bot.users.roles import Permission

pages = Blueprint("desk_tasks", __name__, url_prefix="/desk/tasks")
SIZE = 50
TABS = ("message", "complaint", "done")


@pages.get("/")
@allowed(Permission.DESK_SEE)
def listing() -> str:
    """List what is owed, what is due first; or what was done, the latest first."""
    tab = request.args.get("tab", "message")
    tab = tab if tab in TABS else "message"
    served = account()
    account_id = served.id if served else 0
    wanted = select(DeskTask).where(DeskTask.account_id == account_id)
    if tab == "done":
        wanted = wanted.where(DeskTask.state == TaskState.DONE.value).order_by(DeskTask.due_at.desc())
    else:
        still = (TaskState.OPEN.value, TaskState.OFFERED.value)
        wanted = wanted.where(DeskTask.state.in_(still), DeskTask.kind == tab).order_by(DeskTask.due_at)
    first = key_in(request.args.get("from"), longest=5) or 0
    with reading() as session:
        rows = session.scalars(wanted.offset(first).limit(SIZE + 1)).all()
        fans = fan_rows.openids(session, {row.fan_id for row in rows})
        ids = {row.request_id for row in rows}
        scored = select(DeskRequest.id, DeskRequest.score).where(DeskRequest.id.in_(ids))
        scores = {row.id: row.score for row in session.execute(scored)}
        shops, names = shop_names(session), agent_names(session, account_id)
    newer = here(**{"from": max(0, first - SIZE) or None}) if first else None
    older = here(**{"from": first + SIZE}) if len(rows) > SIZE else None
    return render_template(
        "admin/desk/tasks.html",
        page=Scanned(rows[:SIZE], newer, older),
        tab=tab,
        fans=fans,
        scores=scores,
        shops=shops,
        names=names,
        words=words,
        hide=hide,
        now=utc_now(),
    )


@pages.post("/<int:key>/done")
@allowed(Permission.DESK_CHANGE)
def done(key: int) -> AnyResponse:
    """Note that somebody has seen to it."""
    with changing() as session:
        task = find(session, DeskTask, key)
        tab = task.kind if task.kind in {TaskKind.MESSAGE, TaskKind.COMPLAINT} else "message"
        before = {"state": task.state}
        if tasks.settle(session, key, by=visitor.name, now=utc_now()):
            task = find(session, DeskTask, key)
            record(session, "desk_task.settled", task, before=before, after={"state": task.state})
            say(_("Seen to."))
        else:
            say(_("Somebody has seen to it already."), "info")
    return redirect(url_for("admin.desk_tasks.listing", tab=tab), 303)
