"""Hosts whose clocks are wrong, by libfaketime: processes that are started under it see another time."""

import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import requests

from bot.config import load
from tests.chaos import services, settings
from tests.chaos.machines import Machines, await_
from tests.chaos.network import ADDRESSES
from tests.support.phone import body, sealed

WITHIN, BEYOND = 240, 400  # seconds; pushes are good for 300 ([webhook] freshness_seconds)
SECONDS = 8.0
ASIDE = 8002  # a port nginx does not know
Note = Callable[[str], None]


def clock(seconds: int) -> dict[str, str]:
    """Return the environment in which a process sees a time that is so many seconds off."""
    return {
        "LD_PRELOAD": str(services.FAKETIME),
        "FAKETIME": f"{seconds:+d}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


def within(machines: Machines, note: Note, chance: random.Random) -> None:
    """Have a web and a worker host four minutes off, first in one direction, then in the other."""
    hosts = (chance.choice(settings.WEBS), chance.choice(("work1", "work2")))
    directions = [WITHIN, -WITHIN]
    chance.shuffle(directions)
    try:
        for seconds in directions:
            _restart(machines, hosts, clock(seconds))
            time.sleep(SECONDS)
            note(f"{' and '.join(hosts)} were {seconds:+d} s off")
    finally:
        _restart(machines, hosts, {})


def _restart(machines: Machines, hosts: tuple[str, str], seen: dict[str, str]) -> None:
    for host in hosts:
        machines.set_clock(host, seen)
        machines.restart(host)
    await_(f"{hosts[0]} serves", lambda: _serves(hosts[0], settings.WEB_PORT))


def beyond(machines: Machines, note: Note, folder: Path) -> None:
    """Ask a web process whose clock is further off than the window, which nginx does not know."""
    host = "web2"
    environ = {
        "YIZHAN_CONFIG": str(folder / host / "config.toml"),
        "YIZHAN_SERVER_PORT": str(ASIDE),
        "PROMETHEUS_MULTIPROC_DIR": str(folder / host / "metrics"),
        **clock(BEYOND),
    }
    machines.add(host, "aside", [sys.executable, "-m", "bot", "web"], services.ROOT, environ)
    try:
        await_("the process aside serves", lambda: _serves(host, ASIDE))
        moments = {"a push of now": 0, "one of its own time": BEYOND}
        statuses = {
            said: _push(host, at=time.time() + seconds, folder=folder) for said, seconds in moments.items()
        }
    finally:
        machines.remove(host, "aside")
    note(f"a process {BEYOND} s off answered {json.dumps(statuses)}")
    if statuses != {"a push of now": 403, "one of its own time": 200}:
        raise AssertionError(f"signatures are not judged as documented: {statuses}")


def _push(host: str, *, at: float, folder: Path) -> int:
    """Push an event nobody knows, which is stored and counts for nothing, and return the status."""
    account = load(folder / host / "config.toml", environ={}).accounts[0]
    fields = {"ToUserName": settings.ORIGINAL_ID, "FromUserName": "oAside", "CreateTime": int(at)}
    query, content = sealed(account, body({**fields, "MsgType": "event", "Event": "aside"}), at=at)
    where = f"http://{ADDRESSES[host]}:{ASIDE}/wechat/head"
    return requests.post(where, params=query, data=content, timeout=5).status_code


def _serves(host: str, port: int) -> bool:
    try:
        return requests.get(f"http://{ADDRESSES[host]}:{port}/healthz", timeout=2).status_code == 200
    except requests.RequestException:
        return False
