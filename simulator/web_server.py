"""A small threaded WSGI server whose connections stay open.

werkzeug's own closes each connection and lingers ten milliseconds on it, which
makes thousands of short calls slow; the standard library has all the parts.
"""

import contextlib
import io
import socket
import socketserver
import sys
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.types import StartResponse, WSGIApplication

MAX_BODY = 64 * 1024 * 1024
CONNECTION = "simulator.connection"  # where the environment keeps the socket, for faults that cut it


class Handler(BaseHTTPRequestHandler):
    """Serves one connection, request after request."""

    protocol_version = "HTTP/1.1"
    server_version = "simulator"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together
    server: "WebServer"

    def serve(self) -> None:
        """Read one request whole, run the application, write its answer."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers:
            self._pass_over()
            self.close_connection = True
            self.send_error(412, explain="Send a Content-Length; WeChat takes no body in chunks")
            return
        if not length.isdecimal() or int(length) > MAX_BODY:
            self.close_connection = True
            self.send_error(413 if length.isdecimal() else 400)
            return
        body = self.rfile.read(int(length))
        answer = Answer(self)
        parts = self.server.app(self._environ(body), answer.start)
        try:
            answer.write(parts)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()

    def __getattr__(self, name: str) -> Any:
        """Every method is served alike: `do_GET` and its sisters are `serve`."""
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def handle(self) -> None:
        """Serve until either side hangs up."""
        with contextlib.suppress(ConnectionError, TimeoutError, ValueError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name is the base class's)
        """Say nothing: the traffic log knows better."""

    def _pass_over(self) -> None:
        """Read a body in chunks to its end: who is still sending may never see the answer."""
        left = MAX_BODY
        while left > 0 and (size := int(self.rfile.readline(20), 16)) > 0:
            self.rfile.read(size + len("\r\n"))
            left -= size

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        host, port = self.server.server_address[:2]
        environ = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "REQUEST_URI": self.path,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": self.client_address[0],
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": self.request_version,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            CONNECTION: self.connection,
        }
        for name, value in self.headers.items():
            if name not in ("Content-Type", "Content-Length"):
                environ.setdefault(f"HTTP_{name.upper().replace('-', '_')}", value)
        return environ


class Answer:
    """One answer on its way: chunked when its length is not known, as streams of events are."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._status = ""
        self._headers: list[tuple[str, str]] = []

    @property
    def start(self) -> StartResponse:
        """WSGI's `start_response`."""

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
            del exc_info
            self._status, self._headers = status, headers
            return None

        return start

    def write(self, parts: Iterable[bytes]) -> None:
        """Send head and body."""
        handler = self._handler
        code, _, reason = self._status.partition(" ")
        handler.send_response(int(code), reason)
        bodiless = handler.command == "HEAD" or code in ("204", "304")
        chunked = not bodiless and not any(name.lower() == "content-length" for name, _ in self._headers)
        for name, value in self._headers:
            handler.send_header(name, value)
        if chunked:
            handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for part in parts if not bodiless else ():
            if part:
                handler.wfile.write(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
            if chunked:
                handler.wfile.flush()
        if chunked:
            handler.wfile.write(b"0\r\n\r\n")
        handler.wfile.flush()


class WebServer(ThreadingHTTPServer):
    """Remembers its connections, so that stopping does not wait for idle clients."""

    request_queue_size = 512
    daemon_threads = True

    def __init__(self, host: str, port: int, app: WSGIApplication) -> None:
        self.app = app
        self._open: set[socket.socket] = set()
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), Handler)

    def server_bind(self) -> None:
        """Bind without asking a name server who we are."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """A connection ended."""
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection broke; the one who broke it knows."""

    def hang_up(self) -> None:
        """End every connection."""
        for each in list(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
