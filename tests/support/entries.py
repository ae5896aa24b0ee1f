"""The two ways in, both to be called as WSGI: what a test says of one it can say of the other."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any

from a2wsgi import ASGIMiddleware

from bot.app import assemble, assemble_asgi
from bot.entries import AsgiEntry
from bot.runtime import Runtime


def over_a_loop(entry: AsgiEntry) -> Any:
    """Return `entry` as a WSGI application whose requests all run on one loop."""
    return ASGIMiddleware(entry, loop=_loop())


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run it to its end on that loop: the one of this thread may be the browser's."""
    return asyncio.run_coroutine_threadsafe(coroutine, _loop()).result(60)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="loop", daemon=True).start()
    return loop


ENTRIES: dict[str, Callable[[Runtime], Any]] = {
    "wsgi": assemble,
    "asgi": lambda runtime: over_a_loop(assemble_asgi(runtime)),
}
