"""How the pages look and feel on a phone: 375 px, light and dark, with and without JavaScript."""

import logging
import threading
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

from bot.coupons import handouts
from bot.coupons.terms import Goods, Scope
from h5 import friction
from tests import make
from tests.coupons.world import Desk
from tests.faces.contrast import faint
from tests.points.world import Till
from tests.support import shots
from tests.support.inn import AGENT
from tests.support.system import free_port

pytestmark = pytest.mark.browser

SMALL = """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")]
  .filter((each) => each.checkVisibility() && !each.closest("label, p, article, .first") && !each.matches(".first"))
  .map((each) => [each.getBoundingClientRect(), each])
  .filter(([box]) => box.height < 43.5 || box.width < 43.5)
  .map(([box, each]) => `${each.tagName} ${each.className || each.id} ${Math.round(box.width)}x${Math.round(box.height)}`)"""


@pytest.fixture
def served(open_inn):
    """The pages on a port of this machine."""
    port = free_port()
    inn = open_inn(public_url=f"http://127.0.0.1:{port}")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", port, inn.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield inn
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def hand(served, browser, request):
    """Opens a page as a traveller's phone would, signed in by WeChat; its last sights may be kept (`shots`)."""
    contexts, complaints = [], []

    def opened(path, *, traveller="alice", scheme="light", scripts=True, width=375):
        served.phone(traveller)
        context = browser.new_context(
            viewport={"width": width, "height": 812},
            color_scheme=scheme,
            java_script_enabled=scripts,
            user_agent=AGENT,
            has_touch=True,
            extra_http_headers={"X-Sim-Traveller": traveller},
        )
        contexts.append(context)
        tab = context.new_page()
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on(
            "console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None
        )
        tab.goto(f"{served.public_url}{path}")
        return tab

    yield opened
    for number, context in enumerate(contexts):
        shoot(context.pages[0], f"{request.node.name.removeprefix('test_')[:70]}-{number}")
        context.close()
    assert not complaints


def shoot(tab, name):
    shots.keep(tab, f"h5-{name}", full_page=True)


ALICE, SHAN = "+8613800001111", "+8613800003333"
PAGES = ["bind", "me", "me/privacy", "policy", "mall", "staff", "me/phone", "nothing", "signed-in?again=1"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read_reached_by_a_thumb_and_fits_the_width(hand, served, scheme):
    served.phone("alice")
    tab = hand("/h5/head/me", scheme=scheme)

    for path in PAGES:
        tab.goto(f"{served.public_url}/h5/head/{path}")
        for details in tab.locator("details").all():
            details.evaluate("each => each.open = true")
        assert faint(tab) == [], path
        assert tab.evaluate(SMALL) == [], path
        assert tab.evaluate("document.documentElement.scrollWidth") == 375, path
        shoot(tab, f"{scheme}-{path.replace('/', '-').partition('?')[0]}")


def test_a_members_points_can_be_read_and_fit_a_hand(hand, served):
    served.phone("alice", phone=ALICE).bind(ALICE)
    till = Till(served.db)
    member_id = served.fans()[served.openid("alice")].member_id
    till.earn(member_id, 12_800, days=40, reason="消费积分（欢乐海岸亲子两日游，含接送）")
    bought = till.earn(member_id, 500, reason="生日礼遇")
    till.spend(member_id, 13_000, reason="兑换：驿站保温杯")
    till.claw_back(bought.id, reason="退款，收回积分")
    tab = hand("/h5/head/me")
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        for path in ("me", "me/points"):
            tab.goto(f"{served.public_url}/h5/head/{path}")
            assert faint(tab) == [], path
            assert tab.evaluate(SMALL) == [], path
            assert tab.evaluate("document.documentElement.scrollWidth") == 375, path
            shoot(tab, f"{scheme}-points-{path.replace('/', '-')}")


def test_the_staffs_pages_fit_a_hand_too(hand, served):
    served.employ(make.shop(served.db), "王珊", phone=ALICE)
    served.phone("alice", phone=ALICE).bind(ALICE)
    for scheme in ("light", "dark"):
        tab = hand("/h5/head/staff", scheme=scheme)
        for path in ("staff", "staff/poster", "hello"):
            if path == "hello":
                tab.goto(tab.locator("[data-link]").get_attribute("data-link"))
            else:
                tab.goto(f"{served.public_url}/h5/head/{path}")
            for details in tab.locator("details").all():
                details.evaluate("each => each.open = true")
            tab.wait_for_function(
                "[...document.images].every((each) => each.loading === 'lazy' || each.complete)"
            )
            assert (
                tab.evaluate("[...document.images].filter((one) => one.complete && !one.naturalWidth).length")
                == 0
            )
            assert faint(tab) == [], path
            assert tab.evaluate(SMALL) == [], path
            assert tab.evaluate("document.documentElement.scrollWidth") == 375, path
            shoot(tab, f"{scheme}-{path.replace('/', '-')}")


def test_a_wide_phone_is_filled_and_no_wider(hand):
    tab = hand("/h5/head/bind", width=430)

    assert tab.evaluate("document.documentElement.scrollWidth") == 430
    expect(tab.get_by_role("button", name="获取验证码")).to_be_visible()


def ask(tab, number="13800001111"):
    tab.get_by_label("手机号", exact=True).fill(number)
    tab.get_by_role("checkbox").first.check()
    tab.get_by_role("button", name="获取验证码").click()
    expect(tab.get_by_label("短信验证码")).to_be_visible()


def test_without_javascript_the_form_works_as_forms_do(hand, served):
    tab = hand("/h5/head/me/phone", scripts=False)

    ask(tab)
    tab.get_by_label("短信验证码").fill(served.code(ALICE))
    tab.get_by_role("button", name="完成绑定").click()
    expect(tab.get_by_role("heading", name="绑定好了")).to_be_visible()
    tab.get_by_role("link", name="继续刚才的页面").click()

    expect(tab).to_have_url(f"{served.public_url}/h5/head/me/phone")


def test_the_code_field_comes_in_place_with_the_cursor_in_it_and_a_clock_beside(hand, served):
    tab = hand("/h5/head/bind")
    tab.get_by_text("有朋友推荐您来").click()
    tab.evaluate("window.stays = true")

    ask(tab)

    code = tab.get_by_label("短信验证码")
    expect(code).to_be_focused()
    assert code.get_attribute("autocomplete") == "one-time-code"
    assert code.get_attribute("inputmode") == "numeric"
    expect(tab.get_by_role("button", name="秒后重发")).to_be_disabled()
    expect(tab.get_by_label("推荐人", exact=True)).to_be_visible()
    assert tab.evaluate("window.stays")
    shoot(tab, "code-in-place")


def test_what_is_wrong_stands_beside_its_field_and_is_announced(hand):
    tab = hand("/h5/head/bind")

    tab.get_by_label("手机号", exact=True).fill("138")
    tab.get_by_role("button", name="获取验证码").click()

    expect(tab.get_by_role("alert").filter(has_text="号码不完整")).to_be_visible()
    expect(tab.get_by_label("手机号", exact=True)).to_be_focused()
    expect(tab.get_by_label("手机号", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(tab.get_by_label("手机号", exact=True)).to_have_value("138")
    assert faint(tab) == []
    shoot(tab, "wrong")


def test_the_puzzle_is_solved_by_the_keys_alone(hand, served):
    tab = hand("/h5/head/bind")
    ask(tab)
    for _ in range(3):
        tab.get_by_label("短信验证码").fill("000000")
        tab.evaluate("document.querySelector('#bind').dataset.old = 'yes'")
        tab.get_by_label("短信验证码").press("Enter")
        expect(tab.locator("#bind:not([data-old]) #wrong-code")).to_be_visible()
    slider = tab.get_by_role("slider")
    expect(slider).to_be_visible()
    assert faint(tab) == []
    assert tab.evaluate(SMALL) == []
    picture = tab.locator(".puzzle img")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("each => each.naturalWidth > 0")

    with served.app.test_request_context("/h5/head/me", headers={"Cookie": cookie_of(tab)}):
        served.app.preprocess_request()
        place = friction._puzzle(tab.locator("[name=puzzle]").input_value()).place
    tab.get_by_label("短信验证码").fill(served.code(ALICE))
    slider.focus()
    for _ in range(place):
        slider.press("ArrowRight")
    shoot(tab, "puzzle")
    tab.get_by_role("button", name="完成绑定").click()

    expect(tab.get_by_role("heading", name="绑定好了")).to_be_visible()


def test_members_and_staff_see_their_pages(hand, served):
    served.employ(make.shop(served.db), "王珊", phone=ALICE)
    for scheme in ("light", "dark"):
        tab = hand("/h5/head/bind", scheme=scheme, traveller="alice")
        if scheme == "light":
            ask(tab)
            tab.get_by_label("短信验证码").fill(served.code(ALICE))
            tab.get_by_text("留下称呼和生日").click()
            tab.get_by_label("称呼").fill("陈静")
            tab.get_by_role("button", name="完成绑定").click()
            expect(tab.get_by_role("heading", name="绑定好了")).to_be_visible()
            shoot(tab, "bound")
        for path in (
            "me",
            "bind",
            "bind/done",
            "staff",
            "me/privacy",
            "me/phone",
            "me/profile",
            "me/rights",
            "me/referrals",
            "staff/counter",
            "me/privacy/erase",
            "me/privacy/withdraw",
        ):
            tab.goto(f"{served.public_url}/h5/head/{path}")
            assert faint(tab) == [], path
            assert tab.evaluate(SMALL) == [], path
            assert tab.evaluate("document.documentElement.scrollWidth") == 375, path
            shoot(tab, f"member-{scheme}-{path.replace('/', '-')}")


def cookie_of(tab):
    return "; ".join(f"{each['name']}={each['value']}" for each in tab.context.cookies())


def test_a_coupon_is_taken_shown_and_used_at_the_counter(hand, served):
    desk = Desk(served.db)
    template = desk.template(name="线路满减券", transferable=True, scope=Scope(Goods(frozenset({"线路"}))))
    ends = desk.now + timedelta(days=9)
    with served.db.transaction() as session:
        link = handouts.make(
            session,
            template,
            name="秋游季",
            starts_at=desk.now,
            ends_at=ends,
            most=None,
            by="林",
            now=desk.now,
        )
    served.phone("alice", phone=ALICE).bind(ALICE)
    served.employ(desk.shop, phone=SHAN)
    served.phone("shan", phone=SHAN).bind(SHAN)

    tab = hand(f"/h5/head/coupons/take/{link.code}")
    tab.get_by_role("button", name="立即领取").click()
    expect(tab.get_by_text("领到了")).to_be_visible()
    picture = tab.get_by_alt_text("券码的二维码")
    expect(picture).to_have_js_property("complete", value=True)
    expect(picture).not_to_have_js_property("naturalWidth", value=0)
    code = "".join(tab.locator(".spoken").inner_text().split())
    _fits(tab, "coupon")
    tab.get_by_role("link", name="我的优惠券").click()
    expect(tab.locator(".ticket")).to_contain_text("满¥300减¥50")
    _fits(tab, "coupons")

    counter = hand(f"/h5/head/staff/coupons/{code}", traveller="shan")
    counter.get_by_label("订单金额").fill("258")
    counter.get_by_label("品类").select_option("线路")
    counter.get_by_role("button", name="算一算").click()
    expect(counter.get_by_text("还差 ¥42")).to_be_visible()
    counter.get_by_label("订单金额").fill("400")
    counter.get_by_role("button", name="重新计算").click()
    expect(counter.get_by_text("¥350")).to_be_visible()
    _fits(counter, "coupon-counter")
    counter.get_by_role("button", name="确认核销").click()
    expect(counter.get_by_text("已核销，减 ¥50")).to_be_visible()

    tab.get_by_role("link", name="已用").click()
    expect(tab.locator(".ticket__stamp")).to_have_text("已用")
    _fits(tab, "coupons-used")


def _fits(tab, name):
    tab.wait_for_load_state()  # what was clicked may have no style yet
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        assert faint(tab) == [], name
        assert tab.evaluate(SMALL) == [], name
        assert tab.evaluate("document.documentElement.scrollWidth") == 375, name
        shoot(tab, f"{scheme}-{name}")
    tab.emulate_media(color_scheme="light")
