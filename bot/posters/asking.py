"""By what somebody asks for their poster in the chat."""

from typing import Final

WORDS: Final = frozenset({"海报", "我的海报"})
KEY: Final = "STAFF_POSTER"
# Said to who does not work here, where no rule of the office's answers.
NOT_FOR_YOU: Final = (
    "海报由门店同事制作，上面有门店的二维码。您想了解线路或门店，直接留言就好。\n"
    "如果您在门店工作，请先从“我的”绑定店长为您登记的手机号。"
)


def is_word(text: str) -> bool:
    """Tell whether a text asks for the poster and for nothing else."""
    return text.strip().strip("。！？!? ") in WORDS
