"""Replies that name a material of ours, as they stand in rules and welcomes.

`{"type": "image", "material_id": 7}`; likewise `voice`, `video` (with title
and description) and `music`, whose material is its thumb.  Article cards are
`{"type": "news", "material_ids": [7, 8]}`.  Every other document is a reply of
`bot.wechat.replies` as it stands.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.wechat import replies
from bot.wechat.replies import ARTICLES, Reply

TYPES: Final = ("image", "voice", "video", "music", "news")
WORDS: Final = ("title", "description", "url", "hq_url")


@dataclass(frozen=True, slots=True)
class OfMaterial:
    """A reply whose media id is looked up when it is said: each account has its own."""

    type: str
    material_ids: tuple[int, ...]
    title: str = ""
    description: str = ""
    url: str = ""
    hq_url: str = ""


Answer = Reply | OfMaterial


def read(document: Mapping[str, Any]) -> Answer:
    """Return the answer kept in `document`; raise `ValueError` where it is none of ours."""
    if "material_id" not in document and "material_ids" not in document:
        return replies.from_document(document)
    kind = document.get("type")
    found = document["material_ids"] if kind == "news" else [document.get("material_id")]
    if kind not in TYPES or not isinstance(found, list) or not 1 <= len(found) <= ARTICLES:
        raise ValueError(
            f"{kind!r} reply: of a material it is one of {', '.join(TYPES)}, news of 1 to {ARTICLES}"
        )
    if not all(isinstance(one, int) and one > 0 for one in found):
        raise ValueError(f"{kind} reply: {found!r} are no ids of materials")
    return OfMaterial(kind, tuple(found), **{name: str(document.get(name) or "") for name in WORDS})


def to_document(answer: Answer) -> dict[str, Any]:
    """Return `answer` as the JSON that `read` reads back."""
    if not isinstance(answer, OfMaterial):
        return replies.to_document(answer)
    named: dict[str, Any] = (
        {"material_ids": list(answer.material_ids)}
        if answer.type == "news"
        else {"material_id": answer.material_ids[0]}
    )
    return {"type": answer.type, **named, **{name: said for name in WORDS if (said := getattr(answer, name))}}


def named(*documents: Any) -> set[int]:
    """Return the ids of all materials that documents name, however deep."""
    return set(_named(list(documents)))


def _named(of: Any) -> Iterator[int]:
    if isinstance(of, Mapping):
        for name, value in of.items():
            if name == "material_id" and isinstance(value, int):
                yield value
            elif name == "material_ids" and isinstance(value, list):
                yield from (one for one in value if isinstance(one, int))
            else:
                yield from _named(value)
    elif isinstance(of, list | tuple):
        for one in of:
            yield from _named(one)
