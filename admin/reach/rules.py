"""The account's rules: quiet hours, how often, how many, how fast."""

import re
from dataclasses import asdict
from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.choices import account
from admin.cookies import say
from admin.forms import Form
from admin.office import changing, reading, record, runtime, visitor
from admin.reach.blueprint import pages
from bot.reach import settings
from bot.reach.models import ReachSettings
from bot.users.roles import Permission

CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
FIELDS = ("quiet_from", "quiet_until", "cap", "fans_too", "templates_a_day", "calls_per_second")


@pages.get("/rules")
@allowed(Permission.REACH_SEE)
def show_rules() -> str:
    """Show the rules of the account the visitor looks at."""
    with reading() as session:
        row = session.get(ReachSettings, _account_id())
    return _page(Form(_values(row)))


@pages.post("/rules")
@allowed(Permission.REACH_CHANGE)
def save_rules() -> AnyResponse | tuple[str, int]:
    """Keep the rules. They hold for whatever is sent from now on; the head office sets them."""
    if not visitor.scope.everything:
        raise NotFound
    form = Form.sent()
    found: dict[str, Any] = {
        "quiet_from": _clock(form, "quiet_from"),
        "quiet_until": _clock(form, "quiet_until"),
        "cap": form.number("cap", least=0, most=50),
        "fans_too": form.ticked("fans_too"),
        "templates_a_day": form.number("templates_a_day", least=0, most=10_000_000),
        "calls_per_second": None,
    }
    if str(form.values.get("calls_per_second", "")).strip():
        most = max(1, int(runtime.config.reach.calls_per_second))
        found["calls_per_second"] = form.number("calls_per_second", least=1, most=most)
    if not form.is_right:
        return _page(form), 422
    with changing() as session:
        row = session.get(ReachSettings, _account_id(), with_for_update=True)
        before = {name: getattr(row, name) for name in FIELDS} if row else {}
        row = row or ReachSettings(account_id=_account_id())
        for name, value in found.items():
            setattr(row, name, value)
        session.add(row)
        session.flush()
        record(session, "reach_settings.changed", row, before=before, after=found)
    say(_("Saved; what is sent from now on goes by it."))
    return redirect(url_for("admin.reach.show_rules"), 303)


def _account_id() -> int:
    served = account()
    if served is None:
        raise NotFound
    return served.id


def _clock(form: Form, name: str) -> str:
    said = form.text(name, longest=5)
    if said and not CLOCK.fullmatch(said):
        form.wrong(name, _("A time of day like 22:00."))
    return said


def _values(row: ReachSettings | None) -> dict[str, Any]:
    if row is None:
        known = asdict(settings.DEFAULT)
        return {**{name: known[name] for name in FIELDS}, "fans_too": "yes", "calls_per_second": ""}
    found = {name: getattr(row, name) for name in FIELDS}
    return {
        **found,
        "fans_too": "yes" if row.fans_too else "",
        "calls_per_second": row.calls_per_second or "",
    }


def _page(form: Form) -> str:
    return render_template(
        "admin/reach/rules.html",
        form=form,
        fastest=runtime.config.reach.calls_per_second,
        may_change=visitor.may(Permission.REACH_CHANGE) and visitor.scope.everything,
    )
