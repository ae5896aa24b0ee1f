"""Everything is killed at random while travellers write; nothing is lost and nothing is doubled."""

import itertools
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from sqlalchemy import func, select

from bot.config import AccountConfig
from bot.outbox.models import Promise, State
from tests import make
from tests.support.phone import body, sealed
from tests.support.system import System, eventually

MESSAGES = {"postgresql": 2000}  # what production runs on; elsewhere a minute is saved
FEWER = 600
PATIENCE = 4000  # attempts, a twentieth of a second apart: on a slow machine a server is long in coming back
FANS = 50
SEED = 20261121


@pytest.mark.chaos
def test_server_worker_clock_and_redis_are_killed_while_messages_arrive(deploy_everywhere):
    system = deploy_everywhere(lease_seconds=3)
    count = MESSAGES.get(system.database_url.partition(":")[0], FEWER)
    make.rule(
        system.db,
        match="contains",
        words=["价格"],
        content="请看菜单。",
        follow_ups=[{"type": "text", "content": "还有别的想问吗？"}],
    )
    for number in range(FANS):
        system.sim("POST", "travellers", id=f"t{number}", name=f"t{number}")
        system.act("follow", f"t{number}")
    openids = sorted(make.fans(system.db))
    account = system.config(system.webs[0]).accounts[0]
    done = threading.Event()
    killer = threading.Thread(target=_kill_at_random, args=(system, done))
    killer.start()

    try:
        with ThreadPoolExecutor(8) as senders:
            deliveries = [
                senders.submit(_deliver, system, account, openids[number % FANS], number)
                for number in range(count)
            ]
            accepted = [delivery.result() for delivery in deliveries]
    finally:
        done.set()
        killer.join()
    eventually(lambda: _settled(system), patience=480)

    assert sum(accepted) == count
    messages = Counter(
        message.fields["Content"] for message in make.messages(system.db) if message.kind == "text"
    )
    assert (len(messages), set(messages.values())) == (count, {1})
    assert Counter(fan.message_count for fan in make.fans(system.db).values()) == {count // FANS: FANS}
    said = [row for row in make.promises(system.db) if row.job == "replies.say"]
    assert Counter(row.state for row in said) == {"done": count}


def _deliver(system: System, account: AccountConfig, openid: str, number: int) -> bool:
    """Push one message until it is accepted, as a patient WeChat would; every tenth is pushed once more."""
    xml = body(
        {
            "ToUserName": "gh_story",
            "FromUserName": openid,
            "CreateTime": 1795000000 + number,
            "MsgType": "text",
            "Content": f"价格 {number}",
            "MsgId": 24000000000000000 + number,
        }
    )
    accepted = 0
    wanted = 2 if number % 10 == 0 else 1
    for _attempt in itertools.takewhile(lambda _: accepted < wanted, range(PATIENCE)):
        query, content = sealed(account, xml, at=time.time())
        try:
            answer = requests.post(
                f"http://127.0.0.1:{system.webs[0]}/wechat/head", params=query, data=content, timeout=5
            )
        except requests.RequestException:
            time.sleep(0.05)
            continue
        accepted += answer.status_code == 200
        if answer.status_code != 200:
            time.sleep(0.05)
    return accepted == wanted


def _kill_at_random(system: System, done: threading.Event) -> None:
    """Kill one part after another, each at a moment nobody can foresee, and start it again."""
    chance = random.Random(SEED)
    for victim in itertools.chain(["web", "worker", "clock", "redis"], iter(lambda: "any", None)):
        if done.wait(chance.uniform(0.3, 1.5)):
            return
        name = chance.choice(["web", "worker", "clock", "redis"]) if victim == "any" else victim
        if name == "redis":
            system.redis.kill()
            time.sleep(chance.uniform(0, 0.5))
            system.redis.start()
        else:
            system.kill(name)
            system.spawn(name)
            # Half of the servers die while they start; were it all, a slow machine would never have one.
            if name == "web" and chance.random() < 0.5:
                system.await_web(system.webs[0])


def _settled(system: System) -> bool:
    """Whether every answer is over; counted by the database, since who waits must not slow the work."""
    open_ones = select(func.count()).where(
        Promise.job == "replies.say", Promise.state.not_in([State.DONE, State.DEAD])
    )
    with system.db.reading() as session:
        return session.scalar(open_ones) == 0
