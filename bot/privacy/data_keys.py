"""A key for one person: sealed with the keys of the settings, it seals what is theirs.

Destroying the sealed key erases the person in every backup of the texts it
sealed; sealing it anew is all that replacing a key of the settings takes.
"""

import base64
import binascii
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.privacy.vault import NONCE, NotOurs, Vault


@dataclass(frozen=True, slots=True)
class DataKey:
    """An opened key. It lives as long as one transaction and is never written down."""

    _cipher: AESGCM

    def seal(self, text: str, place: str) -> str:
        """Return `text` so that only this key reads it, and only in `place`."""
        return base64.urlsafe_b64encode(self.seal_bytes(text.encode(), place)).decode()

    def open(self, sealed: str, place: str) -> str:
        """Return the text again; raise `NotOurs` if it was moved or changed."""
        try:
            return self.open_bytes(base64.urlsafe_b64decode(sealed), place).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise NotOurs(f"{place} holds a text that does not open") from None

    def seal_bytes(self, content: bytes, place: str) -> bytes:
        """Return `content` sealed, 28 bytes longer."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, content, place.encode())

    def open_bytes(self, sealed: bytes, place: str) -> bytes:
        """Return the content again; raise `NotOurs` if it was moved or changed."""
        try:
            return self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], place.encode())
        except (InvalidTag, ValueError):
            raise NotOurs(f"{place} holds something that does not open; was it moved or changed?") from None


def make(vault: Vault, place: str) -> tuple[DataKey, str]:
    """Return a new key, and how it is kept."""
    secret = AESGCM.generate_key(bit_length=256)
    return DataKey(AESGCM(secret)), vault.seal(base64.b64encode(secret).decode(), place)


def unsealed(vault: Vault, kept: str, place: str) -> DataKey:
    """Return the key that is kept so; raise `NotOurs` if the settings do not open it."""
    return DataKey(AESGCM(base64.b64decode(vault.open(kept, place))))


def resealed(vault: Vault, kept: str, place: str) -> str:
    """Return how the same key is kept under the newest key of the settings."""
    return vault.seal(vault.open(kept, place), place)
