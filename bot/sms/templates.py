"""What short messages say, per purpose. Gateways that want a template's code of their own get it from the
settings; the words here are what such a template has to say.
"""

import enum
from collections.abc import Mapping


class Purpose(enum.StrEnum):
    """Why a message is sent."""

    CODE = "code"
    NOTICE = "notice"


WORDS: dict[Purpose, str] = {
    Purpose.CODE: "您的验证码是 {code}，{minutes} 分钟内有效。请勿告诉他人，工作人员也不会向您索要。",
    Purpose.NOTICE: "{words}",
}
# In the order in which the gateways' templates number them.
PLACES: dict[Purpose, tuple[str, ...]] = {Purpose.CODE: ("code", "minutes"), Purpose.NOTICE: ("words",)}
FIRST_PART, NEXT_PARTS = 70, 67  # characters a carrier puts into one message, and into each of several


def text(purpose: Purpose, facts: Mapping[str, str]) -> str:
    """Return the words, without the sign."""
    return WORDS[purpose].format(**facts)


def parts(said: str) -> int:
    """Return as how many messages a carrier counts it, the sign included in `said`."""
    return 1 if len(said) <= FIRST_PART else -(-len(said) // NEXT_PARTS)
