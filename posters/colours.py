"""Colours as documents write them, and whether two can be told apart."""

import re

from posters.template import Colour

_HEX = re.compile(r"#([0-9a-fA-F]{6})([0-9a-fA-F]{2})?\Z")


def colour(said: object) -> Colour | None:
    """Return `#RRGGBB` or `#RRGGBBAA` as numbers, or None."""
    found = _HEX.match(said) if isinstance(said, str) else None
    if found is None:
        return None
    red, green, blue = bytes.fromhex(found[1])
    return red, green, blue, int(found[2], 16) if found[2] else 255


def contrast(one: Colour, other: Colour) -> float:
    """Return WCAG's contrast of two opaque colours, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(of: Colour) -> float:
    """Return how light a colour is, from 0 to 1."""
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in (number / 255 for number in of[:3])
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def mixed(one: Colour, other: Colour, part: float) -> Colour:
    """Return the colour that is `part` of the way from one to the other."""
    red, green, blue, alpha = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue, alpha
