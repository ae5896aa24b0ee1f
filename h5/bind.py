"""From fan to member: a telephone, the code of a message, and consent (brief, journey 2).

The form stands in its own page, or as a sheet over a page that needs a member; it
works without JavaScript, and with it nothing flashes.  What a code or a number
decides is decided in `bot.members`; here it becomes words.
"""

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for

from bot.consents.policies import PolicyVersion
from bot.keys import key_in
from bot.members.binding import AlreadyBound, NeedsBothProofs, PolicyChanged
from bot.members.codes import NotProved, Purpose
from h5 import codes, membership
from h5.access import fans_only, members_only
from h5.addresses import wanted
from h5.days import today
from h5.forms import COUNTRIES, Form
from h5.friction import Deed
from h5.membership import Wish
from h5.visit import guest, runtime

pages = Blueprint("bind", __name__)
FIELDS = ("phone", "referrer", "name", "birthday")


@pages.get("/bind")
@fans_only
def show() -> Any:
    """Show the form, or, to a member, that all is done."""
    to = wanted(request.args.get("to", ""))
    if guest.member_id is not None:
        return render_template("h5/already.html", card=membership.card(), to=to)
    note = "没有找到您在其他公众号的绑定，请在这里验证手机号。" if request.args.get("known") == "no" else ""
    return _form(Form(), to=to, note=note, kind="warn" if note else "")


def sheet(to: str) -> Any:
    """Return the form as a sheet, in the place of the page at `to`, which comes after it."""
    return _form(Form(), to=to, template="h5/sheet.html")


@pages.post("/bind/code")
@fans_only
def send_code() -> Any:
    """Have a code sent; the answer is the same whoever's number it is."""
    form = Form()
    if guest.member_id is not None:
        return _done()
    policy = membership.policy()
    number = form.number("phone")
    _check_consent(form, policy)
    had_one = request.form.get("sent") == "yes"
    if not form.is_right or not codes.puzzle_solved(form, Deed.ASKING):
        return _form(form, sent=had_one, status=422)
    return codes.asked(form, membership.ask_code(number, Purpose.BIND), _form, had_one=had_one)


@pages.post("/bind")
@fans_only
def bind() -> Any:
    """Compare the code and bind; sent twice, the second sees what the first did."""
    form = Form()
    if guest.member_id is not None:
        return _done()
    policy = membership.policy()
    wish = Wish(
        number=form.number("phone"),
        code=form.code(),
        referrer=form.optional_number("referrer"),
        name=form.text("name", longest=40) or None,
        birthday=form.day("birthday", today=today()),
        policy_version=policy.version,
        marketing=form.is_ticked("marketing"),
    )
    _check_consent(form, policy)
    if not form.is_right or not codes.puzzle_solved(form, Deed.PROVING):
        return _form(form, sent=True, status=422)
    answer = membership.bind(wish)
    if isinstance(answer, NotProved):
        return codes.not_proved(form, answer, _form)
    if isinstance(answer, PolicyChanged):
        _changed(form)
        return _form(form, sent=True, status=422)
    if isinstance(answer, NeedsBothProofs):
        return taken(answer, to=_to(), marketing=wish.marketing, is_member=False)
    if isinstance(answer, AlreadyBound):
        # By another page of theirs, a moment ago; or the number was given up just now and can be tried again.
        return redirect(url_for("h5.bind.show", to=_to()), 303)
    return _done(membership.referral_of(answer, wish.referrer))


@pages.post("/bind/take-over")
@fans_only
def take_over() -> Any:
    """Begin anew with a number that was somebody else's before; they keep all but the number."""
    policy = membership.policy()
    claim, is_rebinding = key_in(request.form.get("claim")), request.form.get("rebinding") == "yes"
    if guest.member_id is not None and not is_rebinding:
        return _done()
    if claim is None or request.form.get("version", "") != str(policy.version):
        return redirect(url_for("h5.rebind.show" if is_rebinding else "h5.bind.show", to=_to()), 303)
    marketing = request.form.get("marketing") == "yes"
    bound = membership.take_over(claim, policy_version=policy.version, marketing=marketing)
    if bound is None:
        return make_response(render_template("h5/claim_over.html", to=_to()), 409)
    return redirect(url_for("h5.privacy.show", done="phone"), 303) if is_rebinding else _done()


@pages.get("/bind/done")
@members_only
def done() -> Any:
    """Say that it is done, what comes next, and lead back."""
    return render_template(
        "h5/bound.html",
        card=membership.card(),
        workplace=membership.workplace(),
        to=wanted(request.args.get("to", "")),
        referral=membership.REFERRALS.get(request.args.get("referral", "")),
    )


def _form(
    form: Form,
    *,
    to: str | None = None,
    sent: bool = False,
    note: str = "",
    kind: str = "",
    seconds: int = 0,
    status: int = 200,
    template: str = "h5/bind.html",
) -> Any:
    if not runtime.config.sms.first:
        # A code nobody sends would be waited for in vain.
        return make_response(render_template("h5/bind_closed.html"), 503)
    values: dict[str, Any] = {field: request.form.get(field, "")[:60] for field in FIELDS}
    values["country"] = request.form.get("country", "+86")
    values |= {box: request.form.get(box) == "yes" for box in ("consent", "marketing")}
    page = render_template(
        template,
        form=form,
        values=values,
        countries=COUNTRIES,
        policy=membership.policy(),
        puzzle=codes.puzzle(form, sent=sent),
        to=to or _to(),
        sent=sent,
        note=note,
        note_kind=kind,
        seconds=seconds,
    )
    return make_response(page, status)


def taken(answer: NeedsBothProofs, *, to: str, marketing: bool, is_member: bool) -> Any:
    """Tell who has proven a number of another WeChat's how it may become theirs."""
    page = render_template(
        "h5/taken.html",
        claim=answer,
        version=membership.policy().version,
        marketing=marketing,
        to=to,
        is_member=is_member,
    )
    return make_response(page, 409)


def _check_consent(form: Form, policy: PolicyVersion) -> None:
    if not form.is_ticked("consent"):
        form.wrong("consent", "请先看过《隐私政策》，同意后再继续")
    elif request.form.get("version", "") != str(policy.version):
        _changed(form)


def _changed(form: Form) -> None:
    form.wrong("consent", "《隐私政策》刚刚更新了，请看过新的再继续")


def _to() -> str:
    return wanted(request.form.get("to", ""))


def _done(referral: str | None = None) -> Any:
    return redirect(url_for("h5.bind.done", to=_to(), referral=referral), 303)
