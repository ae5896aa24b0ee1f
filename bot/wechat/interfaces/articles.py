"""Drafts and publishing (protocol, sections 8.2 and 8.6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.wechat.interfaces.caller import Caller, needed

ROWS_PER_PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class Publication:
    """How far a publication is.

    `status` 0 is done, 1 under way; 2 to 6 are WeChat's ways of saying no. `urls` are where it is read.
    """

    status: int
    article_id: str
    urls: tuple[str, ...]


class Articles(Caller):
    """Publishing an article tells no fan of it and spends no mass-send quota."""

    def draft_add(self, *articles: Mapping[str, Any]) -> str:
        """Keep up to eight articles as a draft and return its media_id.

        An article is `{"title", "author", "digest", "content", "thumb_media_id" …}`; the thumb must be
        permanent.  Called again WeChat keeps a second draft.  Protocol 8.2.
        """
        answer = self.call("POST", "/cgi-bin/draft/add", json={"articles": list(articles)})
        return str(needed(answer, "media_id"))

    def draft_update(self, media_id: str, article: Mapping[str, Any], index: int = 0) -> None:
        """Replace one article of a draft. Raise `BadRequest` (40007) for one that is gone. Protocol 8.2."""
        body = {"media_id": media_id, "index": index, "articles": dict(article)}
        self.call("POST", "/cgi-bin/draft/update", json=body)

    def draft_delete(self, media_id: str) -> None:
        """Throw a draft away. Protocol 8.2."""
        self.call("POST", "/cgi-bin/draft/delete", json={"media_id": media_id})

    def draft_get(self, media_id: str) -> list[dict[str, Any]]:
        """Return the articles of a draft. Raise `BadRequest` (40007) for one that is gone. Protocol 8.2."""
        answer = self.call("POST", "/cgi-bin/draft/get", json={"media_id": media_id})
        return list(answer.get("news_item", ()))

    def draft_page(self, offset: int = 0) -> list[dict[str, Any]]:
        """Return up to twenty drafts, newest first, as `{"media_id", "content", "update_time"}` without text.

        Protocol 8.2.
        """
        body = {"offset": offset, "count": ROWS_PER_PAGE, "no_content": 1}
        return list(self.call("POST", "/cgi-bin/draft/batchget", json=body).get("item", ()))

    def publish(self, media_id: str) -> str:
        """Ask for a draft to be published and return the publish_id.

        PUBLISHJOBFINISH tells the end.  Raise `BadRequest` (53504 and the like) where it cannot be.
        Protocol 8.6.
        """
        answer = self.call("POST", "/cgi-bin/freepublish/submit", json={"media_id": media_id})
        return str(needed(answer, "publish_id"))

    def publication(self, publish_id: str) -> Publication:
        """Return how far a publication is. Protocol 8.6."""
        answer = self.call("POST", "/cgi-bin/freepublish/get", json={"publish_id": publish_id})
        rows = (answer.get("article_detail") or {}).get("item", ())
        return Publication(
            int(needed(answer, "publish_status")),
            str(answer.get("article_id") or ""),
            tuple(str(row["article_url"]) for row in rows),
        )

    def published_page(self, offset: int = 0) -> list[dict[str, Any]]:
        """Return up to twenty published articles, newest first: `{"article_id", "content", "update_time"}`.

        Protocol 8.6.
        """
        body = {"offset": offset, "count": ROWS_PER_PAGE, "no_content": 1}
        return list(self.call("POST", "/cgi-bin/freepublish/batchget", json=body).get("item", ()))
