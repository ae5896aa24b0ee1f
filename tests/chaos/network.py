"""Hosts: a network namespace each, on a bridge, inside namespaces of our own.

Whoever uses this was started by `tests.chaos.room`, so that bridge, names, mounts
and processes are nobody else's and end with us, whatever ends us.
"""

import subprocess
from pathlib import Path

NAMES = Path("/run/netns")
PREFIX = "10.77.0."
OURS = f"{PREFIX}254"
ADDRESSES = {
    "edge": f"{PREFIX}10",
    "web1": f"{PREFIX}11",
    "web2": f"{PREFIX}12",
    "work1": f"{PREFIX}21",
    "work2": f"{PREFIX}22",
    "data": f"{PREFIX}30",
    "cache1": f"{PREFIX}31",
    "cache2": f"{PREFIX}32",
    "platform": f"{PREFIX}40",
}


def build() -> None:
    """Make the bridge and a namespace for every host."""
    NAMES.mkdir(parents=True, exist_ok=True)
    _do("mount", "-t", "tmpfs", "tmpfs", str(NAMES))  # names of our own
    _ip("link set lo up")
    _ip("link add br0 type bridge")
    _ip(f"addr add {OURS}/24 dev br0")
    _ip("link set br0 up")
    for host, address in ADDRESSES.items():
        _ip(f"netns add {host}")
        _ip(f"link add {cable(host)} type veth peer name eth0 netns {host}")
        _ip(f"link set {cable(host)} master br0 up")
        for words in ("link set lo up", f"addr add {address}/24 dev eth0", "link set eth0 up"):
            _do(*on(host), "ip", *words.split())


def on(host: str) -> list[str]:
    """Return the words before a command that runs on `host`."""
    return ["ip", "netns", "exec", host]


def cable(host: str) -> str:
    """Return the name of the host's end at the bridge."""
    return f"to-{host}"


def pull(host: str) -> None:
    """Cut the host off: nothing is refused, nothing arrives."""
    _ip(f"link set {cable(host)} down")


def plug(host: str) -> None:
    """Bring the host back."""
    _ip(f"link set {cable(host)} up")


def _ip(words: str) -> None:
    _do("ip", *words.split())


def _do(*words: str) -> None:
    subprocess.run(words, check=True)
