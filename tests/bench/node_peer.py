"""Node's co-wechat beside us: fetched when it is to be measured, and gone with the run's folder."""

import shutil
import subprocess
from pathlib import Path

from tests.bench.pushes import AES_KEY, TOKEN, app_id

PACKAGES = ("co-wechat@2.4.0", "koa@3.3.0")
SCRIPT = Path(__file__).with_name("co_wechat.cjs")
FETCHED_SECONDS = 120


class NoNode(Exception):
    """The peer cannot be run here; the text says why."""


def command(folder: Path, core: int, port: int) -> list[str]:
    """Return how the peer is started on one core, its packages being in `folder`; raise `NoNode`."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NoNode("there is no node or no npm")
    fetch = [
        npm,
        "install",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefix",
        str(folder),
        *PACKAGES,
    ]
    try:
        subprocess.run(fetch, check=True, capture_output=True, timeout=FETCHED_SECONDS, cwd=folder)
    except (subprocess.SubprocessError, OSError) as error:
        raise NoNode(f"npm could not fetch {' and '.join(PACKAGES)}: {error}") from None
    script = shutil.copy(SCRIPT, folder)  # so that it finds the packages beside it
    accounts = [TOKEN, AES_KEY, app_id("plain"), app_id("safe")]
    return ["taskset", "--cpu-list", str(core), node, script, str(port), *accounts]
