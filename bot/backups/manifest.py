"""What a backup says of itself, and whether its keys are ours."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.backups.errors import NotABackup
from bot.config import PrivacyConfig

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """The facts of a backup. All that happened after `taken_at` may be missing from it.

    `keys` are fingerprints of the `[privacy]` keys by name, never the keys;
    `size` and `sha256` are those of the database as it lies in the file.
    """

    product: str
    revision: str
    dialect: str
    server: str
    taken_at: datetime
    keys: Mapping[str, str]
    size: int
    sha256: str
    format: int = FORMAT

    def to_json(self) -> bytes:
        """Return the manifest as it stands in the file."""
        facts = dataclasses.asdict(self) | {"taken_at": self.taken_at.isoformat()}
        return json.dumps(facts, indent=2).encode() + b"\n"


def read(text: bytes) -> Manifest:
    """Return the manifest; raise `NotABackup` for anything else."""
    try:
        facts: dict[str, Any] = json.loads(text)
        if facts["format"] != FORMAT:
            raise NotABackup(f"its format is {facts['format']}; this release reads {FORMAT}")
        facts["taken_at"] = datetime.fromisoformat(facts["taken_at"])
        if facts["taken_at"].tzinfo is None or not isinstance(facts["keys"], dict):
            raise NotABackup("its manifest cannot be read")
        return Manifest(**facts)
    except (ValueError, TypeError, KeyError):
        raise NotABackup("its manifest cannot be read") from None


def fingerprints(config: PrivacyConfig) -> dict[str, str]:
    """Return by name what tells the keys of the settings from others, and nobody what they are."""
    entries = [entry.partition(":") for entry in config.keys.replace(",", " ").split()]
    keys = {name: key for name, _, key in entries}
    if config.index_key:
        keys["index_key"] = config.index_key
    return {name: _fingerprint(key) for name, key in sorted(keys.items())}


def missing_keys(backup: Mapping[str, str], ours: Mapping[str, str]) -> list[str]:
    """Return the names of the keys that the backup was made with and the settings have not."""
    return [name for name, print_ in backup.items() if ours.get(name) != print_]


def _fingerprint(key: str) -> str:
    # The keys are 32 random bytes, so that a plain digest gives nobody anything to guess at.
    return hashlib.sha256(b"yizhan.backup.key:" + key.encode()).hexdigest()[:16]
