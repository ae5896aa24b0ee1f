"""Signatures and message encryption of the push (protocol §1.1, §1.2)."""

import base64
import binascii
import hashlib
import hmac
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32  # WeChat pads to 32 bytes, not to AES's 16


class Undecipherable(Exception):
    """The cipher text is not ours, or was damaged; the message says where it failed."""


def sign(*parts: str) -> str:
    """SHA-1 over the sorted parts: token, timestamp and nonce, and Encrypt for `msg_signature`."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two signatures are equal, in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


class MessageCipher:
    """Encrypts and decrypts for one account (protocol §1.2, steps 1-6)."""

    def __init__(self, encoding_aes_key: str, app_id: str) -> None:
        try:
            self._key = base64.b64decode(encoding_aes_key + "=")
        except binascii.Error as error:
            raise Undecipherable("EncodingAESKey is not base64") from error
        if len(self._key) != 32:
            raise Undecipherable("EncodingAESKey must be 43 characters")
        self._app_id = app_id

    def encrypt(
        self, message: str, *, random16: bytes | None = None, app_id: str = "", pad_byte: int | None = None
    ) -> str:
        """Encrypt `message`; another `app_id` or `pad_byte` makes it wrong on purpose."""
        text = message.encode()
        head = (random16 or secrets.token_bytes(16)) + struct.pack(">I", len(text))
        plain = head + text + (app_id or self._app_id).encode()
        amount = BLOCK - len(plain) % BLOCK
        plain += bytes([amount if pad_byte is None else pad_byte]) * amount
        encryptor = self._cipher().encryptor()
        return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()

    def decrypt(self, encrypted: str) -> str:
        """Return the message; raise `Undecipherable` for a wrong key, pad, length or app id."""
        try:
            decryptor = self._cipher().decryptor()
            plain = decryptor.update(base64.b64decode(encrypted)) + decryptor.finalize()
        except (binascii.Error, ValueError) as error:
            raise Undecipherable("not a whole number of AES blocks in base64") from error
        if not plain or not 1 <= plain[-1] <= BLOCK:
            raise Undecipherable("padding is not 1 to 32")
        plain = plain[: -plain[-1]]
        if len(plain) < 20:
            raise Undecipherable("too short")
        end = 20 + struct.unpack(">I", plain[16:20])[0]
        if plain[end:].decode("ascii", "replace") != self._app_id:
            raise Undecipherable("encrypted for another app id, or with another key")
        try:
            return plain[20:end].decode()
        except UnicodeDecodeError as error:
            raise Undecipherable("the message is not UTF-8") from error

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))
