"""Permanent material (protocol, section 8.1)."""

import json
from dataclasses import dataclass
from typing import Any, Final, Literal

from bot.wechat.interfaces.caller import Caller, needed
from bot.wechat.interfaces.media import MediaKind

ROWS_PER_PAGE: Final = 20
ListedKind = Literal["image", "voice", "video", "news"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A permanent file; `url` is where a picture is seen, and empty for the others."""

    media_id: str
    url: str


class Materials(Caller):
    """WeChat keeps a permanent file until it is deleted: 100,000 pictures, 1,000 of the others."""

    def material_add(
        self, kind: MediaKind, name: str, content: bytes, *, title: str = "", introduction: str = ""
    ) -> Kept:
        """Keep a file for good.

        The limits are those of `upload`; a film brings title and introduction.  Called again WeChat keeps
        it a second time.  Raise `BadRequest` for a file WeChat does not take, and when the account is full
        (45001).  Protocol 8.1.
        """
        files: dict[str, Any] = {"media": (name, content)}
        if kind == "video":
            about = json.dumps({"title": title, "introduction": introduction}, ensure_ascii=False)
            files["description"] = (None, about.encode())
        answer = self.call("POST", "/cgi-bin/material/add_material", {"type": kind}, files=files)
        return Kept(str(needed(answer, "media_id")), str(answer.get("url") or ""))

    def material_delete(self, media_id: str) -> None:
        """Delete a permanent file. Raise `BadRequest` (40007) for one that is gone. Protocol 8.1."""
        self.call("POST", "/cgi-bin/material/del_material", json={"media_id": media_id})

    def material_counts(self) -> dict[str, int]:
        """Return how many there are as `{"image", "voice", "video", "news"}`. Protocol 8.1."""
        answer = self.call("GET", "/cgi-bin/material/get_materialcount")
        return {kind: int(answer.get(f"{kind}_count", 0)) for kind in ("image", "voice", "video", "news")}

    def material_page(self, kind: ListedKind, offset: int = 0) -> list[dict[str, Any]]:
        """Return up to twenty files of a kind, newest first, as `{"media_id", "name", "update_time", "url"}`.

        Protocol 8.1.
        """
        body = {"type": kind, "offset": offset, "count": ROWS_PER_PAGE}
        return list(self.call("POST", "/cgi-bin/material/batchget_material", json=body).get("item", ()))

    def article_picture(self, name: str, content: bytes) -> str:
        """Return the address of a picture for use inside articles: JPEG or PNG below 1 MB.

        It counts in no limit and has no media_id. Protocol 8.1.
        """
        answer = self.call("POST", "/cgi-bin/media/uploadimg", files={"media": (name, content)})
        return str(needed(answer, "url"))
