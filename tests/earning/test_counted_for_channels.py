"""A purchase that counts is counted once for the channel its buyer came through last before."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from bot.accounts.register import enrol
from bot.channels import events
from bot.channels.events import Source
from bot.channels.figures import days, jobs
from bot.channels.figures.models import ChannelDay, ChannelFigure
from bot.channels.models import ChannelEvent, Deed, Who
from bot.earning import buying
from bot.fans.models import Fan
from bot.purchases.models import Purchase, PurchaseState
from bot.purchases.recording import By
from tests import make
from tests.earning.conftest import NOON, Counter
from tests.support.members import PRIVACY


@pytest.fixture
def walls(counter: Counter) -> SimpleNamespace:
    """Two accounts with a channel each; `came` lets a member's fan of an account come through its channel."""
    with counter.db.transaction() as session:
        ids = enrol(session, [make.account("head"), make.account("branch")])
    other = make.shop(counter.db, "豫园店")
    codes = {
        "head": make.channel(counter.db, "c:1", account_id=ids["head"], shop_id=counter.shop),
        "branch": make.channel(counter.db, "c:2", account_id=ids["branch"], shop_id=other),
    }
    shops = {"head": counter.shop, "branch": other}

    def came(member: int, account: str, *, days: int, **facts) -> None:
        at = NOON - timedelta(days=days)
        with counter.db.transaction() as session:
            values = {"standing": "following", "created_at": at, "follow_count": 1, "message_count": 0}
            fan = Fan(
                account_id=ids[account], openid=f"o{account}{member}", member_id=member, **values, **facts
            )
            session.add(fan)
            session.flush()
            source = Source(codes[account], shops[account], None, None)
            row = events.row(fan, source, Deed.FOLLOW, who=Who.NEW, at=at, now=at)
            events.write(session.connection(), [row])

    return SimpleNamespace(came=came, codes=codes)


def counted(counter: Counter) -> list[tuple[int | None, int | None, str]]:
    with counter.db.reading() as session:
        wanted = select(ChannelEvent).filter_by(deed=Deed.BUY.value).order_by(ChannelEvent.id)
        return [(one.channel_id, one.amount, one.who) for one in session.scalars(wanted)]


def test_a_purchase_counts_for_the_last_touch_before_it_at_whichever_account(counter, walls):
    member = counter.member()
    walls.came(member, "head", days=30)
    walls.came(member, "branch", days=2)

    counter.buy(member, 350, "A1")
    counter.buy(member, 350, "A1")  # the till reports it again
    counter.buy(member, 20, "A2", at=NOON - timedelta(days=10))
    counter.buy(member, 10, "A3", at=NOON - timedelta(days=60))
    counter.refund("A1", 350)

    head, branch = walls.codes["head"], walls.codes["branch"]
    assert counted(counter) == [(branch, 35_000, "member"), (head, 2_000, "member"), (None, 1_000, "member")]
    with counter.db.transaction() as session:
        days.want_all(session)
    jobs.rebuild(counter.db, seconds=60)
    with counter.db.reading() as session:
        summed = select(func.sum(ChannelFigure.buys), func.sum(ChannelFigure.amount))
        assert session.execute(summed.where(ChannelFigure.channel_id == branch)).one() == (1, 35_000)


def test_what_waits_is_counted_when_it_is_approved_and_what_is_refused_never(counter, walls):
    member = counter.member()
    walls.came(member, "head", days=30)
    waiting = [counter.buy(member, 900, number, state=PurchaseState.WAITING) for number in ("A1", "A2")]
    before = counted(counter)

    for bought, approve in zip([*waiting, waiting[0]], (True, False, True), strict=True):
        with counter.db.transaction() as session:
            purchase = session.get_one(Purchase, bought.purchase.id)
            buying.decide(session, counter.vault, purchase, approve=approve, by=By("hand", "陈", 2), now=NOON)

    assert before == []
    assert counted(counter) == [(walls.codes["head"], 90_000, "member")]


def test_our_own_people_are_told_apart_and_who_has_no_wechat_is_nobodys(counter, walls):
    colleague, stranger = counter.member(), counter.member()
    walls.came(colleague, "head", days=3, staff_id=7)
    walls.came(colleague, "branch", days=2)

    counter.buy(colleague, 100, "A1")
    counter.buy(stranger, 100, "A2")

    assert counted(counter) == [(walls.codes["branch"], 10_000, "staff")]


def test_a_day_whose_events_are_gone_keeps_its_figures(counter, walls):
    member = counter.member()
    walls.came(member, "head", days=1)
    long_ago = NOON - timedelta(days=365 * 5)
    counter.buy(member, 100, "A1", at=long_ago)
    counter.buy(member, 100, "A2")
    runtime = SimpleNamespace(db=counter.db, config=SimpleNamespace(privacy=PRIVACY))

    jobs.add_up(runtime)

    with counter.db.reading() as session:
        assert session.scalar(select(func.min(ChannelDay.day))) == (NOON - timedelta(days=1)).date()
