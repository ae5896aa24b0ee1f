"""WeChat's mass send: who is in which call, answers that are lost, reports that come early or never."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from bot.app import assemble
from bot.broadcasts import deciding, estimating, jobs, recipients
from bot.broadcasts.models import Broadcast, MassRecipient, MassSend
from bot.consents import consents
from bot.db import utc_now
from bot.errors import BadRequest, NotPermitted, WeChatUnavailable
from bot.fans.models import Fan
from bot.jobs import JOBS
from bot.members.models import Member
from bot.moments import HERE
from bot.outbox.models import Promise
from bot.outbox.outcomes import Pointless
from bot.reach import contents, planning, standings
from bot.reach.models import ReachNotice, ReachStanding
from bot.tags import needs
from bot.tags.models import FanTag, WeChatTag
from tests import make
from tests.broadcasts.conftest import account_of, add_fans, approved, draft, quiet_hours, row_of
from tests.support.phone import Phone

DONE = {"status": "send success", "total": 3, "filtered": 3, "sent": 2, "failed": 1}


class Line:
    """An account's line to a platform that knows a clientmsgid again, and whose answers may be lost."""

    def __init__(self, *troubles):
        self.troubles = list(troubles)
        self.sends: dict[str, int] = {}
        self.calls: list = []
        self.status = "SENDING"

    def mass_to_openids(self, openids, message, *, client_id):
        self.calls.append((list(openids), message))
        trouble = self.troubles.pop(0) if self.troubles else None
        if isinstance(trouble, NotPermitted | BadRequest):
            raise trouble
        msg_id = self.sends.setdefault(client_id, 3000 + len(self.sends))
        if trouble is not None:
            raise trouble  # it was sent; we do not hear of it
        return msg_id

    def mass_to_tag(self, tag, message, *, client_id):
        return self.mass_to_openids([tag], message, client_id=client_id)

    def mass_status(self, msg_id):
        assert msg_id in self.sends.values()
        return self.status


@pytest.fixture
def line(runtime, monkeypatch):
    found = Line()
    monkeypatch.setattr(runtime.wechat, "of", lambda name: found)
    return found


def sends(db, key):
    with db.reading() as session:
        return list(session.scalars(select(MassSend).filter_by(broadcast_id=key).order_by(MassSend.number)))


def in_calls(db, key):
    """Return for each call how many recipients there are, and how many have none."""
    wanted = (
        select(MassRecipient.mass_send_id, func.count())
        .filter_by(broadcast_id=key)
        .group_by(MassRecipient.mass_send_id)
    )
    with db.reading() as session:
        return dict(session.execute(wanted).all())


def laid(runtime, **facts):
    key = approved(runtime.db, way="mass_openids", **facts)
    jobs.lay(runtime, key)
    return key


@pytest.mark.parametrize(
    ("count", "expected"), [(0, []), (1, [0]), (2, [2]), (5, [3, 2]), (6, [3, 3]), (7, [3, 4, 0])]
)
def test_no_call_has_one_fan_or_too_many(runtime, monkeypatch, count, expected):
    monkeypatch.setattr(recipients, "EACH", 3)
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    add_fans(runtime.db, count) if count else None

    key = laid(runtime)

    assert [one.recipients for one in sends(runtime.db, key)] == expected
    found = in_calls(runtime.db, key)
    by_call = [found.get(one.id, 0) for one in sends(runtime.db, key)]
    assert by_call == expected
    assert found.get(None, 0) == (1 if count == 1 else 0)
    planned = [one for one in sends(runtime.db, key) if one.state == "planned"]
    promised = [one.arguments["mass_send_id"] for one in make.promises(runtime.db) if "call" in one.job]
    assert promised == [one.id for one in planned]


def test_who_had_four_this_month_or_wants_no_offers_is_left_out_with_the_reason(runtime):
    db, now = runtime.db, utc_now()
    fans, off = add_fans(db, 5), approved(db, way="mass_openids")
    with db.transaction() as session:
        first, _next = recipients.month_of(now)
        had = {"mass_send_id": 999, "laid_at": first}
        failed = MassSend(
            broadcast_id=off, account_id=1, number=1, state="failed", client_id="x", recipients=9
        )
        session.add(failed)
        session.flush()
        for number in range(4):
            session.add(MassRecipient(broadcast_id=900 + number, fan_id=fans[0], **had))
            in_vain = {**had, "mass_send_id": failed.id, "fan_id": fans[3]}
            session.add(MassRecipient(broadcast_id=900 + number, **in_vain))
            session.add(
                MassRecipient(
                    broadcast_id=900 + number,
                    fan_id=fans[1],
                    mass_send_id=1,
                    laid_at=first - timedelta(days=1),
                )
            )
        session.add(ReachStanding(fan_id=fans[2], sent_count=0, opted_out_at=now))

    key = laid(runtime)

    with db.reading() as session:
        rows = session.scalars(select(MassRecipient).filter_by(broadcast_id=key)).all()
    assert {row.fan_id: row.reason for row in rows} == {
        fans[0]: "month_limit",
        fans[1]: None,
        fans[2]: "opted_out",
        fans[3]: None,
        fans[4]: None,
    }


def test_a_mass_send_counts_in_the_month_in_which_it_goes(runtime):
    """Laid at eleven at night on the last day of a month it waits for the morning."""
    db = runtime.db
    first, _next = recipients.month_of(utc_now())
    last_night, morning = first - timedelta(hours=1), first + timedelta(hours=9)
    late, early, waits = add_fans(db, 3)
    off = approved(db, way="mass_openids")
    calls = [(late, "accepted", morning), (early, "accepted", last_night), (waits, "planned", None)]
    with db.transaction() as session:
        for number, (fan, state, at) in enumerate(calls, start=1):
            facts = {"account_id": 1, "number": number, "client_id": f"x{number}", "recipients": 2}
            send = MassSend(broadcast_id=off, state=state, called_at=at, **facts)
            session.add(send)
            session.flush()
            laid = {"mass_send_id": send.id, "laid_at": last_night}
            session.add(MassRecipient(broadcast_id=off, fan_id=fan, **laid))
            for other in range(901, 904):
                had = {"mass_send_id": 999, "laid_at": morning}
                session.add(MassRecipient(broadcast_id=other, fan_id=fan, **had))

    with db.reading() as session:
        at_nine = set(session.scalars(recipients.used_up(morning)))
        last_month = set(session.scalars(recipients.used_up(last_night)))

    assert at_nine == {late, waits}
    assert last_month == set()


def reasons(db, key):
    with db.reading() as session:
        rows = session.scalars(select(MassRecipient).filter_by(broadcast_id=key))
        return {row.fan_id: row.reason for row in rows}


def estimated(db, key):
    with db.reading() as session:
        row = session.get_one(Broadcast, key)
        return estimating.estimate(session, row, {"all": []}, now=utc_now(), rate=40.0)


def member(runtime, fan_id, number, *, marketing):
    with runtime.db.transaction() as session:
        row = Member(
            number=number, state="active", source="binding", verified_at=utc_now(), created_at=utc_now()
        )
        session.add(row)
        session.flush()
        session.get_one(Fan, fan_id).member_id = row.id
        if marketing:
            consents.give_marketing(session, member_id=row.id, fan_id=fan_id, now=utc_now())
        return row.id


def test_a_mass_send_of_offers_goes_by_the_planners_rules_and_the_estimate_says_so(runtime, line):
    db, now = runtime.db, utc_now()
    fans = add_fans(db, 6)
    agreed, silent, objects, had_two, *others = fans
    member(runtime, agreed, "M1", marketing=True)
    switched_off = member(runtime, silent, "M2", marketing=True)
    with db.transaction() as session:
        consents.withdraw_marketing(session, member_id=switched_off, now=now)
        standings.opt_out(session, fan_id=objects, member_id=None, how="word", now=now)
        content = contents.text("云南踏青季")
        for number in range(2):
            notice_id = planning.notify(
                session,
                account_id=account_of(db),
                fan_id=had_two,
                intent="series",
                key=f"{number}",
                content=content,
                now=now,
            )
            session.get_one(ReachNotice, notice_id).state = "sent"
            session.get_one(ReachNotice, notice_id).called_at = now
    quiet_hours(db, "00:00", "00:00", cap=2)

    found, key = estimated(db, draft(db, way="mass_openids")), laid(runtime)

    left_out = {"no_consent": 1, "opted_out": 1, "capped": 1}
    assert (found.total, found.reached, dict(found.left_out), found.calls) == (6, 3, left_out, 1)
    assert reasons(db, key) == {
        agreed: None,
        silent: "no_consent",
        objects: "opted_out",
        had_two: "capped",
        **dict.fromkeys(others),
    }

    second = laid(runtime)  # counts in the week of whom it goes to
    third = laid(runtime)
    assert reasons(db, second)[agreed] is None
    assert reasons(db, third)[agreed] == "capped"
    service = laid(runtime, intent="broadcast_service")
    assert set(reasons(db, service).values()) == {None}  # a service notice asks for nobody's leave


def test_a_mass_send_counts_in_the_planners_cap_until_it_has_failed(runtime, line):
    db = runtime.db
    fans = add_fans(db, 3)
    quiet_hours(db, "00:00", "00:00", cap=1)
    [mass] = sends(db, laid(runtime))

    def said(key):
        with db.transaction() as session:
            planned = planning.notify(
                session,
                account_id=account_of(db),
                fan_id=fans[0],
                intent="series",
                key=key,
                content=contents.text("云南踏青季"),
                now=utc_now(),
            )
        JOBS["reach.pump"](runtime, account_id=account_of(db), lane="marketing")
        with db.reading() as session:
            return session.get_one(ReachNotice, planned).reason

    assert said("1") == "capped"
    line.troubles = [BadRequest(40008, "type of message")]
    jobs.call(runtime, mass.id)
    assert sends(db, mass.broadcast_id)[0].state == "failed"
    assert said("2") != "capped"


@pytest.mark.parametrize("way", ["mass_openids", "mass_tag"])
def test_a_mass_send_waits_for_the_morning_and_passes_over_who_objected_by_then(runtime, line, way):
    db, now = runtime.db, utc_now()
    fans, there = add_fans(db, 3), now.astimezone(HERE)
    hour = timedelta(hours=1)
    quiet_hours(db, f"{there - hour:%H:%M}", f"{there + hour:%H:%M}")
    with db.transaction() as session:
        tag_id = make.tag(session, "云南").id
        session.add(
            WeChatTag(account_id=account_of(db), tag_id=tag_id, wechat_id=105, name="云南", made_here=True)
        )
        session.add_all(FanTag(fan_id=one, tag_id=tag_id, tagged_at=now, source="test") for one in fans)
    tag = {"tag_id": tag_id} if way == "mass_tag" else {}
    key = approved(db, way=way, **tag)
    found = estimated(db, key)
    jobs.lay(runtime, key)
    [mass] = sends(db, key)
    with db.transaction() as session:
        session.execute(delete(Promise))

    jobs.call(runtime, mass.id)

    assert (found.reached, dict(found.later)) == (3, {"quiet_hours": 3})
    assert (line.calls, sends(db, key)[0].state, sends(db, key)[0].reason) == ([], "planned", "quiet_hours")
    [again] = [one for one in make.promises(db) if one.job == "broadcasts.call"]
    assert timedelta(minutes=58) < again.due_at - now <= hour
    with db.transaction() as session:
        standings.opt_out(session, fan_id=fans[1], member_id=None, how="word", now=now)
    quiet_hours(db, "00:00", "00:00")
    jobs.call(runtime, mass.id)
    assert sends(db, key)[0].state == "accepted"
    if way == "mass_openids":
        assert len(line.calls[0][0]) == 2
        assert reasons(db, key)[fans[1]] == "opted_out"
        assert sends(db, key)[0].recipients == 2


def test_a_call_of_which_one_is_left_is_not_made_and_an_urgent_one_wakes_everybody(runtime, line):
    db, there = runtime.db, utc_now().astimezone(HERE)
    fans = add_fans(db, 2)
    key = laid(runtime)
    with db.transaction() as session:
        standings.opt_out(session, fan_id=fans[0], member_id=None, how="word", now=utc_now())
    jobs.call(runtime, sends(db, key)[0].id)
    assert (sends(db, key)[0].state, line.calls) == ("cancelled", [])
    assert reasons(db, key) == {fans[0]: "opted_out", fans[1]: "alone"}
    jobs.look(runtime)
    assert row_of(db, key).state == "done"

    hour = timedelta(hours=1)
    quiet_hours(db, f"{there - hour:%H:%M}", f"{there + hour:%H:%M}")
    urgent = laid(runtime, intent="broadcast_urgent")
    jobs.call(runtime, sends(db, urgent)[0].id)
    assert sends(db, urgent)[0].state == "accepted"


def test_a_lost_answer_makes_no_second_send(runtime, line):
    db = runtime.db
    fans = add_fans(db, 3)
    key = laid(runtime)
    [mass] = sends(db, key)
    line.troubles = [WeChatUnavailable(None, "timed out")]

    with pytest.raises(WeChatUnavailable):
        jobs.call(runtime, mass.id)
    assert sends(db, key)[0].state == "calling"
    jobs.call(runtime, mass.id)
    jobs.call(runtime, mass.id)

    [mass] = sends(db, key)
    assert (mass.state, mass.msg_id, len(line.sends), len(line.calls)) == ("accepted", 3000, 1, 2)
    with db.reading() as session:
        openids = session.scalars(select(Fan.openid).where(Fan.id.in_(fans)).order_by(Fan.id)).all()
    assert line.calls[1] == (openids, {"msgtype": "text", "text": {"content": "云南踏青季开始报名了"}})

    jobs.finish(runtime, account_of(runtime.db), {"msg_id": 3000, **DONE})
    jobs.finish(runtime, account_of(runtime.db), {"msg_id": 3000, **DONE, "sent": 99})
    [mass] = sends(db, key)
    assert (mass.state, mass.total, mass.sent, mass.failed) == ("done", 3, 2, 1)
    jobs.look(runtime)
    jobs.count(runtime)
    row = row_of(db, key)
    assert (row.state, row.effect["sent"]) == ("done", 2)


def test_a_report_may_overtake_our_commit_and_sends_of_the_console_are_none_of_ours(runtime, line):
    db = runtime.db
    add_fans(db, 3)
    key = laid(runtime)
    with pytest.raises(Pointless):
        jobs.finish(runtime, account_of(runtime.db), {"msg_id": 3000, **DONE})
    [mass] = sends(db, key)
    with db.transaction() as session:
        session.execute(update(MassSend).values(state="calling", called_at=utc_now()))

    with pytest.raises(WeChatUnavailable):
        jobs.finish(runtime, account_of(runtime.db), {"msg_id": 3000, **DONE})
    jobs.call(runtime, mass.id)
    jobs.finish(runtime, account_of(runtime.db), {"msg_id": 3000, **DONE})

    assert sends(db, key)[0].state == "done"


def test_after_a_day_without_an_answer_nobody_asks_again(runtime, line):
    db = runtime.db
    add_fans(db, 3)
    key = laid(runtime)
    with db.transaction() as session:
        called = utc_now() - timedelta(hours=24)
        session.execute(update(MassSend).values(state="calling", called_at=called))

    jobs.call(runtime, sends(db, key)[0].id)

    assert (sends(db, key)[0].state, line.calls) == ("unsure", [])


def test_the_administrator_is_waited_for_and_a_report_that_never_comes_is_asked_for(runtime, line):
    db = runtime.db
    add_fans(db, 3)
    key = laid(runtime)
    [mass] = sends(db, key)
    line.troubles = [NotPermitted(89504, "mass send unconfirmed")]
    jobs.call(runtime, mass.id)
    assert sends(db, key)[0].state == "confirming"
    jobs.call(runtime, mass.id)
    assert sends(db, key)[0].state == "accepted"

    jobs.look(runtime)
    assert row_of(db, key).state == "sending"
    with db.transaction() as session:
        session.execute(update(MassSend).values(called_at=utc_now() - timedelta(hours=1)))
    jobs.look(runtime)
    assert row_of(db, key).state == "sending"
    line.status = "SEND_SUCCESS"
    jobs.look(runtime)
    assert (row_of(db, key).state, sends(db, key)[0].total) == ("done", None)
    jobs.finish(runtime, account_of(runtime.db), {"msg_id": 3000, **DONE})
    assert sends(db, key)[0].total == 3


def test_nobody_confirmed_and_what_wechat_refuses_stand_with_the_reason(runtime, line):
    db = runtime.db
    add_fans(db, 3)
    keys = [laid(runtime), laid(runtime)]
    first, second = (sends(db, key)[0] for key in keys)
    line.troubles = [
        NotPermitted(89504, "mass send unconfirmed"),
        NotPermitted(89504, "mass send unconfirmed"),
    ]
    jobs.call(runtime, first.id)
    with db.transaction() as session:
        session.execute(update(MassSend).values(called_at=utc_now() - timedelta(hours=1)))
    jobs.call(runtime, first.id)
    assert (sends(db, keys[0])[0].state, sends(db, keys[0])[0].status) == ("failed", "err(40002)")

    line.troubles = [BadRequest(40008, "type of message")]
    jobs.call(runtime, second.id)
    failed = sends(db, keys[1])[0]
    assert (failed.state, "40008" in failed.reason) == ("failed", True)
    jobs.look(runtime)
    assert [row_of(db, key).state for key in keys] == ["done", "done"]


def test_a_pause_keeps_calls_back_and_cancelling_ends_those_not_made(runtime, line, monkeypatch):
    monkeypatch.setattr(recipients, "EACH", 2)
    db = runtime.db
    add_fans(db, 4)
    key = laid(runtime)
    first, second = sends(db, key)
    jobs.call(runtime, first.id)
    with db.transaction() as session:
        deciding.pause(session, deciding.locked(session, key))
    jobs.call(runtime, second.id)
    assert [one.state for one in sends(db, key)] == ["accepted", "planned"]
    with db.transaction() as session:
        deciding.resume(session, deciding.locked(session, key), now=utc_now())
        deciding.cancel(session, deciding.locked(session, key), now=utc_now())
    jobs.call(runtime, second.id)
    assert [one.state for one in sends(db, key)] == ["accepted", "cancelled"]
    jobs.finish(runtime, account_of(runtime.db), {"msg_id": 3000, **DONE})
    assert sends(db, key)[0].state == "done"


def test_calling_it_off_asks_wechat_no_more_for_what_it_has_not_taken(runtime, line):
    db = runtime.db
    add_fans(db, 3)
    keys = [laid(runtime) for _ in range(2)]
    unconfirmed, lost = (sends(db, key)[0] for key in keys)
    line.troubles = [NotPermitted(89504, "mass send unconfirmed"), WeChatUnavailable(None, "lost")]
    jobs.call(runtime, unconfirmed.id)
    with pytest.raises(WeChatUnavailable):
        jobs.call(runtime, lost.id)
    for key in keys:
        with db.transaction() as session:
            deciding.pause(session, deciding.locked(session, key))
    for one in (unconfirmed, lost):
        jobs.call(runtime, one.id)
    assert [sends(db, key)[0].state for key in keys] == ["confirming", "calling"]

    with db.transaction() as session:
        session.execute(delete(Promise))
        deciding.resume(session, deciding.locked(session, keys[1]), now=utc_now())
    assert f"broadcasts.call:{lost.id}" in {one.waiting_key for one in make.promises(db)}
    for key in keys:
        with db.transaction() as session:
            deciding.cancel(session, deciding.locked(session, key), now=utc_now())
    for one in (unconfirmed, lost):
        jobs.call(runtime, one.id)

    assert [sends(db, key)[0].state for key in keys] == ["cancelled", "unsure"]
    assert len(line.calls) == 2


def test_a_tags_send_waits_until_wechat_knows_the_tag(runtime, line):
    db = runtime.db
    add_fans(db, 3)
    account_id = runtime.accounts["head"].id
    with db.transaction() as session:
        tag_id = make.tag(session, "云南").id
    key = approved(db, way="mass_tag", tag_id=tag_id)
    with db.transaction() as session:
        needs.put(
            session,
            account="head",
            account_id=account_id,
            why=f"broadcast:{key}",
            tag_ids=[tag_id],
            now=utc_now(),
        )
    jobs.lay(runtime, key)
    [mass] = sends(db, key)

    jobs.call(runtime, mass.id)
    assert (sends(db, key)[0].state, line.calls) == ("planned", [])
    with db.transaction() as session:
        session.add(
            WeChatTag(account_id=account_id, tag_id=tag_id, wechat_id=105, name="云南", made_here=True)
        )
    jobs.call(runtime, mass.id)

    assert line.calls[0][0] == [105]
    jobs.finish(runtime, account_of(runtime.db), {"msg_id": 3000, **DONE})
    jobs.look(runtime)
    with db.reading() as session:
        assert session.scalars(select(Broadcast.state)).all() == ["done"]
        assert needs.needed(session, account_id) == set()


def test_a_report_as_wechat_pushes_it_becomes_a_promise_that_notes_it(runtime, line):
    db = runtime.db
    add_fans(db, 3)
    key = laid(runtime)
    jobs.call(runtime, sends(db, key)[0].id)
    with db.transaction() as session:
        session.execute(update(MassSend).values(msg_id=3001))
    payload = Path(__file__).parents[1] / "payloads" / "event_masssendjobfinish.xml"

    assert Phone(assemble(runtime), runtime.config.accounts[0]).post(payload.read_bytes()).status == 200
    [promise] = [one for one in make.promises(db) if one.job == "broadcasts.finish"]
    jobs.finish(runtime, **promise.arguments)

    [mass] = sends(db, key)
    assert (mass.state, mass.total, mass.filtered, mass.sent, mass.failed) == ("done", 100, 80, 75, 5)
