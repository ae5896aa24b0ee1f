"""How each desk works: when a person comes, hours, patience. A shop's desk says what differs."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.choices import account
from admin.cookies import say
from admin.desk.names import shop_names
from admin.forms import Form
from admin.office import changing, find, reading, record, runtime, visitor
from admin.organisation import hours_form, shop_form
from bot.db.scoped import ScopedSession
from bot.desk import desks
from bot.desk.desks import DEFAULTS, Settings
from bot.desk.models import Desk
from bot.organisation import hours
from bot.organisation.models import Branch, Shop
from bot.tags.models import Tag
from bot.users.roles import Permission

pages = Blueprint("desk_settings", __name__, url_prefix="/desk/settings")
ASSIGN = {
    "request": _l("When the traveller asks for one"),
    "first_message": _l("With the first message after a scan"),
    "scan": _l("With the scan itself"),
}
UNANSWERED = {"desk": _l("Goes to the desk"), "reply": _l("Gets the default reply")}
HIGHEST = 9
# Field, least, most, and how many of the setting's units one in the form is.
NUMBERS = (
    ("sticky_days", 0, 365, 1),
    ("longest_line", 1, 500, 1),
    ("silent_agent", 1, 60, 60),
    ("silent_traveller", 2, 240, 60),
    ("message_due", 1, 72, 3600),
    ("low_score", 0, 4, 1),
    ("priority", 0, HIGHEST, 1),
)


@pages.get("/")
@allowed(Permission.DESK_SEE)
def listing() -> str:
    """List the desks of the visitor's scope with what differs at each."""
    served = account()
    account_id = served.id if served else 0
    book = _book()
    with reading() as session:
        rows = {row.place: row for row in session.scalars(select(Desk).where(Desk.account_id == account_id))}
        shops = shop_names(session)
        branches = _branches(session)
    return render_template(
        "admin/desk/settings.html",
        rows=rows,
        shops=shops,
        branches=branches,
        book=book,
        account_id=account_id,
        assign=ASSIGN,
        unanswered=UNANSWERED,
    )


@pages.get("/<kind>/<int:key>")
@allowed(Permission.DESK_SEE)
def show(kind: str, key: int) -> str:
    """Show what holds at one desk."""
    with reading() as session:
        place, name = _place(session, kind, key)
        row = _row(session, place)
        return _form(kind, key, name, Form(_values(session, kind, row)))


@pages.post("/<kind>/<int:key>")
@allowed(Permission.DESK_CHANGE)
def save(kind: str, key: int) -> AnyResponse | tuple[str, int]:
    """Keep what differs at the desk."""
    form = Form.sent()
    served = account()
    with changing() as session:
        place, name = _place(session, kind, key)
        row = _row(session, place)
        schedule = None
        if form.ticked("own_hours") and (read := hours_form.read(form)) is not None:
            schedule = hours.to_document(read)
        changes = {} if kind == "branch" else _changes(session, form, kind, row)
        if not form.is_right or served is None:
            return _form(kind, key, name, form), 422
        before = {"schedule": row.schedule, **row.settings} if row else {}
        put = desks.put(
            session,
            served.id,
            shop_id=key if kind == "shop" else None,
            branch_id=key if kind == "branch" else None,
            schedule=schedule,
            **changes,
        )
        record(session, "desk.changed", put, before=before, after={"schedule": schedule, **changes})
    say(_("Saved; the desk goes by it within a second."))
    return redirect(url_for("admin.desk_settings.show", kind=kind, key=key), 303)


def _place(session: ScopedSession, kind: str, key: int) -> tuple[str, str]:
    """Return the desk's place and name; a 404 for one that is not the visitor's."""
    if kind == "shop":
        return desks.place_of(shop_id=key), find(session, Shop, key).name
    if not visitor.scope.everything or account() is None:
        raise NotFound
    if kind == "branch":
        return desks.place_of(branch_id=key), find(session, Branch, key).name
    if kind != "head" or key:
        raise NotFound
    return desks.HEAD, str(_("Default desk"))


def _row(session: ScopedSession, place: str) -> Desk | None:
    served = account()
    wanted = select(Desk).where(Desk.account_id == (served.id if served else 0), Desk.place == place)
    return session.scalar(wanted)


def _book() -> desks.Book:
    """Return what holds everywhere: a shop's manager sees what their desk takes from the head office's."""
    with runtime.db.reading() as session:
        return desks.load(session)


def _below(kind: str) -> Settings:
    served = account()
    return _book().of(served.id, None) if kind == "shop" and served else DEFAULTS


def _values(session: ScopedSession, kind: str, row: Desk | None) -> dict[str, Any]:
    holds = desks.read(row.settings if row else {}, _below(kind))
    schedule = hours.from_document(row.schedule) if row and row.schedule else None
    return {
        "assign_on": holds.assign_on,
        "unanswered": holds.unanswered,
        "ask_words": "、".join(holds.ask_words),
        "asks_score": "yes" if holds.asks_score else "",
        "skill_words": "\n".join(
            f"{skill}：{'、'.join(signs)}" for skill, signs in holds.skill_words.items()
        ),
        "tag_priority": _said(session, holds.tag_priority),
        **{name: getattr(holds, name) // unit for name, _least, _most, unit in NUMBERS},
        "own_hours": "yes" if schedule else "",
        **hours_form.values(schedule),
    }


def _changes(session: ScopedSession, form: Form, kind: str, row: Desk | None) -> dict[str, Any]:
    """Return what differs from the desk below; what the form does not show stays."""
    found: dict[str, Any] = {}
    for name, choices in (("assign_on", ASSIGN), ("unanswered", UNANSWERED)):
        found[name] = str(form.values.get(name, ""))
        if found[name] not in choices:
            form.wrong(name, _("Please choose one of these."))
    found["ask_words"] = tuple(_split(form.text("ask_words", longest=400)))
    found["asks_score"] = form.ticked("asks_score")
    found["skill_words"] = _skills(form)
    found["tag_priority"] = _tags(session, form)
    for name, least, most, unit in NUMBERS:
        number = form.number(name, least=least, most=most)
        found[name] = (number or 0) * unit
    below = _below(kind)
    kept = {name: value for name, value in (row.settings if row else {}).items() if name not in found}
    differs = {name: value for name, value in found.items() if value != getattr(below, name)}
    return {
        **kept,
        **{name: list(value) if isinstance(value, tuple) else value for name, value in differs.items()},
    }


def _skills(form: Form) -> Mapping[str, tuple[str, ...]]:
    found = {}
    for line in form.text("skill_words", longest=1000, required=False).splitlines():
        skill, colon, signs = line.replace(":", "：").partition("：")
        if not line.strip():
            continue
        if not (colon and skill.strip() and _split(signs)) or len(skill.strip()) > 24:
            form.wrong("skill_words", _("A line is a skill, a colon and words: 日语：日本、东京"))
        found[skill.strip()] = tuple(_split(signs))
    return found


def _tags(session: ScopedSession, form: Form) -> Mapping[str, int]:
    """Return the priorities by the ids of the tags that are named, a line each."""
    known = {name: key for key, name in _tag_names(session).items()}
    found = {}
    for line in form.text("tag_priority", longest=1000, required=False).splitlines():
        name, _colon, number = line.replace(":", "：").rpartition("：")
        if not line.strip():
            continue
        if name.strip() not in known:
            called = name.strip()[:20] or line[:20]
            form.wrong("tag_priority", _("There is no tag called %(name)s.", name=called))
        elif number.strip() not in map(str, range(1, HIGHEST + 1)):
            form.wrong("tag_priority", _("A line is a tag, a colon and 1 to %(n)s: 会员：5", n=HIGHEST))
        else:
            found[known[name.strip()]] = int(number)
    return found


def _said(session: ScopedSession, priorities: Mapping[str, int]) -> str:
    names = _tag_names(session)
    return "\n".join(f"{names[key]}：{number}" for key, number in priorities.items() if key in names)


def _tag_names(session: ScopedSession) -> dict[str, str]:
    wanted = select(Tag.id, Tag.name).where(Tag.retired_at.is_(None))
    return {str(row.id): row.name for row in session.execute(wanted)}


def _split(text: str) -> list[str]:
    for sign in ",，;；\n":
        text = text.replace(sign, "、")
    return list(dict.fromkeys(one.strip() for one in text.split("、") if one.strip()))


def _branches(session: ScopedSession) -> dict[int, str]:
    if not visitor.scope.everything:
        return {}
    return {row.id: row.name for row in session.execute(select(Branch.id, Branch.name).order_by(Branch.id))}


def _form(kind: str, key: int, name: str, form: Form) -> str:
    return render_template(
        "admin/desk/setting.html",
        kind=kind,
        key=key,
        name=name,
        form=form,
        assign=ASSIGN.items(),
        unanswered=UNANSWERED.items(),
        holidays=hours_form.lines(form),
        week=shop_form.WEEK,
    )
