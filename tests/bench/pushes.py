"""What WeChat would send, made and signed beforehand, and a judge of what comes back.

Written without the bot's codec, so that an error there cannot hide here.
"""

import base64
import hashlib
import os
import re
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

TOKEN = "benchtoken2026"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ORIGINAL_ID = "gh_0123456789ab"
FANS = 5000
MODES = ("plain", "safe")
SCATTER = 2_654_435_761  # a prime, so that neighbours in time are none in the table

# The question is a keyword of the one rule.  The echo says the question itself
# back, so the answer is as long as the question: all render the same size.
QUESTION = "请问从人民广场坐地铁到外滩门店怎么走"
ANSWER = "二号线南京东路站下车步行八分钟就能到"
assert len(QUESTION.encode()) == len(ANSWER.encode())

_CIPHERTEXT = re.compile(rb"<Encrypt><!\[CDATA\[([A-Za-z0-9+/=]+)\]\]></Encrypt>")
_SIGNATURE = re.compile(rb"<MsgSignature><!\[CDATA\[([0-9a-f]{40})\]\]></MsgSignature>")
_TIMESTAMP = re.compile(rb"<TimeStamp>(\d+)</TimeStamp>")
_NONCE = re.compile(rb"<Nonce><!\[CDATA\[(\w*)\]\]></Nonce>")
_TO = re.compile(rb"<ToUserName><!\[CDATA\[([^\]]*)\]\]></ToUserName>")
_CONTENT = re.compile(rb"<Content><!\[CDATA\[([^\]]*)\]\]></Content>")


@dataclass(frozen=True, slots=True)
class Push:
    """One request, ready for the wire, and whom it comes from."""

    openid: str
    wire: bytes


def openid(number: int) -> str:
    """Return the OpenID of the fan with this number."""
    return f"oBench_{number:021d}"


def app_id(mode: str) -> str:
    """Return the AppID of the account that is served in `mode`."""
    return f"wx_bench_{mode}_0001"


class Wechat:
    """The platform, as far as it sends text messages to one account in `mode`."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self._app_id = app_id(mode).encode()
        key = base64.b64decode(AES_KEY + "=")
        self._cipher = Cipher(AES(key), CBC(key[:16]))
        self._last_id = time.time_ns()

    def pushes(self, count: int, fans: int = FANS) -> Iterator[Push]:
        """Yield `count` messages, no two alike, from all over the first `fans` fans, signed now."""
        timestamp = str(int(time.time()))
        for _ in range(count):
            self._last_id += 1
            sender = openid(self._last_id * SCATTER % fans)
            body = (
                f"<xml><ToUserName><![CDATA[{ORIGINAL_ID}]]></ToUserName>"
                f"<FromUserName><![CDATA[{sender}]]></FromUserName><CreateTime>{timestamp}</CreateTime>"
                f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{QUESTION}]]></Content>"
                f"<MsgId>{self._last_id}</MsgId></xml>"
            ).encode()
            yield Push(sender, self._wire(sender, body, timestamp, str(self._last_id % 10**10)))

    def fault(self, push: Push, response: bytes, words: str) -> str | None:
        """Return what is wrong with the answer to `push`, or None if it says `words` to its sender."""
        head, _, body = response.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            return head[:40].decode("latin-1")
        try:
            plain = self._opened(body) if self.mode == "safe" else body
        except ValueError as error:
            return str(error)
        to, content = _TO.search(plain), _CONTENT.search(plain)
        if not to or to[1].decode() != push.openid:
            return "not addressed to the sender"
        if not content or content[1].decode() != words:
            return "other words than expected"
        return None

    def _wire(self, sender: str, body: bytes, timestamp: str, nonce: str) -> bytes:
        query = (
            f"signature={_signature(TOKEN, timestamp, nonce)}"
            f"&timestamp={timestamp}&nonce={nonce}&openid={sender}"
        )
        if self.mode == "safe":
            sealed = self._sealed(body)
            body = (
                f"<xml><ToUserName><![CDATA[{ORIGINAL_ID}]]></ToUserName>"
                f"<Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
            ).encode()
            query += f"&encrypt_type=aes&msg_signature={_signature(TOKEN, timestamp, nonce, sealed)}"
        head = (
            f"POST /wechat/{self.mode}?{query} HTTP/1.1\r\nHost: bench.example\r\n"
            "User-Agent: Mozilla/4.0\r\nAccept: */*\r\nPragma: no-cache\r\nContent-Type: text/xml\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def _sealed(self, message: bytes) -> str:
        plain = os.urandom(16) + struct.pack(">I", len(message)) + message + self._app_id
        padding = 32 - len(plain) % 32
        encryptor = self._cipher.encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([padding]) * padding)).decode()

    def _opened(self, body: bytes) -> bytes:
        """Return the reply inside an envelope; raise `ValueError` if it is not one that WeChat would open."""
        parts = [pattern.search(body) for pattern in (_CIPHERTEXT, _SIGNATURE, _TIMESTAMP, _NONCE)]
        if not all(parts):
            raise ValueError("not an encrypted envelope")
        sealed, signed, timestamp, nonce = (part[1].decode() for part in parts if part)
        if _signature(TOKEN, timestamp, nonce, sealed) != signed:
            raise ValueError("envelope wrongly signed")
        plain = self._cipher.decryptor().update(base64.b64decode(sealed))
        (length,) = struct.unpack(">I", plain[16:20])
        if plain[20 + length : -plain[-1]] != self._app_id:
            raise ValueError("encrypted for another account")
        return plain[20 : 20 + length]


def _signature(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()
