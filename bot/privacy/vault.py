"""Sealing texts for one column of one table, and finding them again."""

import base64
import binascii
import hashlib
import hmac
import os
import re
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.config import PrivacyConfig
from bot.errors import ConfigError, YizhanError

NONCE = 12


class NoKeys(YizhanError):
    """The operator's move: `[privacy]` holds no keys."""


class NotOurs(YizhanError):
    """The operator's move: a text was sealed with a key that is not in the settings, or meddled with."""


class Vault:
    """The keys of the settings. Sealing takes the first; opening takes the one that is named."""

    def __init__(self, config: PrivacyConfig) -> None:
        if not config.keys or not config.index_key:
            raise NoKeys("[privacy] keys and index_key are not set")
        self._ciphers: dict[str, AESGCM] = {}
        for entry in re.split(r"[\s,]+", config.keys.strip()):
            name, _, text = entry.partition(":")
            if not re.fullmatch(r"[a-z0-9]{1,16}", name) or name in self._ciphers:
                raise ConfigError(
                    "[privacy] keys: each is name:key, the names letters and digits, all different"
                )
            self._ciphers[name] = AESGCM(_key(text, "keys"))
        self._newest = next(iter(self._ciphers))
        self._index_key = _key(config.index_key, "index_key")

    def seal(self, text: str, place: str) -> str:
        """Return `text` so that only these keys read it, and only in `place` (`table:column`)."""
        nonce = os.urandom(NONCE)
        sealed = self._ciphers[self._newest].encrypt(nonce, text.encode(), place.encode())
        return f"{self._newest}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, place: str) -> str:
        """Return the text again; raise `NotOurs` if the key is missing, or place or text are others."""
        name, _, text = sealed.partition(".")
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise NotOurs(f"{place} holds a text sealed with key {name!r}, which is not in [privacy] keys")
        try:
            content = base64.urlsafe_b64decode(text)
            return cipher.decrypt(content[:NONCE], content[NONCE:], place.encode()).decode()
        except (InvalidTag, binascii.Error, ValueError):
            raise NotOurs(f"{place} holds a text that does not open; was it moved or changed?") from None

    def seal_file(self, content: bytes, place: str) -> bytes:
        """Return a file's content as `seal` does a text."""
        nonce = os.urandom(NONCE)
        sealed = self._ciphers[self._newest].encrypt(nonce, content, place.encode())
        return self._newest.encode() + b"." + nonce + sealed

    def open_file(self, sealed: bytes, place: str) -> bytes:
        """Return the content again; raise `NotOurs` as `open` does."""
        name, _, content = sealed.partition(b".")
        cipher = self._ciphers.get(name.decode("ascii", "replace"))
        try:
            if cipher is not None:
                return cipher.decrypt(content[:NONCE], content[NONCE:], place.encode())
        except (InvalidTag, ValueError):
            pass
        raise NotOurs(f"{place} holds a file that these keys do not open")

    def index(self, text: str, place: str) -> bytes:
        """Return 32 bytes that are the same for the same `text` in the same `place`, and tell no more."""
        return hmac.new(self._index_key, f"{place}:{text}".encode(), hashlib.sha256).digest()

    def is_newest(self, sealed: str) -> bool:
        """Tell whether the first key sealed this."""
        return sealed.startswith(f"{self._newest}.")


@lru_cache(maxsize=8)
def vault_of(config: PrivacyConfig) -> Vault:
    """Return the vault of the settings; raise `NoKeys` if they have no keys."""
    return Vault(config)


def _key(text: str, name: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise ConfigError(
            f"[privacy] {name}: a key is 32 bytes in base64; make one with: openssl rand -base64 32"
        )
    return key
