"""What members are told of their orders, by whose doing, and that it is said once."""

import pytest
from sqlalchemy import select

from bot.fans.models import Fan
from bot.mall import orders, telling
from bot.mall.models import MallOrder, OrderState, Way
from bot.mall.orders import CLOCK, MEMBER, By
from bot.mall.refusals import OrderOver, WrongWay
from bot.members import merging
from bot.reach import contents, words
from bot.reach.models import ReachContent, ReachNotice
from tests.mall.world import HOME


@pytest.fixture
def anna(mall):
    key = mall.member(points=1000)
    follow(mall, key)
    return key


def follow(mall, member_id):
    with mall.db.transaction() as session:
        session.add(
            Fan(
                account_id=1, openid=f"o-{member_id}", standing="following", created_at=mall.now,
                follow_count=1, message_count=0, member_id=member_id,
            )
        )  # fmt: skip


def told(mall):
    """What was planned, in order: the occasion, and the text as it would be read."""
    with mall.db.reading() as session:
        wanted = select(ReachNotice, ReachContent).join(
            ReachContent, ReachContent.id == ReachNotice.content_id
        )
        return [
            (notice.intent, words.fill(contents.read(said.document).answer["content"], notice.facts))
            for notice, said in session.execute(wanted.order_by(ReachNotice.id))
        ]


def test_a_member_hears_that_it_was_sent_with_whom_and_under_which_number(mall, anna):
    order = mall.redeem(anna, mall.item(), way=Way.DELIVERY, address=HOME)

    mall.do(orders.send, order.id, carrier="顺丰速运", tracking="SF100")
    with pytest.raises(OrderOver):
        mall.do(orders.send, order.id, carrier="顺丰速运", tracking="SF100")

    [(intent, text)] = told(mall)
    assert intent == "order_sent"
    assert text == "您兑换的「保温杯」已由顺丰速运寄出，单号 SF100。在“我的兑换”里可以随时查看。"
    with mall.db.reading() as session:
        assert "SF100" not in str([row.document for row in session.scalars(select(ReachContent))])


def test_a_member_hears_once_that_it_can_be_fetched_and_it_is_handed_over_as_ever(mall, anna):
    order = mall.redeem(anna, mall.item())
    posted = mall.redeem(anna, mall.item(), way=Way.DELIVERY, address=HOME)

    for _twice in range(2):
        assert mall.do(orders.make_ready, order.id) == OrderState.HELD
    with pytest.raises(WrongWay):
        mall.do(orders.make_ready, posted.id)

    [(intent, text)] = told(mall)
    assert intent == "order_ready"
    assert text.startswith("您兑换的「保温杯」已经备好，请在")
    assert "到上海人民广场店领取" in text
    assert mall.order(order.id).ready_by == "王珊"
    assert mall.hand_over(order.id) == OrderState.DONE
    with pytest.raises(OrderOver):
        mall.do(orders.make_ready, order.id)


def test_whoever_works_at_the_mall_is_told_whether_the_member_has_heard(mall, anna):
    nobody = mall.member(points=1000)
    heard, unheard, waits = (
        mall.redeem(anna, mall.item()),
        mall.redeem(nobody, mall.item()),
        mall.redeem(anna, mall.item()),
    )
    for order in (heard, unheard):
        mall.do(orders.make_ready, order.id)

    def said():
        with mall.db.reading() as session:
            found = [session.get_one(MallOrder, one.id) for one in (heard, unheard, waits)]
            return list(telling.heard_of_ready(session, found).values())

    assert said() == ["soon", "never", "never"]
    for state, so_now in {"note": "soon", "sent": "told", "unsure": "told", "unreached": "never"}.items():
        with mall.db.transaction() as session:
            session.scalars(select(ReachNotice)).one().state = state
        assert said() == [so_now, "never", "never"]


def test_nobody_is_told_to_fetch_what_was_fetched_or_called_off_meanwhile(mall, anna):
    fetched, undone, waits = (mall.redeem(anna, mall.item()).id for _each in range(3))
    for one in (fetched, undone, waits):
        mall.do(orders.make_ready, one)

    mall.hand_over(fetched)
    mall.do(orders.cancel, undone, by=By(MEMBER))

    with mall.db.reading() as session:
        states = dict(session.execute(select(ReachNotice.key, ReachNotice.state)).all())
    assert states[f"order:{fetched}"] == states[f"order:{undone}"] == "cancelled"
    assert states[f"order:{waits}"] == "waiting"


def test_nothing_is_ready_once_its_time_is_over(mall, anna):
    order = mall.redeem(anna, mall.item(hold_days=1))
    mall.later(days=2)

    with pytest.raises(OrderOver):
        mall.do(orders.make_ready, order.id)

    assert told(mall) == []
    assert mall.order(order.id).ready_at is None
    mall.do(orders.cancel, order.id, by=By(CLOCK), state=OrderState.EXPIRED)


def test_a_member_hears_what_others_called_off_or_gave_back_and_not_what_they_did_themselves(mall, anna):
    one, two, three, four = (mall.redeem(anna, mall.item()).id for _each in range(4))

    mall.do(orders.cancel, one, by=By(MEMBER))
    mall.do(orders.cancel, two, by=By(CLOCK), state=OrderState.EXPIRED)
    assert told(mall) == []
    mall.do(orders.cancel, three, reason="陈静打来电话")
    mall.hand_over(four)
    mall.refund(four)

    assert told(mall) == [
        ("order_undone", "很抱歉，您兑换的「保温杯」被取消了，100 积分已回到您的账户，到期日不变。"),
        ("order_undone", "您兑换的「保温杯」已办理退回，100 积分已回到您的账户。"),
    ]


def test_who_was_merged_into_another_is_told_by_the_wechat_they_have_now(mall, anna):
    old = mall.member(points=100)
    order = mall.redeem(old, mall.item(), way=Way.DELIVERY, address=HOME)
    nobody = mall.redeem(mall.member(points=100), mall.item())
    with mall.db.transaction() as session:
        merging.merge(session, kept_id=anna, merged_id=old, why="test", by="test", now=mall.now)

    mall.do(orders.send, order.id, carrier="顺丰", tracking="SF1")
    mall.do(orders.make_ready, nobody.id)

    with mall.db.reading() as session:
        [notice] = session.scalars(select(ReachNotice))
        assert session.get_one(Fan, notice.fan_id).openid == f"o-{anna}"
