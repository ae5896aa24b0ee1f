"""The simulator as a server: in a process of its own, or inside a test."""

import threading
from pathlib import Path
from types import TracebackType
from typing import Self
from wsgiref.types import WSGIApplication

from simulator.app import create_app
from simulator.blobs import Blobs
from simulator.faces import web
from simulator.faces.browser import Browser
from simulator.keeper import Keeper
from simulator.platform import Platform
from simulator.settings import Settings
from simulator.state import State, StateFile
from simulator.web_server import WebServer


class Server:
    """A running platform; use it as a context manager, or call `close`.

    Port 0 takes a free one; `url` tells which.  With a state file everything is
    loaded from it and saved to it.  The pages that bots show inside the phone come from a
    port of their own: `browser_port`, else the next one if it is free, else any.
    """

    def __init__(  # noqa: PLR0917  (tests name them)
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        settings: Settings | None = None,
        state_file: Path | None = None,
        state: State | None = None,
        browser_port: int | None = None,
    ) -> None:
        file = StateFile(state_file) if state_file else None
        self.platform = Platform(
            state or (file.load() if file else None), Blobs(file.blob_folder if file else None)
        )
        if settings is not None:
            self.platform.state.settings = settings
        browser = Browser(self.platform)
        self._http = WebServer(host, port, create_app(self.platform, host, browser))
        self._pages = _pages(host, port, browser_port, web.create_app(browser))
        browser.port = self._pages.server_port
        browser.own_ports = {self._http.server_port, self._pages.server_port}
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104  (compared, not bound)
        self.url = f"http://{shown}:{self._http.server_port}"
        self.platform.base_url = self.url
        self._keeper = Keeper(self.platform, file)
        self._threads = [
            threading.Thread(target=each.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            for each in (self._http, self._pages)
        ]
        self._keeper.start()
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop serving and pushing, and save the state."""
        self.platform.close()
        for each, thread in zip((self._http, self._pages), self._threads, strict=True):
            each.shutdown()
            thread.join()
            each.hang_up()
            each.server_close()
        self._keeper.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _pages(host: str, port: int, wanted: int | None, app: WSGIApplication) -> WebServer:
    """The port of the phone's browser; raise OSError only for one that was asked for."""
    if wanted is None and port:
        try:
            return WebServer(host, port + 1, app)
        except OSError:
            pass
    return WebServer(host, wanted or 0, app)
