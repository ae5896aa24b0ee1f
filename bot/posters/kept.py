"""Posters drawn lately: a page that is opened again costs nothing. Bounded, and each process has its own."""

import io
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress

from PIL import Image

import posters

SIZES = ("large", "small")
MOST_BYTES = 24 * 1024 * 1024
SMALL_WIDTH = 300  # WeChat's share cards want no less
SMALL_QUALITY = 82
WARM_AFTER = 3.0  # seconds: the page that asked has its pictures by then
WARM_PAUSE = 0.5  # between two designs: messages come first
NOBODYS = posters.Facts(texts={}, code="http://weixin.qq.com/q/02nobodys")


class Kept:
    """Pictures by their digest and size; the oldest give way. Threads share it.

    One is drawn at a time: a page asks for a dozen, and a design that a process draws for the first time
    takes most of a second.  One after the other the first is there soon; all at once they would all be late.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._size = 0
        self._lock = threading.Lock()
        self._drawing = threading.Lock()
        self._is_warm = False
        self._pictures: OrderedDict[str, bytes] = OrderedDict()

    def get(self, name: str) -> bytes | None:
        """Return the picture `<digest>-<size>`; None if it is not here any more."""
        with self._lock:
            found = self._pictures.get(name)
            if found is not None:
                self._pictures.move_to_end(name)
            return found

    def put(self, name: str, picture: bytes) -> None:
        """Keep the picture until there are too many."""
        with self._lock:
            self._size += len(picture) - len(self._pictures.pop(name, b""))
            self._pictures[name] = picture
            while self._size > self._most and len(self._pictures) > 1:
                self._size -= len(self._pictures.popitem(last=False)[1])

    def drawn(self, name: str, draw: Callable[[], bytes]) -> bytes:
        """Return the picture of that name, kept or drawn now; raise as `draw` does. In no transaction."""
        with self._drawing:
            content = self.get(name)
            if content is None:
                content = draw()
                self.put(name, content)
        return content

    def warm_up(self) -> None:
        """Have every built-in design prepared in this process soon, once, in the background.

        What a design has in common on all posters takes most of a second the first time it is drawn: then
        whoever looks through the designs does not wait for it.  Asked again it does nothing.
        """
        with self._lock:
            if self._is_warm:
                return
            self._is_warm = True
        timer = threading.Timer(WARM_AFTER, self._prepare)
        timer.daemon = True
        timer.start()

    def _prepare(self) -> None:
        for template in posters.builtin().values():
            with self._drawing, suppress(posters.PosterError):
                posters.draw(template, NOBODYS)
            time.sleep(WARM_PAUSE)


def small(draw: Callable[..., bytes], *, large: int | None = None) -> bytes:
    """Return what `draw(width=…)` draws at 300 pixels: to be looked at, mostly to be scanned still."""
    try:
        return draw(width=SMALL_WIDTH)
    except posters.Unreadable:  # its code is too fine for that; the large one's is proven
        return shrunk(draw(width=large))


def shrunk(poster: bytes) -> bytes:
    """Return a drawn poster (JPEG) three hundred pixels wide."""
    with Image.open(io.BytesIO(poster)) as picture:
        height = round(picture.height * SMALL_WIDTH / picture.width)
        picture.draft("RGB", (SMALL_WIDTH, height))
        shown = picture.convert("RGB").resize((SMALL_WIDTH, height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    shown.save(out, "JPEG", quality=SMALL_QUALITY, optimize=True)
    return out.getvalue()
