"""What a template may do and a designer should know: words under a telephone's bars, or under the knife."""

import enum
from dataclasses import dataclass

from posters import Template
from posters.template import Box, Code, Shape, Text

SMALL_PRINT = 0.026  # of the width: nobody misses it
BARS = 0.04  # of the height, at the top and at the bottom: clock, camera and the bar one swipes
SIDES = 0.03  # of the width
BLEED = 0.015  # of the width: three millimetres of two hundred, which the knife may take


class Advice(enum.StrEnum):
    """What is worth knowing of a box."""

    UNDER_BARS = "under_bars"
    NEAR_EDGE = "near_edge"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Hint:
    """An advice, and the number of the box it is about."""

    box: int
    advice: Advice


def of(template: Template) -> list[Hint]:
    """Return hints on the boxes that people must be able to read. None of them is an error."""
    hints = []
    for number, box in enumerate(template.boxes):
        if isinstance(box, Shape):
            continue
        if (advice := _of(box, template.width, template.height)) is not None:
            hints.append(Hint(number, advice))
    return hints


def _of(box: Box, width: float, height: float) -> Advice | None:
    area = box.area
    if isinstance(box, Text) and box.size < SMALL_PRINT * width:
        return None
    right, bottom = area.x + area.width, area.y + area.height
    if not isinstance(box, Code) and (right <= 0 or bottom <= 0 or area.x >= width or area.y >= height):
        return Advice.OUTSIDE
    if area.y < BARS * height or bottom > height - BARS * height:
        return Advice.UNDER_BARS
    if area.x < SIDES * width or right > width - SIDES * width:
        return Advice.NEAR_EDGE
    return None
