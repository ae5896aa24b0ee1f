"""Why an upload is not taken; the words for it are the page's."""

import enum

from bot.errors import YizhanError


class Why(enum.StrEnum):
    """What is wrong with a file."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_LONG = "too_long"
    TOO_MANY_PIXELS = "too_many_pixels"
    NO_PICTURE = "no_picture"
    NO_VOICE = "no_voice"
    NO_VIDEO = "no_video"
    A_PAGE = "a_page"
    A_PROGRAM = "a_program"
    GIF = "gif"
    MOVES = "moves"
    BROKEN = "broken"


class NotTaken(YizhanError):
    """The sender's move: the file is not what it is said to be, or more than WeChat takes."""

    def __init__(self, why: Why, **limits: int) -> None:
        super().__init__(why.value)
        self.why = why
        self.limits = limits
