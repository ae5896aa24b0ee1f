"""What changed from one menu book to another, as facts that the edges put into words."""

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.menus import books
from bot.menus.books import DEFAULT, Book, Button, Place


class Did(enum.StrEnum):
    """What happened to a button or a menu."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    CHANGED = "changed"
    MENU_ADDED = "menu_added"
    MENU_REMOVED = "menu_removed"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `menu` is the tag it is for (None: the default one), `name` the button by its path."""

    did: Did
    menu: int | None
    name: str = ""
    field: str = ""
    before: str = ""
    after: str = ""


def changes(old: Book, new: Book) -> list[Change]:
    """Return what one would have to do to `old` to have `new`, the default menu first.

    Buttons are the same if their ids are, else if their kind and what they do
    are, else if their names are.
    """
    before, after = _by_tag(old), _by_tag(new)
    found: list[Change] = []
    for tag, buttons in after.items():
        if tag not in before:
            found.append(Change(Did.MENU_ADDED, tag))
            continue
        found += _menu(tag, before[tag], buttons)
    found += [Change(Did.MENU_REMOVED, tag) for tag in before if tag not in after]
    kept = [tag for tag in before if tag in after]
    if kept != [tag for tag in after if tag in before]:
        found.append(Change(Did.ORDER, None))
    return found


def _by_tag(book: Book) -> dict[int | None, list[Button]]:
    made: dict[int | None, list[Button]] = {None: book["default"]}
    made.update({one.get("tag_id"): one["buttons"] for one in book["conditional"] if one.get("tag_id")})
    return made


def _menu(menu: int | None, old: Sequence[Button], new: Sequence[Button]) -> Iterator[Change]:
    before = list(books.places_in(DEFAULT, old))
    after = list(books.places_in(DEFAULT, new))
    pairs = _pairs(before, after)
    known = {id(one) for one, _ in pairs}
    for place in before:
        if id(place) not in known:
            yield Change(Did.REMOVED, menu, path_name(place))
    matched = {id(other): one for one, other in pairs}
    for place in after:
        origin = matched.get(id(place))
        if origin is None:
            yield Change(Did.ADDED, menu, path_name(place))
            continue
        yield from _button(menu, origin, place)
    yield from _moves(menu, pairs)


def path_name(place: Place) -> str:
    """Say 「我的 → 会员卡」 without the quotes."""
    own = str(place.button.get("name", ""))
    return f"{place.parent.get('name', '')} → {own}" if place.parent is not None else own


def _button(menu: int | None, old: Place, new: Place) -> Iterator[Change]:
    one, other = _facts(old.button), _facts(new.button)
    for field in dict.fromkeys([*one, *other]):
        if one.get(field, "") != other.get(field, ""):
            yield Change(
                Did.CHANGED, menu, path_name(new), field, str(one.get(field, "")), str(other.get(field, ""))
            )


def _moves(menu: int | None, pairs: Sequence[tuple[Place, Place]]) -> Iterator[Change]:
    """Yield those that stand elsewhere: under another button, or in another order among those that stayed."""
    origin = {id(new.button): old for old, new in pairs}
    levels: dict[int, list[Place]] = {}
    for old, new in pairs:
        same_level = (
            new.parent is None
            if old.parent is None
            else (
                new.parent is not None
                and id(new.parent) in origin
                and origin[id(new.parent)].button is old.parent
            )
        )
        if same_level:
            levels.setdefault(id(new.parent), []).append(new)
        else:
            yield Change(Did.MOVED, menu, path_name(new), before=path_name(old))
    for level in levels.values():
        level.sort(key=lambda place: place.path)
        wanted = sorted(level, key=lambda place: origin[id(place.button)].path)
        first = next((now for now, was in zip(level, wanted, strict=True) if now is not was), None)
        if first is not None:
            yield Change(Did.MOVED, menu, path_name(first))


def _pairs(before: list[Place], after: list[Place]) -> list[tuple[Place, Place]]:
    pairs: list[tuple[Place, Place]] = []
    left, right = list(before), list(after)
    for likeness in (_identity, _deed, _called):
        known: dict[Any, list[Place]] = {}
        for place in left:
            if (like := likeness(place)) is not None:
                known.setdefault(like, []).append(place)
        for place in list(right):
            found = known.get(likeness(place)) if likeness(place) is not None else None
            if found:
                one = found.pop(0)
                pairs.append((one, place))
                left.remove(one)
                right.remove(place)
    return pairs


def _identity(place: Place) -> Any:
    return place.button.get("id")


def _deed(place: Place) -> Any:
    facts = _facts(place.button)
    facts.pop("name", None)
    return tuple(sorted(facts.items())) if len(facts) > 1 else None


def _called(place: Place) -> Any:
    return place.button.get("name"), len(place.path)


def _facts(button: Button) -> dict[str, str]:
    if button.get("sub_button"):
        return {"name": str(button.get("name", "")), "type": "group"}
    needed = books.FIELDS.get(button.get("type", ""), ("value",))
    shown = {name: str(button.get(name, "")) for name in needed if button.get(name)}
    return {"name": str(button.get("name", "")), "type": str(button.get("type", "")), **shown}
