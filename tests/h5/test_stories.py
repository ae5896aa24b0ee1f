"""Travellers on the simulator's phone, before our real processes: they bind, are refused, come from elsewhere, leave."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from bot.channels.figures import days
from bot.channels.figures import jobs as add_up
from bot.channels.models import Channel
from bot.db import utc_now
from bot.members import cards, export, identities, people
from bot.members.models import IdentityKind, Member
from bot.organisation import phones
from bot.organisation.models import Staff
from bot.prints import pictures
from h5.friction import NUMBERS
from simulator.server import Server
from tests import make
from tests.h5.road import SECOND, Road, page_in, tap
from tests.support import shots
from tests.support.private_redis import private_redis
from tests.support.system import eventually

pytestmark = pytest.mark.browser


@pytest.fixture
def road(tmp_path, empty_sqlite):
    """A deployment with its menus, Alice and Bob on their phones, and a shop."""
    with private_redis() as redis, Server() as platform:
        made = Road(tmp_path, empty_sqlite, redis, platform)
        made.heard = redis.overhear()
        try:
            made.enrol()
            made.start("web", "worker", "clock")
            made.shop_id = make.shop(made.db)
            made.put_menus()
            made.sim("POST", "travellers", id="alice", name="陈静", phone="13800001111")
            made.sim("POST", "travellers", id="bob", name="周敏", phone="13800002222")
            yield made
        finally:
            made.stop()


@pytest.fixture
def open_tab(browser, request):
    """Opens a page in a window with room for the phone; its last sight may be kept (`shots`)."""
    contexts, errors = [], []

    def opened(address):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        contexts.append(context)
        tab = context.new_page()
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
        tab.goto(address)
        return tab

    yield opened
    for number, context in enumerate(contexts):
        shots.keep(context.pages[0], f"story-{request.node.name.removeprefix('test_')[:60]}-{number}")
        context.close()
    assert not errors


def ask_code(page, number, *, consent=True):
    page.get_by_label("手机号", exact=True).fill(number)
    if consent:
        page.get_by_role("checkbox", name=re.compile("隐私政策")).check()
    page.get_by_role("button", name="获取验证码").click()
    expect(page.get_by_label("短信验证码")).to_be_visible()


def bind(road, page, traveller, number):
    """Fill the form of the page in, with the code that comes to the traveller's phone."""
    before = len(road.sms(traveller))
    ask_code(page, number)
    page.get_by_label("短信验证码").fill(road.code(traveller, after=before))
    page.get_by_role("button", name="完成绑定").click()
    expect(page.get_by_role("heading", name="绑定好了")).to_be_visible()


def fan(road, openid):
    return make.fans(road.db)[openid]


def openid(road, traveller, app_id=None):
    return road.sim("GET", f"travellers/{traveller}")["accounts"][app_id or road.app_id]["openid"]


def test_a_new_traveller_binds_with_a_referrer(road, open_tab):
    bob = tap(road.phone(open_tab, "bob"), "绑定手机")
    bind(road, bob, "bob", "13800002222")
    page = tap(road.phone(open_tab, "alice"), "会员卡")
    expect(page.get_by_text("绑定手机号成为会员")).to_be_visible()

    page.get_by_role("link", name="绑定手机号").click()
    page.get_by_text("有朋友推荐您来").click()
    page.get_by_label("推荐人", exact=True).fill("138 0000 2222")
    bind(road, page, "alice", "13800001111")
    expect(page.get_by_text("138****1111")).to_be_visible()
    page.get_by_role("link", name="去我的页面").click()

    expect(page.get_by_text("驿站会员")).to_be_visible()
    members = {fan(road, openid(road, who)).member_id for who in ("alice", "bob")}
    assert None not in members
    assert len(members) == 2


def test_the_sheet_stands_over_a_page_that_waits_and_leads_to_it(road, open_tab):
    tab = road.phone(open_tab, "alice")
    page = tap(tab, "更换号码")
    expect(page.get_by_role("dialog", name="先绑定手机号")).to_be_visible()

    bind(road, page, "alice", "13800001111")
    page.get_by_role("link", name="继续刚才的页面").click()

    expect(page.get_by_role("heading", name="更换手机号")).to_be_visible()


def test_a_member_known_from_an_import_is_the_same_one(road, open_tab):
    member_id = imported(road, "+8613800001111", "陈静")

    page = tap(road.phone(open_tab, "alice"), "绑定手机")
    bind(road, page, "alice", "13800001111")
    page.get_by_role("link", name="去我的页面").click()

    expect(page.get_by_text("陈**")).to_be_visible()
    assert survivor(road, fan(road, openid(road, "alice")).member_id) == survivor(road, member_id)


def test_someone_of_the_staff_finds_their_shop_and_scans_a_card_until_they_leave(road, open_tab, tmp_path):
    staff_id = employed(road, "+8613800001111", "王珊")
    tab = road.phone(open_tab, "alice")
    page = tap(tab, "员工入口")
    expect(page.get_by_text("请绑定店长为您登记的手机号")).to_be_visible()

    page.get_by_role("link", name="绑定手机号").click()
    bind(road, page, "alice", "13800001111")
    page.get_by_role("link", name="打开员工中心").click()
    expect(page.get_by_text("王珊")).to_be_visible()
    expect(page.get_by_text("上海人民广场店").first).to_be_visible()
    page.get_by_role("link", name="门店柜台").click()
    scan = page.get_by_role("button", name="扫一扫会员码")
    expect(scan).to_be_visible()
    shown = tmp_path / "card.png"
    shown.write_bytes(card_of(road, imported(road, "+8613800002222", "陈静")))
    scan.click()
    with tab.expect_file_chooser() as chooser:
        tab.get_by_role("button", name="选择图片").click()
    chooser.value.set_files(shown)
    expect(page.get_by_text("陈**")).to_be_visible()
    page.get_by_role("link", name="换一位").click()
    page.get_by_role("link", name="员工中心").click()
    expect(page.get_by_role("link", name="我的", exact=True)).to_be_visible()
    with road.db.transaction() as session:
        phones.set_active(session.get_one(Staff, staff_id), active=False, vault=None)
    page.get_by_role("link", name="我的", exact=True).click()
    expect(page.get_by_text("员工中心")).to_have_count(0)
    tab.get_by_role("button", name="关闭网页").click()

    expect(tap(tab, "员工入口").get_by_role("heading", name="这里是员工的页面")).to_be_visible()


def test_a_staff_members_poster_is_saved_scanned_and_counted(road, open_tab, tmp_path):
    employed(road, "+8613800001111", "王珊")
    tab = road.phone(open_tab, "alice")
    bind(road, tap(tab, "绑定手机"), "alice", "13800001111")
    page = page_in(tab)
    page.get_by_role("link", name="打开员工中心").click()
    page.get_by_role("link", name="保存或更换海报").click()
    design = page.locator(".designs button").nth(1)
    design.click()
    expect(page.locator(".designs button").nth(1)).to_have_attribute("aria-current", "true")
    expect(page.locator(".poster")).to_have_attribute("data-shared", "yes")
    tab.locator(".web-head").get_by_role("button", name="更多").click()
    title = re.compile(f"分享卡片：{design.inner_text()}.*王珊")
    expect(tab.get_by_role("button", name=title)).to_be_visible()
    tab.keyboard.press("Escape")
    shown = page.locator(".poster img")
    expect(shown).to_have_js_property("complete", value=True)
    shown.click(button="right")
    tab.get_by_role("button", name="保存图片").click()
    expect(tab.get_by_text("已保存到相册")).to_be_visible()
    [name] = road.sim("GET", "phone/album/alice")["pictures"]
    saved = tmp_path / "poster.jpg"
    saved.write_bytes(road.http.get(f"{road.platform.url}/sim/phone/album/alice/{name}").content)

    other = open_tab(f"{road.platform.url}/phone#who=bob")
    other.get_by_role("button", name="扫一扫").first.click()
    with other.expect_file_chooser() as chooser:
        other.get_by_role("button", name="选择图片").click()
    chooser.value.set_files(saved)
    other.get_by_role("button", name="关注公众号", exact=True).click()
    expect(other.locator(".bubbles li").first).to_be_visible()
    bind(road, tap(other, "绑定手机"), "bob", "13800002222")

    traveller, channel = fan(road, openid(road, "bob")), poster_channel(road)
    assert (traveller.first_channel_id, traveller.first_shop_id) == (channel.id, road.shop_id)
    count(road)
    page.get_by_role("link", name="员工中心").click()
    numbers = page.get_by_role("region", name="海报带来的旅客").locator("dd")
    expect(numbers).to_have_text(["1", "1", "1"])


def test_whoever_does_not_allow_it_may_come_back(road, open_tab):
    road.sim("PUT", "settings", oauth_refusal_redirects=True)
    page = tap(road.phone(open_tab, "alice"), "绑定手机")

    page.get_by_role("link", name="我在其他公众号绑定过").click()
    page.get_by_role("button", name="拒绝").click()
    expect(page.get_by_role("heading", name="您没有允许，没关系")).to_be_visible()
    page.get_by_role("link", name="返回").click()

    expect(page.get_by_text("绑定手机号成为会员")).to_be_visible()


def test_wrong_codes_end_in_a_lock_and_kind_words(road, open_tab):
    page = tap(road.phone(open_tab, "alice"), "绑定手机")
    ask_code(page, "13800001111")
    right = road.code("alice")
    wrong = f"{(int(right) + 1) % 1_000_000:06}"

    for _ in range(7):
        solve(page)
        page.get_by_label("短信验证码").fill(wrong)
        with_answer(page, lambda: page.get_by_role("button", name="完成绑定").click())
        expect(page.locator("#wrong-code")).to_be_visible()
    solve(page)
    page.get_by_label("短信验证码").fill(right)
    page.get_by_role("button", name="完成绑定").click()

    expect(page.locator("#wrong-code")).to_have_text(re.compile("请.*(再来|重发)"))
    assert fan(road, openid(road, "alice")).member_id is None


def test_a_snapshot_is_explained_and_binds_nobody(road, open_tab):
    road.sim("PUT", "settings", snapshot_without_tap=True)
    tab = road.phone(open_tab, "alice")
    page = tap(tab, "绑定手机")

    page.get_by_role("link", name="我在其他公众号绑定过").click()
    expect(page.get_by_role("heading", name="请打开完整的页面")).to_be_visible()
    assert len(make.fans(road.db)) == 1
    tab.get_by_role("button", name="使用完整服务").click()
    page.get_by_role("button", name="允许").click()

    expect(page.get_by_text("没有找到您在其他公众号的绑定")).to_be_visible()
    assert fan(road, openid(road, "alice")).unionid


def test_the_same_traveller_is_known_at_a_second_account(road, open_tab):
    bind(road, tap(road.phone(open_tab, "alice"), "绑定手机"), "alice", "13800001111")
    eventually(lambda: fan(road, openid(road, "alice")).unionid)  # a follower's is told without asking

    page = tap(road.phone(open_tab, "alice", "tours"), "绑定手机")
    page.get_by_role("link", name="我在其他公众号绑定过").click()
    page.get_by_role("button", name="允许").click()

    expect(page.get_by_text("138****1111")).to_be_visible()
    ours = [fan(road, openid(road, "alice", app_id)).member_id for app_id in (road.app_id, SECOND)]
    assert ours[0] is not None
    assert ours[0] == ours[1]


def test_a_member_changes_the_number_takes_the_file_and_leaves(road, open_tab):
    tab = road.phone(open_tab, "alice")
    page = tap(tab, "绑定手机")
    bind(road, page, "alice", "13800001111")
    road.sim("POST", "travellers", id="alice", name="陈静", phone="13800003333")
    page.get_by_role("link", name="去我的页面").click()
    page.get_by_role("link", name="隐私与资料").click()

    page.get_by_role("link", name="更换手机号").click()
    page.get_by_label("新手机号").fill("13800003333")
    page.get_by_role("button", name="获取验证码").click()
    page.get_by_label("短信验证码").fill(road.code("alice"))
    page.get_by_role("button", name="完成更换").click()
    expect(page.get_by_text("新号码已经绑定好了")).to_be_visible()

    page.get_by_role("button", name="导出我的资料").click()
    expect(page.get_by_text("好的，正在准备")).to_be_visible()
    eventually(lambda: is_ready(road, openid(road, "alice")))
    tab.get_by_role("button", name="关闭网页").click()
    page = tap(tab, "会员卡")
    page.get_by_role("link", name="隐私与资料").click()
    expect(page.get_by_role("link", name="下载我的资料")).to_be_visible()

    page.get_by_role("link", name="删除我的资料").click()
    page.get_by_label("确认").fill("确认删除")
    page.get_by_role("button", name="确认删除").click()
    expect(page.get_by_role("heading", name="已经删除")).to_be_visible()
    assert fan(road, openid(road, "alice")).member_id is None
    # Whatever was done with them on the way, by three processes: neither number stands anywhere.
    eventually(lambda: not road.outstanding())
    assert road.leaks(road.heard, b"13800001111", b"13800003333") == []


def test_the_mall_is_open_to_who_has_not_bound_yet(road, open_tab):
    page = tap(road.phone(open_tab, "alice"), "积分商城")

    expect(page.get_by_text("绑定手机号，用积分换旅途好物")).to_be_visible()


def solve(page):
    """Answer the question, where a puzzle is asked for."""
    if page.get_by_label(re.compile("或者回答")).count():
        one, other = re.search(
            "回答：(.)加(.)", page.get_by_text(re.compile("或者回答")).inner_text()
        ).groups()
        page.get_by_label(re.compile("或者回答")).fill(str(NUMBERS.index(one) + NUMBERS.index(other)))


def with_answer(page, do):
    """Do something that sends the form, and wait until what came back stands on the page."""
    page.locator("#bind").evaluate("each => each.dataset.old = 'yes'")
    do()
    expect(page.locator("#bind:not([data-old])")).to_be_visible()


def employed(road, number, name):
    with road.db.transaction() as session:
        staff = Staff(shop_id=road.shop_id, name=name, role="旅行顾问", active=True)
        phones.put(staff, number, road.vault)
        session.add(staff)
        session.flush()
        return staff.id


def poster_channel(road):
    """The one code that belongs to somebody of the staff."""
    with road.db.reading() as session:
        return session.scalars(select(Channel).where(Channel.staff_id.is_not(None))).one()


def count(road):
    """Add the figures up now: the clock leaves the newest half minute alone."""
    with road.db.transaction() as session:
        days.want_all(session)
    add_up.rebuild(road.db, seconds=60)


def imported(road, number, name):
    """Somebody known from a spreadsheet: a member who has proven nothing yet."""
    with road.db.transaction() as session:
        now = utc_now()
        member, key = people.add(session, road.vault, source="import", shop_id=road.shop_id, now=now)
        people.describe(member, key, name=name, birthday=None)
        identities.add(
            session, road.vault, member, key, kind=IdentityKind.PHONE, value=number, verified=False, now=now
        )
        return member.id


def card_of(road, member_id):
    """The picture of the code that a member's card shows now."""
    with road.db.reading() as session:
        number = session.get_one(Member, member_id).number
    return pictures.png(cards.code(road.vault, number, now=utc_now()), width=400, whose=number)


def is_ready(road, who):
    with road.db.reading() as session:
        made = export.latest(session, fan(road, who).id)
        return made is not None and made.state == "done"


def survivor(road, member_id):
    """Who a member is after all merges."""
    with road.db.reading() as session:
        member = session.get_one(Member, member_id)
        while member.merged_into_id:
            member = session.get_one(Member, member.merged_into_id)
        return member.id
