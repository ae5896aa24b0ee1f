"""WeChat's limits (protocol §3.1, §3.2): what it would refuse, said before it is asked, at the field.

`tests/nouns/test_menu_checks.py` holds these against what the platform refuses.
"""

import enum
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from bot.menus import books
from bot.menus.books import Book, Button, Place

MOST_BUTTONS, MOST_SUBS, MOST_CONDITIONAL, MOST_DOMAINS = 3, 5, 100, 3
NAME_BYTES, SUB_NAME_BYTES = 16, 60
SHOWN, SUB_SHOWN = 4, 8  # Chinese characters, or twice as many Latin ones
BYTES: Final = {"key": 128, "url": 1024, "pagepath": 1024, "appid": 64, "media_id": 128, "article_id": 128}
APP_ID = re.compile(r"wx[0-9A-Za-z_]{4,62}")
THING_ID = re.compile(r"[0-9A-Za-z_-]+")


class Wrong(enum.StrEnum):
    """What is wrong; the words for it are the edges'."""

    NO_BUTTONS = "no_buttons"
    TOO_MANY_BUTTONS = "too_many_buttons"
    TOO_MANY_SUBS = "too_many_subs"
    TOO_DEEP = "too_deep"
    MISSING = "missing"
    TOO_LONG = "too_long"
    KIND = "kind"
    CONSOLE_KIND = "console_kind"
    URL = "url"
    APP_ID = "app_id"
    THING_ID = "thing_id"
    NO_TAG = "no_tag"
    TAG_TWICE = "tag_twice"
    TOO_MANY_MENUS = "too_many_menus"
    TOO_MANY_DOMAINS = "too_many_domains"
    CUT_OFF = "cut_off"


CONSOLE_KINDS: Final = frozenset({"text", "img", "photo", "video", "voice", "news"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: in which menu, at which button (empty: the menu itself), at which field.

    `n` is what there is and `most` what may be, where that means something.
    """

    wrong: Wrong
    menu: str
    button: str = ""
    field: str = ""
    n: int = 0
    most: int = 0

    @property
    def is_warning(self) -> bool:
        """Whether WeChat takes it, and phones do not show all of it."""
        return self.wrong is Wrong.CUT_OFF


def check(book: Book, *, tags: Collection[int] | None = None) -> list[Problem]:
    """Return everything wrong with `book`; an empty list is a book WeChat takes. Warnings are among them.

    `tags` are the ids there are; without them any id is taken for one.
    """
    found: list[Problem] = []
    for menu, buttons in books.menus(book):
        found += _count(menu, buttons)
        for place in books.places_in(menu, buttons):
            found += check_button(place)
    return found + list(_conditions(book, tags))


def errors(problems: Sequence[Problem]) -> list[Problem]:
    """Return those that keep the book from being published."""
    return [one for one in problems if not one.is_warning]


def check_button(place: Place) -> list[Problem]:
    """Return what is wrong with one button, whatever stands around it."""
    button, is_sub = place.button, place.parent is not None
    found = list(_name(place, button, is_sub=is_sub))
    if button.get("sub_button"):
        if is_sub:
            found.append(_problem(place, Wrong.TOO_DEEP, "sub_button"))
        if (n := len(button["sub_button"])) > MOST_SUBS:
            found.append(_problem(place, Wrong.TOO_MANY_SUBS, "sub_button", n, MOST_SUBS))
        return found
    kind = button.get("type", "")
    if kind not in books.FIELDS:
        wrong = Wrong.CONSOLE_KIND if kind in CONSOLE_KINDS else Wrong.KIND
        return [*found, _problem(place, wrong, "type")]
    for name in books.FIELDS[kind]:
        found += _field(place, name, str(button.get(name, "")))
    return found


def width(name: str) -> int:
    """Return how wide a phone shows `name`, in halves of a Chinese character."""
    return sum(1 if letter.isascii() else 2 for letter in name)


def _count(menu: str, buttons: Sequence[Button]) -> Iterator[Problem]:
    if not buttons:
        yield Problem(Wrong.NO_BUTTONS, menu)
    if len(buttons) > MOST_BUTTONS:
        yield Problem(Wrong.TOO_MANY_BUTTONS, menu, n=len(buttons), most=MOST_BUTTONS)


def _name(place: Place, button: Button, *, is_sub: bool) -> Iterator[Problem]:
    name = str(button.get("name", ""))
    most, shown = (SUB_NAME_BYTES, SUB_SHOWN) if is_sub else (NAME_BYTES, SHOWN)
    n = len(name.encode())
    if not name.strip():
        yield _problem(place, Wrong.MISSING, "name")
    elif n > most:
        yield _problem(place, Wrong.TOO_LONG, "name", n, most)
    elif width(name) > 2 * shown:
        yield _problem(place, Wrong.CUT_OFF, "name", (width(name) + 1) // 2, shown)


def _field(place: Place, name: str, value: str) -> Iterator[Problem]:
    n = len(value.encode())
    if not value.strip():
        yield _problem(place, Wrong.MISSING, name)
    elif n > BYTES[name]:
        yield _problem(place, Wrong.TOO_LONG, name, n, BYTES[name])
    elif name == "url" and not is_url(value):
        yield _problem(place, Wrong.URL, name)
    elif name == "appid" and not APP_ID.fullmatch(value):
        yield _problem(place, Wrong.APP_ID, name)
    elif name in {"media_id", "article_id"} and not THING_ID.fullmatch(value):
        yield _problem(place, Wrong.THING_ID, name)


def is_url(value: str) -> bool:
    """Tell whether WeChat takes it for an address: http or https, with a host."""
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"[\s\x00-\x1f]", value)
    )


def _conditions(book: Book, tags: Collection[int] | None) -> Iterator[Problem]:
    if (n := len(book["conditional"])) > MOST_CONDITIONAL:
        yield Problem(Wrong.TOO_MANY_MENUS, books.DEFAULT, n=n, most=MOST_CONDITIONAL)
    seen: set[int] = set()
    for one in book["conditional"]:
        tag_id, menu = one.get("tag_id"), one.get("id", "")
        if not tag_id or (tags is not None and tag_id not in tags):
            yield Problem(Wrong.NO_TAG, menu, field="tag")
        elif tag_id in seen:
            yield Problem(Wrong.TAG_TWICE, menu, field="tag")
        else:
            seen.add(tag_id)
    found: set[str] = set()
    for one in book["conditional"]:
        fresh = {host for button in _flat(one["buttons"]) if (host := _host(button))} - found
        found |= fresh
        if fresh and len(found) > MOST_DOMAINS:
            yield Problem(Wrong.TOO_MANY_DOMAINS, one.get("id", ""), n=len(found), most=MOST_DOMAINS)


def _flat(buttons: Sequence[Button]) -> Iterator[Button]:
    for place in books.places_in("", buttons):
        yield place.button


def _host(button: Button) -> str | None:
    url = str(button.get("url", ""))
    if button.get("type") != "view" or not url or not is_url(url):
        return None
    return urlsplit(url).hostname


def _problem(place: Place, wrong: Wrong, field: str, n: int = 0, most: int = 0) -> Problem:
    return Problem(wrong, place.menu, place.button.get("id", ""), field, n, most)
