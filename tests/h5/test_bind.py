"""Binding a telephone, over HTTP: what every outcome says, and what is attacked."""

import re

import pytest
from sqlalchemy import delete, update

from bot.db import utc_now
from bot.fans.models import Fan
from bot.jobs import JOBS
from bot.members.models import Tally
from bot.organisation import phones
from bot.organisation.models import Staff
from bot.privacy import vault_of
from bot.reach import standings
from bot.wechat.redaction import Redaction
from h5 import friction, membership
from tests import make
from tests.support.inn import AGREED
from tests.support.statements import statements_of

ALICE, BOB = "+8613800001111", "+8613800002222"


def test_a_number_and_its_code_make_a_member_who_goes_on_to_where_they_were(inn):
    alice = inn.phone("alice")

    answer = alice.bind(ALICE, to="/h5/head/orders", name="陈静", birthday="1990-05-01")

    assert alice.trail == ["/h5/head/bind/done?to=/h5/head/orders"]
    assert "绑定好了" in answer.text
    assert "138****1111" in answer.text
    assert 'href="/h5/head/orders"' in answer.text
    [fan] = inn.fans().values()
    assert fan.member_id
    assert "陈**" in alice.get("/h5/head/me").text
    assert "138****1111" in alice.get("/h5/head/me").text


def test_a_page_for_members_shows_the_sheet_in_its_place_and_then_itself(inn):
    alice = inn.phone("alice")

    sheet = alice.get("/h5/head/me/phone")
    assert "先绑定手机号" in sheet.text
    assert 'name="to" value="/h5/head/me/phone"' in sheet.text
    alice.post("/h5/head/bind/code", phone=ALICE, **_agreed(to="/h5/head/me/phone"))
    done = alice.post("/h5/head/bind", phone=ALICE, code=inn.code(ALICE), **_agreed(to="/h5/head/me/phone"))

    assert 'href="/h5/head/me/phone"' in done.text
    assert "更换手机号" in alice.get("/h5/head/me/phone").text


def test_what_is_missing_or_wrong_is_said_beside_its_field_and_nothing_is_sent(inn):
    alice = inn.phone("alice")
    alice.get("/h5/head/bind")
    cases = {
        "请填写手机号": {"phone": ""},
        "这个号码不完整": {"phone": "1380000"},
        "隐私政策》，同意后": {"phone": ALICE, "consent": ""},
        "刚刚更新了": {"phone": ALICE, "version": "0"},
        "从国家或地区代码写起": {"phone": "612345678", "country": ""},
    }

    for words, fields in cases.items():
        answer = alice.post("/h5/head/bind/code", **{**_agreed(), **fields})
        assert (answer.status_code, words in answer.text) == (422, True), words
    answer = alice.post(
        "/h5/head/bind", phone=ALICE, code="12", referrer="123", birthday="1800-01-01", **_agreed()
    )
    for words in ("验证码是 6 位数字", "推荐人的号码不完整", "请检查一下年份"):
        assert words in answer.text
    assert inn.platform.platform.state.sms == []
    assert not make.promises(inn.db)


def test_numbers_of_elsewhere_are_taken(inn):
    alice = inn.phone("alice")
    alice.get("/h5/head/bind")

    for country, typed, number in (
        ("+852", "6123 4567", "+85261234567"),
        ("", "+33 6 12 34 56 78", "+33612345678"),
        ("+886", "0912 345 678", "+886912345678"),
    ):
        traveller = inn.phone(f"of{country or 'elsewhere'}".replace("+", ""))
        traveller.get("/h5/head/bind")
        answer = traveller.post("/h5/head/bind/code", phone=typed, country=country, **_agreed())
        assert answer.status_code == 200, answer.text
        assert len(inn.sms(number)) == 1


def test_wrong_codes_are_counted_then_locked_and_the_right_one_is_too_late(inn):
    alice = inn.phone("alice")
    alice.ask_code(ALICE)
    code = inn.code(ALICE)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    said = []
    for _ in range(8):
        answer = alice.post("/h5/head/bind", phone=ALICE, code=wrong, **_agreed(), **solved(inn, alice))
        said.append(answer.text)
        assert answer.status_code == 422

    last = alice.post("/h5/head/bind", phone=ALICE, code=code, **_agreed(), **solved(inn, alice))

    assert "还可以试" in said[0]
    assert "先移动滑块" not in said[-1]
    assert last.status_code == 422
    [fan] = inn.fans().values()
    assert fan.member_id is None


def test_after_a_few_tries_a_puzzle_stands_before_the_next(inn, monkeypatch):
    monkeypatch.setattr(friction, "WINDOW", 10**9)  # it does not end amid the test
    alice = inn.phone("alice")
    alice.ask_code(ALICE)
    for _ in range(friction.FREE):
        answer = alice.post("/h5/head/bind", phone=ALICE, code="000000", **_agreed())

    assert 'name="place"' in answer.text
    assert "或者回答" in answer.text
    code = inn.code(ALICE)
    assert "请先移动滑块" in alice.post("/h5/head/bind", phone=ALICE, code=code, **_agreed()).text
    done = alice.post("/h5/head/bind", phone=ALICE, code=code, **_agreed(), **solved(inn, alice))
    assert "绑定好了" in done.text


def test_sent_twice_it_is_done_once_and_both_see_it(inn):
    alice = inn.phone("alice")
    alice.bind(ALICE)

    again = alice.post("/h5/head/bind", phone=ALICE, code="000000", **_agreed())

    assert "绑定好了" in again.text
    assert "您已经是会员" in alice.get("/h5/head/bind").text


def test_a_code_is_of_its_fan_and_its_number(inn):
    alice, mallory = inn.phone("alice"), inn.phone("mallory")
    alice.ask_code(ALICE)
    code = inn.code(ALICE)
    mallory.get("/h5/head/bind")

    stolen = mallory.post("/h5/head/bind", phone=ALICE, code=code, **_agreed())
    other = alice.post("/h5/head/bind", phone=BOB, code=code, **_agreed())

    assert (stolen.status_code, other.status_code) == (422, 422)
    assert not any(fan.member_id for fan in inn.fans().values())


def test_a_number_of_another_wechat_needs_both_and_is_given_by_the_old_one(inn):
    alice, new = inn.phone("alice"), inn.phone("alices-new-wechat")
    alice.bind(ALICE)
    _follow(inn, "alice")
    inn.minute_later()

    answer = new.bind(ALICE)
    assert (answer.status_code, "这个号码在另一个微信上" in answer.text) == (409, True)
    asked = alice.get("/h5/head/me")
    assert "是我本人" in asked.text
    [claim] = set(re_claims(asked.text))
    mallory = inn.phone("mallory")
    mallory.bind("+8613800009999")
    assert "已经过了" in mallory.post(f"/h5/head/me/claims/{claim}", is_me="yes").text
    alice.get("/h5/head/me")
    assert "已经确认" in alice.post(f"/h5/head/me/claims/{claim}", is_me="yes").text

    fans = inn.fans()
    assert fans[inn.openid("alice")].member_id == fans[inn.openid("alices-new-wechat")].member_id
    assert "您已经是会员" in new.get("/h5/head/bind").text


def test_a_number_the_carrier_gave_on_begins_anew_and_shows_nothing_of_before(inn):
    alice, new = inn.phone("alice"), inn.phone("newcomer")
    alice.bind(ALICE, name="陈静")
    _follow(inn, "alice")
    inn.minute_later()

    answer = new.bind(ALICE)
    [claim] = set(re_hidden(answer.text, "claim"))
    done = new.post("/h5/head/bind/take-over", claim=claim, version="1")

    assert "绑定好了" in done.text
    fans = inn.fans()
    assert fans[inn.openid("alice")].member_id != fans[inn.openid("newcomer")].member_id
    assert "陈**" not in new.get("/h5/head/me").text
    assert "陈**" in alice.get("/h5/head/me").text


def test_a_claim_is_of_who_proved_the_number(inn):
    alice, new, mallory = inn.phone("alice"), inn.phone("newcomer"), inn.phone("mallory")
    alice.bind(ALICE)
    _follow(inn, "alice")
    inn.minute_later()
    [claim] = set(re_hidden(new.bind(ALICE).text, "claim"))
    mallory.get("/h5/head/bind")

    answer = mallory.post("/h5/head/bind/take-over", claim=claim, version="1")

    assert answer.status_code == 409
    assert inn.fans()[inn.openid("mallory")].member_id is None


def test_the_staff_page_opens_with_the_listed_number_and_closes_with_the_employment(inn):
    staff_id = inn.employ(make.shop(inn.db), "王珊", phone=ALICE)
    alice = inn.phone("alice")
    assert "绑定店长为您登记的手机号" in alice.get("/h5/head/staff").text

    assert "打开员工中心" in alice.bind(ALICE).text
    page = alice.get("/h5/head/staff")
    assert (page.status_code, "王珊" in page.text, "上海人民广场店" in page.text) == (200, True, True)
    _dismiss(inn, staff_id)

    closed = alice.get("/h5/head/staff")
    assert (closed.status_code, "请店长在后台登记" in closed.text) == (403, True)
    assert "员工中心" not in alice.get("/h5/head/me").text


def test_staff_listed_after_they_bound_are_recognised_on_their_page(inn):
    alice = inn.phone("alice")
    alice.bind(ALICE)
    assert alice.get("/h5/head/staff").status_code == 403
    inn.employ(make.shop(inn.db), "王珊", phone=ALICE)

    assert "王珊" in alice.get("/h5/head/staff").text


def test_the_same_traveller_is_joined_at_a_second_account_after_one_tap(inn):
    alice = inn.phone("alice")
    for name in ("head", "tours"):
        inn.platform.platform.state.travellers["alice"].consents.append(make.account(name).app_id)
    alice.bind(ALICE)
    alice.get("/h5/head/show-me")  # head learns the UnionID; a follower's is known without

    page = alice.get("/h5/tours/show-me?to=/h5/tours/me")

    assert "138****1111" in page.text
    assert len({fan.member_id for fan in inn.fans().values()}) == 1
    bob = inn.phone("bob")
    inn.platform.platform.state.travellers["bob"].consents.append(make.account("tours").app_id)
    assert "没有找到您在其他公众号的绑定" in bob.get("/h5/tours/show-me").text


def test_a_new_number_takes_the_old_ones_place(inn):
    alice = inn.phone("alice")
    alice.bind(ALICE)
    before = inn.fans()[inn.openid("alice")].member_id
    number = "+8613800003333"

    alice.ask_code(number, path="me/phone")
    answer = alice.post("/h5/head/me/phone", phone=number, code=inn.code(number), sent="yes")

    assert "新号码已经绑定好了" in answer.text
    assert "138****3333" in answer.text
    assert inn.fans()[inn.openid("alice")].member_id == before


def test_a_new_number_the_carrier_gave_on_goes_to_the_members_card(inn):
    alice, bob = inn.phone("alice"), inn.phone("bob")
    alice.bind(ALICE, name="陈静")
    bob.bind(BOB, name="周敏")
    _follow(inn, "alice")
    inn.minute_later()

    bob.ask_code(ALICE, path="me/phone")
    answer = bob.post("/h5/head/me/phone", phone=ALICE, code=inn.code(ALICE), sent="yes")
    [claim] = set(re_hidden(answer.text, "claim"))
    done = bob.post("/h5/head/bind/take-over", claim=claim, version="1", rebinding="yes")
    again = bob.post("/h5/head/bind/take-over", claim=claim, version="1", rebinding="yes")

    assert answer.status_code == 409
    assert "新号码已经绑定好了" in done.text
    assert again.status_code == 409
    assert "138****1111" in bob.get("/h5/head/me").text
    assert "周**" in bob.get("/h5/head/me").text
    assert "陈**" in alice.get("/h5/head/me").text


def test_messages_are_agreed_to_and_withdrawn(inn):
    alice = inn.phone("alice")
    alice.bind(ALICE)
    assert "没有打开" in alice.get("/h5/head/me/privacy").text

    assert "您同意接收" in alice.post("/h5/head/me/privacy/marketing", wanted="yes").text
    assert "没有打开" in alice.post("/h5/head/me/privacy/marketing", wanted="no").text


def test_the_file_of_all_that_is_kept_is_ones_own(inn):
    alice, bob = inn.phone("alice"), inn.phone("bob")
    alice.bind(ALICE, name="陈静")
    bob.bind(BOB)
    assert alice.get("/h5/head/me/privacy/export").status_code == 404

    assert "正在准备" in alice.post("/h5/head/me/privacy/export").text
    inn.work()
    page = alice.get("/h5/head/me/privacy")
    file = alice.get("/h5/head/me/privacy/export")

    assert "下载我的资料" in page.text
    assert file.data[:2] == b"PK"
    assert file.headers["Cache-Control"] == "no-store"
    assert "attachment" in file.headers["Content-Disposition"]
    assert bob.get("/h5/head/me/privacy/export").status_code == 404


def test_erasing_asks_for_the_words_and_leaves_a_fan(inn):
    alice = inn.phone("alice")
    alice.bind(ALICE, name="陈静")
    alice.get("/h5/head/me/privacy/erase")

    refused = alice.post("/h5/head/me/privacy/erase", typed="删除")
    assert (refused.status_code, "陈**" in alice.get("/h5/head/me").text) == (422, True)
    alice.get("/h5/head/me/privacy/erase")
    done = alice.post("/h5/head/me/privacy/erase", typed="确认删除")
    again = alice.post("/h5/head/me/privacy/erase", typed="确认删除")

    assert "已经删除" in done.text
    assert "已经删除" in again.text
    assert inn.fans()[inn.openid("alice")].member_id is None
    assert "陈**" not in alice.get("/h5/head/me").text


def test_one_wechat_is_unbound_and_comes_back_to_what_was_there(inn):
    alice = inn.phone("alice")
    alice.bind(ALICE)
    member_id = inn.fans()[inn.openid("alice")].member_id
    assert "其他微信不受影响" in alice.get("/h5/head/me/privacy/unbind").text

    for _ in range(2):
        assert "绑定已经解除" in alice.post("/h5/head/me/privacy/unbind").text
    assert inn.fans()[inn.openid("alice")].member_id is None
    with inn.db.transaction() as session:
        session.execute(delete(Tally))  # the minute until the next code
    alice.bind(ALICE)
    assert inn.fans()[inn.openid("alice")].member_id == member_id


def test_offers_end_with_unbinding_and_come_back_with_the_agreement_that_stands(inn):
    alice = inn.phone("alice")
    alice.bind(ALICE, marketing="yes")
    fan_id = inn.fans()[inn.openid("alice")].id

    def wants_none():
        with inn.db.reading() as session:
            return standings.has_opted_out(session, fan_id)

    alice.get("/h5/head/me/privacy/unbind")
    alice.post("/h5/head/me/privacy/unbind")
    JOBS["reach.note_objection"](inn.runtime, fan_id=fan_id)
    assert wants_none()
    with inn.db.transaction() as session:
        session.execute(delete(Tally))
    alice.bind(ALICE)
    assert not wants_none()

    with inn.db.transaction() as session:
        standings.learn(session, fan_id, {"opted_out_at": utc_now(), "opted_out_how": standings.BY_WORD})
        member_id = session.get_one(Fan, fan_id).member_id
        assert not standings.come_back(session, fan_id=fan_id, member_id=member_id)


def test_withdrawing_consent_ends_the_membership(inn):
    alice = inn.phone("alice")
    alice.bind(ALICE)
    alice.get("/h5/head/me/privacy/withdraw")

    assert "同意已经撤回" in alice.post("/h5/head/me/privacy/withdraw").text
    assert inn.fans()[inn.openid("alice")].member_id is None


def test_offers_end_with_the_consent_and_begin_again_with_the_next_yes_to_them(inn):
    alice = inn.phone("alice")

    def has_none() -> bool:
        inn.work()
        with inn.db.reading() as session:
            return standings.has_opted_out(session, inn.fans()[inn.openid("alice")].id)

    def withdraw() -> None:
        alice.get("/h5/head/me/privacy/withdraw")
        alice.post("/h5/head/me/privacy/withdraw")
        inn.minute_later()

    alice.bind(ALICE)
    withdraw()
    assert has_none()
    alice.bind(ALICE, marketing="yes")
    assert not has_none()
    [fan] = inn.fans().values()
    with inn.db.transaction() as session:
        standings.opt_out(session, fan_id=fan.id, member_id=fan.member_id, how="word", now=utc_now())
    alice.get("/h5/head/me/privacy")
    alice.post("/h5/head/me/privacy/marketing", wanted="yes")
    assert not has_none()


def test_the_referrer_is_noted_in_words_that_do_not_tell_who_is_a_member(inn):
    bob, known, unknown, alone = (inn.phone(name) for name in ("bob", "known", "unknown", "alone"))
    bob.bind(BOB)

    of_member = known.bind("+8613800004444", referrer="13800002222").text
    of_nobody = unknown.bind("+8613800005555", referrer="13800007777").text
    of_oneself = alone.bind("+8613800006666", referrer="13800006666").text

    assert "推荐人已经记下" in of_member
    assert of_member.replace("4444", "5555") == of_nobody
    assert "不能是您自己" in of_oneself


def test_neither_words_nor_work_tell_whose_number_is_a_members(inn):
    """Enumeration: codes are asked for and guessed for members' numbers and for nobody's; the answers are one."""
    bodies, work = {}, {}
    for turn in range(20):
        kind = ("member", "nobody")[turn % 2] if turn else "first"  # which finds no counts of the day
        number = f"+86139{turn:08}"
        if kind == "member":
            inn.member(number)
        asker = inn.phone(f"asker{turn}")
        asker.get("/h5/head/bind")
        guess = {"/bind/code": {}, "/bind": {"code": "000000", "referrer": f"139{turn:08}"}}
        for path, more in guess.items():
            with statements_of(inn.db) as sent:
                answer = asker.post(f"/h5/head{path}", phone=number, **_agreed(**more))
            work.setdefault((path, kind), set()).add(tuple(sent))
            text = answer.text.replace(asker.csrf, "").replace(number, "").replace(number[3:], "")
            bodies.setdefault((path, kind), set()).add((answer.status_code, text))

    for path in ("/bind/code", "/bind"):
        assert bodies[path, "member"] == bodies[path, "nobody"]
        assert len(bodies[path, "nobody"]) == 1
        assert work[path, "member"] == work[path, "nobody"]
        assert len(work[path, "nobody"]) == 1


def test_another_travellers_cookie_shows_only_what_is_its_own_and_forms_of_mine_do_not_fit(inn):
    alice, bob = inn.phone("alice"), inn.phone("bob")
    alice.bind(ALICE, name="陈静")
    bob.bind(BOB, name="周敏")
    token = bob.csrf

    bob.put_cookie(alice.cookie())
    answer = bob.request("POST", "/h5/head/me/privacy/erase", data={"csrf": token, "typed": "确认删除"})

    assert answer.status_code == 400
    assert all(fan.member_id for fan in inn.fans().values())


@pytest.mark.parametrize("path", ["bind", "me", "staff", "me/privacy", "me/phone"])
def test_no_page_shows_a_whole_number(inn, path):
    inn.employ(make.shop(inn.db), "王珊", phone=ALICE)
    alice = inn.phone("alice")
    alice.bind(ALICE)

    assert "13800001111" not in alice.get(f"/h5/head/{path}").text


def test_no_error_page_and_no_log_says_a_number(inn, monkeypatch, caplog):
    def broken(*_args, proved, **_more):
        raise RuntimeError(f"cannot bind {proved.phone}")

    monkeypatch.setattr(membership.binding, "bind", broken)
    caplog.handler.addFilter(Redaction())
    alice = inn.phone("alice")
    alice.ask_code(ALICE)
    fields = {"phone": ALICE, "code": inn.code(ALICE), **AGREED}
    answers = [
        alice.post("/h5/head/bind", **fields),
        alice.post(f"/h5/head/{ALICE}", **fields),
        alice.get(f"/h5/head/nothing?phone={ALICE}"),
        alice.request("POST", "/h5/head/bind", data={**fields, "csrf": "forged"}),
        alice.request("POST", "/h5/head/bind", data={**fields, "name": "x" * 200_000}),
    ]

    assert [one.status_code for one in answers] == [500, 404, 404, 400, 413]
    assert [one.text for one in answers if "13800001111" in one.text] == []
    assert "cannot bind [hidden]" in caplog.text
    assert "13800001111" not in caplog.text


def test_binding_works_on_every_database(open_inn_anywhere):
    inn = open_inn_anywhere()
    alice = inn.phone("alice")

    assert "绑定好了" in alice.bind(ALICE).text
    alice.get("/h5/head/me/privacy/erase")
    assert "已经删除" in alice.post("/h5/head/me/privacy/erase", typed="确认删除").text


def _agreed(**more):
    return {"consent": "yes", "version": "1", "sent": "yes", **more}


def solved(inn, pocket):
    """The answer to the puzzle of the page that was opened last, read as a person would."""
    page = pocket.last.text if pocket.last else ""
    found = re_hidden(page, "puzzle")
    if not found:
        return {}
    one, other = re_question(page)
    return {
        "puzzle": found[0],
        "place": "0",
        "answer": str(friction.NUMBERS.index(one) + friction.NUMBERS.index(other)),
    }


def re_hidden(text, name):
    return re.findall(rf'name="{name}" value="([^"]+)"', text)


def re_claims(text):
    return re.findall(r"/me/claims/(\d+)", text)


def re_question(text):
    return re.search(r"回答：(.)加(.)等于几", text).groups()


def _follow(inn, traveller):
    with inn.db.transaction() as session:
        session.execute(update(Fan).filter_by(openid=inn.openid(traveller)).values(standing="following"))


def _dismiss(inn, staff_id):
    with inn.db.transaction() as session:
        phones.set_active(session.get_one(Staff, staff_id), active=False, vault=vault_of(inn.config.privacy))
