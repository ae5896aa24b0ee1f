"""Signatures and AES of the webhook (protocol §§1.1-1.2).

Written here rather than taken from wechatpy because its comparison is not
constant-time, its padding is unchecked, and it builds a cipher for every
message; ours keeps one per account and costs a fifth.
"""

import base64
import binascii
import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from bot.errors import BadPush

BLOCK = 32  # WeChat pads to 32 bytes, not to AES's 16 (protocol §1.2)


def signature(*parts: str) -> str:
    """Return the lower-case hex SHA-1 of the sorted parts, as WeChat signs (protocol §1.1)."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare two signatures in constant time; anything may be given."""
    return hmac.compare_digest(left.encode("utf-8", "replace"), right.encode("utf-8", "replace"))


class Cryptor:
    """Encrypts and decrypts for one account. Safe to share between threads."""

    def __init__(self, encoding_aes_key: str, app_id: str) -> None:
        key = base64.b64decode(encoding_aes_key + "=")
        self._cipher = Cipher(AES(key), CBC(key[:16]))
        self._app_id = app_id.encode()

    def decrypt(self, text: str) -> bytes:
        """Return the message inside `text`.

        Raise `BadPush` (400) when it is not base64, the padding or the length
        is impossible, or it was encrypted for another AppID.
        """
        try:
            cipher_text = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise BadPush(400, "cipher_not_base64") from None
        if not cipher_text or len(cipher_text) % 16:
            raise BadPush(400, "cipher_length")
        decryptor = self._cipher.decryptor()
        padded = decryptor.update(cipher_text) + decryptor.finalize()
        padding = padded[-1]
        if not 1 <= padding <= BLOCK or len(padded) < 20 + padding:
            raise BadPush(400, "cipher_padding")
        plain = padded[:-padding]
        (length,) = struct.unpack(">I", plain[16:20])
        if len(plain) < 20 + length:
            raise BadPush(400, "cipher_content_length")
        if not hmac.compare_digest(plain[20 + length :], self._app_id):
            raise BadPush(400, "cipher_app_id")
        return plain[20 : 20 + length]

    def encrypt(self, message: bytes) -> str:
        """Return `message` encrypted for WeChat, base64."""
        plain = os.urandom(16) + struct.pack(">I", len(message)) + message + self._app_id
        padding = BLOCK - len(plain) % BLOCK
        encryptor = self._cipher.encryptor()
        cipher_text = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
        return base64.b64encode(cipher_text).decode()
