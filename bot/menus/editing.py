"""What an editor does to a book. Each function returns a changed copy; ids that are gone raise `Gone`."""

import copy
from collections.abc import Mapping
from typing import Any, Literal

from bot.errors import YizhanError
from bot.menus import books
from bot.menus.books import Book, Button
from bot.menus.checks import MOST_BUTTONS, MOST_SUBS

Way = Literal["up", "down", "left", "right"]
WAYS: tuple[Way, ...] = ("up", "down", "left", "right")


class Gone(YizhanError):
    """The button or menu is not in the draft any more."""


class NoRoom(YizhanError):
    """The level is full, or a group cannot go into another."""


def add(book: Book, menu: str, under: str = "", facts: Mapping[str, Any] | None = None) -> tuple[Book, str]:
    """Add a button at the end of a menu, or under a button of it, and return its id.

    A button that gets its first sub-button becomes a group, and what it did
    becomes the first one below: nothing typed is lost.
    """
    made = copy.deepcopy(book)
    fresh = books.new_id()
    button: Button = {"id": fresh, "name": "", "type": "click", "key": "", **(facts or {})}
    level = _level(made, menu, under)
    if len(level) >= (MOST_SUBS if under else MOST_BUTTONS):
        raise NoRoom(under or menu)
    level.append(button)
    return made, fresh


def put(book: Book, button_id: str, facts: Mapping[str, Any]) -> Book:
    """Give a button the name, kind and fields of `facts`, and no others; a group keeps what is in it."""
    made = copy.deepcopy(book)
    button = _place(made, button_id).button
    if button.get("sub_button"):
        button["name"] = facts["name"]
        return made
    button.clear()
    button.update({"id": button_id, **facts})
    return made


def remove(book: Book, button_id: str) -> Book:
    """Take a button out, with all below it."""
    made = copy.deepcopy(book)
    _take(made, button_id)
    return made


def move(book: Book, button_id: str, way: Way) -> Book:
    """Move a button one step.

    On the bar: left and right change places.  In a group: up and down change
    places, left and right go to the neighbouring group, or out onto the bar at
    the outer side if there is room.  At the edge nothing changes.
    """
    made = copy.deepcopy(book)
    place = _place(made, button_id)
    level = _own_level(made, place)
    at = place.path[-1]
    step = -1 if way in {"up", "left"} else 1
    if place.parent is None or way in {"up", "down"}:
        if (place.parent is None) == (way in {"left", "right"}) and 0 <= at + step < len(level):
            level[at], level[at + step] = level[at + step], level[at]
        return made
    bar = books.buttons_of(made, place.menu) or []
    column = place.path[0] + step
    if not 0 <= column < len(bar):
        return made
    neighbour = bar[column]
    if len(neighbour.get("sub_button") or ()) >= MOST_SUBS:
        raise NoRoom(neighbour["id"])
    return drop(made, button_id, place.menu, under=neighbour["id"], at=place.path[1])


def drop(book: Book, button_id: str, menu: str, *, under: str = "", at: int = 0) -> Book:
    """Put a button at place `at` of a menu's bar, or of a group: what dragging does."""
    made = copy.deepcopy(book)
    place = _place(made, button_id)
    if place.menu != menu or under == button_id:
        raise NoRoom(button_id)
    if under and place.button.get("sub_button"):
        raise NoRoom(under)
    origin = _own_level(made, place)
    button = origin.pop(place.path[-1])
    if place.parent is not None and not origin:
        _ungroup(place.parent)
    level = _level(made, menu, under)
    if len(level) >= (MOST_SUBS if under else MOST_BUTTONS):
        raise NoRoom(under or menu)
    level.insert(max(0, min(at, len(level))), button)
    return made


def add_menu(book: Book, tag_id: int, *, copy_default: bool = True) -> tuple[Book, str]:
    """Add a conditional menu before all others, and return its id; it begins as the default one."""
    made = copy.deepcopy(book)
    source = copy.deepcopy(made["default"]) if copy_default else []
    for place in books.places_in("", source):
        place.button["id"] = books.new_id()
    fresh = books.new_id()
    made["conditional"].insert(0, {"id": fresh, "tag_id": tag_id, "buttons": source})
    return made, fresh


def put_tag(book: Book, menu: str, tag_id: int) -> Book:
    """Show a conditional menu to the fans of another tag."""
    made = copy.deepcopy(book)
    _menu(made, menu)["tag_id"] = tag_id
    return made


def move_menu(book: Book, menu: str, way: Way) -> Book:
    """Let a conditional menu come one earlier (up) or later (down)."""
    made = copy.deepcopy(book)
    rows = made["conditional"]
    at = rows.index(_menu(made, menu))
    to = at + (-1 if way in {"up", "left"} else 1)
    if 0 <= to < len(rows):
        rows[at], rows[to] = rows[to], rows[at]
    return made


def remove_menu(book: Book, menu: str) -> Book:
    """Take a conditional menu out."""
    made = copy.deepcopy(book)
    made["conditional"].remove(_menu(made, menu))
    return made


def _menu(book: Book, menu: str) -> dict[str, Any]:
    found = books.conditional(book, menu)
    if found is None:
        raise Gone(menu)
    return found


def _place(book: Book, button_id: str) -> books.Place:
    found = books.find(book, button_id)
    if found is None:
        raise Gone(button_id)
    return found


def _own_level(book: Book, place: books.Place) -> list[Button]:
    if place.parent is not None:
        subs: list[Button] = place.parent["sub_button"]
        return subs
    return books.buttons_of(book, place.menu) or []


def _level(book: Book, menu: str, under: str) -> list[Button]:
    """Return the list a button would go into; a button that does something becomes a group first."""
    bar = books.buttons_of(book, menu)
    if bar is None:
        raise Gone(menu)
    if not under:
        return bar
    parent = next((one for one in bar if one.get("id") == under), None)
    if parent is None:
        raise Gone(under)
    if not parent.get("sub_button"):
        kept = {name: parent[name] for name in parent if name not in {"id", "name", "sub_button"}}
        does = any(value for name, value in kept.items() if name != "type")
        for name in kept:
            del parent[name]
        parent["sub_button"] = [{"id": books.new_id(), "name": parent["name"], **kept}] if does else []
    subs: list[Button] = parent["sub_button"]
    return subs


def _take(book: Book, button_id: str) -> Button:
    place = _place(book, button_id)
    level = _own_level(book, place)
    button = level.pop(place.path[-1])
    if place.parent is not None and not level:
        _ungroup(place.parent)
    return button


def _ungroup(parent: Button) -> None:
    """Make a group that lost its last button one that can do something itself."""
    parent.pop("sub_button", None)
    parent.setdefault("type", "click")
    parent.setdefault("key", "")
