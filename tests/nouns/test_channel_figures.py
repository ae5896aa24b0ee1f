"""Figures are what the events say, in whatever order they came and however often they are added up."""

import random
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap
from sqlalchemy import delete, select, update

from bot.app import assemble
from bot.channels.figures import days, facts, jobs
from bot.channels.figures.models import ChannelDay, ChannelFigure, ChannelHour, ChannelMark
from bot.channels.models import Channel, ChannelEvent
from bot.db import utc_now
from bot.fans.models import Fan
from bot.messages.models import Message
from bot.outbox.models import Promise
from bot.runtime import open_runtime
from bot.tags.models import FanTag
from tests import make
from tests.support.phone import Phone

START = datetime(2026, 9, 1, 3, 0, tzinfo=UTC)
CODES = ("c:1", "c:2", "c:test")
OURS = (ChannelFigure, ChannelHour, ChannelDay, ChannelMark, ChannelEvent, FanTag, Promise, Message, Fan)


@pytest.fixture
def runtime(db, database_url):
    runtime = open_runtime(make.config(database_url))
    shop = make.shop(db)
    for code in CODES:
        key = make.channel(db, code, account_id=runtime.accounts["head"].id, shop_id=shop)
        with db.transaction() as session:
            session.get_one(Channel, key).is_test = code == "c:test"
    yield runtime
    runtime.close()


@st.composite
def lives(draw):
    """What three travellers do over sixty days: only who follows scans or leaves; times of one are all different."""
    done = []
    for number in range(3):
        follows = False
        at = 0
        for _ in range(draw(st.integers(0, 7))):
            # A burst within seconds, hours, or days that cross the limits of one, seven and thirty.
            at += draw(st.one_of(st.integers(1, 30), st.integers(60, 90_000), st.integers(80_000, 3_000_000)))
            verbs = ("scan", "scan", "leave") if follows else ("follow",)
            verb = draw(st.sampled_from(verbs))
            code = draw(st.sampled_from(CODES if verb == "scan" else (*CODES, None)))
            done.append((number, at, verb, None if verb == "leave" else code))
            follows = verb != "leave"
    arrivals = draw(st.permutations(done))
    again = draw(st.lists(st.sampled_from(arrivals), max_size=4)) if arrivals else []
    return done, [*arrivals, *again]


def recounted(done, codes, fans):
    """Count by day, hour and channel as one would with pencil and paper, from what was done in its order."""
    counts, seen = defaultdict(Counter), defaultdict(set)
    for number in {one[0] for one in done}:
        mine = sorted(one for one in done if one[0] == number)
        touches, followed, last = {}, False, None
        for place, (_number, at, verb, code) in enumerate(mine):
            moment = START + timedelta(seconds=at)
            day = facts.day_of(moment)
            if verb == "leave":
                if last != "c:test":
                    counts[day, codes.get(last)]["leaves"] += 1
                continue
            is_repeat = verb == "scan" and code in touches and at - touches[code] <= 10
            if verb == "follow":
                what = "returns" if followed else "follows"
                followed = True
                left = next((one[1] for one in mine[place:] if one[2] == "leave"), None)
                if code != "c:test":
                    counts[day, codes.get(code)][what] += 1
                    for limit in (1, 7, 30):
                        counts[day, codes.get(code)][f"lost_{limit}"] += (
                            left is not None and left - at <= limit * 86400
                        )
            if code is not None:
                touches[code] = at
                last = code
                if code == "c:test":
                    counts[day, codes[code]]["test_scans"] += not is_repeat
                else:
                    counts[day, codes[code]]["repeats" if is_repeat else "scans"] += 1
                    seen[day, codes[code]].add(fans[number])
    return {key: +found for key, found in counts.items() if +found}, dict(seen)


def figures(db):
    with db.reading() as session:
        rows = session.scalars(select(ChannelFigure)).all()
        counts = {
            (one.day, one.channel_id): +Counter({n: getattr(one, n) for n in facts.COUNTS}) for one in rows
        }
        seen = {
            (one.day, one.channel_id): set(BitMap.deserialize(one.visitors)) for one in rows if one.visitors
        }
        hours = sorted(
            (one.day, one.hour, one.channel_id or 0, one.scans, one.follows)
            for one in session.scalars(select(ChannelHour))
        )
    assert len(rows) == len(counts)
    return {key: found for key, found in counts.items() if found}, seen, hours


def add_up_all(db, now):
    while True:
        with db.transaction() as session:
            if not jobs.note(session, now=now):
                break
    assert jobs.rebuild(db, seconds=60) >= 0


def wipe(db):
    with db.connection() as connection:
        for model in OURS:
            connection.execute(delete(model.__table__))


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(life=lives(), chunk=st.integers(1, 6))
def test_any_order_and_repetition_gives_what_a_recount_and_a_full_rebuild_give(db, runtime, life, chunk):
    wipe(db)
    done, arrivals = life
    [account] = runtime.config.accounts
    app = assemble(runtime)
    phones = [Phone(app, account, openid=f"oTraveller_{number}") for number in range(3)]

    for sent, (number, at, verb, code) in enumerate(arrivals, 1):
        moment = {"CreateTime": int(START.timestamp()) + at}
        phone = phones[number]
        assert (
            phone.leave(**moment)
            if verb == "leave"
            else phone.scan(code, **moment)
            if verb == "scan"
            else phone.follow(code, **moment)
        ).status == 200
        if sent % chunk == 0:
            add_up_all(db, utc_now() + timedelta(minutes=1))
    add_up_all(db, utc_now() + timedelta(minutes=1))
    bit_by_bit = figures(db)

    with db.transaction() as session:
        session.execute(update(ChannelHour).values(scans=999))
        days.want_all(session)
    jobs.rebuild(db, seconds=60)
    rebuilt = figures(db)

    with db.reading() as session:
        codes = {row.scene: row.id for row in session.scalars(select(Channel))}
        fans = {int(row.openid[-1]): row.id for row in session.scalars(select(Fan))}
    assert bit_by_bit == rebuilt
    assert rebuilt[:2] == recounted(done, codes, fans)


def test_a_day_begins_at_midnight_in_shanghai(db, runtime):
    [account] = runtime.config.accounts
    phone = Phone(assemble(runtime), account)
    midnight = datetime(2026, 9, 1, 16, 0, tzinfo=UTC)

    phone.follow("c:1", CreateTime=int(midnight.timestamp()) - 1)
    phone.scan("c:1", CreateTime=int(midnight.timestamp()) + 3600)
    add_up_all(db, utc_now() + timedelta(minutes=1))

    _counts, seen, hours = figures(db)
    assert [(day, hour, scans, follows) for day, hour, _c, scans, follows in hours] == [
        (date(2026, 9, 1), 23, 1, 1),
        (date(2026, 9, 2), 1, 1, 0),
    ]
    assert len(set().union(*seen.values())) == 1  # one traveller, on two days


def test_what_was_counted_earlier_never_replaces_what_was_counted_later(db, runtime):
    [account] = runtime.config.accounts
    phone = Phone(assemble(runtime), account)
    now = utc_now()
    today = facts.day_of(now)
    phone.follow("c:1", CreateTime=int(now.timestamp()) - 1)
    with db.transaction() as session:
        days.want(session, {today})
    with db.reading() as session:
        early = days.count(session, today)
    phone.scan("c:2")
    with db.transaction() as session:
        days.want(session, {today})

    jobs.rebuild_day(db, today, now=now)
    with db.transaction() as session:
        assert not days.replace(session, early, now=now)

    counts, _seen, _hours = figures(db)
    assert sum(found["scans"] for found in counts.values()) == 2


def test_an_event_that_may_still_have_an_older_neighbour_waits(db, runtime):
    [account] = runtime.config.accounts
    Phone(assemble(runtime), account).follow("c:1")

    with db.transaction() as session:
        assert not jobs.note(session, now=utc_now())
        assert days.stale(session) == []
        jobs.note(session, now=utc_now() + timedelta(minutes=1))
        assert len(days.stale(session)) == 1


def test_figures_are_replaced_and_not_added_to(db, runtime):
    random.seed(1)
    [account] = runtime.config.accounts
    phone = Phone(assemble(runtime), account)
    phone.follow("c:1")
    add_up_all(db, utc_now() + timedelta(minutes=1))
    before = figures(db)

    for _ in range(2):
        with db.transaction() as session:
            days.want_all(session)
        jobs.rebuild(db, seconds=60)

    assert figures(db) == before
