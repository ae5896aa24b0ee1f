"""Members by level: the list, its export, and one member's level with how it came to be."""

from datetime import timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.forms import Form
from admin.hiding import hide
from admin.levels import words
from admin.levels.blueprint import pages
from admin.members.people import known_by
from admin.office import changing, find, reading, record, vault, visitor
from admin.paging import page
from admin.points.accounts import shops
from admin.sheets import handing, reasons
from bot.audit import Subject
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.levels import standing, versions
from bot.levels.models import MemberLevel, Stage
from bot.members.models import Member, MemberState
from bot.moments import HERE
from bot.sheets import Column
from bot.users.roles import Permission

MOST_EXPORTED = 50_000
FILTERS = ("q", "level", "shop", "only")
SOON = timedelta(days=60)


@pages.get("/members")
@allowed(Permission.LEVELS_SEE)
def by_level() -> str:
    """List the members in sight who are, or once were, above the lowest level."""
    with reading() as session:
        found = page(session, _wanted(request.args), by=MemberLevel.member_id)
        names = versions.names(session)
        places = shops(session)
    return render_template(
        "admin/levels/members.html",
        page=found,
        names=names,
        shops=places,
        chips=_chips(names, dict(places)),
        words=words,
        last=_last,
    )


@pages.post("/members/export")
@allowed(Permission.LEVELS_EXPORT)
def export() -> AnyResponse:
    """Hand over the members that the filters leave, by number, and write down what it is for."""
    form = Form.sent()
    asked = {name: str(form.values[name]) for name in FILTERS if form.values.get(name)}
    if not (reason := reasons.of(form)):
        return redirect(url_for("admin.levels.by_level", **asked), 303)  # type: ignore[arg-type]
    columns = (
        Column("number", "会员号", "Number"),
        Column("level", "等级", "Level"),
        Column("since", "升至日期", "Since"),
        Column("last", "有效期至", "Good until"),
        Column("shop", "门店", "Shop", width=24),
    )
    with changing() as session:
        wanted = _wanted(form.values).order_by(MemberLevel.member_id.desc()).limit(MOST_EXPORTED)
        names, places = versions.names(session), dict(shops(session))
        rows = [
            {
                "number": member.number,
                "level": names.get(row.level, row.level),
                "since": f"{row.since.astimezone(HERE):%Y-%m-%d}",
                "last": str(_last(row) or ""),
                "shop": places.get(member.home_shop_id, ""),
            }
            for row, member in session.execute(wanted)
        ]
        after = {"rows": len(rows), "filters": {name: hide(value) for name, value in asked.items()}}
        record(session, "levels.exported", Subject("member_level"), after=after, reason=reason)
    title = handing.dated(str(_("Member levels")))
    hand = handing.csv if form.values.get("as") == "csv" else handing.excel
    return hand(columns, rows, title=title)


@pages.get("/members/<int:key>")
@allowed(Permission.LEVELS_SEE)
def member(key: int) -> str:
    """Show where a member stands, what is missing, and how it came to be."""
    with reading() as session:
        return member_page(session, find(session, Member, key), Form())


def member_page(session: ScopedSession, row: Member, form: Form) -> str:
    """Return the page of one member's level."""
    found = standing.of(session, row.id, now=utc_now()) if row.state == MemberState.ACTIVE else None
    may_give = visitor.may(Permission.LEVELS_GIVE) and found is not None
    earned = session.get(MemberLevel, row.id)
    rank = found.ladder.rank(earned.earned if earned else found.ladder.levels[0].key) if found else 0
    return render_template(
        "admin/levels/member.html",
        member=row,
        standing=found,
        earned=earned,
        history=standing.history(session, row.id),
        names=versions.names(session),
        choices=[(one.key, one.name) for one in found.ladder.levels[rank + 1 :]]
        if may_give and found
        else [],
        form=form,
        words=words,
    )


def _last(row: MemberLevel) -> Any:
    """Return the last day on which the level holds as things stand; None for the lowest."""
    if row.given == row.level and row.earned != row.level:
        return row.given_until
    end = row.falls_on or row.period_end
    return end - timedelta(days=1) if end else None


def _wanted(asked: Any) -> Any:
    wanted: Any = select(MemberLevel, Member).join(Member, Member.id == MemberLevel.member_id)
    wanted = wanted.where(Member.state == MemberState.ACTIVE.value)
    if level := str(asked.get("level", "")).strip()[:32]:
        wanted = wanted.where(MemberLevel.level == level)
    if (shop_id := key_in(asked.get("shop"))) is not None:
        wanted = wanted.where(Member.home_shop_id == shop_id)
    if asked.get("only") == "given":
        wanted = wanted.where(MemberLevel.given.is_not(None))
    elif asked.get("only") == "ending":
        soon = utc_now().astimezone(HERE).date() + SOON
        told = (Stage.WARNED.value, Stage.GRACE.value)
        wanted = wanted.where(MemberLevel.stage.in_(told) | (MemberLevel.period_end <= soon))
    if text := str(asked.get("q", "")).strip()[:64]:
        found = Member.number == text.upper()
        if (keys := vault()) is not None:
            found = found | Member.id.in_(known_by(keys, text))
        wanted = wanted.where(found)
    return wanted


def _chips(names: dict[str, str], places: dict[int, str]) -> list[tuple[str, str]]:
    chips = []
    if request.args.get("q"):
        chips.append(("q", _("Known by what was typed")))
    if level := request.args.get("level"):
        chips.append(("level", _("Level: %(name)s", name=names.get(level, level))))
    if (shop := key_in(request.args.get("shop"))) is not None:
        chips.append(("shop", _("Shop: %(name)s", name=places.get(shop, shop))))
    if request.args.get("only") == "given":
        chips.append(("only", _("Given by hand")))
    if request.args.get("only") == "ending":
        chips.append(("only", _("Ends within 60 days")))
    return chips
