"""Segments: what conditions select, on every database; what is refused; whose fans they reach."""

import itertools
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select, update

from bot.channels.models import Campaign, ChannelEvent
from bot.consents import consents
from bot.consents.models import ConsentKind
from bot.db import Database, Scope, utc_now
from bot.fans.models import Fan
from bot.members.models import Member
from bot.organisation.models import Branch, Shop
from bot.segments import compiling, conditions, slices
from bot.segments.conditions import BadConditions
from bot.segments.fields import FIELDS
from bot.tags.models import FanTag
from tests import make

NOW = utc_now()


def ago(days):
    return NOW - timedelta(days=days)


def is_(field, ask, value):
    return {"field": field, "ask": ask, "value": value}


@pytest.fixture
def world(db: Database):
    """Four fans: a of shop 1, tagged and a member; b of shop 2, long silent; c of no shop who left; d elsewhere."""
    one, two = make.shop(db), make.shop(db, "济南泉城路店", "济南分公司")
    ids = {"shop 1": one, "shop 2": two}
    with db.transaction() as session:
        first, second = session.get_one(Shop, one), session.get_one(Shop, two)
        ids |= {"branch 1": first.branch_id, "branch 2": second.branch_id}
        session.get_one(Branch, second.branch_id).city = "济南"
        session.get_one(Branch, second.branch_id).parent_id = first.branch_id
        member = Member(
            number="M0000000001", source="binding", home_shop_id=one, created_at=ago(9), verified_at=ago(9)
        )
        campaign = Campaign(name="夏季")
        session.add_all([member, campaign])
        session.flush()
        policy = {"policy_version": 1, "fan_id": None, "now": ago(9)}
        consents.give(session, ConsentKind.MARKETING, member_id=member.id, **policy)
        tags = [make.tag(session, name).id for name in ("云南", "亲子")]
        known = {
            "a": {"last_shop_id": one, "first_shop_id": two, "followed_at": ago(40), "member_id": member.id}
            | {"last_interaction_at": ago(2), "message_count": 7, "staff_id": 5, "last_channel_id": 77},
            "b": {"last_shop_id": two, "followed_at": ago(3), "last_interaction_at": ago(90)},
            "c": {"standing": "left", "left_at": ago(1)},
            "d": {"account_id": 2, "last_shop_id": one},
        }
        for name, facts in known.items():
            values = {"account_id": 1, "standing": "following", "created_at": ago(99), "follow_count": 1}
            fan = Fan(openid=f"o-{name}", **{**values, "message_count": 0, **facts})
            session.add(fan)
            session.flush()
            ids[name] = fan.id
        for tag in tags:
            session.add(FanTag(fan_id=ids["a"], tag_id=tag, tagged_at=NOW, source="test"))
        session.add(FanTag(fan_id=ids["b"], tag_id=tags[0], tagged_at=NOW, source="test"))
        came = {"at": ago(5), "noted_at": ago(5), "account_id": 1, "who": "new", "again": False}
        for name, deed in (("b", "scan"), ("a", "leave")):
            session.add(ChannelEvent(fan_id=ids[name], deed=deed, campaign_id=campaign.id, **came))
        ids |= {"tags": tags, "campaign": campaign.id}
    return ids


CASES = {
    "everybody": (lambda _w: {"all": []}, "abc"),
    "standing": (lambda _w: {"all": [is_("standing", "any", ["following"])]}, "ab"),
    "any tag": (lambda w: {"all": [is_("tags", "any", w["tags"])]}, "ab"),
    "all tags": (lambda w: {"all": [is_("tags", "all", w["tags"])]}, "a"),
    "no tag": (lambda w: {"all": [is_("tags", "none", w["tags"])]}, "c"),
    "last shop": (lambda w: {"all": [is_("last_shop", "any", [w["shop 1"]])]}, "a"),
    "not the last shop": (lambda w: {"all": [is_("last_shop", "none", [w["shop 1"]])]}, "bc"),
    "first shop": (lambda w: {"all": [is_("first_shop", "any", [w["shop 2"]])]}, "a"),
    "branch with all below": (lambda w: {"all": [is_("last_branch", "any", [w["branch 1"]])]}, "ab"),
    "branch below": (lambda w: {"all": [is_("last_branch", "any", [w["branch 2"]])]}, "b"),
    "not the branch": (lambda w: {"all": [is_("last_branch", "none", [w["branch 2"]])]}, "ac"),
    "city": (lambda _w: {"all": [is_("city", "any", ["济南"])]}, "b"),
    "channel": (lambda _w: {"all": [is_("last_channel", "any", [77])]}, "a"),
    "campaign": (lambda w: {"all": [is_("campaign", "any", [w["campaign"]])]}, "b"),
    "not the campaign": (lambda w: {"all": [is_("campaign", "none", [w["campaign"]])]}, "ac"),
    "followed within": (lambda _w: {"all": [is_("followed", "within", 30)]}, "b"),
    "followed long ago, or before us": (lambda _w: {"all": [is_("followed", "over", 30)]}, "ac"),
    "followed between": (
        lambda _w: {"all": [is_("followed", "between", {"since": ago(41).date().isoformat()})]},
        "ab",
    ),
    "followed until": (
        lambda _w: {"all": [is_("followed", "between", {"until": ago(30).date().isoformat()})]},
        "a",
    ),
    "left": (lambda _w: {"all": [is_("left", "within", 2)]}, "c"),
    "silent": (lambda _w: {"all": [is_("last_active", "over", 30)]}, "bc"),
    "messages": (lambda _w: {"all": [is_("messages", "at_least", 1)]}, "a"),
    "few messages": (lambda _w: {"all": [is_("messages", "at_most", 1)]}, "bc"),
    "member": (lambda _w: {"all": [is_("member", "is", True)]}, "a"),
    "no member": (lambda _w: {"all": [is_("member", "is", False)]}, "bc"),
    "bound": (lambda _w: {"all": [is_("bound", "within", 10)]}, "a"),
    "bound long ago": (lambda _w: {"all": [is_("bound", "over", 10)]}, ""),
    "member's shop": (lambda w: {"all": [is_("member_shop", "any", [w["shop 1"]])]}, "a"),
    "lowest level": (lambda _w: {"all": [is_("level", "any", ["base", "gold"])]}, "a"),
    "a level nobody is on": (lambda _w: {"all": [is_("level", "any", ["gold"])]}, ""),
    "not the lowest level": (lambda _w: {"all": [is_("level", "none", ["base"])]}, "bc"),
    "wants offers": (lambda _w: {"all": [is_("wants_offers", "is", True)]}, "a"),
    "staff": (lambda _w: {"all": [is_("staff", "is", True)]}, "a"),
    "never written": (lambda _w: {"all": [is_("last_message", "over", 1)]}, "abc"),
    "any of two": (
        lambda w: {"any": [is_("left", "within", 2), is_("last_shop", "any", [w["shop 2"]])]},
        "bc",
    ),
    "none of what nobody knows": (lambda _w: {"none": [is_("followed", "within", 30)]}, "ac"),
    "groups in groups": (
        lambda w: {"all": [is_("tags", "any", w["tags"]), {"none": [is_("member", "is", True)]}]},
        "b",
    ),
}


def test_each_condition_selects_whom_it_says(db, world):
    with db.reading() as session:
        for name, (document, expected) in CASES.items():
            wanted = compiling.select(document(world), account_id=1, now=NOW)
            found = set(session.scalars(wanted))
            assert found == {world[one] for one in expected}, name
            for one in "abc":
                fits = compiling.matches(session, document(world), world[one], now=NOW)
                assert fits == (one in expected), (name, one)


def test_every_field_is_among_the_cases():
    asked = set()
    for document, _expected in CASES.values():
        said = document(
            {"tags": [1], "campaign": 1} | {f"{k} {n}": 1 for k in ("shop", "branch") for n in (1, 2)}
        )
        asked |= {one.field.name for one in conditions.conditions(conditions.read(said))}
    known = {"first_branch", "first_channel", "last_touch"}  # the same columns' neighbours
    assert asked | known == set(FIELDS)


def test_a_managers_segment_reaches_only_their_own_fans_whatever_it_asks(db, world):
    scope = Scope(shops=frozenset({world["shop 1"]}), above=frozenset({world["branch 1"]}))
    with db.scoped_reading(scope) as session:
        for name, (document, expected) in CASES.items():
            found = set(session.scalars(compiling.select(document(world), account_id=1, now=NOW)))
            assert found <= {world["a"]}, name
            if name not in {"first shop", "followed long ago, or before us"}:
                continue
            assert found == ({world["a"]} if "a" in expected else set()), name
        assert not compiling.matches(session, {"all": []}, world["b"], now=NOW)


def test_counting_stops_when_its_time_is_up_and_says_so(db, world, monkeypatch):
    clock = SimpleNamespace(monotonic=itertools.count().__next__)  # each look at it takes a second
    with db.reading() as session:
        wanted = compiling.select({"all": []}, account_id=1, now=NOW)
        newest = session.scalar(select(func.max(Fan.id)))
        whole = slices.count(session, wanted, newest=newest)
        monkeypatch.setattr(slices, "time", clock)
        stopped = slices.count(session, wanted, newest=newest + 100_000, seconds=2)

    assert (whole.number, whole.is_exact, whole.about) == (3, True, 3)
    assert not stopped.is_exact
    assert stopped.looked_at == slices.FIRST


def test_slices_go_through_everybody_once(db, world):
    with db.reading() as session:
        wanted = compiling.select({"all": []}, account_id=1, now=NOW)
        reached, seen = 0, []
        while reached < world["d"]:
            part = slices.after(session, wanted, reached=reached, newest=world["d"], most=1, window=2)
            seen += part.ids
            assert part.reached > reached
            reached = part.reached
    assert seen == [world[one] for one in "abc"]


def test_keys_that_nobody_has_are_gone_over_at_once(db, world):
    """A restored database leaves out millions."""
    with db.transaction() as session:
        far = world["d"] + 50_000_000
        session.execute(update(Fan).where(Fan.id == world["d"]).values(id=far))
    with db.reading() as session:
        wanted = compiling.select({"all": []}, account_id=1, now=NOW)
        reached, steps = world["c"], 0
        while reached < far:
            reached = slices.after(session, wanted, reached=reached, newest=far, most=1, window=2).reached
            steps += 1
            assert steps < 5


BAD = {
    "no object": ([], "", "no_group"),
    "two junctions": ({"all": [], "any": []}, "", "no_group"),
    "unknown junction": ({"some": []}, "", "no_group"),
    "no list": ({"all": {}}, "all", "no_list"),
    "unknown field": ({"all": [is_("openid", "any", ["x"])]}, "all[0].field", "unknown_field"),
    "unknown ask": ({"all": [is_("member", "any", [1])]}, "all[0].ask", "unknown_ask"),
    "ask of no word": ({"all": [is_("member", ["any"], [1])]}, "all[0].ask", "unknown_ask"),
    "choice of no word": ({"all": [is_("standing", "any", [{"a": 1}])]}, "all[0].value", "no_choice"),
    "no flag": ({"all": [is_("member", "is", 1)]}, "all[0].value", "no_flag"),
    "nothing chosen": ({"all": [is_("tags", "any", [])]}, "all[0].value", "nothing_chosen"),
    "no keys": ({"all": [is_("tags", "any", ["1"])]}, "all[0].value", "no_keys"),
    "a truth for a key": ({"all": [is_("tags", "any", [True])]}, "all[0].value", "no_keys"),
    "lists in a list": ({"all": [is_("tags", "any", [[1]])]}, "all[0].value", "no_keys"),
    "no such choice": ({"all": [is_("standing", "any", ["dead"])]}, "all[0].value", "no_choice"),
    "no number": ({"all": [is_("followed", "within", 0)]}, "all[0].value", "no_number"),
    "a truth for a number": ({"all": [is_("messages", "at_least", True)]}, "all[0].value", "no_number"),
    "no day": ({"all": [is_("followed", "between", {"since": "x"})]}, "all[0].value", "no_days"),
    "days backwards": (
        {"all": [is_("followed", "between", {"since": "2026-02-02", "until": "2026-02-01"})]},
        "all[0].value",
        "days_backwards",
    ),
    "deep": ({"all": [{"any": [{"none": [{"all": []}]}]}]}, "all[0].any[0].none[0].", "too_deep"),
    "deep in": (
        {"all": [is_("member", "is", True), {"any": [is_("x", "is", True)]}]},
        "all[1].any[0].field",
        "unknown_field",
    ),
    "many": ({"any": [is_("member", "is", True)] * 41}, "", "too_many"),
    "more than a condition": (
        {"all": [{**is_("member", "is", True), "or": "1=1"}]},
        "all[0]",
        "no_condition",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_said_with_its_place(name):
    document, path, code = BAD[name]
    with pytest.raises(BadConditions) as caught:
        conditions.read(document)
    assert (path, code) in {(one.path, one.code) for one in caught.value.problems}
