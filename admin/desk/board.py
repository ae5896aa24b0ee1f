"""The live board: a column for each shop where something happens, and the quiet ones below."""

from typing import Any

from flask import Blueprint, Response, render_template, request

from admin.access import allowed
from admin.choices import account
from admin.desk import words
from admin.desk.names import shop_names
from admin.office import reading, runtime
from bot.db import utc_now
from bot.desk import board, desks
from bot.desk.board import Column
from bot.keys import key_in
from bot.users.roles import Permission

pages = Blueprint("desk_board", __name__, url_prefix="/desk/board")
COLUMNS = 24  # shown as columns; what is worst comes first, the others are in the list


@pages.get("/")
@allowed(Permission.DESK_SEE)
def show() -> str:
    """Show the desks of the visitor's shops at the account they look at."""
    return render_template("admin/desk/board.html", **_facts())


@pages.get("/now")
@allowed(Permission.DESK_SEE)
def now() -> Response:
    """Return the board alone, as the page asks for it every few seconds."""
    return Response(render_template("admin/desk/board_now.html", **_facts()))


def _facts() -> dict[str, Any]:
    served = account()
    with runtime.db.reading() as session:
        book = desks.load(session)
    with reading() as session:
        names = shop_names(session)
        found = board.of(session, served.id, book, now=utc_now()) if served else {}
    if (shop_id := key_in(request.args.get("shop"))) is not None:
        found = {key: column for key, column in found.items() if key == shop_id}
    busy = board.in_order(found)
    shown = busy[:COLUMNS]
    rest = [*busy[COLUMNS:], *sorted(_quiet(found), key=lambda one: (one.shop_id is None, one.shop_id or 0))]
    return {
        "columns": shown,
        "rest": rest,
        "whole": _together(found),
        "shop_names": names,
        "words": words,
        "at": utc_now(),
    }


def _quiet(found: dict[int | None, Column]) -> list[Column]:
    return [column for column in found.values() if column.is_quiet]


def _together(found: dict[int | None, Column]) -> Column:
    whole = Column(None)
    for column in found.values():
        for name in (
            "waiting",
            "sessions",
            "unanswered",
            "taken",
            "seats",
            "online",
            "agents",
            "late",
            "overdue",
        ):
            setattr(whole, name, getattr(whole, name) + getattr(column, name))
        whole.oldest = max(whole.oldest, column.oldest)
    return whole
