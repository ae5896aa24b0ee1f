"""The benchmark itself works: everything is served, answered rightly and recorded. No figure is judged."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def run():
    command = [sys.executable, "-m", "tests.bench", "webhook", "--quick", "--only=echo,floor,edge,sqlite"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    return done


def test_the_last_line_is_the_figures(run):
    figures = json.loads(run.stdout.splitlines()[-1])

    for name in ("edge_ratio_plain", "edge_ratio_safe", "durable_ratio_sqlite"):
        assert figures[name] > 0
    assert figures["durable_ratio_postgresql"] is None
    assert {"echo_plain", "echo_safe", "floor_plain", "edge_safe", "sqlite_plain"} <= figures[
        "servers"
    ].keys()


def test_every_reply_and_every_row_was_right(run):
    figures = json.loads(run.stdout.splitlines()[-1])

    assert figures["replies_right"]
    assert figures["rows_right"]
