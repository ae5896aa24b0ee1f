"""A member's level on their phone; before binding, what there is to reach."""

from bot.db import utc_now
from bot.earning import buying
from bot.levels import ladder, versions
from bot.purchases.models import Payment, PurchaseState
from bot.purchases.receipts import Receipt
from bot.purchases.recording import By
from tests import make
from tests.levels.world import rungs

ALICE = "+8613800001111"


def test_the_page_says_what_there_is_to_reach_then_where_one_stands_and_how_far_the_next_is(inn):
    alice = inn.phone("alice", phone=ALICE)
    soon = alice.get("/h5/head/me/level").text
    now = utc_now()
    with inn.db.transaction() as session:
        written = ladder.write(rungs())
        versions.put_version(session, written, note="上线", in_force_from=now, by="林")
    tempting = alice.get("/h5/head/me/level").text
    alice.bind(ALICE)
    member = inn.fans()[inn.openid("alice")].member_id
    fresh = alice.get("/h5/head/me/level").text
    shop = make.shop(inn.db, "泉城路店")
    with inn.db.transaction() as session:
        receipt = Receipt("A1", 320_000, Payment.CASH, now)
        said = {"shop_id": shop, "member_id": member, "state": PurchaseState.COUNTED}
        buying.buy(session, None, receipt, by=By("hand", "林"), now=utc_now(), **said)
    page = alice.get("/h5/head/me/level").text

    assert "还没有开放" in soon
    assert "绑定手机号就从普卡开始" in tempting
    assert "消费满 ¥10,000" in tempting
    assert "再消费 ¥1,000，升为银卡" in fresh
    assert "再消费 ¥6,800，升为钻卡" in page
    assert "有效期至" in page
    assert "普卡 → 金卡" in page
    assert "达到升级条件" in page
    assert page.count("我的等级</span>") == 1
