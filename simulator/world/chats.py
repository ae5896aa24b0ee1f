"""The chat as the traveller's phone shows it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Bubble:
    """One thing in a chat. `sender` is traveller, account, agent or notice; `content` depends on `type`."""

    id: int
    sender: str
    type: str
    content: dict[str, Any]
    time: float
    agent: str = ""
    via: str = ""  # how it came: reply, custom, mass, template, notice, agent; empty for a traveller's own


@dataclass
class Chat:
    """Bubbles, oldest first, and how many the traveller has not seen."""

    bubbles: list[Bubble] = field(default_factory=list)
    unread: int = 0

    def add(self, bubble: Bubble, keep: int) -> None:
        """Append, letting go of the oldest beyond `keep`."""
        self.bubbles.append(bubble)
        del self.bubbles[:-keep]
        if bubble.sender in ("account", "agent"):
            self.unread += 1
