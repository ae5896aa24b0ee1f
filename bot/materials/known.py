"""Where the accounts have our materials, as every process remembers it: no message asks the database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.revisions import Remembered
from bot.materials.documents import Answer, OfMaterial
from bot.materials.models import Article, ArticleAtWeChat, Lifetime, Material, MaterialAtWeChat, PlaceState
from bot.wechat import replies
from bot.wechat.replies import Image, Music, News, Reply, Video, Voice

REVISION: Final = "materials"
# An id that ends while the answer is on its way is as good as ended.
LEEWAY: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Known:
    """What one account has of one material: the media id of a file, or the card of a published article."""

    title: str
    media_id: str = ""
    expires_at: datetime | None = None
    description: str = ""
    url: str = ""
    picture_url: str = ""

    def is_good(self, now: datetime) -> bool:
        """Tell whether it may be said now."""
        return self.expires_at is None or now < self.expires_at - LEEWAY


Book = Mapping[tuple[int, int], Known]


def load(session: Session, material_ids: Iterable[int] | None = None) -> Book:
    """Return what WeChat has, by account and material; of `material_ids` only, if given."""
    place, article = MaterialAtWeChat, ArticleAtWeChat
    files = (
        select(place.account_id, place.material_id, Material.title, place.media_id, place.expires_at)
        .join(Material, Material.id == place.material_id)
        .where(place.media_id.is_not(None), place.lifetime != Lifetime.INLINE)
        .where(place.state != PlaceState.REFUSED)
        .order_by(place.lifetime.desc())  # the permanent one comes last and stays
    )
    articles = (
        select(
            article.account_id,
            article.material_id,
            Material.title,
            Article.digest,
            article.url,
            article.cover_url,
        )
        .join(Material, Material.id == article.material_id)
        .join(Article, Article.material_id == article.material_id)
        .where(article.url.is_not(None))
    )
    if material_ids is not None:
        wanted = sorted(set(material_ids))
        files = files.where(place.material_id.in_(wanted))
        articles = articles.where(article.material_id.in_(wanted))
    found = {(row[0], row[1]): Known(row[2], row[3] or "", row[4]) for row in session.execute(files)}
    for row in session.execute(articles):
        found[row[0], row[1]] = Known(row[2], description=row[3], url=row[4] or "", picture_url=row[5] or "")
    return found


MATERIALS: Remembered[Book] = Remembered(REVISION, load)


def reply(answer: Answer, book: Book, *, account_id: int, now: datetime) -> Reply | None:
    """Return what the account can say of `answer` now; None if it has none of its materials.

    Of several articles those are shown that are published there.
    """
    if not isinstance(answer, OfMaterial):
        return answer
    found = [book.get((account_id, one)) for one in answer.material_ids]
    there = [one for one in found if one is not None and one.is_good(now)]
    if not there:
        return None
    if answer.type == "news":
        cards = [
            replies.Article(one.title, one.description, one.picture_url, one.url) for one in there if one.url
        ]
        return News(tuple(cards)) if cards else None
    [first] = there
    if answer.type == "image":
        return Image(first.media_id)
    if answer.type == "voice":
        return Voice(first.media_id)
    if answer.type == "video":
        return Video(first.media_id, answer.title or first.title, answer.description)
    return Music(first.media_id, answer.title, answer.description, answer.url, answer.hq_url)
