"""The back office's cookies: the session, the forgery guard, notes for the next page, and two choices.

Over https the session's cookie is a `__Host-` one: no other host, and no page
without https, can set it.
"""

import base64
import hashlib
import hmac
import secrets

import orjson
from flask import Response, g, request

from admin.office import runtime

YEAR = 365 * 24 * 3600
LANGUAGE, ACCOUNT = "yizhan_language", "yizhan_account"


def is_secure() -> bool:
    """Tell whether browsers reach us over https."""
    return runtime.config.server.public_url.startswith("https://")


def _name(name: str) -> str:
    return f"__Host-{name}" if is_secure() else name


def session_token() -> str:
    """Return the token of the session this browser claims to have; empty without one."""
    return request.cookies.get(_name("yizhan"), "")


def keep_session(response: Response, token: str) -> None:
    """Give the browser the token of its new session."""
    _set(response, _name("yizhan"), token)


def forget_session(response: Response) -> None:
    """Take the token away."""
    response.delete_cookie(_name("yizhan"), path="/", secure=is_secure(), httponly=True, samesite="Lax")


def choose(response: Response, name: str, value: str) -> None:
    """Remember a choice of the visitor's for a year."""
    _set(response, name, value, max_age=YEAR)


def csrf_token() -> str:
    """Return what a form must send back: a digest of a cookie that other sites can neither read nor set."""
    return _digest("csrf")


def is_csrf_right(sent: str) -> bool:
    """Tell whether `sent` is what our page was given, for this session and no other."""
    return bool(_secret()) and hmac.compare_digest(sent.encode(), _digest("csrf").encode())


def say(text: str, kind: str = "success") -> None:
    """Tell the visitor `text` at the top of the next page; kinds: success, warning, danger, info."""
    g.setdefault("notes", []).append([kind, str(text)])


def notes() -> list[list[str]]:
    """Return what is to be said now, and forget it."""
    waiting: list[list[str]] = g.pop("notes", [])
    g.notes_shown = True
    kept, _, seal = request.cookies.get("yizhan_notes", "").partition(".")
    if kept and hmac.compare_digest(seal.encode(), _digest(kept).encode()):
        waiting = [*orjson.loads(base64.urlsafe_b64decode(kept)), *waiting]
    return waiting


def send(response: Response) -> Response:
    """Set what this request left to be set; after every request."""
    if waiting := g.get("notes"):
        kept = base64.urlsafe_b64encode(orjson.dumps(waiting)).decode()
        _set(response, "yizhan_notes", f"{kept}.{_digest(kept)}", max_age=60)
    elif g.get("notes_shown") and "yizhan_notes" in request.cookies:
        response.delete_cookie("yizhan_notes", path="/")
    if new := g.get("new_visit"):
        _set(response, _name("yizhan_visit"), new)
    return response


def _secret() -> str:
    """Return the session's token; before signing in, a random one of this browser's."""
    if token := g.get("token"):
        return str(token)
    return request.cookies.get(_name("yizhan_visit"), "") or str(g.get("new_visit", ""))


def _digest(what: str) -> str:
    if not _secret():
        g.new_visit = secrets.token_urlsafe(32)
    return hmac.new(_secret().encode(), what.encode(), hashlib.sha256).hexdigest()


def _set(response: Response, name: str, value: str, *, max_age: int | None = None) -> None:
    response.set_cookie(
        name, value, max_age=max_age, path="/", secure=is_secure(), httponly=True, samesite="Lax"
    )
