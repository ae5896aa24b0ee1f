"""The simulator as a server: in a process of its own, or inside a test."""

import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from simulator.app import create_app
from simulator.blobs import Blobs
from simulator.keeper import Keeper
from simulator.platform import Platform
from simulator.settings import Settings
from simulator.state import State, StateFile
from simulator.web_server import WebServer


class Server:
    """A running platform; use it as a context manager, or call `close`.

    Port 0 takes a free one; `url` tells which.  With a state file everything is
    loaded from it and saved to it.
    """

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        settings: Settings | None = None,
        state_file: Path | None = None,
        state: State | None = None,
    ) -> None:
        file = StateFile(state_file) if state_file else None
        self.platform = Platform(
            state or (file.load() if file else None), Blobs(file.blob_folder if file else None)
        )
        if settings is not None:
            self.platform.state.settings = settings
        self._http = WebServer(host, port, create_app(self.platform, host))
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104  (compared, not bound)
        self.url = f"http://{shown}:{self._http.server_port}"
        self.platform.base_url = self.url
        self._keeper = Keeper(self.platform, file)
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._keeper.start()
        self._thread.start()

    def close(self) -> None:
        """Stop serving and pushing, and save the state."""
        self.platform.close()
        self._http.shutdown()
        self._thread.join()
        self._http.hang_up()
        self._http.server_close()
        self._keeper.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
