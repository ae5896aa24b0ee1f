"""Turns a bot's page into one that lives under the proxy's address: its links, forms and policies.

Pages are read as Latin-1, which maps every byte to one character and back, so text in any encoding passes
untouched; what is changed is ASCII.
"""

import html
import re
from collections.abc import Callable
from html.parser import HTMLParser

LINKS = {"a": "href", "area": "href", "form": "action", "iframe": "src", "frame": "src"}
RESOURCES = {"href", "src", "poster", "data", "action", "formaction", "background"}
ATTRIBUTE = re.compile(r"""([\s"'/])([a-zA-Z-]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)""")
REFRESH = re.compile(r"(?i)^(\s*\d+\s*[;,]\s*url\s*=\s*['\"]?)([^'\"]+)")

# `place(url, is_link)` gives the address under the proxy, or None to leave it as it is.
Place = Callable[[str, bool], str | None]


def page(content: bytes, place: Place, script: str) -> bytes:
    """The page with its addresses moved and `script` (one tag) as the first thing it runs."""
    text = content.decode("latin-1")
    finder = _Finder(text)
    finder.feed(text)
    finder.close()
    out, done = [], 0
    for start, tag, raw in finder.tags:
        changed = _tag(tag, raw, place)
        out += [text[done:start], changed]
        done = start + len(raw)
        if start == finder.head:
            out.append(script)
    out.append(text[done:])
    whole = "".join(out)
    return (whole if finder.head is not None else _prefixed(whole, script)).encode("latin-1")


def policy(value: str, own: str) -> str:
    """A bot's content policy as it must read under the proxy, where the bot's `own` origin is 'self'."""
    kept = []
    for directive in value.split(";"):
        name, *sources = directive.split()[:1] + directive.split()[1:] if directive.strip() else [""]
        if name.lower() in (
            "",
            "frame-ancestors",
            "sandbox",
            "upgrade-insecure-requests",
            "report-uri",
            "report-to",
        ):
            continue
        moved = ["'self'" if each.rstrip("/") == own or "res.wx.qq.com" in each else each for each in sources]
        kept.append(" ".join([name, *dict.fromkeys(moved)]))
    return "; ".join(kept)


class _Finder(HTMLParser):
    """Notes where start tags stand; scripts' and styles' contents are not looked into."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.tags: list[tuple[int, str, str]] = []
        self.head: int | None = None
        self._lines = [0]
        for found in re.finditer("\n", text):
            self._lines.append(found.end())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        line, column = self.getpos()
        start = self._lines[line - 1] + column
        self.tags.append((start, tag, self.get_starttag_text() or ""))
        if tag == "head" and self.head is None:
            self.head = start

    handle_startendtag = handle_starttag


def _prefixed(text: str, script: str) -> str:
    doctype = re.match(r"(?is)\s*(<!doctype[^>]*>)?\s*(<html[^>]*>)?", text)
    end = doctype.end() if doctype else 0
    return text[:end] + script + text[end:]


def _tag(tag: str, raw: str, place: Place) -> str:
    if tag == "meta":
        return _meta(raw, place)
    moved_script = False

    def attribute(found: re.Match[str]) -> str:
        nonlocal moved_script
        before, name, equals, quoted = found.groups()
        lower = name.lower()
        if lower == "srcset":
            value = _srcset(_plain(quoted), place)
        elif lower in RESOURCES and (lower != "data" or tag == "object"):
            is_link = LINKS.get(tag) == lower or lower == "formaction"
            moved = place(_plain(quoted), is_link)
            if moved is None:
                return found[0]
            moved_script = moved_script or tag == "script"
            value = moved
        else:
            return found[0]
        return f'{before}{name}{equals}"{html.escape(value)}"'

    changed = ATTRIBUTE.sub(attribute, raw)
    if moved_script:  # another file stands there now
        changed = re.sub(r"""(?i)\s(integrity|crossorigin)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""", "", changed)
    return changed


def _meta(raw: str, place: Place) -> str:
    kind = re.search(r"""(?i)http-equiv\s*=\s*["']?([a-z-]+)""", raw)
    if kind and kind[1].lower() == "content-security-policy":
        return "<meta>"  # the proxy's own policy stands in its header
    if not kind or kind[1].lower() != "refresh":
        return raw

    def content(found: re.Match[str]) -> str:
        before, name, equals, quoted = found.groups()
        target = REFRESH.match(_plain(quoted)) if name.lower() == "content" else None
        moved = place(target[2], True) if target else None
        return f'{before}{name}{equals}"{html.escape(target[1] + moved)}"' if target and moved else found[0]

    return ATTRIBUTE.sub(content, raw)


def _plain(quoted: str) -> str:
    value = quoted[1:-1] if quoted[:1] in ("'", '"') else quoted
    # Characters outside Latin-1 written as references must not come back as such characters.
    return re.sub(r"&amp;|&#38;|&#x26;|&quot;|&#39;", lambda found: html.unescape(found[0]), value).strip()


def _srcset(value: str, place: Place) -> str:
    parts = []
    for part in value.split(","):
        address, _, rest = part.strip().partition(" ")
        parts.append(f"{place(address, False) or address} {rest}".strip())
    return ", ".join(parts)
