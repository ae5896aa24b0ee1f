"""On Monday a shop's managers are told, once each, as soon as WeChat lets us."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.app import assemble
from bot.channels import events
from bot.channels.events import Source
from bot.channels.figures import days
from bot.channels.figures import jobs as figures
from bot.channels.models import Deed, Who
from bot.db import utc_now
from bot.digest import weekly
from bot.digest.models import ShopDigest, ShopDigestOff
from bot.fans.models import Fan
from bot.jobs import JOBS
from bot.organisation.models import Staff
from bot.reach.models import ReachNotice, ReachSettings
from bot.runtime import open_runtime
from tests import make
from tests.support.phone import Phone

WEEK = date(2026, 11, 16)
MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # nine o'clock in Shanghai


@pytest.fixture
def runtime(db, database_url):
    runtime = open_runtime(make.config(database_url))
    yield runtime
    runtime.close()


@pytest.fixture
def shop(db):
    return make.shop(db)


def staff(db, shop, role="店长", name="王珊"):
    with db.transaction() as session:
        row = Staff(shop_id=shop, name=name, role=role, active=True)
        session.add(row)
        session.flush()
        return row.id


def fan(db, openid="oManager", **facts):
    now = utc_now()
    with db.transaction() as session:
        row = Fan(
            **{
                "account_id": 1,
                "openid": openid,
                "standing": "following",
                "created_at": now,
                "follow_count": 1,
                "message_count": 1,
                **facts,
            }
        )
        session.add(row)
        session.flush()
        return row.id


def made(db, shop, now=MONDAY):
    with db.transaction() as session:
        weekly.make(session, shop, WEEK, now=now)
    with db.reading() as session:
        return list(session.scalars(select(ShopDigest).order_by(ShopDigest.id)))


def test_a_week_is_told_from_monday_nine_until_wednesday():
    assert weekly.week_due(MONDAY - timedelta(seconds=1)) is None
    assert weekly.week_due(MONDAY) == WEEK
    assert weekly.week_due(MONDAY + timedelta(hours=47)) == WEEK
    assert weekly.week_due(MONDAY + timedelta(days=3)) is None


def test_every_manager_gets_one_and_a_second_run_none(db, runtime, shop):
    first, second = staff(db, shop), staff(db, shop, "副店长", "李敏")
    staff(db, shop, "导游", "张磊")
    for key in (first, second):
        fan(db, f"oManager_{key}", staff_id=key)

    assert len(made(db, shop)) == 2
    assert len(made(db, shop)) == 2

    assert len(notices(db)) == 2
    with db.reading() as session:
        assert weekly.shops_due(session, WEEK) == []
        assert weekly.shops_due(session, WEEK + timedelta(7)) == [shop]


def test_who_cannot_be_reached_is_said(db, runtime, shop):
    [nobody] = made(db, shop)
    assert (nobody.state, nobody.reason) == ("unreached", weekly.NO_MANAGER)

    other = make.shop(db, "济南泉城路店", "济南分公司")
    key = staff(db, other)
    fan(db, staff_id=key, standing="left")
    digest = made(db, other)[-1]
    assert (digest.state, digest.reason) == ("unreached", weekly.NOT_BOUND)
    assert make.promises(db) == []


def test_a_shop_that_is_switched_off_gets_none(db, runtime, shop):
    with db.transaction() as session:
        session.add(ShopDigestOff(shop_id=shop))

    with db.reading() as session:
        assert weekly.shops_due(session, WEEK) == []


def test_it_says_what_the_week_came_to(db, runtime, shop):
    channel = make.channel(db, "c:1", account_id=runtime.accounts["head"].id, shop_id=shop)
    with db.transaction() as session:
        rows = []
        for number in range(6):
            at = MONDAY - timedelta(days=3 if number < 4 else 10)
            source = Source(channel, shop, None, None)
            someone = Fan(id=number + 1, account_id=1)
            rows.append(events.row(someone, source, Deed.FOLLOW, who=Who.NEW, at=at, now=at))
        events.write(session.connection(), rows)
        days.want_all(session)
    figures.rebuild(db, seconds=60)

    words = made(db, shop)[0].words

    assert "上周渠道数据（11月16日至11月22日）" in words
    assert "扫码 4 次，4 人，比前一周多 100%" in words
    assert "新粉 4，回来 0" in words


def test_outside_the_window_it_waits_for_what_the_manager_does_next(db, runtime, shop):
    key = staff(db, shop)
    manager = fan(db, "oManager", staff_id=key, account_id=runtime.accounts["head"].id)
    [digest] = made(db, shop, now=utc_now())
    with db.transaction() as session:  # whatever hour it is
        session.add(settings_without_quiet_hours(runtime.accounts["head"].id))

    pump(runtime)
    assert notices(db) == [("note", "window_closed")]

    [account] = runtime.config.accounts
    Phone(assemble(runtime), account, openid="oManager").say("今天几点上班")
    [reminder] = [one for one in make.promises(db) if one.job == "reach.tell_notes"]
    assert reminder.arguments == {"fan_id": manager}
    for _ in range(2):
        JOBS["reach.tell_notes"](runtime, **reminder.arguments)

    assert notices(db) == [("waiting", "window_closed")]
    with db.reading() as session:
        assert session.get_one(ReachNotice, digest.notice_id).due_at <= utc_now()


def settings_without_quiet_hours(account_id):
    return ReachSettings(
        account_id=account_id,
        quiet_from="00:00",
        quiet_until="00:00",
        cap=3,
        fans_too=True,
        templates_a_day=1,
    )


def pump(runtime):
    JOBS["reach.pump"](runtime, account_id=runtime.accounts["head"].id, lane="service")


def notices(db):
    with db.reading() as session:
        rows = session.scalars(select(ReachNotice).order_by(ReachNotice.id))
        return [(row.state, row.reason) for row in rows]


def test_travellers_words_look_for_no_notes(db, runtime, shop):
    [account] = runtime.config.accounts
    Phone(assemble(runtime), account, openid="oTraveller").say("你好")

    assert "reach.tell_notes" not in {one.job for one in make.promises(db)}


def test_only_the_newest_digest_of_a_shop_is_sent(db, runtime, shop):
    fan(db, staff_id=staff(db, shop), account_id=runtime.accounts["head"].id)
    made(db, shop)
    with db.transaction() as session:
        weekly.make(session, shop, WEEK + timedelta(7), now=MONDAY + timedelta(7))

    assert [state for state, _reason in notices(db)] == ["cancelled", "waiting"]
