"""A member's new telephone: the new number is proven, all else stays."""

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for

from bot.members.binding import NeedsBothProofs, NotBound
from bot.members.codes import NotProved, Purpose
from h5 import codes, membership
from h5.access import members_only
from h5.bind import taken
from h5.forms import COUNTRIES, Form
from h5.friction import Deed

pages = Blueprint("rebind", __name__, url_prefix="/me/phone")


@pages.get("")
@members_only
def show() -> Any:
    """Ask for the new number."""
    return _form(Form())


@pages.post("/code")
@members_only
def send_code() -> Any:
    """Have a code sent to the new number."""
    form = Form()
    number = form.number("phone")
    had_one = request.form.get("sent") == "yes"
    if not form.is_right or not codes.puzzle_solved(form, Deed.ASKING):
        return _form(form, sent=had_one, status=422)
    return codes.asked(form, membership.ask_code(number, Purpose.REBIND), _form, had_one=had_one)


@pages.post("")
@members_only
def change() -> Any:
    """Compare the code and put the new number in the old one's place."""
    form = Form()
    number, code = form.number("phone"), form.code()
    if not form.is_right or not codes.puzzle_solved(form, Deed.PROVING):
        return _form(form, sent=True, status=422)
    answer = membership.rebind(number, code)
    if isinstance(answer, NotProved):
        return codes.not_proved(form, answer, _form)
    if isinstance(answer, NeedsBothProofs):
        return taken(answer, to=url_for("h5.me.show"), marketing=False, is_member=True)
    if isinstance(answer, NotBound):
        return redirect(url_for("h5.bind.show"), 303)
    return redirect(url_for("h5.privacy.show", done="phone"), 303)


def _form(
    form: Form, *, sent: bool = False, note: str = "", kind: str = "", seconds: int = 0, status: int = 200
) -> Any:
    values = {"phone": request.form.get("phone", "")[:30], "country": request.form.get("country", "+86")}
    page = render_template(
        "h5/rebind.html",
        form=form,
        values=values,
        countries=COUNTRIES,
        puzzle=codes.puzzle(form, sent=sent),
        card=membership.card(),
        sent=sent,
        note=note,
        note_kind=kind,
        seconds=seconds,
    )
    return make_response(page, status)
