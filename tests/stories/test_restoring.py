"""The database is put back to an earlier moment while WeChat's world went on, and nobody is told anything twice."""

import threading

import requests

from bot import cli
from bot.fans.models import Standing
from tests import make
from tests.support.system import eventually

MORE = "还有别的想问吗？"


def run(system, *words):
    return cli.main([*map(str, words), "--config", str(system.folder / f"config-{system.webs[0]}.toml")])


def heard(system, traveller):
    """How often a traveller was told what comes after an answer."""
    return sum(MORE in str(bubble["content"]) for bubble in system.chat(traveller))


def talk(system, quiet):
    """Have Carol go on and on."""
    number = 0
    while not quiet.is_set():
        number += 1
        facts = {"account": "head", "text": f"价格 {number}"}
        requests.post(f"{system.platform.url}/sim/travellers/carol/say", json=facts, timeout=30)


def test_a_restored_system_tells_nothing_twice_and_learns_who_left(deploy, capsys):
    system = deploy()
    make.rule(
        system.db,
        match="contains",
        words=["价格"],
        content="请看菜单。",
        follow_ups=[{"type": "text", "content": MORE}],
    )
    system.act("follow", "alice")
    for name in ("carol", "bob"):
        others = set(make.fans(system.db))
        system.sim("POST", "travellers", id=name, name=name)
        system.act("follow", name)
    [bob] = set(make.fans(system.db)) - others
    system.act("say", "alice", text="价格")
    eventually(lambda: heard(system, "alice") == 1)

    # The backup is taken while messages come in, and while something is promised and not kept.
    system.kill("worker")
    system.act("say", "bob", text="价格")
    quiet = threading.Event()
    talker = threading.Thread(target=talk, args=(system, quiet))
    talker.start()
    try:
        assert run(system, "backup", system.folder / "kept.zip") == 0
    finally:
        quiet.set()
        talker.join()
    system.start("worker")
    eventually(lambda: heard(system, "bob") == 1)

    # The world goes on, and then the database is lost.
    system.act("unfollow", "bob")
    eventually(lambda: make.fans(system.db)[bob].standing == Standing.LEFT)
    assert run(system, "restore", system.folder / "kept.zip", "--replace") == 2
    assert "in use" in capsys.readouterr().err
    for name in list(system.processes):
        system.kill(name)
    system.db.close()
    assert run(system, "restore", system.folder / "kept.zip", "--replace") == 0
    assert make.fans(system.db)[bob].standing != Standing.LEFT

    system.start("web", "worker", "clock")
    eventually(lambda: make.fans(system.db)[bob].standing == Standing.LEFT)
    assert system.hears("say", "alice", text="价格") == "请看菜单。"
    eventually(lambda: heard(system, "alice") == 2)  # what is asked now is answered in full
    assert run(system, "restoration", "show") == 1
    assert "replies.say" in capsys.readouterr().out
    assert run(system, "restoration", "drop", "--all") == 0
    assert run(system, "restoration", "end") == 0
    system.act("say", "alice", text="价格")
    eventually(lambda: heard(system, "alice") == 3)

    assert heard(system, "bob") == 1
