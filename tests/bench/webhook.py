"""What a webhook costs: ours beside wechatpy's echo and a floor, in one run."""

import argparse
import json
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.bench import load, servers
from tests.bench.load import Figures, Load, Round
from tests.bench.report import Report, facts_of
from tests.bench.servers import Server

WARM_UP = 1.0
SHARE = 0.7  # of the capacity just measured, at which latency is
PEERS = {"echo", "co_wechat"}  # they hang up on connections that are not in use all the time
SPARE = 1.5  # how many times the messages of the last round are made for the next


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the benchmark can be asked."""
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each round of each server")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--only", default=",".join(servers.EVERY), help="servers, with commas (default: all)")
    parser.add_argument("--alone", action="store_true", help="also one message at a time, for the latency")
    parser.add_argument("--latency", action="store_true", help="ours also at 70 %% of what it can do")
    parser.add_argument("--fans", help="instead: what a message costs among so many fans, with commas")
    parser.add_argument("--quick", action="store_true", help="one round of half a second: does it work?")


def run(options: argparse.Namespace) -> int:
    """Measure the webhook; status 1 if a reply or a row was wrong."""
    if options.quick:
        options.rounds, options.seconds = 1, 0.5
    cores = sorted(os.sched_getaffinity(0))
    core, load_core = cores[0], cores[-1]
    if options.fans:
        return _among_many(options, core, load_core)
    names = [name for name in servers.EVERY if name in options.only.split(",")]
    report = Report(options.connections, options.seconds)
    with (
        tempfile.TemporaryDirectory(prefix="yizhan-bench-") as folder,
        load.generator(load_core) as generator,
        servers.running(names, Path(folder), core=core, load_core=load_core) as (these, missing),
    ):
        report.missing = missing
        _measure(options, these, generator, report)
        report.rows_right = all(_rows_are_right(server) for server in these)
    print(report.table())
    print(json.dumps(report.summary()))
    return 1 if report.faults or not report.rows_right else 0


def _measure(options: argparse.Namespace, these: list[Server], generator: Load, report: Report) -> None:
    kinds = [(options.connections, options.rounds, options.seconds)]
    if options.alone:
        kinds.append((1, options.rounds, options.seconds / 2))
    for connections, rounds, seconds in kinds:
        rates = {
            (server.name, mode): _drive(
                generator, server, mode, min(WARM_UP, seconds), connections, 9000
            ).rate
            for server in these
            for mode in server.modes
        }
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}, {connections} connections", file=sys.stderr)
            for server in these:
                for mode in server.modes:
                    rate = rates[server.name, mode]
                    figures = _drive(generator, server, mode, seconds, connections, rate)
                    rates[server.name, mode] = figures.rate
                    report.note(figures, server=server.name, mode=mode, connections=connections)
                    if options.latency and connections > 1 and server.name not in PEERS:
                        pace = SHARE * figures.rate
                        paced = _drive(generator, server, mode, seconds, connections, pace, pace=pace)
                        report.note_paced(paced, server=server.name, mode=mode)


def _among_many(options: argparse.Namespace, core: int, load_core: int) -> int:
    """Measure the durable path in databases of different sizes, side by side."""
    names = [name for name in ("sqlite", "postgresql") if name in options.only.split(",")]
    found: dict[str, list[Figures]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yizhan-bench-")))
        generator = stack.enter_context(load.generator(load_core))
        these: list[Server] = []
        for fans in map(int, options.fans.split(",")):
            place = folder / str(fans)
            place.mkdir()
            running = servers.running(names, place, core=core, load_core=load_core, fans=fans)
            some, _missing = stack.enter_context(running)
            these += some
        for number in range(options.rounds + 1):
            print(f"round {number} of {options.rounds}", file=sys.stderr)
            for server in these:
                rate = found[name][-1].rate if (name := f"{server.name} {server.fans}") in found else 9000
                figures = _drive(generator, server, "plain", options.seconds, options.connections, rate)
                found.setdefault(name, []).append(figures)
        right = all(_rows_are_right(server) for server in these)
    facts = {name: facts_of(rounds[1:]) for name, rounds in found.items()}  # the first warmed up
    for name, one in facts.items():
        print(
            f"{name + ' fans':<28}{one['cpu_us']:>8.0f} us of CPU, {one['database_cpu_us']:.0f} of the database"
        )
    wrong = {fault for rounds in found.values() for one in rounds for fault in one.faults}
    print(json.dumps({"fans": facts, "replies_right": not wrong, "rows_right": right}))
    return 0 if right and not wrong else 1


def _drive(
    generator: Load,
    server: Server,
    mode: str,
    seconds: float,
    connections: int,
    rate: float,
    *,
    pace: float | None = None,
) -> Figures:
    """Drive one round; a durable server gets new messages only, enough for its `rate` and some more."""
    count = int(rate * seconds * SPARE) + connections if server.witness else None
    one = Round(
        port=server.port,
        mode=mode,
        seconds=seconds,
        connections=connections,
        count=count,
        words=server.words,
        fans=server.fans,
        pace=pace,
        watched=server.watched(),
    )
    figures = generator.drive(one)
    server.answered += figures.answered
    return figures


def _rows_are_right(server: Server) -> bool:
    """Tell whether every answered message left one row, one promise and one count behind."""
    return server.witness is None or set(server.witness.rows().values()) == {server.answered}
