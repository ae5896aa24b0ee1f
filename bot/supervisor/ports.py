"""Who has a port that we want."""

import contextlib
import shlex
import socket

import psutil

LONGEST_COMMAND = 100


def is_free(host: str, port: int) -> bool:
    """Tell whether we could listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        # A connection that has just ended does not count; someone who listens does.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            return False
    return True


def holder(port: int) -> str:
    """Say who listens on `port`, as well as we may know."""
    for process in _listeners(port):
        with contextlib.suppress(psutil.Error):
            words = shlex.join(process.cmdline()) or process.name()
            if len(words) > LONGEST_COMMAND:
                words = f"{words[:LONGEST_COMMAND]}…"
            return f"pid {process.pid} ({words})"
    return "another user's process"


def _listeners(port: int) -> list[psutil.Process]:
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:  # macOS tells only root
        return _own_listeners(port)
    pids = {
        one.pid
        for one in connections
        if one.pid and one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port
    }
    found = []
    for pid in sorted(pids):
        with contextlib.suppress(psutil.Error):
            found.append(psutil.Process(pid))
    return found


def _own_listeners(port: int) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            for one in process.net_connections(kind="tcp"):
                if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port:
                    found.append(process)
                    break
    return found
