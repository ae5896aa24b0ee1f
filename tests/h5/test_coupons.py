"""Coupons on phones: what a member has, taking by a link, giving to a friend, and the counter's page."""

import re
from datetime import timedelta

import pytest

from bot.coupons import codes, handouts
from bot.coupons.models import Coupon
from bot.coupons.terms import Goods, Scope
from bot.privacy import vault_of
from tests.coupons.world import FIFTY, Desk
from tests.h5.test_points import member

ALICE, BOB, SHAN = "+8613800001111", "+8613800002222", "+8613800003333"


@pytest.fixture
def desk(inn):
    return Desk(inn.db)


@pytest.fixture
def alice(inn):
    return inn.phone("alice", phone=ALICE)


def link_of(desk, template, **facts):
    said = {"name": "周年庆", "starts_at": desk.now, "ends_at": desk.now + timedelta(days=9), "most": None}
    with desk.db.transaction() as session:
        return handouts.make(session, template, **{**said, **facts}, by="林", now=desk.now).code


def code_of(inn, coupon):
    with inn.db.reading() as session:
        return codes.code(vault_of(inn.config.privacy), session.get_one(Coupon, coupon))


def test_a_member_takes_one_by_a_link_and_shows_it(inn, desk, alice):
    code = link_of(desk, desk.template(name="周年满减"))
    asks = alice.get(f"/h5/head/coupons/take/{code}").text
    alice.bind(ALICE)

    offer = alice.get(f"/h5/head/coupons/take/{code}").text
    taken = alice.post(f"/h5/head/coupons/take/{code}").text
    again = alice.post(f"/h5/head/coupons/take/{code}").text
    listing = alice.get("/h5/head/me/coupons").text
    coupon_id = int(re.search(r"/me/coupons/(\d+)", listing)[1])
    picture = alice.get(f"/h5/head/me/coupons/{coupon_id}/code.svg")
    spoken = codes.spoken(code_of(inn, coupon_id))

    assert "手机号" in asks
    assert "周年庆" not in asks
    assert "立即领取" in offer
    assert "领到了" in taken
    assert "领到了" not in again
    assert spoken in again
    assert "满¥300减¥50" in listing
    assert (picture.mimetype, picture.status_code) == ("image/svg+xml", 200)
    closed = alice.get(f"/h5/head/coupons/take/{code}").text
    assert "您已经领过了" in closed
    assert "立即领取" not in closed


def test_a_typed_code_leads_to_the_same_and_a_wrong_one_is_said_beside_the_field(inn, desk, alice):
    code = link_of(desk, desk.template())
    alice.bind(ALICE)
    alice.get("/h5/head/me/coupons")

    wrong = alice.post("/h5/head/me/coupons/code", code="AAAAAAAA").text
    right = alice.post("/h5/head/me/coupons/code", code=f" {code[:4]} {code[4:].lower()}").text

    assert "没有这个兑换码" in wrong
    assert "立即领取" in right


def test_who_guesses_at_links_has_to_wait_and_finds_nothing_meanwhile(inn, desk, alice, monkeypatch):
    from h5 import coupons as page

    monkeypatch.setattr(page, "TRIES", 3)
    monkeypatch.setattr(page, "TRY_SECONDS", 10**9)  # the window does not end amid the test
    code = link_of(desk, desk.template())
    alice.bind(ALICE)

    looked = [alice.get(f"/h5/head/coupons/take/{code}").status_code for _often in range(6)]
    guessed = [alice.get(f"/h5/head/coupons/take/AAAAAAA{n}").status_code for n in range(2, 8)]

    assert looked == [200] * 6
    assert guessed == [200, 200, 200, 429, 429, 429]
    assert alice.get(f"/h5/head/coupons/take/{code}").status_code == 429


def test_a_friend_takes_what_was_given_once_and_the_giver_sees_it_no_more(inn, desk, alice):
    anna = member(inn, alice)
    bob = inn.phone("bob", phone=BOB)
    bob.bind(BOB)
    coupon = desk.have(anna, transferable=True, name="满减券")
    alice.get(f"/h5/head/me/coupons/{coupon}")

    given = alice.post(f"/h5/head/me/coupons/{coupon}/give").text
    path = re.search(r"(/h5/head/coupons/gift/[\w-]+)", given)[1]
    waiting = alice.get(f"/h5/head/me/coupons/{coupon}").text
    own = alice.get(path).text
    offered = bob.get(path).text
    taken = bob.post(path).text
    late = inn.phone("carol", phone=SHAN)
    late.bind(SHAN)
    over = late.get(path).text

    assert "等朋友来领" in waiting
    assert "code.svg" not in waiting
    assert "自己送出的" in own
    assert "朋友送您一张券" in offered
    assert "满¥300减¥50" in taken
    assert "已经被领走" in over
    assert "满减券" not in alice.get("/h5/head/me/coupons").text
    assert alice.get(f"/h5/head/me/coupons/{coupon}").status_code == 404
    assert alice.get(f"/h5/head/me/coupons/{coupon}/code.svg").status_code == 404


def test_at_the_counter_staff_read_why_not_and_use_it_once_and_may_undo_it(inn, desk, alice):
    coupon = desk.have(member(inn, alice), scope=Scope(Goods(frozenset({"线路"}))))
    inn.employ(desk.shop, phone=SHAN)
    shan = inn.phone("shan", phone=SHAN)
    shan.bind(SHAN)
    page = f"/h5/head/staff/coupons/{code_of(inn, coupon)}"
    assert "只有员工" in alice.get(page).text or alice.get(page).status_code == 403

    shown = shan.get(page).text
    once = re.search(r'name="once" value="(\w+)"', shown)[1]
    unread = shan.post(page, amount="12,5x", once=once, act="check").text
    elsewhere = shan.post(page, amount="400", category="", once=once, act="check").text
    short = shan.post(page, amount="258", category="线路", once=once, act="check").text
    enough = shan.post(page, amount="¥400.50", category="线路", once=once, act="check").text
    used = shan.post(page, amount="400.50", category="线路", once=once, act="use").text
    again = shan.post(page, amount="400.50", category="线路", once=once, act="use").text

    assert "金额按元填写" in unread
    assert "都不在这张券的适用范围内" in elsewhere
    assert "还差 ¥42" in short
    assert "−¥50" in enough
    assert "¥350.50" in enough
    assert "已核销，减 ¥50" in used
    assert "已核销，减 ¥50" in again
    assert "已用" in alice.get("/h5/head/me/coupons?tab=used").text
    undone = shan.post(f"{page}/undo").text
    assert "已核销" not in undone
    assert "算一算" in undone
    unknown = shan.get("/h5/head/staff/coupons/QABCDEFGH22345677")
    assert (unknown.status_code, "没有这张券" in unknown.text) == (404, True)


def test_what_is_due_at_the_counter_is_less_by_every_coupon_of_the_receipt(inn, desk, alice):
    anna = member(inn, alice)
    pages = [
        f"/h5/head/staff/coupons/{code_of(inn, desk.have(anna, group=group))}" for group in ("满减", "会员日")
    ]
    inn.employ(desk.shop, phone=SHAN)
    shan = inn.phone("shan", phone=SHAN)
    shan.bind(SHAN)
    for page in pages:
        once = re.search(r'name="once" value="(\w+)"', shan.get(page).text)[1]
        used = shan.post(page, amount="400", receipt="A1", once=once, act="use").text

    assert "应收 ¥300" in used
    shan.post(f"{pages[1]}/undo")
    stale = shan.post(pages[1], amount="400", receipt="A1", once=once, act="use").text
    afresh = re.search(r'name="once" value="(\w+)"', stale)[1]
    again = shan.post(pages[1], amount="400", receipt="A1", once=afresh, act="use").text
    huge = shan.post(pages[1], amount="1e999999", once="x", act="check")

    assert "已核销" not in stale
    assert "应收 ¥300" in again
    assert huge.status_code == 200


def test_nobody_opens_anothers_and_old_menus_lead_to_the_new_page(inn, desk, alice):
    other = desk.have(desk.member(), FIFTY)
    alice.bind(ALICE)

    assert alice.get(f"/h5/head/me/coupons/{other}").status_code == 404
    assert alice.post(f"/h5/head/me/coupons/{other}/give").status_code == 404
    assert "还没有可用的券" in alice.get("/h5/head/coupons").text
