r"""The signature of a request: HMAC-SHA256 over what is asked, when, and with which words.

    text      = method \n path?query \n timestamp \n nonce \n sha256(body) in hex
    signature = hmac_sha256(secret, text) in hex

The path is as it stands in the request line, percent signs and all.
"""

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta

WINDOW = timedelta(minutes=5)  # how far the till's clock may be from ours, either way
NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
SIGNATURE = re.compile(r"[0-9a-f]{64}")
TIMESTAMP = re.compile(r"\d{10}")


def text_of(method: str, target: str, timestamp: str, nonce: str, body: bytes) -> str:
    """Return what is signed."""
    return "\n".join((method.upper(), target, timestamp, nonce, hashlib.sha256(body).hexdigest()))


def sign(secret: str, text: str) -> str:
    """Return the signature of `text`."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def is_signed(secret: str, text: str, signature: str) -> bool:
    """Tell whether the secret's holder signed `text`, in a time that says nothing of the answer."""
    return hmac.compare_digest(sign(secret, text), signature)


def moment_of(timestamp: str, *, now: datetime) -> datetime | None:
    """Return when it was signed; None if that is no moment, or outside the window around `now`."""
    if not TIMESTAMP.fullmatch(timestamp):
        return None
    at = datetime.fromtimestamp(int(timestamp), UTC)
    return at if abs(at - now) <= WINDOW else None
