"""A menu book as lines, for the audit."""

from collections.abc import Callable

from bot.menus import books
from bot.menus.books import Book


def outline(book: Book, title: Callable[[int | None], str]) -> dict[str, str]:
    """Return each menu as lines, by what `title` calls it: given its tag, or None for everybody's."""
    made = {}
    for menu, buttons in books.menus(book):
        one = books.conditional(book, menu)
        lines = []
        for place in books.places_in(menu, buttons):
            button = place.button
            facts = [button.get(name, "") for name in books.FIELDS.get(button.get("type", ""), ())]
            said = " ".join([str(button.get("type", "")), *map(str, facts)]).strip()
            lines.append("  " * (len(place.path) - 1) + f"{button.get('name', '')} {said}".rstrip())
        made[title(one.get("tag_id") if one else None)] = "\n".join(lines)
    return made
