"""The benchmarks themselves work: everything is served, answered rightly and recorded. No figure is judged."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.__main__ import main

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def run():
    command = [
        sys.executable,
        "-m",
        "tests.bench",
        "webhook",
        "--quick",
        "--latency",
        "--only=echo,floor,edge,sqlite",
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    return done


@pytest.mark.xdist_group("webhook")  # one run for both
def test_the_last_line_is_the_figures(run):
    figures = json.loads(run.stdout.splitlines()[-1])

    for name in ("edge_ratio_plain", "edge_ratio_safe", "durable_ratio_sqlite"):
        assert figures[name] > 0
    assert figures["durable_ratio_postgresql"] is None
    assert {"echo_plain", "echo_safe", "floor_plain", "edge_safe", "sqlite_plain"} <= figures[
        "servers"
    ].keys()


@pytest.mark.xdist_group("webhook")
def test_every_reply_and_every_row_was_right(run):
    figures = json.loads(run.stdout.splitlines()[-1])

    assert figures["replies_right"]
    assert figures["rows_right"]
    assert 0 < figures["paced"]["sqlite_plain"]["p50_ms"] <= figures["paced"]["sqlite_plain"]["p99_ms"]


def test_a_message_is_measured_among_few_fans_and_many():
    command = [sys.executable, "-m", "tests.bench", "webhook", "--quick", "--only=sqlite", "--fans=1000,6000"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    figures = json.loads(done.stdout.splitlines()[-1])

    assert figures["fans"].keys() == {"sqlite 1000", "sqlite 6000"}
    assert figures["replies_right"]
    assert figures["rows_right"]


def test_every_list_is_measured_and_its_plans_are_read(lists):
    figures = json.loads(lists.stdout.splitlines()[-1])

    assert lists.returncode == 0, lists.stderr[-2000:] + lists.stdout[-2000:]
    assert figures["lists_plans_right"]
    assert 0 < figures["lists_p50_ms"] <= figures["lists_worst_ms"]
    for who in ("group", "branch", "shop"):
        assert {f"{who}: home", f"{who}: fans", f"{who}: messages, words", f"{who}: answer times"} <= figures[
            "lists"
        ].keys()


@pytest.fixture(scope="module")
def lists():
    if "postgresql" not in os.environ.get("DATABASE_URLS", ""):
        missing = "the lists are measured on PostgreSQL; name one in DATABASE_URLS"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    command = [sys.executable, "-m", "tests.bench", "lists", "--quick"]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=400, check=False
    )


def test_the_benchmark_of_channels_adds_up_what_is_there():
    command = [sys.executable, "-m", "tests.bench", "channels", "--events=20000", "--pages=1", "--codes=0"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    figures = json.loads(done.stdout.splitlines()[-1])

    if "missing" in figures:  # no PostgreSQL here; where tests are asked to use one it must be there
        assert "postgresql" not in os.environ.get("DATABASE_URLS", "")
        return
    assert figures["rows_right"]
    assert figures["rollup_events_per_second"] > 0
    assert figures["page_ms"] > 0


def test_the_benchmark_of_points_adds_up():
    command = [sys.executable, "-m", "tests.bench", "points", "--quick"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    figures = json.loads(done.stdout.splitlines()[-1])

    if "missing" in figures:  # no PostgreSQL here; where tests are asked to use one it must be there
        assert "postgresql" not in os.environ.get("DATABASE_URLS", "")
        return
    assert (figures["operations"], figures["violations"], figures["lost_updates"]) == (200, 0, 0)
    assert figures["awards_per_second"] > 0
    assert figures["bare_update_per_second"] > 0


def test_a_whole_and_a_cut_table_are_asked_the_same(capsys):
    if "postgresql" not in os.environ.get("DATABASE_URLS", ""):
        missing = "tables are cut on PostgreSQL; name one in DATABASE_URLS"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)

    assert main(["partitions", "--quick"]) == 0

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert all(one["cut"] > 0 for one in figures["partitions"].values())
