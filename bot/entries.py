"""The two ways in: WSGI for every server, ASGI for the one that `python -m bot web` starts.

Both only carry: the webhook reads and answers (`bot.webhook`), the committer
stands between, everything else goes to Flask.  With WSGI each push that waits
for its commit holds a thread; with ASGI it holds a coroutine, and the threads
are Flask's alone (`docs/decisions/0042-the-webhook-as-a-coroutine.md`).
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from string import printable
from typing import Any
from urllib.parse import quote

from a2wsgi import WSGIMiddleware
from werkzeug.exceptions import ClientDisconnected

from bot.arrivals import Answer, Arrival
from bot.deadlines import Deadlines
from bot.webhook import PREFIX, Push, Request, Response, Webhook

SECONDS_FOR_BODY = 5.0  # WeChat waits for the answer no longer than that
Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]
Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]


class WsgiEntry:
    """Answers `/wechat/<account>` in the thread of the request and leaves everything else to `beyond`."""

    def __init__(self, webhook: Webhook, answer: Callable[[Arrival], Answer | None], *, beyond: Wsgi) -> None:
        self._webhook = webhook
        self._answer = answer
        self._beyond = beyond

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ["PATH_INFO"]
        if not path.startswith(PREFIX):
            return self._beyond(environ, start_response)
        body = self._body(environ)
        request = Request(environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""), body)
        found = self._webhook.receive(request)
        if isinstance(found, Push):
            found = self._webhook.respond(found, self._answer(found.arrival))
        self._webhook.write_figures()
        headers = [
            ("Content-Type", found.content_type),
            ("Content-Length", str(len(found.body))),
            ("X-Content-Type-Options", "nosniff"),
        ]
        start_response(found.line, headers)
        return [found.body]

    def _body(self, environ: Environ) -> bytes | None:
        """Return the body; None, without reading more of it, if it is too large."""
        largest = self._webhook.largest
        if _says_more(environ.get("CONTENT_LENGTH") or "", largest):
            return None
        body: bytes = environ["wsgi.input"].read(largest + 1)
        return body if len(body) <= largest else None


class AsgiEntry:
    """Does the same on the event loop; `beyond` is called in one of `threads` threads."""

    def __init__(
        self,
        webhook: Webhook,
        answer: Callable[[Arrival], Awaitable[Answer | None]],
        *,
        beyond: Wsgi,
        threads: int,
    ) -> None:
        self._webhook = webhook
        self._answer = answer
        self._will_write = False
        self._bodies = Deadlines(SECONDS_FOR_BODY)
        pages: Any = _told_where_bodies_end(beyond)
        self._beyond: Any = WSGIMiddleware(pages, workers=threads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._pass_on(scope, receive, send)
            return
        body = await self._body(scope, receive)
        request = Request(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), body)
        found = self._webhook.receive(request)
        if isinstance(found, Push):
            found = self._webhook.respond(found, await self._answer(found.arrival))
        self._write_figures_soon()
        await _send(found, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the pages, in terms that a2wsgi takes."""

        async def received() -> Event:
            event = await receive()  # granian's is awaitable, and no coroutine
            if event["type"] == "http.disconnect":  # else half a form would be taken for the whole
                raise ClientDisconnected
            return event

        query: bytes = scope.get("query_string", b"")
        if not query.isascii():  # some browsers send what was typed into the address as it is
            scope = {**scope, "query_string": quote(query, safe=printable).encode()}
        await self._beyond({**scope, "headers": _understood(scope["headers"])}, received, send)

    def _write_figures_soon(self) -> None:
        """Count once for all that are answered in this turn of the loop."""
        if not self._will_write:
            self._will_write = True
            asyncio.get_running_loop().call_soon(self._write_figures)

    def _write_figures(self) -> None:
        self._will_write = False
        self._webhook.write_figures()

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """Return the body; None, without reading more of it, if it is too large."""
        largest = self._webhook.largest
        for name, value in scope["headers"]:
            if name == b"content-length" and _says_more(value.decode("latin-1"), largest):
                return None
        body = b""
        task = asyncio.current_task()
        assert task is not None
        wait = self._bodies.begin(task.cancel)
        try:
            more = True
            while more and len(body) <= largest:
                event = await receive()
                body += event.get("body", b"")
                more = event.get("more_body", False)
        except asyncio.CancelledError:
            if not wait.is_over or task.uncancel():
                raise  # somebody else stops us
            # What is there by now is not signed, or no XML.
        finally:
            wait.end()
        return body if len(body) <= largest else None


def _says_more(length: str, largest: int) -> bool:
    return length.isdigit() and int(length) > largest


def _understood(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers as a2wsgi takes them: it joins those of a name with commas, and `_` is its `-`."""
    kept = [(name, value) for name, value in headers if name != b"cookie" and b"_" not in name]
    cookies = [value for name, value in headers if name == b"cookie"]
    return [*kept, (b"cookie", b"; ".join(cookies))] if cookies else kept


async def _send(response: Response, send: Send) -> None:
    headers = [
        (b"content-type", response.content_type.encode()),
        (b"content-length", b"%d" % len(response.body)),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


def _told_where_bodies_end(application: Wsgi) -> Wsgi:
    """Return `application` told what a2wsgi does not say: bodies end by themselves, errors go to stderr."""

    def call(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.input_terminated"] = True
        environ["wsgi.errors"] = sys.stderr
        return application(environ, start_response)

    return call
