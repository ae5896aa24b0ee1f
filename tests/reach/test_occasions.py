"""Members are told of their own affairs once, by the WeChat they used last."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.db import utc_now
from bot.fans.models import Fan
from bot.jobs import JOBS
from bot.members.models import MemberClaim, MemberIdentity, Referral
from bot.outbox.outcomes import Pointless
from bot.reach.models import ReachNotice
from tests.reach.sending import planner_at
from tests.support.members import Travellers


@pytest.fixture
def planner(empty_sqlite):
    with planner_at(empty_sqlite) as planner:
        yield planner


@pytest.fixture
def member(planner):
    """A member with two fans, the second of whom wrote last."""
    travellers = Travellers(planner.db, planner.account_id)
    old, new = planner.fan("old", wrote=timedelta(days=9)), planner.fan("new")
    travellers.bind(old, "+8613900130100")
    with planner.db.transaction() as session:
        member_id = session.get_one(Fan, old).member_id
        session.get_one(Fan, new).member_id = member_id
    return member_id, old, new


def notices(planner) -> list[tuple[str, int]]:
    with planner.db.reading() as session:
        return [(row.intent, row.fan_id) for row in session.scalars(select(ReachNotice))]


def test_a_referrer_is_told_once(planner, member):
    member_id, _old, new = member
    Travellers(planner.db, planner.account_id).bind(planner.fan("friend"), "+8613900130101")
    with planner.db.transaction() as session:
        friend = session.scalars(select(Fan).filter_by(openid="ofriend")).one().member_id
        row = Referral(
            member_id=friend, referrer_member_id=member_id, via="phone", earns=[], counted_at=utc_now()
        )
        session.add(row)
        session.flush()

    for _ in range(2):
        JOBS["members.tell_referrer"](planner.runtime, referral_id=row.id)
    planner.pump("service")

    assert notices(planner) == [("referral_counted", new)]
    assert [said["text"]["content"][:8] for said in planner.said()] == ["您推荐的朋友已成"]


def test_whoever_of_the_staff_brought_somebody_is_told_too(planner):
    guide, friend = planner.fan("guide"), planner.fan("friend")
    Travellers(planner.db, planner.account_id).bind(friend, "+8613900130101")
    with planner.db.transaction() as session:
        session.get_one(Fan, guide).staff_id = 7
        facts = {"member_id": session.get_one(Fan, friend).member_id, "fan_id": friend}
        row = Referral(**facts, referrer_staff_id=7, via="channel", earns=[], counted_at=utc_now())
        session.add(row)
        session.flush()

    for _ in range(2):
        JOBS["members.tell_referrer"](planner.runtime, referral_id=row.id)
    planner.pump("service")

    assert notices(planner) == [("referral_counted", guide)]
    assert [said["text"]["content"][:8] for said in planner.said()] == ["您带来的旅客已成"]


def claim(planner, member_id: int, fan_id: int) -> int:
    with planner.db.transaction() as session:
        identity = session.scalars(select(MemberIdentity.id).filter_by(member_id=member_id)).first()
        facts = {"member_id": member_id, "fan_id": fan_id, "identity_id": identity, "state": "waiting"}
        row = MemberClaim(**facts, created_at=utc_now(), expires_at=utc_now())
        session.add(row)
        session.flush()
        return row.id


def test_a_member_whose_number_another_proved_is_told_elsewhere_than_there(planner, member):
    member_id, old, new = member
    claims = [claim(planner, member_id, one) for one in (new, old)]

    for one in claims:
        JOBS["members.tell_of_claim"](planner.runtime, claim_id=one)

    assert notices(planner) == [("number_claimed", old), ("number_claimed", new)]

    with planner.db.transaction() as session:
        for fan in session.scalars(select(Fan)):
            fan.standing = "left"
    later = claim(planner, member_id, new)
    with pytest.raises(Pointless):
        JOBS["members.tell_of_claim"](planner.runtime, claim_id=later)
