"""Where a line of Chinese may end: nothing begins with 。or ）, nothing ends with （, words stay whole."""

import re
import unicodedata
from collections.abc import Callable, Sequence

CLOSING = frozenset("。，、！？；：）」』】》〉〕”’…—·%‰℃°.,!?;:)]}»›～~％〗〙｝］")
OPENING = frozenset("（「『【《〈〔“‘([{«‹￥¥$＄£€〖〘｛［#@")
ELLIPSIS = "…"
_CLUSTER = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"  # a flag
    "|[0-9#*]\ufe0f?\u20e3"  # a keycap
    "|[\U0001f300-\U0001faff\u203c-\u3299]"  # a picture, perhaps with a skin, perhaps of several
    "(?:\ufe0f|[\U0001f3fb-\U0001f3ff]|[\U000e0020-\U000e007f]|\u200d[\U0001f300-\U0001faff\u2190-\u3299])*"
    "|.[\u0300-\u036f\u0483-\u0487\u064b-\u065f\u0e31\u0e34-\u0e4e\u0f71-\u0f84\ufe00-\ufe0f\U000e0100-\U000e01ef]*",
    re.DOTALL,
)
_WIDE = {"W", "F"}
Measure = Callable[[str], float]
Line = list[str]  # of clusters


def clusters(text: str) -> list[str]:
    """Return the text in pieces that are drawn as one: most are a character, some an emoji of five."""
    return _CLUSTER.findall(text)


def tidy(text: str) -> str:
    """Return the text without what is not to be seen: controls, directions, joiners with nothing to join."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\t", " ")
    text = "".join(" " if unicodedata.category(char)[0] == "Z" else char for char in text)
    kept = "".join(
        char
        for char in text
        if char in "\n\u200d"
        or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co"}
        or "\U000e0020" <= char <= "\U000e007f"
    )
    return re.sub(r" *\n *", "\n", re.sub(r"[ \u00a0]+", " ", kept)).strip()


def units(pieces: Sequence[str]) -> list[Line]:
    """Return what may not be torn apart: words, and signs with what they belong to. Blanks stand alone."""
    found: list[Line] = []
    glued = False  # whether the next piece belongs to the last unit
    for piece in pieces:
        last = found[-1][-1] if found else ""
        if piece == " ":
            found.append([piece])
            glued = False
        elif found and last != " " and (glued or piece in CLOSING or (_narrow(piece) and _narrow(last))):
            found[-1].append(piece)
            glued = piece in OPENING
        else:
            found.append([piece])
            glued = piece in OPENING
    return found


def _narrow(piece: str) -> bool:
    return (
        piece not in CLOSING - set(".,:%°")
        and len(piece) == 1
        and piece != " "
        and (unicodedata.east_asian_width(piece) not in _WIDE and unicodedata.category(piece)[0] in "LNPSM")
    )


def broken(text: str, measure: Measure, width: float) -> list[Line]:
    """Return `text` in lines no wider than `width`; what is too wide for any line is torn."""
    return [line for paragraph in text.split("\n") for line in _filled(clusters(paragraph), measure, width)]


def balanced(text: str, measure: Measure, width: float) -> list[Line]:
    """Return as many lines as `broken` does, of about the same length."""
    best = broken(text, measure, width)
    if len(best) < 2 or "\n" in text:
        return best
    low, high = width / len(best) * 0.5, width
    while high - low > 4:
        middle = (low + high) / 2
        tried = broken(text, measure, middle)
        if len(tried) <= len(best) and all(length(line, measure) <= middle for line in tried):
            best, high = tried, middle
        else:
            low = middle
    return best


def _filled(pieces: Sequence[str], measure: Measure, width: float) -> list[Line]:
    lines: list[Line] = []
    line: Line = []
    used = 0.0
    for unit in units(pieces):
        taken = length(unit, measure)
        if used + taken > width and line:
            lines.append(stripped(line))
            line, used = [], 0.0
        if unit == [" "] and not line:
            continue
        if taken <= width:
            line = [*line, *unit]
            used += taken
            continue
        for piece in unit:  # wider than a whole line
            taken = measure(piece)
            if used + taken > width and line:
                lines.append(line)
                line, used = [], 0.0
            line = [*line, piece]
            used += taken
    return [*lines, stripped(line)] if line or not lines else lines


def cut(line: Line, measure: Measure, width: float) -> Line:
    """Return a line that ends in an ellipsis and is no wider than `width`."""
    kept = stripped(list(line))
    room = width - measure(ELLIPSIS)
    while kept and (
        length(kept, measure) > room or kept[-1] in OPENING or kept[-1] in CLOSING or kept[-1] == " "
    ):
        kept.pop()
    return [*kept, ELLIPSIS]


def stripped(line: Line) -> Line:
    """Return the line without the blanks at its end."""
    while line and line[-1] == " ":
        line = line[:-1]
    return line


def length(line: Sequence[str], measure: Measure) -> float:
    """Return how wide a line is."""
    return sum(map(measure, line))
