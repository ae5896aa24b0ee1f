"""A shop's counter on the phone of its staff: scan a card, write a receipt down, spend points.

Coupons and orders have codes of their own kind; whatever is scanned here leads to where it belongs.
"""

import re
import secrets
import unicodedata
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound

from bot.counter.refusals import (
    AboveLimit,
    AnotherWaits,
    CounterRefused,
    DayIsFull,
    NoSuchCustomer,
    NotAtWork,
    Oneself,
    ReceiptKnown,
)
from bot.db import utc_now
from bot.earning.rules.words import PAYMENTS, money
from bot.keys import key_in
from bot.points.refusals import NotEnough
from bot.purchases.models import Payment
from bot.purchases.receipts import BadReceipt, Receipt
from h5 import serving
from h5.access import staff_only
from h5.addresses import here
from h5.days import HERE
from h5.forms import Form
from h5.visit import account, runtime

pages = Blueprint("counter", __name__, url_prefix="/staff/counter")
# Codes of other kinds, by how they begin, and the pages they belong to.
KINDS = {"Q": "staff/coupons", "P": "staff/orders"}
OTHERS = re.compile(r"[A-Z][A-Z0-9-]{3,40}", re.ASCII)
WORD = re.compile(r"[A-Za-z0-9_-]{16,32}", re.ASCII)
REFUSALS: dict[type[CounterRefused], str] = {
    Oneself: "这是您自己的会员卡，请同事为您办理。",
    NoSuchCustomer: "这位会员刚刚注销了，不能再办理。",
    AnotherWaits: "会员的手机上还有一笔抵扣没有回答，请等一等。",
    ReceiptKnown: "本店已经有这个小票号，没有重复登记。请核对号码，或请店长在后台查看。",
}
BAD = {
    "bad_number": ("number", "小票号最多 64 个字"),
    "bad_amount": ("amount", "金额从 0.01 元起"),
}


@pages.get("")
@staff_only
def show() -> Any:
    """Show where to scan or type, and what one did last."""
    return _start()


@pages.post("")
@staff_only
def scan() -> Any:
    """Lead to what the code is of; a member's notes the visit."""
    code = "".join(_narrow(request.form.get("code", "")[:80]).upper().split())
    if serving.is_members(code):
        return _greeted(code)
    if OTHERS.fullmatch(code) and code[0] in KINDS:
        return redirect(f"/h5/{account.name}/{KINDS[code[0]]}/{code}", 303)
    words = "没有认出这个码。请让会员打开「我的」，扫会员卡上的二维码，或输入 16 位数字。"
    return _start(words if code else "请扫码，或输入会员卡上的数字。", status=422)


@pages.get("/m/<token>")
@staff_only
def customer(token: str) -> Any:
    """Show the member who was scanned, and what can be done for them."""
    return _customer(token, Form())


@pages.post("/m/<token>/award")
@staff_only
def award(token: str) -> Any:
    """Write a receipt down; what it earns, or that it waits, is said on the member's page."""
    whom = serving.served(token)
    if whom is None:
        return _over()
    form = Form()
    receipt = _receipt(form)
    if receipt is None:
        return _customer(token, form, status=422)
    try:
        done = serving.award(*whom, receipt, once=_once())
    except BadReceipt as error:
        form.wrong(*BAD.get(error.code, ("number", "这张小票登记不了，请核对后再试")))
        return _customer(token, form, status=422)
    except CounterRefused as error:
        return _refused(error, token, form)
    return redirect(url_for("h5.counter.customer", token=token, done=done.action.id), 303)


@pages.post("/m/<token>/spend")
@staff_only
def spend(token: str) -> Any:
    """Ask the member on their own phone whether points are to be spent."""
    whom = serving.served(token)
    if whom is None:
        return _over()
    form = Form()
    points = key_in(form.text("points", longest=9))
    number = form.text("spent_on", longest=64)
    if not points:
        form.wrong("points", "请填写要抵扣多少积分")
    if not form.is_right or not points:
        return _customer(token, form, status=422)
    try:
        row = serving.ask(*whom, points, number=number, once=_once())
    except NotEnough as error:
        form.wrong("points", f"会员现在可用 {error.available:,} 分")
        return _customer(token, form, status=422)
    except AboveLimit as error:
        form.wrong("points", f"一次最多抵扣 {error.most:,} 分")
        return _customer(token, form, status=422)
    except DayIsFull as error:
        form.wrong("points", f"您今天还可以抵扣 {error.left:,} 分")
        return _customer(token, form, status=422)
    except CounterRefused as error:
        return _refused(error, token, form)
    return redirect(url_for("h5.counter.spending", spend_id=row.id, of=token), 303)


@pages.get("/spends/<int:spend_id>")
@staff_only
def spending(spend_id: int) -> Any:
    """Show how a question stands; the page asks again until it has ended."""
    try:
        found = serving.asked(spend_id)
    except NotAtWork:
        return _closed()
    if found is None:
        raise NotFound
    row, state, seconds, left = found
    token = request.args.get("of", "")
    back = token if serving.served(token) else None
    return render_template(
        "h5/counter_spend.html", spend=row, state=state.value, seconds=seconds, left=left, back=back
    )


@pages.post("/spends/<int:spend_id>/cancel")
@staff_only
def cancel(spend_id: int) -> Any:
    """Take a question back; one that has ended stays as it is."""
    try:
        serving.cancel(spend_id)
    except NotAtWork:
        return _closed()
    return redirect(url_for("h5.counter.spending", spend_id=spend_id, of=request.form.get("of", "")), 303)


def _greeted(code: str) -> Any:
    try:
        token = serving.greet(code)
    except NotAtWork:
        return _closed()
    except CounterRefused as error:
        return _start(REFUSALS.get(type(error), "办理不了，请再试一次。"), status=409)
    if token is None:
        return _start("这个会员码已经过期。请让会员重新打开会员卡，再扫一次。", status=422)
    if not token:
        return _start("试得有些多了，请过一会儿再来。", status=429)
    return redirect(url_for("h5.counter.customer", token=token), 303)


def _customer(token: str, form: Form, *, note: str = "", status: int = 200) -> Any:
    whom = serving.served(token)
    if whom is None:
        return _over()
    try:
        seen = serving.look(*whom)
    except NotAtWork:
        return _closed()
    except CounterRefused as error:
        return _start(REFUSALS.get(type(error), "办理不了，请再试一次。"), status=409)
    done = key_in(request.args.get("done"))
    page = render_template(
        "h5/counter_customer.html",
        token=token,
        seen=seen,
        told=serving.told(*whom, done) if done else None,
        form=form,
        note=note,
        once=secrets.token_urlsafe(16),
        values={name: request.form.get(name, "")[:64] for name in ("number", "amount", "points", "spent_on")},
        payment=request.form.get("payment", Payment.WECHAT.value),
        payments=PAYMENTS,
        money=money,
        clock=lambda at: f"{at.astimezone(HERE):%m-%d %H:%M}",
    )
    return make_response(page, status)


def _receipt(form: Form) -> Receipt | None:
    number = form.text("number", longest=64)
    typed = _narrow(form.text("amount", longest=12)).replace(",", "").replace("¥", "")
    fen = _fen(typed)
    if not number:
        form.wrong("number", "请填写小票号")
    if fen is None:
        form.wrong("amount", "请填写金额，例如 128 或 128.50")
    try:
        payment = Payment(request.form.get("payment", ""))
    except ValueError:
        form.wrong("payment", "请选择支付方式")
        return None
    return Receipt(number, fen, payment, utc_now()) if form.is_right and fen is not None else None


def _narrow(typed: str) -> str:
    """Return digits, letters and ￥ as they are on a Latin keyboard, however a Chinese one wrote them."""
    return unicodedata.normalize("NFKC", typed)


def _fen(typed: str) -> int | None:
    found = re.fullmatch(r"(\d{1,9})(?:\.(\d{1,2}))?", typed, re.ASCII)
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else None


def _once() -> str:
    """Return the word of the form; one that came without gets its own, and is never a repeat."""
    word = request.form.get("once", "")
    return word if WORD.fullmatch(word) else secrets.token_urlsafe(16)


def _start(note: str = "", *, status: int = 200) -> Any:
    try:
        place = serving.place()
    except NotAtWork:
        return _closed()
    page = render_template(
        "h5/counter.html",
        place=place,
        recent=serving.recent(),
        note=note,
        # WeChat signs the page as it was opened, not where a form led.
        page=f"{runtime.config.server.public_url.rstrip('/')}{here()}",
        clock=lambda at: f"{at.astimezone(HERE):%m-%d %H:%M}",
        money=money,
    )
    return make_response(page, status)


def _refused(error: CounterRefused, token: str, form: Form) -> Any:
    if isinstance(error, NotAtWork):
        return _closed()
    return _customer(token, form, note=REFUSALS.get(type(error), "办理不了，请再试一次。"), status=409)


def _over() -> Any:
    return _start("这位会员的办理时间过了，请再扫一次会员码。", status=403)


def _closed() -> Any:
    return make_response(render_template("h5/counter_closed.html"), 403)
