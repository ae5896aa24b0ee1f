"""A broadcast from the yes to the phones of travellers, one by one: paused on the way, gone on with, and opened."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import delete, select, update

from bot.app import pages
from bot.broadcasts import deciding, estimating
from bot.broadcasts.models import Broadcast
from bot.config import H5Config, ServerConfig
from bot.consents import consents
from bot.coupons.models import Coupon
from bot.db import utc_now
from bot.fans.models import Fan
from bot.jobs import JOBS
from bot.links import keeping
from bot.links.models import LinkClick
from bot.outbox.models import Promise
from bot.reach import pump as pumping
from bot.reach.models import Lane, ReachNotice, ReachSettings
from bot.runtime import open_runtime
from simulator.server import Server
from tests import make
from tests.broadcasts.conftest import CHIEF, WRITER, account_of, draft, quiet_hours, row_of
from tests.broadcasts.test_links import HOST, PHONE
from tests.coupons.world import Desk
from tests.support.wechat_side import WeChatSide

NAMES = ("alice", "bob", "carol", "dora")
SHOP = "https://shop.example/yunnan"
KEY = H5Config("a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U=")


@pytest.fixture
def world(database_url):
    """Four who wrote a moment ago, at the platform and here; the back office's host has links."""
    with Server() as server:
        config = replace(make.config(database_url), server=ServerConfig(public_url=HOST), h5=KEY)
        config = WeChatSide.reached(config, server)
        side = WeChatSide(server, config)
        runtime = open_runtime(config)
        quiet_hours(runtime.db, "00:00", "00:00")  # a test may run at night
        now, fans = utc_now(), {}
        for name in NAMES:
            openid = side.follow(name)
            side.sim("POST", f"travellers/{name}/say", account=side.app_id, wait=False, text="你好")
            with runtime.db.transaction() as session:
                fan = Fan(
                    account_id=account_of(runtime.db),
                    openid=openid,
                    standing="following",
                    created_at=now,
                    follow_count=1,
                    message_count=1,
                    last_message_at=now,
                    last_interaction_at=now,
                )
                session.add(fan)
                session.flush()
                fans[name] = fan.id
        yield SimpleNamespace(runtime=runtime, db=runtime.db, side=side, fans=fans)
        runtime.close()
        side.http.close()


def heard(world) -> dict[str, list[str]]:
    """Return what each phone shows of us."""
    found = {}
    for name in NAMES:
        chat = world.side.sim("GET", f"travellers/{name}/chat?account={world.side.app_id}")["bubbles"]
        found[name] = [one["content"]["content"] for one in chat if one["sender"] == "account"]
    return found


def work(world) -> None:
    """Keep every promise there is, as workers would, until there is none."""
    while True:
        with world.db.transaction() as session:
            waiting = session.scalars(select(Promise).order_by(Promise.id)).all()
            session.execute(delete(Promise))
        if not waiting:
            return
        for row in waiting:
            JOBS[row.job](world.runtime, **row.arguments)


def on(world, key, act, **said):
    with world.db.transaction() as session:
        act(session, deciding.locked(session, key), **said)


def calls_a_second(world, most: int | None) -> None:
    with world.db.transaction() as session:
        session.execute(update(ReachSettings).values(calls_per_second=most))


def test_from_the_yes_to_the_phone_through_a_pause_to_the_click(world):
    db, now = world.db, utc_now()
    key = draft(db)
    with db.transaction() as session:
        links = keeping.put(session, f"broadcast:{key}", [SHOP], now=now)
        content = {"answer": {"type": "text", "content": "云南踏青季：{链接1}"}, "links": links}
        session.get_one(Broadcast, key).content = content
    on(world, key, deciding.submit, actor=WRITER, now=now)
    version = row_of(db, key).version
    on(world, key, deciding.approve, version=version, actor=CHIEF, now=now)
    assert list(heard(world).values()) == [[]] * len(NAMES)

    [wish] = make.promises(db)
    JOBS[wish.job](world.runtime, **wish.arguments)
    calls_a_second(world, 1)  # a claim is of one notice then
    account = next(iter(world.runtime.accounts.values()))
    for _time in range(20):
        pumping.pump(world.runtime, account, Lane.MARKETING, seconds=0.001)
        if any(heard(world).values()):  # so little time may be over before it has begun
            break
    on(world, key, deciding.pause)
    calls_a_second(world, None)
    work(world)
    JOBS["reach.pump"](world.runtime, account_id=account.id, lane="marketing")
    JOBS["reach.look"](world.runtime)
    JOBS["broadcasts.look"](world.runtime)

    before = heard(world)
    reached = [name for name in NAMES if before[name]]
    assert 1 <= len(reached) < len(NAMES)
    assert row_of(db, key).state == "paused"
    with db.reading() as session:
        states = session.scalars(select(ReachNotice.state).order_by(ReachNotice.fan_id)).all()
    assert sorted(states) == ["held"] * (len(NAMES) - len(reached)) + ["sent"] * len(reached)

    on(world, key, deciding.resume, now=utc_now())
    work(world)
    JOBS["broadcasts.look"](world.runtime)

    said = heard(world)
    assert {name: len(words) for name, words in said.items()} == dict.fromkeys(NAMES, 1)
    assert {name: said[name] for name in reached} == {name: before[name] for name in reached}
    assert row_of(db, key).state == "done"

    found = {name: re.search(r"https://\S+", words[0])[0] for name, words in said.items()}
    assert len(set(found.values())) == len(NAMES)
    client = pages(world.runtime).test_client()
    for name in ("alice", "alice", "dora"):
        answer = client.get(found[name].removeprefix(HOST), headers=PHONE)
        assert (answer.status_code, answer.location) == (302, SHOP)
    with db.reading() as session:
        clicked = session.scalars(select(LinkClick.fan_id).order_by(LinkClick.id)).all()
    assert clicked == [world.fans["alice"], world.fans["alice"], world.fans["dora"]]
    JOBS["broadcasts.count"](world.runtime)
    effect = row_of(db, key).effect
    assert (effect["sent"], effect["clicks"], effect["clickers"], effect["left_3"]) == (4, 3, 2, 0)


def test_a_coupon_is_given_before_it_is_told_of_and_who_gets_none_is_not_told(world):
    db, desk = world.db, Desk(world.db)
    members = {name: desk.member() for name in ("alice", "bob", "dora")}
    with db.transaction() as session:
        for name, member_id in members.items():
            session.get_one(Fan, world.fans[name]).member_id = member_id
            consents.give_marketing(session, member_id=member_id, fan_id=world.fans[name], now=utc_now())
    template = desk.template(total=2, name="踏青券")
    desk.issue(template, members["alice"])  # who may have one, and has it
    content = {"answer": {"type": "text", "content": "送您一张踏青券"}, "coupon": template}
    key = draft(db, content=content)
    with db.reading() as session:
        found = estimating.estimate(
            session, session.get_one(Broadcast, key), {"all": []}, now=utc_now(), rate=40.0
        )
    assert (found.reached, dict(found.left_out)) == (3, {"no_coupon": 1})  # carol is no member

    now = utc_now()
    on(world, key, deciding.submit, actor=WRITER, now=now)
    on(world, key, deciding.approve, version=row_of(db, key).version, actor=CHIEF, now=now)
    work(world)
    JOBS["broadcasts.look"](world.runtime)

    with db.reading() as session:
        held = session.execute(
            select(Coupon.member_id, Coupon.source).where(Coupon.source == "message")
        ).all()
        rows = session.execute(select(ReachNotice.fan_id, ReachNotice.state, ReachNotice.reason)).all()
    said = {name: words for name, words in heard(world).items() if words}
    [lucky] = said  # there was one left, for bob or dora
    assert said[lucky] == ["送您一张踏青券"]
    assert [(row.member_id, row.source) for row in held] == [(members[lucky], "message")]
    assert lucky in {"bob", "dora"}
    none = {world.fans[name]: ("skipped", "no_coupon") for name in NAMES if name != lucky}
    assert {row.fan_id: (row.state, row.reason) for row in rows} == {
        **none,
        world.fans[lucky]: ("sent", None),
    }
    assert row_of(db, key).state == "done"
