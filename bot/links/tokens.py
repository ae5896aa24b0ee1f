"""Who a short link is for, in as few letters as can be believed.

A token is the link's and the fan's ids, seven bits to a byte, and eight bytes
of HMAC-SHA-256 over them, in base64 for addresses: some eighteen letters.  It
is no secret and opens nothing but the stored address; signed, so that nobody
writes clicks for others by counting upwards.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MAC: Final = 8
LONGEST: Final = 48
LARGEST_ID: Final = 2**63
PURPOSE: Final = b"yizhan.short-link\0"


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whose link it is."""

    link_id: int
    fan_id: int


def make(keys: Sequence[bytes], link_id: int, fan_id: int) -> str:
    """Return the token of a link for a fan; the same again for the same first key."""
    ids = _packed(link_id) + _packed(fan_id)
    return _text(ids + _mac(keys[0], ids))


def read(keys: Sequence[bytes], token: str) -> Addressee | None:
    """Return whose link it is; None for what none of the keys signed."""
    if not token.isascii() or len(token) > LONGEST:
        return None
    try:
        whole = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    ids, mac = whole[:-MAC], whole[-MAC:]
    if _text(whole) != token or not any(hmac.compare_digest(mac, _mac(key, ids)) for key in keys):
        return None
    link_id, rest = _unpacked(ids)
    fan_id, rest = _unpacked(rest)
    return Addressee(link_id, fan_id) if not rest and link_id and fan_id else None


def _text(whole: bytes) -> str:
    return base64.urlsafe_b64encode(whole).rstrip(b"=").decode()


def _mac(key: bytes, ids: bytes) -> bytes:
    return hmac.new(key, PURPOSE + ids, hashlib.sha256).digest()[:MAC]


def _packed(number: int) -> bytes:
    if not 0 < number < LARGEST_ID:
        raise ValueError(f"{number} is no id")
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def _unpacked(packed: bytes) -> tuple[int, bytes]:
    number = 0
    for place, byte in enumerate(packed[:9]):
        number |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return number, packed[place + 1 :]
    return 0, b"\xff"
