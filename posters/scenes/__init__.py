"""Backgrounds drawn by code, by name: from a size in pixels to a picture, the same every time."""

from collections.abc import Callable, Mapping

from PIL import Image

from posters.scenes import early_seasons, late_seasons, occasions, people, stamp, voyages

SCENES: Mapping[str, Callable[[tuple[int, int]], Image.Image]] = {
    "spring": early_seasons.spring,
    "summer": early_seasons.summer,
    "autumn": late_seasons.autumn,
    "winter": late_seasons.winter,
    "family": people.family,
    "seniors": people.seniors,
    "cruise": voyages.cruise,
    "domestic": voyages.domestic,
    "abroad": stamp.abroad,
    "opening": occasions.opening,
    "member-day": occasions.member_day,
}
