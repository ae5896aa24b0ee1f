"""One run: raise the hosts, let travellers write, let things befall the hosts, compare, report."""

import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from tests.chaos import network, services, settings
from tests.chaos.ledger import Step, judge
from tests.chaos.machines import DidNotHappen, Machines, await_
from tests.chaos.report import Report
from tests.chaos.steps import STEPS, World, await_web
from tests.chaos.tables import Book
from tests.chaos.traffic import Platform, Traffic

CALM_SECONDS = 3.0
SETTLE_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asked for."""

    seed: int
    only: Sequence[str]
    minutes: float
    rate: float
    folder: Path


def run(wanted: Wanted) -> int:
    """Make one run; 0 if nothing was lost, doubled or too late."""
    began = time.monotonic()
    logs = wanted.folder / "logs"
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir(parents=True)
    report = Report(wanted.seed)
    with _hosts(logs) as (folder, machines, platform), ExitStack() as stack:
        book = Book()
        stack.callback(book.close)
        book.write_rules(int(wanted.minutes * 60 * wanted.rate * 1.5))
        platform.begin()
        print(f"nine hosts stand after {time.monotonic() - began:.0f} s; travellers write", flush=True)
        chance = random.Random(wanted.seed)
        traffic = Traffic(platform, random.Random(wanted.seed), rate=wanted.rate)
        world = World(folder, machines, book, chance, [])
        _befall(world, wanted, report, until=began + wanted.minutes * 60)
        traffic.stop()
        report.settled = _settle(platform, book)
        traffic.close()
        tables = book.read(platform.openids())
        report.crashes = machines.crashes()
        report.troubles += traffic.troubles
        report.close(traffic.ledger, judge(traffic.ledger, tables, report.steps), time.monotonic() - began)
    return report.tell(wanted.folder)


def _befall(world: World, wanted: Wanted, report: Report, until: float) -> None:
    """Go through the steps in their order until the time is up; one that did not go as it should ends it."""
    time.sleep(CALM_SECONDS)
    for name, plan in STEPS.items():
        if (wanted.only and name not in wanted.only) or report.troubles:
            continue
        if time.monotonic() > until:
            report.troubles.append(f"{name} did not come to pass: {wanted.minutes:g} minutes were over")
            continue
        began, before = time.time(), Counter(world.machines.crashes())
        print(f"{name}: {(plan.do.__doc__ or '').splitlines()[0]}", flush=True)
        try:
            plan.do(world)
        except (DidNotHappen, AssertionError, RuntimeError, SQLAlchemyError) as error:
            report.troubles.append(f"{name}: {error}")
        time.sleep(CALM_SECONDS)
        report.excuse(Counter(world.machines.crashes()) - before, plan.may_end)
        report.steps.append(Step(name, began, time.time(), plan.unsure))
        report.notes[name] = list(world.notes)
        world.notes.clear()


def _settle(platform: Platform, book: Book) -> float:
    """Wait until nothing is on its way, and return the seconds it took."""
    began = time.monotonic()
    platform.ask("POST", "settle", seconds=20)
    with suppress(DidNotHappen):  # the comparison names each follow-up that is still open
        await_("the outbox is empty", book.is_settled, SETTLE_SECONDS)
    return time.monotonic() - began


@contextmanager
def _hosts(logs: Path) -> Iterator[tuple[Path, Machines, Platform]]:
    """Raise every host, and take them down again."""
    network.build()
    folder = services.room_for_hosts()
    machines = Machines(logs)
    try:
        services.lay_out_site(folder)
        services.simulator(machines, folder)
        services.postgresql(machines, folder)
        services.caches(machines, folder)
        for host in ("work1", "work2"):
            services.settle_in(folder, host)
        services.run_bot(folder, "work1", "migrate")
        for host in settings.WEBS:
            services.settle_in(folder, host)
            services.bot(machines, folder, host, "web")
        for host in ("work1", "work2"):
            services.bot(machines, folder, host, "worker", "clock")
        services.nginx(machines, folder)
        platform = Platform()
        await_("the platform answers", platform.answers)
        platform.enrol()
        for host in settings.WEBS:
            await_web(host)
        yield folder, machines, platform
    finally:
        machines.close()
