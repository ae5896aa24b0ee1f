"""How the desk did: first answers, waiting, who answered, by day, shop and agent; and the same as a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from admin.access import allowed
from admin.choices import account
from admin.days import day_of
from admin.desk.names import agent_names, shop_names
from admin.formats import HERE
from admin.office import changing, record, runtime, survey
from admin.sheets import handing
from bot.audit import Subject
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.desk import figures
from bot.desk.figures import Book, Figures
from bot.keys import key_in
from bot.sheets import Column
from bot.users.roles import Permission

pages = Blueprint("desk_figures", __name__, url_prefix="/desk/figures")
Part = tuple[str, str, list[tuple[Any, str, Figures]]]  # title, kind, lines: key, name, figures
LONGEST, USUAL = 31, 7  # days
P50, P95 = 0.5, 0.95
COLUMNS = (
    Column("part", "分组", "Part", width=10),
    Column("name", "名称", "Name", width=24),
    Column("asked", "求助人次", "Asked", is_text=False),
    Column("own", "本店接待", "Answered by own shop", is_text=False),
    Column("own_share", "本店接待 %", "Own shop %", is_text=False),
    Column("fallback", "兜底接待", "Answered by fallback", is_text=False),
    Column("nobody", "无人接待", "Answered by nobody", is_text=False),
    Column("messages", "转为留言", "Messages taken down", is_text=False),
    Column("open", "进行中", "Still open", is_text=False),
    Column("wait_p50", "等待 P50（秒）", "Waiting p50 (s)", is_text=False),
    Column("wait_p95", "等待 P95（秒）", "Waiting p95 (s)", is_text=False),
    Column("first_p50", "首次应答 P50（秒）", "First answer p50 (s)", is_text=False),
    Column("first_p95", "首次应答 P95（秒）", "First answer p95 (s)", is_text=False),
    Column("score", "平均评分", "Mean score", is_text=False),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    since: date
    until: date
    shop_id: int | None


@pages.get("/")
@allowed(Permission.DESK_SEE)
def show() -> str:
    """Show the figures of the visitor's shops, of the last week unless other days are asked for."""
    asked = _asked()
    served = account()
    (book, parts), shops = survey(lambda session: (_found(session, asked), shop_names(session)))
    # When days were added up is nobody's shop's.
    counted_at = partial(figures.counted_at, account_id=served.id if served else 0, until=asked.until)
    as_of = runtime.surveys.take_all(counted_at)
    today = utc_now().astimezone(HERE).date()
    return render_template(
        "admin/desk/figures.html",
        asked=asked,
        book=book,
        as_of=as_of,
        parts=parts,
        shops=shops,
        p50=P50,
        p95=P95,
        presets=[
            (_("Today"), today, today),
            *((_("%(n)s days", n=n), today - timedelta(n - 1), today) for n in (7, 31)),
        ],
    )


@pages.post("/export")
@allowed(Permission.DESK_EXPORT)
def export() -> Response:
    """Return the page's tables as an Excel file; written down in the audit."""
    asked = _asked()
    book, parts = survey(partial(_found, asked=asked))
    rows = [_line(title, name, one) for title, _kind, lines in parts for _key, name, one in lines]
    rows.append(_line(str(_("Together")), "", book.whole))
    told = {"since": asked.since.isoformat(), "until": asked.until.isoformat(), "rows": len(rows)}
    with changing() as session:
        record(session, "desk_figures.exported", Subject("desk_figures", ""), after=told)
    return handing.excel(
        COLUMNS, rows, title=f"{_('Desk figures')}-{asked.since:%Y%m%d}-{asked.until:%Y%m%d}", explained=False
    )


def _asked() -> Asked:
    today = utc_now().astimezone(HERE).date()
    until = day_of(request.args.get("until", "")) or today
    until = until if 1970 < until.year < 3000 else today
    since = day_of(request.args.get("since", "")) or until - timedelta(USUAL - 1)
    since = max(min(since, until), until - timedelta(LONGEST - 1))
    return Asked(since, until, key_in(request.args.get("shop")))


def _found(session: ScopedSession, asked: Asked) -> tuple[Book, list[Part]]:
    """Return what was asked for at the account that is looked at, and its tables."""
    served = account()
    account_id = served.id if served else 0
    book = figures.of(session, account_id, since=asked.since, until=asked.until, shop_id=asked.shop_id)
    return book, list(_parts(book, shop_names(session), agent_names(session, account_id)))


def _parts(book: Book, shops: dict[int, str], names: dict[int, str]) -> Iterator[Part]:
    """Return each table's title, kind and lines: the latest day first, whoever had most first."""
    yield (
        str(_("By day")),
        "day",
        [(day, day.isoformat(), one) for day, one in sorted(book.days.items(), reverse=True)],
    )
    by_shop = [(key, shops.get(key or 0) or str(_("No shop")), one) for key, one in _most(book.shops)]
    yield str(_("By shop")), "shop", by_shop
    by_agent = [
        (key, names.get(key) or str(_("an agent of another desk")), one) for key, one in _most(book.agents)
    ]
    yield str(_("By agent")), "agent", by_agent


def _most(found: dict[Any, Figures]) -> list[tuple[Any, Figures]]:
    return sorted(found.items(), key=lambda one: -one[1].asked)


def _line(part: str, name: str, one: Figures) -> dict[str, Any]:
    values = (
        part,
        name,
        one.asked,
        one.own,
        one.share(one.own),
        one.fallback,
        one.nobody,
        one.messages,
        one.open,
        one.wait_at(P50),
        one.wait_at(P95),
        one.first_at(P50),
        one.first_at(P95),
        one.score,
    )
    return {column.key: value for column, value in zip(COLUMNS, values, strict=True)}
