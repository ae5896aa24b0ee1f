"""Drafts and published articles (protocol §8.2, §8.6)."""

import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.return_codes import Refused

if TYPE_CHECKING:
    from simulator.world.accounts import Account

MOST_ARTICLES = 8
FIELDS = (
    "article_type",
    "title",
    "author",
    "digest",
    "content",
    "content_source_url",
    "thumb_media_id",
    "need_open_comment",
    "only_fans_can_comment",
    "pic_crop_235_1",
    "pic_crop_1_1",
    "image_info",
)


@dataclass
class Draft:
    """Articles being written."""

    media_id: str
    articles: list[dict[str, Any]]
    created: int
    updated: int


@dataclass
class Article:
    """What a publication made of a draft."""

    article_id: str
    articles: list[dict[str, Any]]
    updated: int


@dataclass
class Publication:
    """One request to publish; status 1 until its job is done, then 0 or a failure."""

    publish_id: str
    media_id: str
    status: int = 1
    article_id: str = ""
    will_be: int = 0


@dataclass
class PublicationBook:
    """Drafts, requests and articles of an account."""

    drafts: dict[str, Draft] = field(default_factory=dict)
    requests: dict[str, Publication] = field(default_factory=dict)
    articles: dict[str, Article] = field(default_factory=dict)
    next_request: int = 100_000_001
    next_outcome: int = 0  # what the next publication will end in, set by the control room


def draft(account: "Account", media_id: Any) -> Draft:
    """The draft of that id; raise 40007 if there is none."""
    found = account.publications.drafts.get(str(media_id))
    if found is None:
        raise Refused(40007)
    return found


def add_draft(account: "Account", articles: Any, now: float) -> Draft:
    """Keep articles as a draft."""
    if not isinstance(articles, list) or not articles:
        raise Refused(44003)
    if len(articles) > MOST_ARTICLES:
        raise Refused(45008)
    checked = [check_article(account, each) for each in articles]
    made = Draft(secrets.token_urlsafe(48), checked, int(now), int(now))
    account.publications.drafts[made.media_id] = made
    return made


def check_article(account: "Account", article: Any) -> dict[str, Any]:
    """The article as WeChat keeps it: scripts gone, unknown fields dropped."""
    if not isinstance(article, dict):
        raise Refused(47001)
    title, content = article.get("title"), article.get("content")
    if not isinstance(title, str) or not 1 <= len(title) <= 64:
        raise Refused(45003)
    if not isinstance(content, str) or not content:
        raise Refused(44004)
    if len(content) >= 20_000 or len(content.encode()) >= 1024 * 1024:
        raise Refused(45002)
    if len(str(article.get("digest") or "")) > 120:
        raise Refused(45004)
    if article.get("article_type", "news") == "news":
        thumb = account.media.get(str(article.get("thumb_media_id")))
        if thumb is None or not thumb.permanent:
            raise Refused(40007)
    kept = {name: article[name] for name in FIELDS if article.get(name) is not None}
    kept["content"] = re.sub(r"(?is)<script.*?</script>", "", content)
    return kept


def publish(account: "Account", media_id: Any) -> Publication:
    """Ask for a draft to be published; its job answers later."""
    draft(account, media_id)
    book = account.publications
    if any(each.media_id == media_id and each.status == 1 for each in book.requests.values()):
        raise Refused(53504)
    made = Publication(str(book.next_request), str(media_id), will_be=book.next_outcome)
    book.next_request += 1
    book.next_outcome = 0
    book.requests[made.publish_id] = made
    return made


def finish(account: "Account", request: Publication, now: float) -> Article | None:
    """End a publication; the article, or None if it was refused."""
    request.status = request.will_be
    source = account.publications.drafts.get(request.media_id)
    if request.status or source is None:
        request.status = request.status or 3
        return None
    article = Article(secrets.token_urlsafe(30), [dict(each) for each in source.articles], int(now))
    request.article_id = article.article_id
    account.publications.articles[article.article_id] = article
    del account.publications.drafts[request.media_id]
    return article


def article_urls(article_id: str, count: int) -> list[str]:
    """Where the articles are read."""
    return [
        f"http://mp.weixin.qq.com/s/{article_id}{'' if number == 1 else f'_{number}'}"
        for number in range(1, count + 1)
    ]


def news_item(articles: list[dict[str, Any]], urls: list[str] | None = None) -> list[dict[str, Any]]:
    """Articles as the lists show them."""
    return [{**each, "url": urls[number] if urls else ""} for number, each in enumerate(articles)]
