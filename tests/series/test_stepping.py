"""What a series says: once, in its hours, to whom it is for, until it has to stop."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from bot.db import utc_now
from bot.desk.request_models import DeskRequest
from bot.fans.models import Fan
from bot.members.models import Member
from bot.moments import HERE
from bot.organisation import directory
from bot.purchases.models import Purchase
from bot.reach.models import ReachNotice
from bot.series import figures, keeping, stepping
from bot.series.models import Series, SeriesDeed, SeriesRun
from tests import make
from tests.series.conftest import said

DAY = timedelta(days=1)


def deeds(db) -> list[tuple[int, str, str | None]]:
    with db.reading() as session:
        rows = session.scalars(select(SeriesDeed).order_by(SeriesDeed.run_id, SeriesDeed.step))
        return [(row.step, row.deed, row.why) for row in rows]


def test_a_series_goes_its_way_in_the_name_of_the_shop(walk, phone, db):
    shop_id = make.shop(db, "上海人民广场店")
    make.channel(db, "c:1", account_id=walk.account_id, shop_id=shop_id)
    walk.series(said("欢迎来到{门店}。"), said("早上好。", n=1, unit="days", at="10:00"))

    phone("alice").follow("c:1")
    walk.go_on(utc_now())
    walk.go_on(walk.tomorrow("09:59"))
    assert walk.told() == ["欢迎来到上海人民广场店。"]
    assert walk.run().due_at == walk.tomorrow("10:00")
    walk.go_on(walk.tomorrow("10:00"))

    assert walk.told() == [
        "欢迎来到上海人民广场店。 (cancelled)",
        "早上好。",
    ]  # the first had not got through
    assert (walk.run().state, walk.run().stopped_why) == ("finished", None)
    assert deeds(db) == [(1, "said", None), (2, "said", None)]


def test_a_server_killed_in_the_middle_of_a_step_says_it_once(walk, phone, db):
    walk.series(said("欢迎"), said("明天见", n=1, unit="days"))
    for name in ("alice", "bob"):
        phone(name).follow()
    now = utc_now()

    with pytest.raises(KeyboardInterrupt), db.transaction() as session:
        assert stepping.go_on(session, directory.load(session), now=now) == 2
        raise KeyboardInterrupt
    assert walk.told() == []
    assert walk.go_on(now) == 2
    assert walk.go_on(now) == 0

    assert walk.told() == ["欢迎", "欢迎"]
    with db.reading() as session:
        keys = session.scalars(select(ReachNotice.key).order_by(ReachNotice.key)).all()
    assert keys == [f"series:{run.id}:1" for run in walk.runs()]


def test_after_days_without_a_server_one_message_is_said_and_the_rest_keeps_its_distances(walk, phone):
    walk.series(
        said("一"),
        said("二", n=1, unit="days", at="10:00"),
        said("三", n=2, unit="days", at="10:00", **{"from": "trigger"}),
        said("四", n=1, unit="days"),
    )
    phone("alice").follow()
    walk.go_on(utc_now())
    late = walk.tomorrow("15:00") + 5 * DAY

    for _turn in range(4):
        walk.go_on(late)

    assert walk.told() == ["一 (cancelled)", "二"]
    run = walk.run()
    assert run.step == 3
    assert run.due_at in {walk.tomorrow("10:00") + 6 * DAY, walk.tomorrow("10:00") + 7 * DAY}
    walk.go_on(run.due_at)
    assert walk.told()[-1] == "三"
    assert walk.run().due_at == run.due_at + DAY


def test_a_step_whose_hours_are_over_waits_for_them_to_begin_again(walk, phone):
    walk.series(said("早", n=1, unit="days", at="09:00", hours=["09:00", "11:00"]))
    phone("alice").follow()

    walk.go_on(walk.tomorrow("11:00"))

    assert walk.told() == []
    assert walk.run().due_at == walk.tomorrow("09:00") + DAY
    walk.go_on(walk.tomorrow("09:00") + DAY)
    assert walk.told() == ["早"]


def test_a_step_for_others_is_passed_over(walk, phone, db):
    wrote = {"all": [{"field": "messages", "ask": "at_least", "value": 1}]}
    walk.series(said("只给写过的", only=wrote), said("给大家"))
    phone("alice").follow()
    bob = phone("bob")
    bob.follow()
    bob.say("你好")
    now = utc_now()

    walk.go_on(now)
    walk.go_on(now)

    assert deeds(db) == [(1, "skipped", "condition"), (2, "said", None), (1, "said", None), (2, "said", None)]
    assert sorted(walk.told()) == ["只给写过的 (cancelled)", "给大家", "给大家"]


def purchase(shop_id: int, member_id: int, at: datetime) -> Purchase:
    facts = {"number": "R-1", "payment": "cash", "source": "till", "state": "counted", "note": ""}
    moments = {"occurred_at": at, "recorded_at": at, "day": at.astimezone(HERE).date()}
    return Purchase(
        shop_id=shop_id,
        member_id=member_id,
        amount=1280_00,
        refunded=0,
        items=[],
        input_hash=bytes(32),
        recorded_by="till",
        **facts,
        **moments,
    )


@pytest.mark.parametrize("stop", ["bound", "replied", "person", "bought"])
def test_a_run_stops_as_its_rules_say(walk, phone, db, stop):
    walk.series(said("欢迎"), said("绑定吧", n=1, unit="days"), stops=[stop])
    shop_id = make.shop(db)
    phone("alice").follow()
    walk.go_on(utc_now())
    [fan] = make.fans(db).values()
    later = utc_now() + timedelta(minutes=1)
    with db.transaction() as session:
        row = session.get_one(Fan, fan.id)
        if stop == "bound":
            row.member_id = 7
        elif stop == "replied":
            row.last_message_at = later
        elif stop == "person":
            facts = {"account_id": row.account_id, "fan_id": row.id, "state": "closed", "why": "asked"}
            session.add(DeskRequest(**facts, asked_at=later))
        else:
            member = Member(number="M1", source="test", created_at=later)
            session.add(member)
            session.flush()
            row.member_id = member.id
            session.add(purchase(shop_id, member.id, later))

    walk.go_on(utc_now() + 2 * DAY)

    assert (walk.run().state, walk.run().stopped_why) == ("stopped", stop)
    assert walk.told() == ["欢迎 (cancelled)"]


def test_a_run_follows_the_version_it_began_with(walk, phone, db):
    series_id = walk.series(said("旧一"), said("旧二", n=1, unit="days"))
    phone("alice").follow()
    walk.go_on(utc_now())

    walk.save(series_id, said("新一"))
    walk.save(series_id, said("新一"))  # nothing changed, no version
    phone("bob").follow()
    walk.go_on(utc_now() + DAY)

    assert walk.told() == ["旧一 (cancelled)", "旧二", "新一"]
    with db.reading() as session:
        assert session.get_one(Series, series_id).current_id == walk.runs()[1].version_id
    assert len({run.version_id for run in walk.runs()}) == 2


def test_a_series_that_is_off_takes_nobody_in_says_nothing_and_goes_on_later(walk, phone, db):
    series_id = walk.series(said("一"), said("二", n=1, unit="days"))
    phone("alice").follow()
    now = utc_now()
    walk.go_on(now)

    walk.switch(series_id, on=False, now=now)
    phone("bob").follow()
    assert walk.go_on(now + 3 * DAY) == 0
    assert (walk.run().state, walk.told()) == ("held", ["一 (held)"])
    walk.switch(series_id, on=True, now=now + 3 * DAY)
    walk.go_on(now + 3 * DAY)

    assert walk.told() == ["一 (cancelled)", "二"]
    assert walk.run().state == "finished"


def test_a_try_goes_through_in_minutes_whatever_the_rules_and_is_not_counted(walk, phone, db):
    never = {"all": [{"field": "member", "ask": "is", "value": True}]}
    series_id = walk.series(
        said("一"), said("二", n=1, unit="days", at="10:00", only=never), on=False, trigger="bound"
    )
    phone("alice").follow()
    [fan] = make.fans(db).values()
    now = utc_now()
    with db.transaction() as session:
        keeping.attempt(session, session.get_one(Series, series_id), session.get_one(Fan, fan.id), now=now)

    walk.go_on(now)
    walk.go_on(now + timedelta(seconds=59))
    assert walk.told() == ["一"]
    walk.go_on(now + timedelta(seconds=60))

    assert walk.told() == ["一 (cancelled)", "二"]
    with db.reading() as session:
        version_id = session.get_one(Series, series_id).current_id
        assert figures.funnel(session, version_id, series_id=series_id, since=None).entered == 0


def test_figures_tell_who_entered_what_was_said_and_why_not(walk, phone, db):
    wrote = {"all": [{"field": "messages", "ask": "at_least", "value": 1}]}
    series_id = walk.series(said("一", only=wrote), said("二", n=1, unit="days"), stops=["replied"])
    for name in ("alice", "bob", "carol"):
        phone(name).follow()
    phone("carol").say("你好")
    now = utc_now()
    walk.go_on(now)
    phone("bob").leave()
    with db.transaction() as session:
        session.execute(
            update(Fan).where(Fan.openid == "ocarol").values(last_message_at=now + timedelta(hours=1))
        )
    walk.go_on(now + 2 * DAY)

    with db.reading() as session:
        version_id = session.scalar(select(SeriesRun.version_id).limit(1))
        found = figures.funnel(session, version_id, series_id=series_id, since=now - DAY)
        did = figures.effect(session, version_id, series_id=series_id, since=None)
        none = figures.funnel(session, version_id, series_id=series_id, since=now + DAY)
    assert (found.entered, found.finished, dict(found.stopped)) == (3, 1, {"left": 1, "replied": 1})
    assert (found.steps[1].said, dict(found.steps[1].skipped)) == (1, {"condition": 2})
    assert dict(found.steps[1].notices) == {("cancelled", ""): 1}
    assert dict(found.steps[2].notices) == {("waiting", ""): 1}
    assert (none.entered, dict(none.steps)) == (0, {})
    assert (did.wrote, did.left, did.bound, did.bought) == (1, 1, 0, 0)
