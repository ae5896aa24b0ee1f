"""The text of an article: HTML in which only what follows is left, whatever was sent.

Pictures are named by the ids of materials and get an address where they are
shown: ours in the back office, WeChat's in a draft.
"""

import html
import re
from collections.abc import Callable, Mapping
from typing import Final

import nh3

LONGEST: Final = 18_000  # characters; WeChat takes fewer than 20,000, addresses of pictures included
LONGEST_BYTES: Final = 900_000
TAGS: Final = frozenset(
    {"p", "br", "h2", "h3", "strong", "b", "em", "i", "ul", "ol", "li", "blockquote", "a", "img", "hr"}
)
PICTURE: Final = re.compile(r'<img(?: data-material="(\d{1,18})")?(?: alt="([^"<>]*)")?>')
ANY_PICTURE: Final = re.compile(r"<img\b[^>]*>")
EMPTY: Final = re.compile(r"<(p|h2|h3|li|blockquote|strong|b|em|i)>\s*</\1>")


def _attribute(tag: str, name: str, value: str) -> str | None:
    if tag == "img" and name == "data-material":
        return value if re.fullmatch(r"[1-9]\d{0,17}", value) else None
    if tag == "img" and name == "alt":
        return re.sub(r'["<>]', "", value)[:80]
    if tag == "a" and name == "href":
        return value if re.match(r"https?://[^\s/]+", value) and len(value) <= 500 else None
    return None


_CLEANER: Final = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags={
        "script",
        "style",
        "iframe",
        "object",
        "embed",
        "svg",
        "math",
        "template",
        "noscript",
    },
    attributes={"a": {"href"}, "img": {"data-material", "alt"}},
    attribute_filter=_attribute,
    url_schemes={"http", "https"},
    strip_comments=True,
    link_rel=None,
)


def clean(sent: str) -> str:
    """Return what may stay of `sent`; cleaning it again changes nothing."""
    # What browsers make of Enter in an editable field.
    blocks = re.sub(r"<(/?)div\b[^>]*>", r"<\1p>", sent, flags=re.IGNORECASE)
    kept = _CLEANER.clean(blocks)
    kept = ANY_PICTURE.sub(lambda found: _normal(found[0]), kept)
    return EMPTY.sub("", kept).strip()


def pictures(body: str) -> list[int]:
    """Return the materials a clean body shows, each once, in order."""
    return list(dict.fromkeys(int(found[1]) for found in PICTURE.finditer(body) if found[1]))


def with_addresses(body: str, addresses: Mapping[int, str]) -> str:
    """Return a clean body as it is shown elsewhere; a picture without an address is left out."""
    return _shown(body, addresses.get, keep=False)


def for_editing(body: str, address: Callable[[int], str | None]) -> str:
    """Return a clean body whose pictures have addresses and keep their ids."""
    return _shown(body, address, keep=True)


def words(body: str) -> str:
    """Return the text alone."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))).strip()


def _normal(picture: str) -> str:
    material = re.search(r'data-material="(\d{1,18})"', picture)
    if material is None:
        return ""
    alt = re.search(r'alt="([^"]*)"', picture)
    return f'<img data-material="{material[1]}" alt="{alt[1] if alt else ""}">'


def _shown(body: str, address: Callable[[int], str | None], *, keep: bool) -> str:
    def shown(found: re.Match[str]) -> str:
        material_id = int(found[1] or 0)
        source = address(material_id)
        if source is None:
            return ""
        named = f' data-material="{material_id}"' if keep else ""
        return f'<img src="{html.escape(source)}"{named} alt="{found[2] or ""}">'

    return PICTURE.sub(shown, body)
