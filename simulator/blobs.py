"""Bytes of pictures and sounds, by their digest: beside the state file, or in memory only."""

import hashlib
from pathlib import Path


class Blobs:
    """A store of immutable bytes; with a folder they survive a restart."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._memory: dict[str, bytes] = {}

    def put(self, content: bytes) -> str:
        """Keep the bytes and return their name."""
        name = hashlib.sha256(content).hexdigest()[:40]
        if self._folder is None:
            self._memory[name] = content
        elif not (self._folder / name).exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            partial = self._folder / f"{name}.part"
            partial.write_bytes(content)
            partial.replace(self._folder / name)
        return name

    def get(self, name: str) -> bytes | None:
        """The bytes of that name, None if they are gone."""
        if not name.isalnum():
            return None
        if self._folder is None:
            return self._memory.get(name)
        path = self._folder / name
        return path.read_bytes() if path.exists() else None

    def keep_only(self, wanted: set[str]) -> None:
        """Drop everything else."""
        if self._folder is None:
            self._memory = {name: each for name, each in self._memory.items() if name in wanted}
        elif self._folder.exists():
            for path in self._folder.iterdir():
                if path.name not in wanted:
                    path.unlink(missing_ok=True)
