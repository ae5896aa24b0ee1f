"""What the phone asks of its browser: open a page, keep pictures in a traveller's album."""

import base64
import secrets
import threading
from collections import deque
from typing import Any

import flask
import requests

from simulator.control import asking, guard
from simulator.faces.browser import Browser, Visit
from simulator.faces.reach import Refusal
from simulator.world import media

KEPT = 60
LARGEST = 10 * 1024 * 1024


class Album:
    """Pictures that travellers saved, newest first; in memory only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pictures: dict[str, deque[tuple[str, str, bytes]]] = {}

    def add(self, traveller: str, content_type: str, content: bytes) -> str:
        """Keep a picture and return its name."""
        name = secrets.token_hex(8)
        with self._lock:
            own = self._pictures.setdefault(traveller, deque(maxlen=KEPT))
            own.appendleft((name, content_type, content))
        return name

    def names(self, traveller: str) -> list[str]:
        """The names of a traveller's pictures."""
        with self._lock:
            return [name for name, _, _ in self._pictures.get(traveller, ())]

    def find(self, traveller: str, name: str) -> tuple[str, bytes] | None:
        """Type and bytes of a picture."""
        with self._lock:
            own = list(self._pictures.get(traveller, ()))
        return next(((kind, content) for each, kind, content in own if each == name), None)


def make_blueprint(browser: Browser, bound_host: str) -> flask.Blueprint:
    """Under `/sim/phone`.  Access: this machine's own programs and pages, see `guard`."""
    views = flask.Blueprint("phone_browser", __name__, url_prefix="/sim/phone")
    views.before_request(lambda: guard.check(bound_host))

    @views.post("/web")
    def web() -> dict[str, Any]:
        """Where the frame finds an address; `path` is on the browser's own port."""
        facts = asking.body()
        url = asking.text(facts, "url")
        if not url.lower().startswith(("http://", "https://")):
            raise guard.Wrong("the phone opens addresses that begin with http:// or https://")
        if not browser.port:
            raise guard.Wrong(
                "this server has no port for the phone's browser; start it with --browser-port", 501
            )
        traveller = asking.traveller(browser.platform, asking.text(facts, "traveller"))
        return {"port": browser.port, "path": browser.open(traveller.id, url)}

    @views.post("/web/forget")
    def forget() -> dict[str, Any]:
        """Clear a traveller's cookies."""
        browser.forget(asking.text(asking.body(), "traveller"))
        return {"ok": True}

    _add_album(views, browser)

    @views.errorhandler(guard.Wrong)
    def wrong(error: guard.Wrong) -> flask.typing.ResponseReturnValue:
        return {"error": str(error)}, error.status

    return views


def _add_album(views: flask.Blueprint, browser: Browser) -> None:
    album = Album()

    @views.get("/album/<traveller>")
    def pictures(traveller: str) -> dict[str, Any]:
        return {"pictures": album.names(traveller)}

    @views.get("/album/<traveller>/<name>")
    def picture(traveller: str, name: str) -> flask.Response:
        found = album.find(traveller, name)
        if found is None:
            flask.abort(404)
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=86400"}
        return flask.Response(found[1], mimetype=found[0], headers=headers)

    @views.post("/album/<traveller>")
    def save(traveller: str) -> dict[str, Any]:
        """Keep a picture: `data` (base64), or `url` as the traveller's browser would fetch it."""
        facts = asking.body()
        owner = asking.traveller(browser.platform, traveller)
        content = _content(browser, owner.id, facts)
        kind = media.picture_type(content)
        if kind is None:
            raise guard.Wrong("this is not a PNG, JPEG, GIF or BMP picture")
        return {"name": album.add(owner.id, kind, content)}


def _content(browser: Browser, traveller: str, facts: dict[str, Any]) -> bytes:
    if "data" in facts:
        try:
            return base64.b64decode(asking.text(facts, "data").rpartition(",")[2], validate=True)
        except ValueError as error:
            raise guard.Wrong("data must be the picture in base64") from error
    try:
        answer = browser.fetch(Visit(traveller, ""), asking.text(facts, "url"))
        content = bytes(answer.raw.read(LARGEST + 1, decode_content=True))
        answer.close()
    except Refusal as error:
        raise guard.Wrong(str(error), 403) from error
    except requests.RequestException as error:
        raise guard.Wrong(f"the picture cannot be fetched: {type(error).__name__}", 502) from error
    if answer.status_code != 200 or len(content) > LARGEST:
        raise guard.Wrong(f"the picture cannot be fetched: HTTP {answer.status_code}", 502)
    return content
