"""Text messages: the simulator is an SMS gateway too, and each traveller's phone has an inbox."""

import re
from dataclasses import dataclass
from typing import Any

KEPT = 1_000


@dataclass
class Sms:
    """One delivered text message."""

    id: int
    phone: str
    text: str
    sign: str
    time: float


def normal(phone: Any) -> str:
    """The number in one shape, with +86 before a Chinese mobile number; empty if it is none."""
    digits = re.sub(r"[\s\-()]", "", str(phone or ""))
    if re.fullmatch(r"1\d{10}", digits):
        return "+86" + digits
    if re.fullmatch(r"861\d{10}", digits):
        return "+" + digits
    return digits if re.fullmatch(r"\+\d{6,15}", digits) else ""


def inbox(messages: list[Sms], phone: str) -> list[Sms]:
    """What arrived at a number, oldest first."""
    wanted = normal(phone)
    return [each for each in messages if wanted and each.phone == wanted]
