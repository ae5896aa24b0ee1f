"""Where shops are: degrees, as people type them or paste them from a map."""

import re
from urllib.parse import unquote

# Where there are shops: a box around China.
LATITUDES, LONGITUDES = (3.0, 54.0), (73.0, 136.0)
DEGREES = re.compile(r"-?\d{1,3}(\.\d{1,12})?")
PUBLIC_PHONE = re.compile(r"[+0-9][0-9 ()（）-]{3,24}(转 ?[0-9]{1,6})?")
_NUMBER = r"(-?\d{1,3}\.\d{2,12})"
_PAIR = re.compile(rf"{_NUMBER}\s*[,，;+/\s]\s*{_NUMBER}")
_NAMED = re.compile(rf"\b(lat|latitude|lng|lon|longitude)\s*[=:]\s*{_NUMBER}", re.IGNORECASE)
LONGEST_LINK = 2_000


def problem(latitude: float, longitude: float) -> str | None:
    """Return `swapped`, `latitude` or `longitude` where the place is not in China; None where it is."""
    if _within(latitude, LONGITUDES) and _within(longitude, LATITUDES):
        return "swapped"
    if not _within(latitude, LATITUDES):
        return "latitude"
    return None if _within(longitude, LONGITUDES) else "longitude"


def from_text(text: str) -> tuple[float, float] | None:
    """Return latitude and longitude out of what a map gives to copy: a link, or two numbers; None without.

    Maps disagree on the order.  In China the longitude is always the larger
    number, so the order does not matter.  The link is read, never opened.
    """
    said = unquote(text[:LONGEST_LINK])
    named = {name[:3].lower(): float(value) for name, value in _NAMED.findall(said)}
    if "lat" in named and ("lng" in named or "lon" in named):
        return named["lat"], named.get("lng", named.get("lon", 0.0))
    for one, other in _PAIR.findall(said):
        low, high = sorted((float(one), float(other)))
        if problem(low, high) is None:
            return round(low, 6), round(high, 6)
    return None


def _within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]
