"""All that must survive a restart, and the file it lies in."""

import base64
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator import snapshot
from simulator.blobs import Blobs
from simulator.settings import Settings
from simulator.world.accounts import Account
from simulator.world.people import Traveller
from simulator.world.sms import Sms

FORMAT = 1


@dataclass
class Job:
    """Something the platform will do at a moment of its own clock: end a mass message, publish a draft."""

    due: float
    kind: str
    account: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class State:
    """The whole platform."""

    format: int = FORMAT
    clock_offset: float = 0.0
    settings: Settings = field(default_factory=Settings)
    travellers: dict[str, Traveller] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    sms: list[Sms] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    next_traveller: int = 1
    next_message: int = 24_000_000_000_000_001
    next_bubble: int = 1
    next_job_message: int = 3_000_000_001
    next_sms: int = 1

    def number(self, counter: str) -> int:
        """The next value of one of the counters above."""
        value: int = getattr(self, counter)
        setattr(self, counter, value + 1)
        return value


def restored(data: dict[str, Any]) -> State:
    """The state from its JSON; raise ValueError with the remedy if it is not one of ours."""
    if data.get("format") != FORMAT:
        raise ValueError(f"this is not a simulator state of format {FORMAT}; begin with an empty one")
    try:
        return snapshot.load(State, data)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"the simulator state is damaged ({error}); begin with an empty one") from error


def exported(state: State, blobs: Blobs) -> dict[str, Any]:
    """The whole scenario as one JSON object, pictures included."""
    wanted = used_blobs(state)
    contents = {name: content for name in sorted(wanted) if (content := blobs.get(name)) is not None}
    data: dict[str, Any] = snapshot.as_json(state)
    data["blobs"] = {name: base64.b64encode(content).decode() for name, content in contents.items()}
    return data


def imported(data: dict[str, Any], blobs: Blobs) -> State:
    """The state of an exported scenario; its pictures go into `blobs`."""
    state = restored(data)
    for content in data.get("blobs", {}).values():
        blobs.put(base64.b64decode(content))
    return state


def used_blobs(state: State) -> set[str]:
    """Names of the bytes that something still points to."""
    return {media.blob for account in state.accounts.values() for media in account.media.values()}


class StateFile:
    """The file the state is loaded from at start and saved to while running."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def blob_folder(self) -> Path:
        """Where pictures lie, beside the file."""
        return self.path.with_suffix(".media")

    def load(self) -> State | None:
        """What was saved last, None when nothing was."""
        if not self.path.exists():
            return None
        return restored(json.loads(self.path.read_text("utf-8")))

    def save(self, text: str) -> None:
        """Replace the file in one step, so that a crash leaves the old one or the new one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".part")
        with partial.open("w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(self.path)
