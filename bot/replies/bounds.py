"""How much a rule may hold, wherever it is written: in a form, in a sheet, in WeChat's console."""

import re
from collections.abc import Iterable

from bot.organisation.directory import ShopFacts
from bot.replies.speaking import with_shop
from bot.wechat.replies import Text

TEXT_BYTES = 2048  # what is longer WeChat drops in silence
MEDIA_ID = re.compile(r"[\w-]{8,128}")
MOST_WORDS, LONGEST_WORD = 50, 120
MOST_VARIANTS = MOST_FOLLOW_UPS = 4
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def longest(content: str, shops: Iterable[ShopFacts]) -> int:
    """Return how many bytes the text has for the shop that makes it longest."""
    sizes = [len(content.encode())]
    if "{" in content:
        for shop in shops:
            said = with_shop(Text(content), shop)
            sizes.append(len(said.content.encode()) if isinstance(said, Text) else 0)
    return max(sizes)
