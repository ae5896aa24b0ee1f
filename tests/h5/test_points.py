"""A member's points on their phone: what they have, what ends, what happened; before binding the page asks."""

import io
import zipfile
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.points import jobs, ledger
from tests import make
from tests.points.world import Till

ALICE = "+8613800001111"


@pytest.fixture
def alice(inn):
    return inn.phone("alice", phone=ALICE)


@pytest.fixture
def till(inn):
    desk = Till(inn.db)
    yield desk
    assert desk.findings() == []


def member(inn, pocket):
    pocket.bind(ALICE)
    return inn.fans()[inn.openid("alice")].member_id


def test_before_binding_the_page_says_what_points_are_like_and_asks(alice):
    assert "积分记在您名下" in alice.get("/h5/head/me").text

    page = alice.get("/h5/head/me/points")

    assert "手机号" in page.text
    assert "可用积分" not in page.text


def test_a_member_reads_what_they_have_what_ends_next_and_why(inn, alice, till):
    anna, shop_id = member(inn, alice), make.shop(inn.db, "泉城路店")
    empty = alice.get("/h5/head/me/points").text
    bought = till.earn(anna, 1200, days=30, reason="消费积分", shop_id=shop_id)
    till.spend(anna, 1000, reason="兑换雨伞")
    till.hold(anna, 50, reason="兑换水杯")
    till.claw_back(bought.id, 400, reason="退款，收回积分")

    card, page = alice.get("/h5/head/me").text, alice.get("/h5/head/me/points").text

    assert "您还没有积分" in empty
    assert "可用积分" in card
    for words in ("消费积分", "泉城路店", "+1,200", "兑换雨伞", "−1,000", "退款，收回积分", "−400", "到期"):
        assert words in page
    assert "250 分已经用掉了" in page  # of 400, 150 were there, and 50 of the rest are held


def test_what_ends_at_midnight_is_said_to_end_on_the_day_before(inn, alice, till):
    anna = member(inn, alice)
    midnight = datetime.combine(date(2099, 7, 2), time(), ZoneInfo("Asia/Shanghai"))
    with inn.db.transaction() as session:
        said = {"key": "k", "source": "test", "reason": "消费积分"}
        ledger.earn(session, anna, 40, expires_at=midnight, now=till.now, **said)

    card, page = alice.get("/h5/head/me").text, alice.get("/h5/head/me/points").text

    assert "40 分将于2099年7月1日到期" in card
    assert page.count("2099年7月1日到期") == 2  # of the balance, and of the row
    assert "7月2日" not in card + page


def test_history_is_read_in_pages_and_nobody_reads_anothers(inn, alice, till):
    anna, other = member(inn, alice), till.member()
    for points in range(1, 24):
        till.earn(anna, points, reason=f"第{points}笔")
    till.earn(other, 5, reason="别人的积分")

    first = alice.get("/h5/head/me/points").text
    older = alice.get("/h5/head/me/points?before=4").text
    odd = alice.get("/h5/head/me/points?before=x").text

    assert "第23笔" in first
    assert "第4笔" in first
    assert "第3笔" not in first
    assert "before=4" in first
    assert "第3笔" in older
    assert "第4笔" not in older
    assert "第23笔" in odd
    assert "别人的积分" not in first + older


def test_points_are_in_what_a_member_takes_along_and_their_words_go_when_they_are_erased(inn, alice, till):
    anna = member(inn, alice)
    till.earn(anna, 40, reason="消费积分", facts={"trace": "生日5月4日", "reason": "秘密"})
    alice.get("/h5/head/me/privacy")
    alice.post("/h5/head/me/privacy/export")
    inn.work()

    with zipfile.ZipFile(io.BytesIO(alice.get("/h5/head/me/privacy/export").data)) as archive:
        assert "消费积分" in archive.read("我的资料.html").decode()
        assert "消费积分" in archive.read("data.json").decode()

    from bot.members import erasing

    with inn.db.transaction() as session:
        erasing.erase_member(session, anna, now=till.now)
    for _ in range(2):
        jobs.expire(inn.runtime)
    assert till.history(anna) == [("expire", -40), ("earn", 40)]
    with inn.db.reading() as session:
        assert all(row.entry.facts == {} for row in ledger.history(session, anna))
