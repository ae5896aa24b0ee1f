"""The benchmark of codes works: all are made, packed and found. No figure is judged."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_last_line_is_the_figures():
    command = [sys.executable, "-m", "tests.bench", "codes", "--codes", "60"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=400, check=False
    )

    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    assert json.loads(done.stdout.splitlines()[-1])["codes_per_second"] > 0
