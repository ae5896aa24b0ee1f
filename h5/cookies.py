"""Cookies of the pages inside WeChat, each of one account: who is here, and where OAuth was begun.

Over https they are `__Host-` ones: no other host, and no page without https, can set them.
"""

import hmac
import secrets
import time

from flask import Response, g, request

from h5.visit import account, keys, runtime

IDENTITY_SECONDS = 24 * 3600
RENEWED_AFTER = 6 * 3600
STATE_SECONDS = 10 * 60
STATES = 4  # pages opened side by side, each on its way through OAuth


def is_secure() -> bool:
    """Tell whether phones reach us over https."""
    return runtime.config.server.public_url.startswith("https://")


def identity() -> tuple[int, str, int] | None:
    """Return fan id and nonce that this browser was given for this account, and when; None without."""
    text = request.cookies.get(_name("who"), "")
    content = keys.read(text, _purpose("who"), seconds=IDENTITY_SECONDS) if text else None
    if not isinstance(content, list) or len(content) != 3:
        return None
    fan_id, nonce, at = content
    g.h5_is_due = time.time() - at > RENEWED_AFTER
    return int(fan_id), str(nonce), int(at)


def keep_identity(response: Response, fan_id: int, nonce: str | None = None) -> None:
    """Let the browser be this fan for a day; without `nonce` under a new one, which no older form fits."""
    content = [fan_id, nonce or secrets.token_urlsafe(16), int(time.time())]
    _set(response, _name("who"), keys.sign(content, _purpose("who")), IDENTITY_SECONDS)


def forget_identity(response: Response) -> None:
    """Let the browser be nobody for this account."""
    _delete(response, _name("who"))


def renew(response: Response) -> None:
    """Give a visitor who is here a new day, now and then."""
    if g.get("h5_is_due") and (who := g.get("h5_guest")) is not None:
        keep_identity(response, who.fan_id, who.nonce)


def begin_state(response: Response) -> str:
    """Return a new state that only this browser can come back with, once, within ten minutes."""
    state = secrets.token_hex(20)
    going = [*_going(), (state, int(time.time()))][-STATES:]
    _set(response, _name("going"), keys.sign(going, _purpose("going")), STATE_SECONDS)
    return state


def is_state(given: str) -> bool:
    """Tell whether this browser was given that state for this account within ten minutes."""
    oldest = time.time() - STATE_SECONDS
    # Every one is compared, whichever fits: the time tells nothing.
    return (
        sum(hmac.compare_digest(state.encode(), given.encode()) and at >= oldest for state, at in _going())
        > 0
    )


def end_state(response: Response, given: str) -> None:
    """Take the state from the browser; the others it was given stay."""
    going = [entry for entry in _going() if entry[0] != given]
    if going:
        _set(response, _name("going"), keys.sign(going, _purpose("going")), STATE_SECONDS)
    else:
        _delete(response, _name("going"))


def csrf_token() -> str:
    """Return what a form must send back: only a page of this signing-in holds it. Empty for nobody."""
    who = g.get("h5_guest")
    return keys.digest(f"{who.fan_id}:{who.nonce}", _purpose("csrf")) if who else ""


def is_csrf_right(given: str) -> bool:
    """Tell whether `given` is of a page we gave to this visitor, since they signed in."""
    who = g.get("h5_guest")
    return who is not None and keys.is_digest(given, f"{who.fan_id}:{who.nonce}", _purpose("csrf"))


def _going() -> list[tuple[str, int]]:
    text = request.cookies.get(_name("going"), "")
    content = keys.read(text, _purpose("going"), seconds=STATE_SECONDS) if text else None
    return [(state, at) for state, at in content or []]


def _name(what: str) -> str:
    return f"{'__Host-' if is_secure() else ''}yizhan_h5_{account.name}_{what}"


def _purpose(what: str) -> str:
    return f"{what}.{account.name}"


def _set(response: Response, name: str, value: str, seconds: int) -> None:
    # Lax, not Strict: WeChat's redirect back to us must carry them.
    response.set_cookie(
        name, value, max_age=seconds, path="/", secure=is_secure(), httponly=True, samesite="Lax"
    )


def _delete(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=is_secure(), httponly=True, samesite="Lax")
