"""The benchmark of posters works: posters are drawn, plain ones beside them, a batch is read. No figure is judged."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_last_line_is_the_figures():
    command = [
        sys.executable,
        "-m",
        "tests.bench",
        "posters",
        "--posters",
        "11",
        "--plain",
        "1",
        "--batch",
        "2",
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=400, check=False
    )

    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["posters_per_second"] > 0
    assert figures["unread"] == 0
