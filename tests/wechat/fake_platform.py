"""A very small WeChat on a loopback port: hands out tokens, remembers who asked what, answers as told."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

OK = {"errcode": 0, "errmsg": "ok"}
REFUSED = {"errcode": 40001, "errmsg": "invalid credential, access_token is invalid or not latest rid: 1-2-3"}

UNSIGNED = {"/cgi-bin/showqrcode", "/cgi-bin/clear_quota/v2"}


@dataclass
class Hit:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    port: int  # of the caller: one per connection

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Raw:
    """An answer that is not JSON, or not 200."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html"
    headers: dict[str, str] = field(default_factory=dict)
    torn: bool = False  # promise more bytes than are sent


Answer = dict[str, Any] | Raw | Callable[[Hit], Any]


class FakePlatform:
    """Tokens are checked unless `lenient`; `answers` holds, by path, one answer or a list to be used up."""

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        self.answers: dict[str, Any] = {}
        self.offers_stable = True
        self.refuses_every_token = False
        self.hands_out_refused_token = False
        self.lifetime = 7200
        self.slow_token = 0.0
        self.released = threading.Event()
        self.serial = 0
        self.valid: set[str] = set()
        self.lock = threading.Lock()

    def paths(self) -> list[str]:
        return [hit.path for hit in self.hits]

    def count(self, path: str) -> int:
        return self.paths().count(path)

    def last(self, path: str) -> Hit:
        return [hit for hit in self.hits if hit.path == path][-1]

    def revoke(self) -> None:
        self.valid.clear()

    def hang(self, hit: Hit) -> dict[str, Any]:
        self.released.wait(30)
        return OK

    def answer(self, hit: Hit) -> dict[str, Any] | Raw:
        planned = self.answers.get(hit.path)
        if isinstance(planned, list):
            planned = planned.pop(0) if planned else None
        if callable(planned):
            planned = planned(hit)
        if planned is not None:
            return planned
        if hit.path == "/cgi-bin/stable_token":
            return self.token(force=hit.json["force_refresh"]) if self.offers_stable else Raw(status=404)
        if hit.path == "/cgi-bin/token":
            return self.token(force=True)
        signed = not hit.path.startswith("/sns/") and hit.path not in UNSIGNED
        if signed and (self.refuses_every_token or hit.query.get("access_token") not in self.valid):
            return REFUSED
        return OK

    def token(self, *, force: bool) -> dict[str, Any]:
        time.sleep(self.slow_token)
        with self.lock:
            stale = not self.valid and not self.hands_out_refused_token
            if force or stale or self.serial == 0:
                self.serial += 1
                self.valid.add(f"TOKEN_{self.serial}")
        return {"access_token": f"TOKEN_{self.serial}", "expires_in": self.lifetime}


@contextmanager
def serving(platform: FakePlatform) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def log_message(self, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            length = int(self.headers.get("Content-Length", 0))
            hit = Hit(
                self.command,
                address.path,
                dict(parse_qsl(address.query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
                self.client_address[1],
            )
            platform.hits.append(hit)
            answer = platform.answer(hit)
            if isinstance(answer, dict):
                answer = Raw(json.dumps(answer, ensure_ascii=False).encode(), content_type="application/json")
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body) + (100 if answer.torn else 0)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)
            if answer.torn:
                self.close_connection = True

        do_POST = do_GET  # noqa: N815 (the name is the standard library's)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        platform.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
