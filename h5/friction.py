"""A small puzzle after repeated tries: a lantern is pulled into its place, or a simple question answered.

It slows machines down and asks little of people; what protects codes and telephones are the limits in the
database.  The puzzle is a signed text from which its solution follows: nothing is stored, and it serves once.
"""

import enum
import hashlib
import secrets
from dataclasses import dataclass

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from h5 import limits
from h5.access import fans_only
from h5.visit import account, guest, keys, runtime

pages = Blueprint("friction", __name__)

FREE = 3  # tries in an hour before anything is asked
WINDOW = 3600
SECONDS = 300
NEAR = 4
NUMBERS = "零一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Puzzle:
    """One puzzle. `place` is in percent of the way; the question has `total` as its answer."""

    text: str
    place: int
    one: int
    other: int

    @property
    def total(self) -> int:
        """The answer of the question."""
        return self.one + self.other

    @property
    def question(self) -> str:
        """The question, in words that stand in no picture."""
        return f"{NUMBERS[self.one]}加{NUMBERS[self.other]}等于几"


class Deed(enum.Enum):
    """What was tried; each has its own count."""

    ASKING = "asking"
    PROVING = "proving"


def note(deed: Deed, *, is_next: bool = False) -> None:
    """Count one try of this fan; with `is_next` the next one is behind a puzzle whatever the count."""
    for _ in range(FREE if is_next else 1):
        limits.count(runtime.redis, f"{deed.value}:{guest.fan_id}", seconds=WINDOW)


def is_wanted(deed: Deed) -> bool:
    """Tell whether this fan has tried so often that a puzzle comes first."""
    return limits.counted(runtime.redis, f"{deed.value}:{guest.fan_id}", seconds=WINDOW) >= FREE


def make() -> Puzzle:
    """Return a new puzzle for this fan."""
    return _puzzle(keys.sign([guest.fan_id, secrets.token_hex(8)], _purpose()))


def is_solved(text: str, *, place: str, answer: str) -> bool:
    """Tell whether either solution fits a puzzle of this fan's that is fresh and was not used."""
    content = keys.read(text, _purpose(), seconds=SECONDS)
    if not isinstance(content, list) or content[0] != guest.fan_id:
        return False
    if not limits.claim(runtime.redis, f"puzzle:{content[1]}", seconds=SECONDS):
        return False
    puzzle = _puzzle(text)
    is_near = _is_number(place) and abs(int(place) - puzzle.place) <= NEAR
    return is_near or answer.strip() in {str(puzzle.total), _spelled(puzzle.total)}


@pages.get("/puzzle/<text>.svg")
@fans_only
def picture(text: str) -> Response:
    """Draw where the lantern belongs; 404 for a puzzle that is not this fan's."""
    content = keys.read(text, _purpose(), seconds=SECONDS)
    if not isinstance(content, list) or content[0] != guest.fan_id:
        raise NotFound
    at = 18 + _puzzle(text).place * 2.64
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 100">'
        '<rect width="300" height="100" fill="#e1efeb"/>'
        '<path d="M0 92l48-50 34 30 52-58 60 62 40-34 66 50v8H0z" fill="#b9d6cd"/>'
        f'<g transform="translate({at:.1f} 30)" fill="none" stroke="#8a5600" stroke-width="3">'
        '<path d="M0-18v8"/><rect x="-13" y="-10" width="26" height="34" rx="10" fill="#e59f2c"/>'
        '<path d="M0 24v44" stroke-dasharray="3 5"/></g></svg>'
    )
    return Response(drawn, mimetype="image/svg+xml")


def _puzzle(text: str) -> Puzzle:
    content = keys.read(text, _purpose(), seconds=SECONDS)
    nonce = str(content[1]) if isinstance(content, list) else text
    drawn = hashlib.sha256(keys.digest(nonce, _purpose()).encode()).digest()
    return Puzzle(text, place=15 + drawn[0] % 76, one=2 + drawn[1] % 8, other=2 + drawn[2] % 8)


def _purpose() -> str:
    return f"puzzle.{account.name}"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 4


def _spelled(number: int) -> str:
    if number < 10:
        return NUMBERS[number]
    return f"十{NUMBERS[number - 10] if number > 10 else ''}"
