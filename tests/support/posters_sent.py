"""What the editor of designs sends: its page read as the script reads it, and the script's requests."""

import html
import io
import json
import re
from dataclasses import dataclass


@dataclass
class Editor:
    key: str
    document: dict
    begun: int
    newest: int
    token: str


def editor(person, key):
    page = person.get(f"/admin/posters/{key}/edit").text
    found = dict(re.findall(r'data-(document|begun|newest|csrf)="([^"]*)"', page))
    document = json.loads(html.unescape(found["document"]))
    return Editor(key, document, int(found["begun"]), int(found["newest"]), found["csrf"])


def preview(person, page, **more):
    return _send(person, page, "preview", {"whom": "usual", "width": 750, **more})


def save(person, page, *, note="试一试", newest=None):
    more = {"whom": "usual", "width": 750, "note": note, "newest": page.newest if newest is None else newest}
    return _send(person, page, "edit", more)


def bring(person, page, content, name="a.jpg"):
    data = {"file": (io.BytesIO(content), name)}
    return person.client.post(f"/admin/posters/{page.key}/assets", data=data, headers={"X-CSRF": page.token})


def _send(person, page, way, more):
    said = {"document": page.document, "begun": page.begun, **more}
    return person.client.post(f"/admin/posters/{page.key}/{way}", json=said, headers={"X-CSRF": page.token})
