"""What fans do through channels is noted once, for the right channel, and told apart by who did it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from bot.app import assemble
from bot.channels import events, retiring
from bot.channels.models import Campaign, Channel, ChannelEvent, ChannelTag
from bot.db import Database, utc_now
from bot.db.revisions import bump
from bot.fans.models import Fan
from bot.organisation.models import Staff
from bot.runtime import Runtime, open_runtime
from bot.tags.models import FanTag, Tag, TagNeed, TagRule
from tests import make
from tests.support.phone import Phone


@pytest.fixture
def runtime(db: Database, database_url: str) -> Iterator[Runtime]:
    runtime = open_runtime(make.config(database_url))
    yield runtime
    runtime.close()


@pytest.fixture
def alice(runtime: Runtime) -> Phone:
    [account] = runtime.config.accounts
    return Phone(assemble(runtime), account)


@pytest.fixture
def shop(db):
    return make.shop(db)


@pytest.fixture
def wall(db, runtime, shop):
    """A channel of the shop, of a campaign."""
    key = make.channel(db, "c:1", account_id=runtime.accounts["head"].id, shop_id=shop)
    with db.transaction() as session:
        campaign = Campaign(name="淡季特惠")
        session.add(campaign)
        session.flush()
        session.get_one(Channel, key).campaign_id = campaign.id
    return key


def noted(db):
    with db.reading() as session:
        return list(session.scalars(select(ChannelEvent).order_by(ChannelEvent.id)))


def told(db):
    return [(one.deed, one.who, one.again) for one in noted(db)]


def change(db, **facts):
    with db.transaction() as session:
        fan = session.scalars(select(Fan)).one()
        for name, value in facts.items():
            setattr(fan, name, value)


def tag(db, name, **facts):
    with db.transaction() as session:
        row = Tag(name=name, kind="automatic", created_at=utc_now(), **facts)
        session.add(row)
        session.flush()
        bump(session, "tags")
        return row.id


def tags(db):
    with db.reading() as session:
        wanted = select(Tag.name).join(FanTag, FanTag.tag_id == Tag.id)
        return set(session.scalars(wanted))


def test_a_fans_ways_are_noted_with_what_the_channel_was_then(db, runtime, alice, wall, shop):
    now = utc_now().timestamp()
    alice.follow("c:1", CreateTime=int(now) - 900)
    alice.scan("c:1", CreateTime=int(now) - 800)
    alice.scan("c:1", CreateTime=int(now) - 795)
    alice.leave(CreateTime=int(now) - 700)
    alice.follow("c:1", CreateTime=int(now) - 600)
    alice.repeat()

    assert told(db) == [
        ("follow", "new", False),
        ("scan", "fan", False),
        ("scan", "fan", True),
        ("leave", "fan", False),
        ("return", "fan", False),
    ]
    assert {(one.channel_id, one.shop_id) for one in noted(db)} == {(wall, shop)}
    assert {one.campaign_id for one in noted(db)} != {None}


def test_words_and_taps_note_nothing(db, runtime, alice, wall):
    alice.say("你好")
    alice.click("KEY")
    alice.scan("c:nobody")

    assert noted(db) == []


def test_a_leave_counts_against_the_last_touch(db, runtime, alice, wall):
    other = make.channel(db, "c:2", account_id=runtime.accounts["head"].id)

    alice.follow("c:1")
    alice.scan("c:2")
    alice.leave()

    assert [one.channel_id for one in noted(db)] == [wall, other, other]


def test_following_without_a_code_is_noted_for_no_channel(db, runtime, alice):
    alice.follow()

    [event] = noted(db)
    assert (event.deed, event.channel_id, event.shop_id) == ("follow", None, None)


def test_our_own_people_members_and_tests_are_told_apart(db, runtime, alice, wall, shop):
    now = int(utc_now().timestamp())
    alice.follow("c:1", CreateTime=now - 400)
    change(db, member_id=7)
    alice.scan("c:1", CreateTime=now - 300)
    with db.transaction() as session:
        staff = Staff(shop_id=shop, name="王珊", role="导游", active=True)
        session.add(staff)
        session.flush()
        staff_id = staff.id
    change(db, staff_id=staff_id)
    alice.scan("c:1", CreateTime=now - 200)
    with db.transaction() as session:
        session.get_one(Channel, wall).is_test = True
    alice.scan("c:1", CreateTime=now - 100)

    assert [one.who for one in noted(db)] == ["new", "member", "staff", "test"]


def test_binding_and_buying_count_for_the_last_touch(db, runtime, alice, wall, shop):
    alice.follow("c:1")
    now = utc_now()
    with db.transaction() as session:
        fan = session.scalars(select(Fan)).one()
        fan.member_id = 7
        events.bound(session, fan, now=now)
        events.bought(session, 7, amount=128_000, at=now, now=now)

    last = [(one.deed, one.who, one.channel_id, one.shop_id, one.amount) for one in noted(db)][1:]
    assert last == [("bind", "member", wall, shop, None), ("buy", "member", wall, shop, 128_000)]


def test_a_code_given_to_others_keeps_what_its_old_owner_brought(db, runtime, alice, wall, shop):
    now = utc_now()
    alice.follow("c:1", CreateTime=int(now.timestamp()) - 900)
    other = make.shop(db, "外滩店")
    with db.transaction() as session:
        channel = session.get_one(Channel, wall)
        campaign = channel.campaign_id
        retiring.retire(channel, now=now)
        retiring.reassign(channel, name="外滩店门口", shop_id=other, staff_id=None)
        assert channel.campaign_id is None

    with db.transaction() as session:
        fan = session.scalars(select(Fan)).one()
        fan.member_id = 7
        events.bound(session, fan, now=now)
    alice.leave()

    assert told(db) == [("follow", "new", False), ("bind", "member", False), ("leave", "member", False)]
    assert {(one.channel_id, one.shop_id, one.campaign_id) for one in noted(db)} == {(wall, shop, campaign)}


def test_a_touch_whose_event_was_forgotten_counts_for_its_channel(db, runtime, alice, wall, shop):
    alice.follow("c:1")
    with db.transaction() as session:
        session.execute(delete(ChannelEvent))

    alice.leave()

    assert [(one.deed, one.channel_id, one.shop_id) for one in noted(db)] == [("leave", wall, shop)]


def test_tags_come_with_the_follow_and_are_exchanged_by_binding(db, runtime, alice, wall, shop):
    rules = {
        "门店·人民广场": ("shop", str(shop)),
        "上海": ("city", "上海"),
        "墙上的码": ("channel", str(wall)),
    }
    for name, (kind, value) in rules.items():
        key = tag(db, name)
        with db.transaction() as session:
            session.add(TagRule(tag_id=key, kind=kind, value=value))
            bump(session, "tags")
    for name, for_members in (("码上新客", False), ("码上会员", True)):
        key = tag(db, name)
        with db.transaction() as session:
            session.add(ChannelTag(channel_id=wall, tag_id=key, for_members=for_members))
    tag(db, "退役", retired_at=utc_now())

    runtime.memory._checked_at = float("-inf")  # half a second later
    alice.follow("c:1")
    assert tags(db) == {*rules, "粉丝", "码上新客"}

    with db.transaction() as session:
        fan = session.scalars(select(Fan)).one()
        fan.member_id = 7
        events.bound(session, fan, now=utc_now())
        events.bound(session, fan, now=utc_now())
    assert tags(db) == {*rules, "会员", "码上新客", "码上会员"}


def test_wechat_hears_only_of_tags_somebody_needs_there(db, runtime, alice, wall):
    alice.follow("c:1")
    assert "tags.sync" not in {one.job for one in make.promises(db)}
    key = tag(db, "菜单用")
    account_id = runtime.accounts["head"].id
    with db.transaction() as session:
        session.add(TagRule(tag_id=key, kind="channel", value=str(wall)))
        session.add(TagNeed(account_id=account_id, tag_id=key, why="menu"))
        bump(session, "tags")

    runtime.memory._checked_at = float("-inf")  # half a second later
    alice.scan("c:1")
    alice.scan("c:1", CreateTime=int(utc_now().timestamp()) - 60)

    [sync] = [one for one in make.promises(db) if one.job == "tags.sync"]
    assert sync.arguments == {"account_id": account_id}
    assert sync.due_at > utc_now() - timedelta(seconds=30)
