"""The menu book of an account: its default menu, and those for fans with a tag.

    {"default": [button, …], "conditional": [{"id", "tag_id", "buttons": [button, …]}, …]}

A book made of what WeChat's console had may say in `texts`, too, what its keys answered there.
The first of `conditional` comes first.  A button is WeChat's JSON with an `id`
of ours, by which editors mean the same one while it moves; the sub-buttons of
one are its `sub_button`.  A draft's buttons may be incomplete.
"""

import copy
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Button = dict[str, Any]
Book = dict[str, Any]

WITH_KEY: Final = (
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
)
FIELDS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(WITH_KEY, ("key",)),
    "view": ("url",),
    "miniprogram": ("appid", "pagepath", "url"),
    "media_id": ("media_id",),
    "view_limited": ("media_id",),
    "article_id": ("article_id",),
    "article_view_limited": ("article_id",),
}
"""What a button of each kind needs besides its name."""

DEFAULT: Final = "default"


@dataclass(frozen=True, slots=True)
class Place:
    """A button and where it is: in which menu ("default" or a conditional one's id), under which button."""

    menu: str
    path: tuple[int, ...]
    button: Button
    parent: Button | None = None


def empty() -> Book:
    """Return a book without a button."""
    return {"default": [], "conditional": []}


def new_id() -> str:
    """Return an id no other button has."""
    return secrets.token_hex(4)


def with_ids(book: Mapping[str, Any]) -> Book:
    """Return a copy in which every button and conditional menu has an id; those they have stay."""
    made = copy.deepcopy(dict(book))
    made.setdefault("conditional", [])
    for one in made["conditional"]:
        one.setdefault("id", new_id())
    for place in places(made):
        place.button.setdefault("id", new_id())
    return made


def menus(book: Book) -> Iterator[tuple[str, list[Button]]]:
    """Yield each menu's name and its buttons: the default first, then the conditional ones in order."""
    yield DEFAULT, book["default"]
    for number, one in enumerate(book["conditional"]):
        yield one.get("id", str(number)), one["buttons"]


def buttons_of(book: Book, menu: str) -> list[Button] | None:
    """Return the buttons of one menu; None if there is none of that name."""
    return next((buttons for name, buttons in menus(book) if name == menu), None)


def conditional(book: Book, menu: str) -> dict[str, Any] | None:
    """Return one conditional menu by its id."""
    return next((one for one in book["conditional"] if one.get("id") == menu), None)


def places(book: Book) -> Iterator[Place]:
    """Yield every button with its place; a group comes before what is in it."""
    for menu, buttons in menus(book):
        yield from places_in(menu, buttons)


def places_in(menu: str, buttons: Sequence[Button]) -> Iterator[Place]:
    """Yield the buttons of one menu with their places."""
    for column, button in enumerate(buttons):
        yield Place(menu, (column,), button)
        for row, sub in enumerate(button.get("sub_button") or ()):
            yield Place(menu, (column, row), sub, button)


def find(book: Book, button_id: str) -> Place | None:
    """Return the place of the button with that id."""
    return next((place for place in places(book) if place.button.get("id") == button_id), None)


def keys(book: Book) -> set[str]:
    """Return the keys of the book's buttons."""
    return {place.button["key"] for place in places(book) if place.button.get("key")}


def things(book: Book) -> set[str]:
    """Return WeChat's ids of the files and articles that the book's buttons send or open."""
    ids = ("media_id", "article_id")
    return {place.button[name] for place in places(book) for name in ids if place.button.get(name)}


def texts(book: Book) -> dict[str, str]:
    """Return what keys of the book answered in WeChat's console, of those that buttons still have."""
    held = keys(book)
    return {key: text for key, text in book.get("texts", {}).items() if key in held}


def tag_ids(book: Book) -> list[int]:
    """Return the tags of the conditional menus, the first menu's first."""
    return [one["tag_id"] for one in book["conditional"] if one.get("tag_id")]


def to_wechat(buttons: Sequence[Button]) -> list[Button]:
    """Return the buttons as WeChat's interfaces take them."""
    return [_to_wechat(button) for button in buttons]


def _to_wechat(button: Button) -> Button:
    if button.get("sub_button"):
        return {"name": button["name"], "sub_button": to_wechat(button["sub_button"])}
    kind = button.get("type", "")
    needed = {name: button[name] for name in FIELDS.get(kind, ()) if name in button}
    return {"type": kind, "name": button["name"], **needed}


def from_wechat(buttons: Sequence[Button]) -> list[Button]:
    """Return WeChat's buttons as a book has them; `menu/get` and `get_current_selfmenu_info` differ in form.

    A kind we cannot publish keeps all its fields.
    """
    made = []
    for button in buttons:
        subs = button.get("sub_button") or []
        subs = subs.get("list", []) if isinstance(subs, Mapping) else subs
        if subs:
            made.append({"name": str(button.get("name", "")), "sub_button": from_wechat(subs)})
            continue
        kind = str(button.get("type", ""))
        wanted: Collection[str] = FIELDS.get(kind) or set(button) - {"name", "type", "sub_button"}
        facts = {name: button[name] for name in button if name in wanted}
        made.append({"name": str(button.get("name", "")), "type": kind, **facts})
    return made


def same(one: Book, other: Book) -> bool:
    """Tell whether two books would be published as the same."""
    return bool(_bare(one) == _bare(other))


def _bare(book: Book) -> Any:
    return to_wechat(book["default"]), [
        (one.get("tag_id"), to_wechat(one["buttons"])) for one in book["conditional"]
    ]
