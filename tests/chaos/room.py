"""The room a run happens in: mount, network and process namespaces of its own.

What is made inside is gone with the last process inside, and every process
inside is killed when the first one ends.  So nothing has to be cleared away,
on Ctrl-C or after a crash either.
"""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests.chaos import services

INSIDE = "YIZHAN_CHAOS_INSIDE"
ROOM = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
PACKAGES = {
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "ip": "iproute2",
    "nginx": "nginx-light",
    "openssl": "openssl",
}


def lacking() -> list[str]:
    """Return what this machine lacks, each with its remedy; nothing if a run can begin."""
    lacks = [
        f"{command} is not installed: apt-get install {package}"
        for command, package in PACKAGES.items()
        if shutil.which(command, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is None
    ]
    if services.postgresql_binaries() is None:
        lacks.append("PostgreSQL's server is not installed: apt-get install postgresql")
    if not services.FAKETIME.exists():
        lacks.append("libfaketime is not installed: apt-get install faketime")
    if sys.platform != "linux" or os.geteuid() != 0:
        lacks.append(
            "namespaces need Linux and root: run it as root, in a container started with --privileged"
        )
    elif subprocess.run([*ROOM, "true"], capture_output=True, check=False).returncode:
        lacks.append("this machine makes no namespaces: use a virtual machine, or docker run --privileged")
    return lacks


def is_inside() -> bool:
    """Whether we are in the room already."""
    return INSIDE in os.environ


def enter(arguments: list[str]) -> int:
    """Run the command line again inside the room, and return what it ended with."""
    command = [*ROOM, sys.executable, "-m", "tests.chaos", *arguments]
    environ = {**os.environ, INSIDE: "1", "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}
    child = subprocess.Popen(command, cwd=Path.cwd(), env=environ)
    signal.signal(signal.SIGTERM, lambda *_: child.kill())
    while True:
        with suppress(KeyboardInterrupt):  # the child hears Ctrl-C, too, and ends in order
            return child.wait()
