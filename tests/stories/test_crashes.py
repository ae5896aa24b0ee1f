"""Everything is killed at random while travellers write; nothing is lost and nothing is doubled."""

import itertools
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from bot.config import AccountConfig
from tests import make
from tests.support.phone import body, sealed
from tests.support.system import System, eventually

MESSAGES = 2000
FANS = 50
SEED = 20261121


@pytest.mark.chaos
def test_server_worker_clock_and_redis_are_killed_while_two_thousand_messages_arrive(deploy):
    system = deploy(lease_seconds=3)
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
                for number in range(MESSAGES)
            ]
            accepted = [delivery.result() for delivery in deliveries]
    finally:
        done.set()
        killer.join()
    eventually(lambda: _settled(system), patience=240)

    assert sum(accepted) == MESSAGES
    messages = Counter(
        message.fields["Content"] for message in make.messages(system.db) if message.kind == "text"
    )
    assert (len(messages), set(messages.values())) == (MESSAGES, {1})
    assert Counter(fan.message_count for fan in make.fans(system.db).values()) == {MESSAGES // FANS: FANS}
    said = [row for row in make.promises(system.db) if row.job == "replies.say"]
    assert Counter(row.state for row in said) == {"done": MESSAGES}


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
    for _attempt in itertools.takewhile(lambda _: accepted < wanted, range(400)):
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


def _settled(system: System) -> bool:
    return all(row.state in {"done", "dead"} for row in make.promises(system.db) if row.job == "replies.say")
