"""What befalls the hosts, one thing after another. `STEPS` is the list of them."""

import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.chaos import disks, network, release, services, settings, skew
from tests.chaos.machines import Machines, await_
from tests.chaos.network import ADDRESSES
from tests.chaos.tables import Book

KILLED = "the worker was killed between WeChat's answer and ours"
CUT_OFF = "the worker was cut off between WeChat's answer and its own table"
CUT_SECONDS = 20.0
CLOCK_CUT_SECONDS = 12.0
DATABASE_CUT_SECONDS = 5.0
DOWN_SECONDS = 4.0


@dataclass(slots=True)
class World:
    """Everything a step may lay hands on."""

    folder: Path
    machines: Machines
    book: Book
    chance: random.Random
    notes: list[str]

    def note(self, text: str) -> None:
        """Keep something observed for the report."""
        self.notes.append(text)

    def later(self) -> None:
        """Wait for a moment nobody can foresee."""
        time.sleep(self.chance.uniform(0.1, 1.0))


@dataclass(frozen=True, slots=True)
class Plan:
    """A step: what is done, why a follow-up said meanwhile may be heard twice, if there is a reason, and what may end by itself."""

    do: Callable[[World], None]
    unsure: str = ""
    may_end: frozenset[str] = frozenset()


def upgrade(world: World) -> None:
    """A new release with a migration, host by host, in the order of docs/deploy."""
    new = release.make(world.folder / "release-2")
    began = time.monotonic()
    said = services.run_bot(world.folder, "work1", "migrate", release=new)
    world.note(f"{said.strip()} under load in {time.monotonic() - began:.1f} s")
    for host in settings.WEBS:
        if (status := web_status(host, "readyz")) != 200:
            raise AssertionError(
                f"the older release on {host} says {status} to /readyz once the newer migrated"
            )
    for host in ("work1", "work2"):
        world.machines.move(host, new)
        world.machines.restart(host)
        await_("two workers listen", lambda: len(services.workers()) == 2)
    for host in settings.WEBS:
        world.machines.move(host, new)
        began = time.monotonic()
        world.machines.restart(host)
        await_web(host)
        world.note(f"{host} serves the new release after {time.monotonic() - began:.1f} s")


def cut_web(world: World) -> None:
    """A web host cut off for twenty seconds."""
    host = world.chance.choice(settings.WEBS)
    world.later()
    with unplugged(host):
        time.sleep(CUT_SECONDS)
    world.note(f"{host} cut off for {CUT_SECONDS:g} s, serves {await_web(host):.1f} s after it came back")


def kill_web(world: World) -> None:
    """Every process of a web host killed."""
    host = world.chance.choice(settings.WEBS)
    world.later()
    world.machines.kill(host)
    time.sleep(DOWN_SECONDS)
    world.machines.start(host)
    world.note(f"{host} killed, down for {DOWN_SECONDS:g} s, serves {await_web(host):.1f} s after its start")


def kill_worker(world: World) -> None:
    """Every process of a worker host killed in the middle of its work."""
    host = world.chance.choice(("work1", "work2"))
    world.later()
    known = services.workers()
    world.machines.kill(host)
    time.sleep(DOWN_SECONDS)
    world.machines.start(host)
    world.note(f"{host} killed; what it had comes back after the lease of {settings.LEASE_SECONDS} s")
    await_("its new worker listens", lambda: services.workers() - known)


def cut_clock(world: World) -> None:
    """A worker host with its clock cut off: the other clock goes on alone."""
    host = world.chance.choice(("work1", "work2"))
    world.later()
    with unplugged(host):
        time.sleep(CLOCK_CUT_SECONDS)
    world.note(f"{host} cut off for {CLOCK_CUT_SECONDS:g} s")


def fail_redis_over(world: World) -> None:
    """The Redis master killed: Sentinel makes the replica master, the old one returns as replica."""
    old = services.master()
    assert old is not None
    world.later()
    world.machines.kill(old, "redis")
    seconds = await_("Sentinel names another master", lambda: services.master() not in (None, old), 30)
    world.note(f"{old} killed; {services.master()} is master after {seconds:.1f} s")
    time.sleep(DOWN_SECONDS)
    world.machines.start(old, "redis")
    seconds = await_(f"{old} returns as replica", lambda: services.role(old) == "slave", 30)
    world.note(f"{old} is a replica {seconds:.1f} s after its return")


def cut_redis(world: World) -> None:
    """The Redis master cut off: its clients hear nothing, not even that it is gone."""
    old = services.master()
    assert old is not None
    world.later()
    with unplugged(old):
        seconds = await_("Sentinel names another master", lambda: services.master() not in (None, old), 30)
        world.note(f"{old} cut off; {services.master()} is master after {seconds:.1f} s")
        time.sleep(DOWN_SECONDS)
    seconds = await_(f"{old} returns as replica", lambda: services.role(old) == "slave", 30)
    world.note(f"{old} is a replica {seconds:.1f} s after its return")


def cut_database(world: World) -> None:
    """The database's host cut off for some seconds."""
    world.later()
    with unplugged("data"):
        time.sleep(DATABASE_CUT_SECONDS)
    world.note(f"the database was out of reach for {DATABASE_CUT_SECONDS:g} s")


def restart_database(world: World) -> None:
    """PostgreSQL restarted, fast and then immediate."""
    for kind, number in (("fast", signal.SIGINT), ("immediate", signal.SIGQUIT)):
        world.later()
        began = time.monotonic()
        world.machines.stop("data", "postgresql", number=number)
        world.machines.start("data", "postgresql")
        await_("PostgreSQL answers", services.database_answers)
        world.note(f"PostgreSQL {kind}: away for {time.monotonic() - began:.1f} s")
        time.sleep(DOWN_SECONDS)


def fill_web_disk(world: World) -> None:
    """The disk full that a web host writes to, and its process restarted meanwhile."""
    host = world.chance.choice(settings.WEBS)
    with disks.full(world.folder / host / "var") as size:
        world.machines.restart(host)
        seconds = await_web(host)
        world.note(f"{size} bytes filled on {host}; it started all the same, in {seconds:.1f} s")


def fill_database_disk(world: World) -> None:
    """The disk full that PostgreSQL's tables lie on."""
    before = world.book.newest_message()
    with disks.full(world.folder / "data" / "tables") as size:
        await_("PostgreSQL takes no more", lambda: disks.refuses(settings.database_url()), 20)
        time.sleep(DOWN_SECONDS)
    world.note(f"{size} bytes filled; no table could grow for {DOWN_SECONDS:g} s")
    await_("messages come in again", lambda: world.book.newest_message() > before, 20)


def skew_clocks(world: World) -> None:
    """The clocks of a web and a worker host wrong: within the window of signatures, and beyond it."""
    skew.within(world.machines, world.note, world.chance)
    skew.beyond(world.machines, world.note, world.folder)


STEPS: dict[str, Plan] = {
    "upgrade": Plan(upgrade),
    "cut-web": Plan(cut_web),
    "kill-web": Plan(kill_web),
    "kill-worker": Plan(kill_worker, KILLED),
    "cut-clock": Plan(cut_clock, CUT_OFF),
    "redis-failover": Plan(fail_redis_over),
    "cut-redis": Plan(cut_redis),
    "restart-database": Plan(restart_database),
    "cut-database": Plan(cut_database),
    "full-web-disk": Plan(fill_web_disk),
    "full-database-disk": Plan(fill_database_disk, may_end=frozenset({"postgresql"})),
    "skewed-clocks": Plan(skew_clocks),
}


@contextmanager
def unplugged(host: str) -> Iterator[None]:
    """Keep a host cut off during the block."""
    network.pull(host)
    try:
        yield
    finally:
        network.plug(host)


def web_status(host: str, page: str) -> int | None:
    """Return the status a web host answers a page with, None if it does not."""
    try:
        return requests.get(f"http://{ADDRESSES[host]}:{settings.WEB_PORT}/{page}", timeout=2).status_code
    except requests.RequestException:
        return None


def await_web(host: str) -> float:
    """Wait until a web host serves, and return the seconds it took."""
    return await_(f"{host} serves", lambda: web_status(host, "healthz") == 200)
