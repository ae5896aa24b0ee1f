"""A member's coupons: what they have, the code to show, giving one to a friend, and taking one."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound, TooManyRequests

from bot.coupons import codes, gifts, handouts, issuing, reading, templates, terms
from bot.coupons.models import USABLE, Coupon, CouponState, CouponTemplate
from bot.coupons.reading import Held
from bot.coupons.refusals import NotIssued, NotOpen
from bot.db import utc_now
from bot.members.models import Member
from bot.prints import pictures
from h5 import limits, tickets
from h5.access import members_only
from h5.membership import vault
from h5.visit import guest, runtime

pages = Blueprint("coupons", __name__)
TABS = {"good": "可用", "used": "已用", "over": "已过期"}
GONE = "这份礼物已经被领走，或者朋友收回了。"
TRIES, TRY_SECONDS = 30, 600  # codes one person may try


@pages.get("/coupons")
@members_only
def old_address() -> Any:
    """Lead on: menus made before there were coupons say this."""
    return redirect(url_for("h5.coupons.listing"))


@pages.get("/me/coupons")
@members_only
def listing() -> str:
    """Show what they can use, what they used, or what is over."""
    assert guest.member_id is not None
    tab = request.args.get("tab", "good")
    tab = tab if tab in TABS else "good"
    now = utc_now()
    with runtime.db.reading() as session:
        if tab == "used":
            rows = reading.used(session, guest.member_id)
        elif tab == "over":
            rows = reading.over(session, guest.member_id, now=now)
        else:
            rows = reading.good(session, guest.member_id, now=now)
        found = tickets.all_of(rows)
    wrong = request.args.get("wrong") == "code"
    return render_template("h5/coupons.html", tickets=found, tab=tab, tabs=TABS, wrong=wrong)


@pages.post("/me/coupons/code")
@members_only
def enter() -> Any:
    """Lead to what a typed code hands out."""
    _count_try()
    with runtime.db.reading() as session:
        row = handouts.find(session, request.form.get("code", "")[:64])
    if row is None:
        return redirect(url_for("h5.coupons.listing", wrong="code"), 303)
    return redirect(url_for("h5.coupons.offer", code=row.code), 303)


@pages.get("/me/coupons/<int:coupon_id>")
@members_only
def show(coupon_id: int) -> str:
    """Show one ticket large, with its code and what it asks."""
    return _shown(coupon_id)


@pages.get("/me/coupons/<int:coupon_id>/code.svg")
@members_only
def picture(coupon_id: int) -> Response:
    """Hand out the code as a picture, to its holder only and while it can be used."""
    with runtime.db.reading() as session:
        held = _mine(session, coupon_id)
    if held.coupon.state not in {CouponState.ISSUED, CouponState.RETURNED, CouponState.HELD}:
        raise NotFound
    drawn = pictures.svg(codes.code(vault(), held.coupon), whose=f"coupon {coupon_id}")
    return Response(drawn, mimetype="image/svg+xml")


@pages.post("/me/coupons/<int:coupon_id>/give")
@members_only
def give(coupon_id: int) -> Any:
    """Offer it to whoever opens the link first. The link stands in this answer, and in none after it."""
    with runtime.db.transaction() as session:
        held = _mine(session, coupon_id)
        try:
            gift, word = gifts.offer(session, coupon_id, by=_name(session), now=utc_now())
        except NotOpen:
            return redirect(url_for("h5.coupons.show", coupon_id=coupon_id), 303)
    link = url_for("h5.coupons.gift", word=word)
    return render_template(
        "h5/coupon_given.html",
        ticket=tickets.of(held),
        link=f"{runtime.config.server.public_url}{link}",
        ends=tickets.last_day(gift.ends_at),
    )


@pages.post("/me/coupons/<int:coupon_id>/take-back")
@members_only
def take_back(coupon_id: int) -> Any:
    """Take the offer back; sent twice, or once it was taken, it changes nothing."""
    with runtime.db.transaction() as session:
        _mine(session, coupon_id)
        gift = gifts.open_of(session, coupon_id)
        if gift is not None:
            gifts.take_back(session, gift.id, by=_name(session), now=utc_now())
    return redirect(url_for("h5.coupons.show", coupon_id=coupon_id), 303)


@pages.get("/coupons/gift/<word>")
@members_only
def gift(word: str) -> str:
    """Show what a friend gives."""
    _count_try()
    with runtime.db.reading() as session:
        row = gifts.find(session, word)
        is_open = row is not None and row.state == "open" and row.ends_at > utc_now()
        if row is None or not is_open:
            return render_template("h5/coupon_over.html", why=GONE)
        is_own = guest.member_id == row.from_member_id
        held = reading.of(session, [session.get_one(Coupon, row.coupon_id)])[0]
        said = tickets.rules(session, held.terms)
    return render_template(
        "h5/coupon_take.html",
        ticket=tickets.preview(held.name, held.terms, ""),
        rules=said,
        title="朋友送您一张券",
        action=url_for("h5.coupons.accept", word=word),
        button="收下",
        closed="这是您自己送出的券，请把这一页转发给朋友。" if is_own else "",
    )


@pages.post("/coupons/gift/<word>")
@members_only
def accept(word: str) -> Any:
    """Take what a friend gives: whoever is first."""
    assert guest.member_id is not None
    _count_try()
    try:
        with runtime.db.transaction() as session:
            coupon = gifts.take(session, word, guest.member_id, by=_name(session), now=utc_now())
    except NotOpen:
        return render_template("h5/coupon_over.html", why=GONE)
    return redirect(url_for("h5.coupons.show", coupon_id=coupon.id, new="yes"), 303)


@pages.get("/coupons/take/<code>")
@members_only
def offer(code: str) -> str:
    """Show what a link hands out, and why there is none, if so. A code that leads nowhere is counted."""
    assert guest.member_id is not None
    now = utc_now()
    if limits.counted(runtime.redis, _tries(), seconds=TRY_SECONDS) > TRIES:
        raise TooManyRequests
    with runtime.db.reading() as session:
        row = handouts.find(session, code)
        if row is None:
            _count_try()
            return render_template("h5/coupon_over.html", why="链接不完整，请从公众号重新打开。")
        template = session.get_one(CouponTemplate, row.template_id)
        version = templates.in_force(session, template)
        said = terms.read(version.terms)
        member = session.get_one(Member, guest.member_id)
        closed = handouts.why_closed(row, now=now) or issuing.may_get(session, member, template.id, now=now)
        span = said.dates.span(now)
        lines = tickets.rules(session, said)
    return render_template(
        "h5/coupon_take.html",
        ticket=tickets.preview(version.name, said, f"{tickets.last_day(span[1])}到期" if span else ""),
        rules=lines,
        title=row.name,
        action=url_for("h5.coupons.take", code=row.code),
        button="立即领取",
        closed=handouts.words_of(closed) if closed else "",
    )


@pages.post("/coupons/take/<code>")
@members_only
def take(code: str) -> Any:
    """Take one; sent twice it is the same one."""
    assert guest.member_id is not None
    _count_try()
    with runtime.db.transaction() as session:
        row = handouts.find(session, code)
        if row is None:
            return render_template("h5/coupon_over.html", why="链接不完整，请从公众号重新打开。")
        try:
            coupon, is_new = handouts.take(session, row, guest.member_id, now=utc_now())
        except NotIssued as refused:
            return render_template("h5/coupon_over.html", why=f"{handouts.words_of(refused)}。")
    new = "yes" if is_new else None
    return redirect(url_for("h5.coupons.show", coupon_id=coupon.id, new=new), 303)


def _shown(coupon_id: int) -> str:
    with runtime.db.reading() as session:
        held = _mine(session, coupon_id)
        reasons = tickets.why_not(session, held)
        lines = tickets.rules(session, held.terms)
    state = held.coupon.state
    code = codes.code(vault(), held.coupon)
    return render_template(
        "h5/coupon.html",
        ticket=tickets.of(held),
        held=held,
        reasons=reasons,
        rules=lines,
        code=codes.spoken(code) if state in USABLE else "",
        may_give=held.terms.transferable and not reasons and state in USABLE,
        is_new=request.args.get("new") == "yes",
    )


def _mine(session: Session, coupon_id: int) -> Held:
    assert guest.member_id is not None
    held = reading.one(session, guest.member_id, coupon_id)
    if held is None:
        raise NotFound
    return held


def _name(session: Session) -> str:
    """Return who did it, for the coupon's history: the member's number, which says nothing of anybody."""
    return session.get_one(Member, guest.member_id).number


def _tries() -> str:
    return f"coupons:{guest.fan_id}"


def _count_try() -> None:
    if limits.count(runtime.redis, _tries(), seconds=TRY_SECONDS) > TRIES:
        raise TooManyRequests
