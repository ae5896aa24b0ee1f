"""Somebody of the staff and their poster: in the pages, in the chat, shared, and on the command line."""

import contextlib
import io
import re
from datetime import timedelta

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import select

import posters
from bot.app import assemble
from bot.channels.figures import days
from bot.channels.figures import jobs as add_up
from bot.channels.models import Channel, ChannelState
from bot.consents import policies
from bot.db import utc_now
from bot.fans.models import Fan
from bot.jobs import JOBS
from bot.members import binding
from bot.members.codes import Proved, Purpose
from bot.organisation import phones
from bot.organisation.models import Staff
from bot.outbox.outcomes import Pointless
from bot.posters import designs, figures, jobs, kept, usage, versions
from bot.posters.models import PosterOrder, StaffPortrait
from bot.privacy import vault_of
from bot.wechat.gateway import AccountGateway
from h5 import mine, poster
from tests import make
from tests.support.phone import Phone

ALICE, BOB = "+8613800001111", "+8613800002222"


@pytest.fixture
def shop(inn, monkeypatch):
    mine.KEPT.__init__()
    monkeypatch.setattr(mine.KEPT, "warm_up", lambda: None)  # a test draws what it counts
    return make.shop(inn.db)


@pytest.fixture
def alice(inn, shop):
    """Somebody of the staff, signed in."""
    return hired(inn, shop, "alice", ALICE, "王珊")


def hired(inn, shop, traveller, number, name):
    staff_id = inn.employ(shop, name, phone=number)
    made = inn.phone(traveller, phone=number)
    inn.sim("POST", f"travellers/{traveller}/follow", account=inn.config.accounts[0].app_id, wait=False)
    made.get("/h5/head/me")
    vault = vault_of(inn.config.privacy)
    with inn.db.transaction() as session:
        fan = session.scalars(select(Fan).filter_by(openid=inn.openid(traveller))).one()
        proved = Proved(fan.id, number, Purpose.BIND)
        binding.bind(
            session,
            vault,
            proved=proved,
            policy_version=policies.current(session).version,
            marketing=False,
            referrer_phone=None,
            name=name,
            birthday=None,
            now=utc_now(),
        )
    made.staff_id = staff_id
    return made


def said_by(picture):
    return {one.text for one in zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))}


def pictures(page, size="large"):
    return [one.replace("&amp;", "&") for one in re.findall(rf'src="([^"]+/{size}\.jpg)"', page.text)]


def own_channel(inn, staff_id):
    with inn.db.reading() as session:
        return session.scalars(select(Channel).filter_by(staff_id=staff_id)).all()


def photograph(colour="orange", size=(900, 700)):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0")
    return out.getvalue()


def test_a_poster_leads_to_ones_own_code_and_nobody_elses(inn, alice, shop):
    page = alice.get("/h5/head/staff/poster")

    [channel] = own_channel(inn, alice.staff_id)
    assert (channel.shop_id, channel.purpose, channel.scene) == (shop, "staff", f"c:{channel.id}")
    [large] = pictures(page)
    answer = alice.request("GET", large)
    assert said_by(answer.data) == {channel.url}
    assert answer.mimetype == "image/jpeg"
    small = Image.open(io.BytesIO(alice.request("GET", pictures(page, "small")[0]).data))
    assert small.width == 300
    bob = hired(inn, shop, "bob", BOB, "李敏")
    bob.get("/h5/head/staff/poster")
    [his] = own_channel(inn, bob.staff_id)
    assert said_by(bob.request("GET", large).data) == {his.url} != {channel.url}
    stranger = inn.phone("carol")
    stranger.get("/h5/head/me")
    assert stranger.request("GET", large).status_code == 403


def test_what_the_browser_has_is_not_drawn_again_and_a_changed_fact_changes_the_address(
    inn, alice, monkeypatch
):
    drawn = []
    monkeypatch.setattr(
        "bot.posters.making.posters.draw",
        lambda *a, _real=mine.making.posters.draw, **k: drawn.append(1) or _real(*a, **k),
    )
    [large] = pictures(alice.get("/h5/head/staff/poster"))
    first = alice.request("GET", large)
    alice.request("GET", large)
    again = alice.request("GET", large, headers={"If-None-Match": first.headers["ETag"]})

    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    assert (
        first.headers["Cache-Control"]
        == again.headers["Cache-Control"]
        == "private, max-age=86400, immutable"
    )
    assert len(drawn) == 1
    with inn.db.transaction() as session:
        session.get_one(Staff, alice.staff_id).name = "王珊珊"
    [other] = pictures(alice.get("/h5/head/staff/poster"))
    assert other != large
    stale = alice.request("GET", large)
    assert (stale.status_code, stale.headers["Cache-Control"]) == (200, "no-store")
    assert alice.request("GET", other).data == stale.data != first.data


def test_a_design_that_is_chosen_stays_and_one_that_is_not_offered_is_not_drawn(inn, alice, shop):
    page = alice.get("/h5/head/staff/poster")
    keys = re.findall(r'name="design" value="([\w-]+)"', page.text)
    assert len(keys) > 2

    chosen = alice.post("/h5/head/staff/poster", design=keys[1])
    assert f"/{keys[1]}/" in pictures(chosen)[0]
    assert f"/{keys[1]}/" in pictures(alice.get("/h5/head/staff"))[0]
    assert alice.post("/h5/head/staff/poster", design="nothing-of-ours").status_code == 200
    now, other = utc_now(), make.shop(inn.db, "济南泉城路店", "济南分公司")
    with inn.db.transaction() as session:
        versions.hide(session, designs.row_of(session, keys[1], maker=None, now=now))
        designs.put_reach(session, designs.row_of(session, keys[2], maker=None, now=now), shops=[other])
        late = designs.row_of(session, keys[0], maker=None, now=now)
        late.ends_on = now.date() - timedelta(3)

    page = alice.get("/h5/head/staff/poster").text
    assert [key for key in keys[:3] if f"/{key}/" in page] == []
    assert alice.request("GET", pictures(chosen)[0]).status_code == 404


def test_a_code_out_of_use_and_a_wechat_that_is_away_are_explained(inn, alice, monkeypatch):
    with monkeypatch.context() as patched:
        from bot.errors import WeChatUnavailable

        def away(*_arguments, **_more):
            raise WeChatUnavailable(None, "no answer")

        patched.setattr(AccountGateway, "create_code", away)
        page = alice.get("/h5/head/staff/poster")
        assert "二维码还在准备" in page.text
        assert pictures(page) == []
    assert pictures(alice.get("/h5/head/staff/poster")) != []
    [channel] = own_channel(inn, alice.staff_id)
    with inn.db.transaction() as session:
        session.get_one(Channel, channel.id).state = ChannelState.RETIRED.value

    assert "已停用" in alice.get("/h5/head/staff").text
    assert "已停用" in alice.get("/h5/head/staff/poster").text


def test_a_portrait_is_made_anew_shown_and_taken_away(inn, alice):
    [before] = pictures(alice.get("/h5/head/staff/poster"))

    def send(content, name="me.jpg"):
        data = {"csrf": alice.csrf, "picture": (io.BytesIO(content), name)}
        answer = alice.request("POST", "/h5/head/staff/poster/portrait", data=data)
        return alice.get(answer.location)

    assert "头像换好了" in send(photograph()).text
    [after] = pictures(alice.last)
    assert after != before
    with inn.db.reading() as session:
        row = session.get_one(StaffPortrait, alice.staff_id)
        kept = mine.portraits.of(session, row.staff_id)
    assert b"Exif" not in kept
    assert max(Image.open(io.BytesIO(kept)).size) == 640
    assert "不是照片" in send(b"<svg onload=alert(1)>", "me.svg").text
    assert "请先选一张" in send(b"", "").text
    alice.post("/h5/head/staff/poster/portrait/remove")
    assert pictures(alice.last)[0] == before
    huge = alice.request(
        "POST",
        "/h5/head/staff/poster/portrait",
        data=b"x" * (poster.MOST_KILOBYTES * 1024 + 1),
        content_type="multipart/form-data; boundary=x",
    )
    assert huge.status_code == 413


def test_the_picture_shown_at_wechat_is_copied_after_a_tap_and_goes_with_the_job(inn, alice):
    page = alice.get("/h5/head/staff/poster")
    [link] = re.findall(r'href="(/h5/head/show-me[^"]+)"', page.text)
    inn.platform.platform.state.travellers["alice"].consents.append(make.account("head").app_id)

    assert "头像换好了" in alice.get(link.replace("&amp;", "&")).text
    with inn.db.transaction() as session:
        assert session.get(StaffPortrait, alice.staff_id) is not None
        phones.set_active(session.get_one(Staff, alice.staff_id), active=False, vault=None)
    JOBS["posters.tidy"](inn.runtime)
    with inn.db.reading() as session:
        assert session.get(StaffPortrait, alice.staff_id) is None
    assert alice.request("GET", pictures(page)[0]).status_code == 403


def test_a_shared_card_is_for_everybody_and_cannot_be_guessed(inn, alice):
    page = alice.get("/h5/head/staff/poster")
    [link] = re.findall(r'data-link="([^"]+)"', page.text)
    [channel] = own_channel(inn, alice.staff_id)
    stranger = inn.app.test_client()

    card = stranger.get(link, base_url=inn.public_url)
    assert card.status_code == 200
    assert "王珊" in card.text
    assert ALICE not in card.text
    assert said_by(stranger.get(f"{link}/large.jpg").data) == {channel.url}
    forged = link.replace(f"/hello/{channel.id}/", f"/hello/{channel.id + 1}/")
    assert stranger.get(forged).status_code == stranger.get(f"{link}0").status_code == 404
    with inn.db.transaction() as session:
        phones.set_active(session.get_one(Staff, alice.staff_id), active=False, vault=None)
    assert "已经收起来了" in stranger.get(link).text
    assert stranger.get(f"{link}/small.jpg").status_code == 404


def test_after_the_first_visit_every_design_is_prepared_once(monkeypatch):
    drawn, began = [], []
    monkeypatch.setattr(kept.posters, "draw", lambda template, _facts: drawn.append(template.title))
    monkeypatch.setattr(kept, "WARM_PAUSE", 0)

    class Timer:
        def __init__(self, _seconds, work):
            self.start = lambda: began.append(work())

    monkeypatch.setattr(kept.threading, "Timer", Timer)
    pictures_kept = kept.Kept()
    pictures_kept.warm_up()
    pictures_kept.warm_up()

    assert len(began) == 1
    assert drawn == [one.title for one in posters.builtin().values()]


def test_pictures_are_drawn_only_so_often(inn, alice, monkeypatch):
    monkeypatch.setattr(poster, "DRAWN", 2)
    monkeypatch.setattr(poster, "DRAWN_SECONDS", 10**9)  # the window does not end amid the test
    [large] = pictures(alice.get("/h5/head/staff/poster"))

    assert [alice.request("GET", large).status_code for _ in range(3)] == [200, 200, 429]


@pytest.fixture
def chat(inn, alice):
    """Alice's chat with the account."""
    return Phone(assemble(inn.runtime), inn.config.accounts[0], openid=inn.openid("alice"))


def orders(inn):
    with inn.db.reading() as session:
        return session.scalars(select(PosterOrder).order_by(PosterOrder.id)).all()


def bubbles(inn, traveller="alice"):
    found = inn.sim("GET", f"travellers/{traveller}/chat?account={inn.config.accounts[0].app_id}")["bubbles"]
    return [one for one in found if one["sender"] != "traveller"]


@pytest.fixture
def in_touch(inn, alice):
    """Alice wrote to the account as WeChat sees it, so it may write to her."""
    inn.sim("POST", "travellers/alice/say", account=inn.config.accounts[0].app_id, text="海报", wait=False)


def keep(inn, order, times=1):
    for _ in range(times):
        with contextlib.suppress(Pointless):
            JOBS["posters.send"](inn.runtime, order_id=order.id)


def test_the_word_brings_the_picture_once_however_often_the_job_runs(inn, alice, chat, in_touch):
    assert chat.say(" 海报。").text == "海报正在画，马上发给您。"
    assert chat.click("STAFF_POSTER").text == "海报正在画，马上发给您。"
    [order] = orders(inn)
    before = len(bubbles(inn))
    keep(inn, order, times=3)

    [picture] = bubbles(inn)[before:]
    assert picture["type"] == "image"
    [channel] = own_channel(inn, alice.staff_id)
    assert said_by(inn.runtime.wechat.of("head").download(orders(inn)[0].media_id).content) == {channel.url}
    assert orders(inn)[0].state == "sent"
    media = orders(inn)[0].media_id
    chat.say("海报")
    keep(inn, orders(inn)[1])
    assert orders(inn)[1].state == "sent"
    assert orders(inn)[1].media_id == media
    with inn.db.reading() as session:
        assert usage.sent(session, now=utc_now()) == {orders(inn)[0].design_key: 2}


def test_whoever_is_no_staff_is_told_kindly_unless_a_rule_does(inn, alice, chat):
    stranger = Phone(chat.app, chat.account, openid="oStranger")

    assert "海报由门店同事制作" in stranger.say("海报").text
    assert "海报由门店同事制作" in stranger.click("STAFF_POSTER").text
    make.rule(inn.db, words=["海报"], content="新线路的海报在门店")
    inn.runtime.memory._checked_at = float("-inf")
    assert stranger.say("海报").text == "新线路的海报在门店"
    assert chat.say("海报").text == "海报正在画，马上发给您。"
    assert [one.staff_id for one in orders(inn)] == [alice.staff_id]


def test_after_the_window_it_waits_and_is_told_next_time(inn, alice, chat, in_touch):
    chat.say("海报")
    [order] = orders(inn)
    with inn.db.transaction() as session:
        fan = session.get_one(Fan, order.fan_id)
        fan.last_message_at = fan.last_interaction_at = utc_now() - timedelta(hours=49)
    keep(inn, order, times=2)
    assert [one.state for one in orders(inn)] == ["note"]
    before = len(bubbles(inn))

    chat.say("你好")
    told = [one for one in make.promises(inn.db) if one.job == "posters.tell_notes"]
    assert len(told) == 1
    for _ in range(2):
        JOBS["posters.tell_notes"](inn.runtime, **told[0].arguments)

    [words] = bubbles(inn)[before:]
    assert f"{inn.public_url}/h5/head/staff/poster" in words["content"]["content"]
    assert [one.state for one in orders(inn)] == ["told"]


def test_a_note_is_needless_once_the_page_was_seen(inn, alice, chat):
    chat.say("海报")
    with inn.db.transaction() as session:
        session.get_one(PosterOrder, orders(inn)[0].id).state = "note"
    alice.get("/h5/head/staff/poster")

    chat.say("你好")
    assert [one for one in make.promises(inn.db) if one.job == "posters.tell_notes"] == []


@pytest.mark.parametrize(
    ("code", "state"), [(None, "note"), (-1, "drawing"), (45009, "drawing"), (40007, "drawing")]
)
def test_what_may_have_been_sent_is_not_sent_again(inn, alice, chat, monkeypatch, code, state):
    from bot.errors import BadRequest, QuotaUsedUp, WeChatUnavailable

    chat.say("海报")
    kinds = {None: WeChatUnavailable, -1: WeChatUnavailable, 45009: QuotaUsedUp, 40007: BadRequest}

    def send(*_arguments, **_more):
        raise kinds[code](code, "no")

    with monkeypatch.context() as patched:
        patched.setattr(AccountGateway, "send", send)
        with pytest.raises((Pointless, WeChatUnavailable, QuotaUsedUp, jobs.MediaForgotten)):
            JOBS["posters.send"](inn.runtime, order_id=orders(inn)[0].id)

    [order] = orders(inn)
    assert order.state == state
    assert (order.media_until is None) == (code == 40007)


def test_a_crash_while_sending_becomes_a_note(inn, alice, chat):
    chat.say("海报")
    with inn.db.transaction() as session:
        session.get_one(PosterOrder, orders(inn)[0].id).state = "sending"

    keep(inn, orders(inn)[0])

    assert orders(inn)[0].state == "note"


def test_who_left_since_is_told_why_there_is_no_poster(inn, alice, chat, in_touch):
    chat.say("海报")
    with inn.db.transaction() as session:
        phones.set_active(session.get_one(Staff, alice.staff_id), active=False, vault=None)
    before = len(bubbles(inn))
    keep(inn, orders(inn)[0], times=2)

    [words] = bubbles(inn)[before:]
    assert "没有找到您在门店的登记" in words["content"]["content"]
    assert orders(inn)[0].state == "refused"
    assert own_channel(inn, alice.staff_id) == []


def test_the_pages_show_what_came_and_where_one_stands(inn, alice, shop):
    bob = hired(inn, shop, "bob", BOB, "李敏")
    alice.get("/h5/head/staff")
    bob.get("/h5/head/staff")
    assert "本店第" not in alice.last.text
    with inn.db.transaction() as session:
        figures.show_rank(session, shop, shown=True)
    pictures_of = {one.staff_id: own_channel(inn, one.staff_id)[0] for one in (alice, bob)}
    visitor = Phone(assemble(inn.runtime), inn.config.accounts[0])
    for number, who in enumerate((alice, bob, bob)):
        visitor.openid = f"oVisitor{number}"
        visitor.follow(scene=pictures_of[who.staff_id].scene)
    with inn.db.transaction() as session:
        days.want_all(session)
    add_up.rebuild(inn.db, seconds=60)

    page = alice.get("/h5/head/staff").text
    assert re.findall(r"<dt>(\w+)</dt><dd>(\d+)</dd>", page) == [("扫码", "1"), ("关注", "1"), ("绑定", "0")]
    assert "本店第 2 名" in page
    assert "比前一名少 1 个关注" in page
    assert "本店第 1 名" in bob.get("/h5/head/staff/poster").text
