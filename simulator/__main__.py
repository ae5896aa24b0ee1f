"""`python -m simulator`: the platform in a process of its own."""

import argparse
import json
import logging
import signal
import sys
import threading
from pathlib import Path

from simulator.blobs import Blobs
from simulator.server import Server
from simulator.state import State, imported


def main() -> int:
    """Serve until told to stop; 1 when the port or the state is not usable."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    try:
        server = Server(
            options.port,
            options.host,
            state_file=options.state,
            state=_scenario(options),
            browser_port=options.browser_port,
        )
    except (OSError, ValueError) as error:
        print(f"simulator: cannot start: {error}", file=sys.stderr)
        return 1
    with server:
        print(f"WeChat platform  {server.url}\ncontrol API      {server.url}/sim/")
        print(f"phone            {server.url}/phone", flush=True)
        stop.wait()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=8090, help="0 takes a free one (default 8090)")
    parser.add_argument(
        "--browser-port", type=int, help="for the pages shown inside the phone (default: the next port)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument(
        "--state", type=Path, default=Path("var/simulator.json"), help="where everything is kept"
    )
    parser.add_argument(
        "--scenario", type=Path, help="begin from an exported scenario instead of the kept state"
    )
    return parser.parse_args()


def _scenario(options: argparse.Namespace) -> State | None:
    if options.scenario is None:
        return None
    data = json.loads(options.scenario.read_text("utf-8"))
    return imported(data, Blobs(options.state.with_suffix(".media")))


if __name__ == "__main__":
    sys.exit(main())
