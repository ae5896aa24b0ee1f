"""From a draft to notices: who says yes, who gets it, once each, whatever happens in between."""

import itertools
import multiprocessing
import time
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from bot.broadcasts import deciding, effects, estimating, jobs, laying
from bot.broadcasts.deciding import NotNow, Why
from bot.broadcasts.models import Broadcast, BroadcastState
from bot.channels.models import ChannelEvent
from bot.db import utc_now
from bot.fans.models import Fan
from bot.links import keeping, tokens
from bot.outbox.models import Promise
from bot.reach.models import ReachNotice
from bot.runtime import open_runtime
from bot.segments import slices
from bot.segments.models import Segment
from tests import make
from tests.broadcasts.conftest import (
    CHIEF,
    WRITER,
    account_of,
    add_fans,
    approved,
    draft,
    long_ago,
    notices,
    row_of,
)


def segment(db, document):
    with db.transaction() as session:
        row = Segment(name="x", document=document, created_by="wang", created_at=utc_now())
        session.add(row)
        session.flush()
        return row.id


def on(db, key, act, **options):
    with db.transaction() as session:
        row = deciding.locked(session, key)
        takes_session = act in {
            deciding.submit,
            deciding.approve,
            deciding.pause,
            deciding.resume,
            deciding.cancel,
        }
        return act(session, row, **options) if takes_session else act(row, **options)


def why(act):
    with pytest.raises(NotNow) as caught:
        act()
    return caught.value.why


def test_the_yes_is_another_persons_and_to_what_was_looked_at(runtime):
    db, now = runtime.db, utc_now()
    key = draft(db)
    assert why(lambda: on(db, key, deciding.approve, version=1, actor=CHIEF, now=now)) is Why.OTHER_STATE
    on(db, key, deciding.submit, actor=CHIEF, now=now)
    seen = row_of(db, key).version

    assert why(lambda: on(db, key, deciding.approve, version=seen, actor=WRITER, now=now)) is Why.OWN_WORK
    assert why(lambda: on(db, key, deciding.approve, version=seen, actor=CHIEF, now=now)) is Why.OWN_WORK
    other = WRITER.__class__("zhao", 13, "")
    stale = seen - 1
    assert why(lambda: on(db, key, deciding.approve, version=stale, actor=other, now=now)) is Why.CHANGED
    on(db, key, deciding.approve, version=seen, actor=other, now=now)
    assert row_of(db, key).state == "approved"

    on(db, key, deciding.write, values={"name": "别的"}, user_id=13)
    row = row_of(db, key)
    assert (row.state, row.approved_by, row.submitted_by, row.audience) == ("draft", None, None, None)
    on(db, key, deciding.submit, actor=WRITER, now=now)
    seen = row_of(db, key).version
    assert why(lambda: on(db, key, deciding.approve, version=seen, actor=other, now=now)) is Why.OWN_WORK
    on(db, key, deciding.send_back, why="价格写错了")
    assert row_of(db, key).sent_back_why == "价格写错了"

    jobs.lay(runtime, key)  # the promise of the approval that is gone
    assert row_of(db, key).state == "draft"


def test_a_time_that_has_passed_is_refused_and_one_to_come_is_waited_for(runtime):
    db, now = runtime.db, utc_now()
    [fan] = add_fans(db, 1)
    past = draft(db, send_at=now - timedelta(minutes=1))
    assert why(lambda: on(db, past, deciding.submit, actor=WRITER, now=now)) is Why.PAST

    key = approved(db, send_at=now + timedelta(hours=1))
    [promise] = [one for one in make.promises(db) if one.job == "broadcasts.lay"]
    assert promise.due_at == now + timedelta(hours=1)
    jobs.lay(runtime, key)
    assert notices(db, key) == []
    with db.transaction() as session:
        session.execute(update(Broadcast).where(Broadcast.id == key).values(send_at=now))
        session.execute(delete(Promise))
    jobs.look(runtime)  # the promise was lost; it is found late, not never
    assert [one.job for one in make.promises(db)] == []
    with db.transaction() as session:
        session.execute(update(Broadcast).where(Broadcast.id == key).values(send_at=now - timedelta(hours=1)))
    jobs.look(runtime)
    assert [one.job for one in make.promises(db)] == ["broadcasts.lay"]
    jobs.lay(runtime, key)
    assert notices(db, key) == [fan]


def lay_slowly(database_url, key):
    """Lay it down five fans at a time, and wait inside the third transaction to be killed."""
    jobs.AT_ONCE, plan, slices_ = 5, laying.notify_many, itertools.count(1)

    def slowly(*args, **options):
        new = plan(*args, **options)
        if next(slices_) == 3:
            time.sleep(600)
        return new

    laying.notify_many = slowly
    jobs.lay(open_runtime(make.config(database_url)), key)


def test_a_killed_broadcast_goes_on_without_a_double_and_without_a_loss(runtime, database_url):
    db = runtime.db
    fans = add_fans(db, 60)
    add_fans(db, 5, "left", standing="left")
    add_fans(db, 5, "elsewhere", account_id=999)
    key = approved(db)
    kills = 0
    while not row_of(db, key).laid_at and kills < 2:
        before = len(notices(db, key))
        process = multiprocessing.get_context("fork").Process(target=lay_slowly, args=(database_url, key))
        process.start()
        until = time.monotonic() + 60
        while len(notices(db, key)) < before + 10 and time.monotonic() < until:
            time.sleep(0.01)
        process.kill()
        process.join()
        kills += 1
    assert kills == 2
    assert 20 <= len(notices(db, key)) < 60
    add_fans(db, 5, "late")

    jobs.lay(runtime, key)
    jobs.lay(runtime, key)

    row = row_of(db, key)
    assert notices(db, key) == fans
    assert (row.laid, row.laid_at is not None) == (60, True)


def test_two_at_once_lay_nobody_down_twice(runtime):
    db = runtime.db
    fans = add_fans(db, 30)
    key = approved(db)
    with db.transaction() as session:
        begun = laying.take(session, key, now=utc_now())

    first = laying.lay(db, begun, most=10)
    second = laying.lay(db, begun, most=10)

    assert (first, second) == (10, -1)
    jobs.lay(runtime, key)
    assert notices(db, key) == fans


def test_its_place_and_the_conditions_it_was_submitted_with_decide_who_gets_it(runtime):
    db = runtime.db
    here, there = make.shop(db), make.shop(db, "济南泉城路店", "济南分公司")
    mine = add_fans(db, 3, "mine", last_shop_id=here)
    add_fans(db, 1, "silent", last_shop_id=here, last_interaction_at=long_ago(days=60))
    add_fans(db, 3, "theirs", last_shop_id=there)
    active = {"all": [{"field": "last_active", "ask": "within", "value": 30}]}
    wanted = segment(db, active)
    text = {"answer": {"type": "text", "content": "您的{门店}有新线路"}}
    key = approved(db, shop_id=here, segment_id=wanted, content=text)
    with db.transaction() as session:
        session.get_one(Segment, wanted).document = {"all": []}
        branch = session.execute(select(Broadcast.branch_id)).scalar()
    assert branch is None

    jobs.lay(runtime, key)

    assert notices(db, key) == mine
    with db.reading() as session:
        facts = session.scalars(select(ReachNotice.facts)).all()
    assert facts == [{"门店": "上海人民广场店"}] * 3

    with db.transaction() as session:
        session.execute(delete(Segment))
    nobody = approved(db, segment_id=wanted)
    jobs.lay(runtime, nobody)
    assert notices(db, nobody) == []


def test_a_pause_holds_what_waits_and_going_on_sends_the_rest(runtime):
    db, now = runtime.db, utc_now()
    fans = add_fans(db, 30)
    key = approved(db)
    with db.transaction() as session:
        begun = laying.take(session, key, now=now)
    laying.lay(db, begun, most=10)

    on(db, key, deciding.pause)
    with db.transaction() as session:
        assert laying.take(session, key, now=now) is None
    assert laying.lay(db, begun, most=10) == -1
    assert notices(db, key, "held") == fans[:10]
    assert why(lambda: on(db, key, deciding.pause)) is Why.OTHER_STATE
    assert why(lambda: on(db, key, deciding.write, values={"name": "x"}, user_id=1)) is Why.OTHER_STATE

    on(db, key, deciding.resume, now=now)
    jobs.lay(runtime, key)
    assert notices(db, key, "waiting") == fans

    with db.transaction() as session:
        session.execute(
            update(ReachNotice).where(ReachNotice.fan_id == fans[0]).values(state="sent", sent_at=now)
        )
    jobs.look(runtime)
    assert row_of(db, key).state == BroadcastState.SENDING
    on(db, key, deciding.cancel, now=now)
    assert notices(db, key, "cancelled") == fans[1:]
    assert notices(db, key, "sent") == fans[:1]
    assert row_of(db, key).state == BroadcastState.CANCELLED


@pytest.mark.parametrize(("rate", "laid", "pause"), [(60, 10, 10), (100, 16, 9.6), (2, 1, 30)])
def test_a_rate_lays_down_a_slice_and_comes_back_when_the_next_is_due(runtime, rate, laid, pause):
    db = runtime.db
    add_fans(db, 30, "elsewhere", account_id=999)
    add_fans(db, 30)
    key = approved(db, rate=rate)
    before = utc_now()

    jobs.lay(runtime, key)

    assert len(notices(db, key)) == laid
    [due_at] = [one.due_at for one in make.promises(db) if one.job == "broadcasts.lay"]
    assert before + timedelta(seconds=pause) <= due_at <= utc_now() + timedelta(seconds=pause)
    with db.transaction() as session:
        session.execute(update(Broadcast).values(started_at=before - timedelta(hours=1)))
    jobs.look(runtime)  # finds it under way, and leaves the pause to it
    assert [one.due_at for one in make.promises(db) if one.job == "broadcasts.lay"] == [due_at]


def test_keys_where_nobody_fits_cost_a_broadcast_with_a_rate_no_time(runtime, monkeypatch):
    db = runtime.db
    monkeypatch.setattr(slices.after, "__kwdefaults__", {"window": 16})
    add_fans(db, 30, "elsewhere", account_id=999)
    [fan] = add_fans(db, 1)
    key = approved(db, rate=60)

    jobs.lay(runtime, key)

    assert notices(db, key) == [fan]


def test_it_is_done_once_nothing_waits_and_its_effect_is_counted(runtime):
    db, now = runtime.db, utc_now()
    fans = add_fans(db, 6)
    key = approved(db)
    jobs.lay(runtime, key)
    with db.transaction() as session:
        [link] = keeping.put(session, f"broadcast:{key}", ["https://a.example/"], now=now)
        began = now - timedelta(days=3, hours=1)
        session.execute(update(Broadcast).values(started_at=began))
        session.execute(update(ReachNotice).values(state="sent", sent_at=began))
        session.execute(update(ReachNotice).where(ReachNotice.fan_id == fans[5]).values(state="skipped"))
        for fan_id in (fans[0], fans[0], fans[1], 999_999):
            keeping.note(session, tokens.Addressee(link, fan_id), now=now)
        did = {"noted_at": now, "account_id": account_of(db), "who": "fan", "again": False}
        for fan_id, deed, after in (
            (fans[0], "leave", timedelta(hours=2)),
            (fans[1], "leave", timedelta(days=2)),
            (fans[2], "leave", timedelta(days=3, minutes=30)),
            (fans[5], "leave", timedelta(hours=1)),
            (fans[3], "bind", timedelta(days=1)),
        ):
            session.add(ChannelEvent(fan_id=fan_id, deed=deed, at=began + after, **did))

    jobs.look(runtime)
    jobs.count(runtime)
    jobs.count(runtime)

    row = row_of(db, key)
    assert row.state == BroadcastState.DONE
    effect = {name: value for name, value in row.effect.items() if name != "counted_at"}
    assert effect == {"sent": 5, "clicks": 3, "clickers": 2, "left_1": 1, "left_3": 2, "bound": 1}
    with db.transaction() as session:
        session.execute(update(Broadcast).values(ended_at=now - timedelta(days=5)))
        assert effects.due(session, now=now) == []
        assert session.scalar(select(Fan.id).limit(1)) == fans[0]


def test_an_estimate_of_very_many_is_reckoned_from_a_sample_and_says_so(runtime, monkeypatch):
    db, now = runtime.db, utc_now()
    add_fans(db, 40, "near")
    add_fans(db, 20, "far", last_message_at=long_ago(days=9), last_interaction_at=long_ago(days=9))
    row = row_of(db, draft(db, rate=30))
    with db.reading() as session:
        whole = estimating.estimate(session, row, {"all": []}, now=now, rate=40.0)
        monkeypatch.setattr(estimating, "SAMPLE", 30)
        some = estimating.estimate(session, row, {"all": []}, now=now, rate=40.0)

    assert (whole.total, whole.reached, whole.left_out, whole.sample) == (60, 40, {"window_closed": 20}, None)
    assert whole.minutes == 2
    assert (some.total, some.sample, some.reached + some.left_out.total()) == (60, 30, 60)
    assert 30 < some.reached < 50
