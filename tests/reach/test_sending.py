"""What goes out, what does not, and what becomes of an answer that is a no, late, or never comes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.db import utc_now
from bot.fan_sync.models import BlacklistedFan
from bot.fans.models import Fan
from bot.links import keeping
from bot.members.models import MemberIdentity
from bot.moments import HERE
from bot.reach import batches, claiming, contents, estimating, intents, outcomes
from bot.reach.models import Lane, ReachAccept, ReachMapping, ReachSettings, ReachStanding, ReachTemplate
from bot.sms import ordering
from bot.sms.models import SmsMessage
from tests.reach.sending import SEND, SUBSCRIPTION, TEMPLATE, planner_at
from tests.support.members import Travellers
from tests.wechat.fake_platform import Raw

HOUR = timedelta(hours=1)
SERVICE = "broadcast_service"


@pytest.fixture
def planner(database_url):
    with planner_at(database_url) as planner:
        yield planner


def map_templates(planner, *, intent: str = SERVICE, accepts: int = 0, fan: int | None = None) -> None:
    with planner.db.transaction() as session:
        for kind in ("template", "subscription"):
            session.add(
                ReachTemplate(
                    account_id=planner.account_id,
                    kind=kind,
                    template_id=f"{kind}-1",
                    title="",
                    content="",
                    example="",
                    industry="",
                    type=2,
                    seen_at=utc_now(),
                )
            )
            session.add(
                ReachMapping(
                    account_id=planner.account_id,
                    intent=intent,
                    kind=kind,
                    template_id=f"{kind}-1",
                    fields={"thing1": "{name}", "thing2": "{what}"},
                    changed_at=utc_now(),
                )
            )
        if fan is not None:
            session.add(
                ReachAccept(fan_id=fan, template_id="subscription-1", remaining=accepts, changed_at=utc_now())
            )


def claim(planner, now):
    with planner.db.transaction() as session:
        [item] = claiming.claim(
            session, planner.account_id, [Lane.SERVICE], calls_per_second=40.0, known={}, now=now
        ).items
    return item


def error(code: int) -> dict:
    return {"errcode": code, "errmsg": "no"}


def test_a_notice_is_sent_once_with_its_facts_in_it(planner):
    one = planner.plan(planner.fan("alice"), facts={"name": "小爱"})

    planner.work()
    planner.pump()

    assert [(said["touser"], said["text"]["content"]) for said in planner.said()] == [
        ("oalice", "小爱，您好")
    ]
    row = planner.notice(one)
    assert (row.state, row.route, row.attempts, row.leased_until) == ("sent", "custom", 1, None)
    assert row.sent_at is not None


def test_the_window_that_closed_since_it_was_planned_makes_it_a_note_and_the_next_deed_brings_it(planner):
    alice = planner.fan("alice", wrote=50 * HOUR)
    one = planner.plan(alice, intent=SERVICE)
    ad = planner.plan(alice)

    planner.work()
    assert planner.how(one) == ("note", "note", "window_closed")
    assert planner.how(ad) == ("unreached", None, "window_closed")

    planner.phone("alice").say("在吗")
    planner.work()
    planner.work()

    assert planner.how(one) == ("sent", "custom", None)
    assert len(planner.said()) == 1


def test_a_note_nobody_comes_for_is_let_go(planner):
    alice = planner.fan("alice", wrote=50 * HOUR)
    one = planner.plan(alice, intent=SERVICE)
    planner.work()
    planner.look()
    assert planner.how(one)[0] == "note"

    planner.set(one, note_until=utc_now(), due_at=utc_now())
    planner.look()

    assert planner.how(one) == ("unreached", "note", "note_over")


def test_wechats_no_is_remembered_until_the_fan_acts_again(planner):
    planner.platform.answers[SEND] = error(43019)
    bob = planner.fan("bob")
    first = planner.plan(bob)
    planner.work()
    second = planner.plan(bob, key="2")
    planner.work()

    assert planner.how(first) == ("unreached", "custom", "blacklisted")
    assert planner.how(second) == ("unreached", None, "blacklisted")
    assert len(planner.said()) == 1

    planner.platform.answers.clear()
    planner.phone("bob").say("在吗", CreateTime=int(utc_now().timestamp()) + 1)  # WeChat knows seconds only
    third = planner.plan(bob, key="3")
    planner.work()
    assert planner.how(third) == ("sent", "custom", None)


def test_a_no_at_one_route_tries_the_next_in_the_same_pass(planner):
    alice = planner.fan("alice")
    map_templates(planner, accepts=1, fan=alice)
    planner.platform.answers |= {
        SEND: error(45047),
        SUBSCRIPTION: error(43101),
        TEMPLATE: {"errcode": 0, "errmsg": "ok", "msgid": 200001},
    }
    content = contents.text("{name}，您好", fields={"what": "行程有变"}, url="https://example.com/{name}")
    one = planner.plan(alice, intent=SERVICE, content=content, facts={"name": "小爱"})

    planner.work()

    assert planner.how(one) == ("sent", "template", None)
    row = planner.notice(one)
    assert (row.platform_id, row.attempts) == ("200001", 3)
    [said] = planner.said(TEMPLATE)
    assert said["data"] == {"thing1": {"value": "小爱"}, "thing2": {"value": "行程有变"}}
    assert (said["url"], said["client_msg_id"]) == ("https://example.com/小爱", f"notice-{one}")
    with planner.db.reading() as session:
        standing = session.get_one(ReachStanding, alice)
        assert standing.used_up_at is not None
    again = planner.plan(alice, intent=SERVICE, content=content, key="2")
    planner.work()
    assert planner.how(again)[1] == "template"
    assert (len(planner.said()), len(planner.said(SUBSCRIPTION))) == (1, 1)  # both are known to be closed


@pytest.mark.parametrize("lost", [Raw(status=502), Raw(b"<html>")], ids=["502", "no JSON"])
def test_a_message_whose_answer_was_lost_is_never_repeated(planner, lost):
    planner.platform.answers[SEND] = lost
    one = planner.plan(planner.fan("alice"))

    planner.work()
    planner.platform.answers.clear()
    planner.look()
    planner.work()

    assert planner.how(one) == ("unsure", "custom", "no_answer")
    assert len(planner.said()) == 1


def test_a_template_whose_answer_was_lost_goes_again_under_the_same_key_and_by_no_other_way(planner):
    alice = planner.fan("alice", wrote=None)
    map_templates(planner)
    planner.platform.answers[TEMPLATE] = [Raw(status=504), {"errcode": 0, "msgid": 7}]
    one = planner.plan(alice, intent=SERVICE)

    planner.work()
    assert planner.how(one) == ("waiting", "template", "no_answer")
    with planner.db.transaction() as session:
        fan = session.get_one(Fan, alice)
        fan.last_message_at = fan.last_interaction_at = utc_now()
    planner.set(one, leased_until=None)
    planner.pump("service")

    assert planner.how(one) == ("sent", "template", None)
    assert [said["client_msg_id"] for said in planner.said(TEMPLATE)] == [f"notice-{one}"] * 2
    assert planner.said() == []


def test_whom_the_account_has_blocked_is_not_called_until_they_write_again(planner):
    alice, bob = planner.fan("alice"), planner.fan("bob")
    at = utc_now()
    with planner.db.transaction() as session:
        for fan_id, noticed_at in ((alice, at), (bob, at - 2 * HOUR)):  # bob wrote since: he was let back
            session.add(
                BlacklistedFan(fan_id=fan_id, account_id=planner.account_id, noticed_at=noticed_at, run_id=1)
            )

    told = [planner.plan(one) for one in (alice, bob)]
    service = planner.plan(alice, intent=SERVICE)
    planner.work()

    assert [planner.how(one)[0] for one in told] == ["unreached", "sent"]
    assert planner.how(told[0])[2] == "blacklisted"
    assert planner.how(service) == ("unreached", None, "blacklisted")
    assert len(planner.said()) == 1


def test_a_trial_goes_out_by_night_and_by_the_templates_of_what_it_tries(planner):
    wrote, silent = planner.fan("alice"), planner.fan("bob", wrote=None)
    map_templates(planner)
    planner.platform.answers[TEMPLATE] = [{"errcode": 0, "msgid": 7}]
    there = utc_now().astimezone(HERE)
    with planner.db.transaction() as session:
        rules = session.get_one(ReachSettings, planner.account_id)
        rules.quiet_from, rules.quiet_until = f"{there - HOUR:%H:%M}", f"{there + HOUR:%H:%M}"

    trials = [planner.plan(one, intent="broadcast_trial") for one in (wrote, silent)]
    notice = planner.plan(silent, intent=SERVICE)
    planner.work()

    assert [planner.how(one) for one in trials] == [("sent", "custom", None), ("sent", "template", None)]
    assert planner.how(notice) == ("waiting", None, "quiet_hours")


def test_our_own_limit_of_templates_is_kept_to_and_the_estimate_knows_it(planner):
    fans = [planner.fan(name, wrote=None) for name in ("alice", "bob", "carl", "dora")]
    map_templates(planner)
    planner.platform.answers[TEMPLATE] = [{"errcode": 0, "msgid": number} for number in range(4)]
    with planner.db.transaction() as session:
        session.get_one(ReachSettings, planner.account_id).templates_a_day = 3
    first = planner.plan(fans[0], intent=SERVICE)
    planner.work()

    with planner.db.reading() as session:
        found = estimating.estimate(
            session,
            planner.account_id,
            select(Fan.id).where(Fan.id.in_(fans[1:])),
            intents.of(SERVICE),
            utc_now(),
        )
    rest = [planner.plan(one, intent=SERVICE) for one in fans[1:]]
    planner.work()

    assert planner.how(first)[0] == "sent"
    assert (found.templates_left, dict(found.routes), dict(found.later)) == (2, {"template": 2}, {"quota": 1})
    assert [planner.how(one) for one in rest] == [
        ("sent", "template", None),
        ("sent", "template", None),
        ("waiting", None, "quota"),
    ]
    until = planner.notice(rest[2]).due_at.astimezone(HERE)
    assert (until.hour, until.minute, until > utc_now()) == (0, 0, True)
    assert len(planner.said(TEMPLATE)) == 3


@pytest.mark.parametrize("threads", [1, 2])
def test_what_falls_from_the_window_to_a_template_keeps_to_our_own_limit(database_url, threads):
    with planner_at(database_url, threads=threads) as planner:
        fans = [planner.fan(name) for name in ("alice", "bob")]
        map_templates(planner)
        planner.platform.answers[SEND] = error(45015)
        planner.platform.answers[TEMPLATE] = [{"errcode": 0, "msgid": number} for number in range(2)]
        with planner.db.transaction() as session:
            session.get_one(ReachSettings, planner.account_id).templates_a_day = 1

        rest = [planner.plan(one, intent=SERVICE) for one in fans]
        planner.work()

        assert len(planner.said(TEMPLATE)) == 1
        states = sorted(planner.how(one)[::2] for one in rest)
        assert states == [("sent", None), ("waiting", "quota")]
        [waiting] = [row for row in map(planner.notice, rest) if row.state == "waiting"]
        until = waiting.due_at.astimezone(HERE)
        assert (until.hour, until.minute, until > utc_now()) == (0, 0, True)


def test_what_is_urgent_does_not_wait_for_tomorrows_templates(planner):
    travellers = Travellers(planner.db, planner.account_id)
    fans = [planner.fan(name) for name in ("alice", "bob")]
    for number, one in enumerate(fans):
        travellers.bind(one, f"+861390013010{number}")
    map_templates(planner, intent="broadcast_urgent")
    planner.platform.answers[SEND] = error(45015)
    planner.platform.answers[TEMPLATE] = [{"errcode": 0, "msgid": number} for number in range(2)]
    with planner.db.transaction() as session:
        session.get_one(ReachSettings, planner.account_id).templates_a_day = 1

    told = [planner.plan(one, intent="broadcast_urgent") for one in fans]
    planner.work()

    assert sorted(planner.how(one) for one in told) == [("sent", "sms", None), ("sent", "template", None)]
    assert len(planner.said(TEMPLATE)) == 1


@pytest.mark.parametrize("again", [Raw(status=504), error(-1), error(43004)], ids=["lost", "busy", "no"])
def test_a_template_that_was_perhaps_sent_is_unsure_once_wechat_forgets_its_key(planner, again):
    map_templates(planner)
    planner.platform.answers[TEMPLATE] = [Raw(status=504), again]
    one = planner.plan(planner.fan("alice", wrote=None), intent=SERVICE)
    planner.work()
    first = planner.notice(one).called_at
    planner.set(one, leased_until=None)
    planner.pump("service")
    assert (planner.notice(one).called_at, planner.notice(one).attempts) == (first, 2)

    planner.set(one, leased_until=None, called_at=utc_now() - HOUR / 6)
    planner.pump("service")

    assert planner.how(one) == ("unsure", "template", "no_answer")
    assert len(planner.said(TEMPLATE)) == 2


def test_a_busy_platform_is_asked_again_later_and_not_for_ever(planner):
    planner.platform.answers[SEND] = error(-1)
    one = planner.plan(planner.fan("alice"))

    planner.work()
    row = planner.notice(one)
    assert (row.state, row.reason, row.attempts) == ("waiting", "busy", 1)
    assert row.due_at >= row.called_at + timedelta(seconds=5)

    planner.set(one, due_at=utc_now(), attempts=7)
    planner.pump()
    assert planner.how(one) == ("unreached", "custom", "busy")


def test_a_spent_quota_is_waited_for_without_asking_for_each(planner):
    planner.platform.answers[SEND] = error(45009)
    ids = [planner.plan(planner.fan(f"f{number}")) for number in range(5)]
    before = utc_now()

    planner.work()

    assert {planner.how(one)[0::2] for one in ids} == {("waiting", "quota")}
    assert all(planner.notice(one).due_at >= before + timedelta(seconds=1) for one in ids)
    assert len(planner.said()) <= 2  # one a thread


def test_what_a_killed_process_was_calling_is_unsure_and_what_it_had_in_hand_is_sent(planner):
    called, in_hand = planner.plan(planner.fan("alice")), planner.plan(planner.fan("bob"))
    now = utc_now()
    planner.set(called, state="calling", route="custom", called_at=now - HOUR, leased_until=now - HOUR)
    planner.set(in_hand, leased_until=now - HOUR, claims=1)

    planner.look()
    planner.work()

    assert planner.how(called) == ("unsure", "custom", "killed")
    assert planner.how(in_hand) == ("sent", "custom", None)
    assert [said["touser"] for said in planner.said()] == ["obob"]


def test_a_no_that_comes_late_changes_nothing_that_others_settled(planner):
    one = planner.plan(planner.fan("alice"), intent=SERVICE)
    now = utc_now()
    item = claim(planner, now)
    planner.set(one, state="unsure", route="custom", reason="killed")

    with planner.db.transaction() as session:
        outcome = outcomes.Outcome(item, leaves_note=True)
        outcomes.keep(session, outcome, account_id=planner.account_id, now=now)

    assert planner.how(one) == ("unsure", "custom", "killed")


def test_what_a_killed_process_was_calling_by_template_goes_again(planner):
    map_templates(planner)
    one = planner.plan(planner.fan("alice", wrote=None), intent=SERVICE)
    now = utc_now()
    planner.set(
        one, state="calling", route="template", called_at=now - HOUR / 20, leased_until=now - HOUR / 30
    )

    planner.look()
    planner.work()

    assert planner.how(one)[:2] == ("sent", "template")


def test_what_a_newer_version_planned_waits_for_it_and_stops_nobody(planner):
    newer, known = planner.plan(planner.fan("alice")), planner.plan(planner.fan("bob"))
    planner.set(newer, intent="of_tomorrow")

    planner.work()

    assert (planner.how(newer)[0], planner.how(known)[0]) == ("waiting", "sent")
    with planner.db.reading() as session:
        assert not claiming.has_due(session, planner.account_id, Lane.MARKETING, now=utc_now())


def test_a_held_batch_stops_at_once_and_goes_on_where_it_was(planner):
    ids = [planner.plan(planner.fan(f"f{n}"), batch="broadcast:7") for n in range(3)]
    with planner.db.transaction() as session:
        batches.hold(session, "broadcast:7")
    late = planner.plan(planner.fan("late"), batch="broadcast:7")
    planner.work()
    assert {planner.how(one)[0] for one in [*ids, late]} == {"held"}
    assert planner.said() == []

    with planner.db.transaction() as session:
        batches.release(session, "broadcast:7", utc_now())
    planner.work()
    assert {planner.how(one)[0] for one in [*ids, late]} == {"sent"}


def test_the_cap_of_a_week_holds_for_what_is_due_together(planner):
    alice = planner.fan("alice")
    ids = [planner.plan(alice, key=str(number)) for number in range(5)]

    for _ in range(5):
        planner.pump()

    assert [planner.how(one)[0] for one in ids] == ["sent"] * 3 + ["skipped"] * 2
    assert planner.how(ids[-1])[2] == "capped"


def test_service_goes_before_marketing_that_was_there_first(database_url):
    with planner_at(database_url, threads=1) as planner:
        ads = [planner.plan(planner.fan(f"f{n}")) for n in range(6)]
        service = planner.plan(planner.fan("alice"), intent=SERVICE)

        planner.pump("marketing")

        assert planner.said()[0]["touser"] == "oalice"
        assert {planner.how(one)[0] for one in [service, *ads]} == {"sent"}


def test_the_rate_of_an_account_is_kept_by_all_processes_together(database_url):
    with planner_at(database_url, calls_per_second=10.0) as planner:
        for number in range(8):
            planner.plan(planner.fan(f"f{number}"))
        began = utc_now()

        with ThreadPoolExecutor(2) as two:
            list(two.map(lambda _: planner.pump(), range(2)))

        assert len(planner.said()) == 8
        assert (utc_now() - began).total_seconds() >= 0.7 - 0.05


def test_a_link_is_the_fans_own(planner):
    with planner.db.transaction() as session:
        [link] = keeping.put(session, "broadcast:1", ["https://example.com/offer"], now=utc_now())
    content = contents.Content({"type": "text", "content": "看这里：{链接1}，{链接2}"}, links=(link,))
    alice, bob = planner.fan("alice"), planner.fan("bob")
    for one in (alice, bob):
        planner.plan(one, content=content)

    planner.work()

    said = {one["touser"]: one["text"]["content"] for one in planner.said()}
    config = planner.runtime.config
    for name, one in (("oalice", alice), ("obob", bob)):
        assert said[name] == f"看这里：{keeping.personal(config, link_id=link, fan_id=one)}，{{链接2}}"
    assert said["oalice"] != said["obob"]


def test_a_short_message_is_ordered_once_for_who_must_be_reached(planner):
    travellers = Travellers(planner.db, planner.account_id)
    alice = planner.fan("alice", wrote=None)
    travellers.bind(alice, "+8613900130100")
    with planner.db.transaction() as session:
        session.get_one(Fan, alice).standing = "left"
    one = planner.plan(alice, intent="broadcast_urgent", content=contents.text("{name}，航班取消"))
    planner.pump("service")
    planner.pump("service")

    assert planner.how(one) == ("sent", "sms", None)
    with planner.db.reading() as session:
        [row] = session.scalars(select(SmsMessage).filter_by(purpose="notice"))
        phone, facts = ordering.read(row, travellers.vault)
    assert (phone, facts) == ("+8613900130100", {"words": f"fan {alice}，航班取消"})


def test_a_number_that_does_not_open_stops_nobody_elses_notices(planner):
    travellers = Travellers(planner.db, planner.account_id)
    alice, bob = planner.fan("alice", wrote=None, standing="left"), planner.fan("bob")
    travellers.bind(alice, "+8613900130100")
    with planner.db.transaction() as session:
        session.scalars(select(MemberIdentity).filter_by(kind="phone")).one().value = "spoilt"
    lost = planner.plan(alice, intent="broadcast_urgent", content=contents.text("航班取消"))
    planner.pump("service")
    said = planner.plan(bob)
    planner.pump()

    assert planner.how(lost) == ("unreached", "sms", "no_phone")
    assert planner.how(said) == ("sent", "custom", None)
