"""An article on its way: its draft at an account, and its publication.

`wanted → asking → draft`, and if it is to be published `→ publishing →
published`; or `refused`, in WeChat's words.  The states `asking` and
`publishing` are committed before WeChat is asked, so that after a crash the
next one looks for what WeChat made of it before making it again.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.db import utc_now
from bot.db.revisions import bump
from bot.errors import BadRequest
from bot.materials import bodies, uploading
from bot.materials.known import REVISION
from bot.materials.models import Article, ArticleAtWeChat, ArticleState, Lifetime, Material
from bot.materials.places import LONGEST_TROUBLE

if TYPE_CHECKING:
    from bot.router import Served
    from bot.runtime import Runtime
    from bot.wechat.gateway import AccountGateway

log = logging.getLogger(__name__)
UNSETTLED: Final = (ArticleState.WANTED, ArticleState.ASKING, ArticleState.PUBLISHING)
NOT_KNOWN: Final = 40007
UNDER_WAY: Final = 53504
DONE, RUNNING = 0, 1
# WeChat's clock and ours need not agree.
CLOCKS: Final = timedelta(minutes=5)
ENDS: Final = {
    2: "originality check failed",
    3: "publishing failed",
    4: "refused by the platform's review",
    5: "deleted by its author after publishing",
    6: "taken down by the platform",
}


@dataclass(frozen=True, slots=True)
class _Said:
    """An article as WeChat takes it."""

    version: int
    document: dict[str, Any]
    cover_url: str


def ask(session: Session, *, account_id: int, material_id: int, publish: bool) -> ArticleAtWeChat:
    """Want the article as it now is at the account: as a draft, or published too.

    One that is being published is left alone until WeChat has decided.
    """
    now = utc_now()
    mine = select(ArticleAtWeChat).filter_by(account_id=account_id, material_id=material_id).with_for_update()
    row = session.scalar(mine)
    if row is None:
        row = ArticleAtWeChat(
            account_id=account_id,
            material_id=material_id,
            state=ArticleState.WANTED.value,
            wants_publishing=publish,
            changed_at=now,
        )
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:  # a colleague pressed the button at the same moment
            row = session.scalars(mine).one()
    if row.state not in {ArticleState.PUBLISHING, ArticleState.ASKING}:
        row.state = ArticleState.WANTED.value
    row.wants_publishing = publish
    row.trouble, row.changed_at = None, now
    return row


def unsettled(session: Session, account_id: int) -> list[int]:
    """Return the rows of the account that wait for us or for WeChat."""
    wanted = select(ArticleAtWeChat.id).where(
        ArticleAtWeChat.account_id == account_id, ArticleAtWeChat.state.in_(UNSETTLED)
    )
    return list(session.scalars(wanted.order_by(ArticleAtWeChat.id)))


def see_to(runtime: "Runtime", account: "Served", row_id: int) -> None:
    """Take the article as far as it goes now: a step is a call and a short transaction.

    Called twice, a step that was done is not done again.
    """
    try:
        with runtime.db.reading() as session:
            state = session.get_one(ArticleAtWeChat, row_id).state
        if state in {ArticleState.WANTED, ArticleState.ASKING}:
            _push(runtime, account, row_id)
        with runtime.db.reading() as session:
            row = session.get_one(ArticleAtWeChat, row_id)
        if row.state == ArticleState.DRAFT and row.wants_publishing:
            _submit(runtime, account, row, is_second=False)
        elif row.state == ArticleState.PUBLISHING and row.publish_id is None:
            _submit(runtime, account, row, is_second=True)
        elif row.state == ArticleState.PUBLISHING:
            _look(runtime, account, row)
    except BadRequest as error:
        _set(runtime, row_id, state=ArticleState.REFUSED.value, trouble=str(error)[:LONGEST_TROUBLE])


def _push(runtime: "Runtime", account: "Served", row_id: int) -> None:
    """Make WeChat's draft what the article says."""
    line = runtime.wechat.of(account.name)
    with runtime.db.reading() as session:
        row = session.get_one(ArticleAtWeChat, row_id)
        material = session.get_one(Material, row.material_id)
        article = session.get_one(Article, row.material_id)
    said = _said(runtime, account, material, article)
    is_second = row.state == ArticleState.ASKING
    _set(runtime, row_id, state=ArticleState.ASKING.value)
    media_id = row.draft_media_id or (_drafted_before(line, said) if is_second else None)
    if media_id is not None:
        try:
            line.draft_update(media_id, said.document)
        except BadRequest as error:
            if error.code != NOT_KNOWN:
                raise
            media_id = None  # deleted in the console, or gone with its publication
    if media_id is None:
        media_id = line.draft_add(said.document)
    _set(
        runtime,
        row_id,
        state=ArticleState.DRAFT.value,
        draft_media_id=media_id,
        draft_version=said.version,
        cover_url=said.cover_url or None,
        trouble=None,
    )


def _said(runtime: "Runtime", account: "Served", material: Material, article: Article) -> _Said:
    if article.cover_id is None:
        raise BadRequest(None, "the article has no cover", remedy="choose a cover, then push it again")
    cover = uploading.ensure(runtime, account, article.cover_id, Lifetime.PERMANENT)
    addresses = {
        one: uploading.ensure(runtime, account, one, Lifetime.INLINE).url
        for one in bodies.pictures(article.body)
    }
    document = {
        "title": material.title,
        "author": article.author,
        "digest": article.digest,
        "content": bodies.with_addresses(article.body, addresses),
        "content_source_url": article.source_url,
        "thumb_media_id": cover.media_id,
        "need_open_comment": 0,
        "only_fans_can_comment": 0,
    }
    return _Said(article.version, document, cover.url)


def _drafted_before(line: "AccountGateway", said: _Said) -> str | None:
    """Return the draft WeChat made when we could not write its answer down."""
    for row in line.draft_page():
        if _is_of(row, said.document):
            return str(row["media_id"])
    return None


def _submit(runtime: "Runtime", account: "Served", row: ArticleAtWeChat, *, is_second: bool) -> None:
    line = runtime.wechat.of(account.name)
    assert row.draft_media_id is not None
    if is_second and _published_before(runtime, line, row):
        return
    began = {} if is_second else {"changed_at": utc_now()}
    _set(runtime, row.id, state=ArticleState.PUBLISHING.value, publish_id=None, publish_status=None, **began)
    try:
        publish_id = line.publish(row.draft_media_id)
    except BadRequest as error:
        if error.code == UNDER_WAY:
            return  # our own, whose number we lost: its end is looked for in a minute
        if error.code == NOT_KNOWN and is_second and _published_before(runtime, line, row):
            return  # it ended between our look and our asking, and took the draft with it
        raise
    _set(runtime, row.id, publish_id=publish_id, publish_status=RUNNING)


def _published_before(runtime: "Runtime", line: "AccountGateway", row: ArticleAtWeChat) -> bool:
    with runtime.db.reading() as session:
        material = session.get_one(Material, row.material_id)
        article = session.get_one(Article, row.material_id)
    wanted = {"title": material.title, "digest": article.digest, "author": article.author}
    since = (row.changed_at - CLOCKS).timestamp()
    for one in line.published_page():
        if one.get("update_time", 0) >= since and _is_of(one, wanted):
            [first, *_rest] = one["content"]["news_item"]
            _published(runtime, row, article_id=str(one["article_id"]), url=str(first.get("url") or ""))
            return True
    return False


def _look(runtime: "Runtime", account: "Served", row: ArticleAtWeChat) -> None:
    assert row.publish_id is not None
    found = runtime.wechat.of(account.name).publication(row.publish_id)
    if found.status == RUNNING:
        return
    if found.status == DONE and found.urls:
        _published(runtime, row, article_id=found.article_id, url=found.urls[0])
        return
    trouble = ENDS.get(found.status, f"publish_status {found.status}")
    _set(
        runtime,
        row.id,
        state=ArticleState.REFUSED.value,
        publish_status=found.status,
        trouble=trouble,
        publish_id=None,
    )


def _published(runtime: "Runtime", row: ArticleAtWeChat, *, article_id: str, url: str) -> None:
    """Note where it is read; the draft went with it."""
    _set(
        runtime,
        row.id,
        state=ArticleState.PUBLISHED.value,
        publish_status=DONE,
        article_id=article_id,
        url=url,
        published_version=row.draft_version,
        draft_media_id=None,
        trouble=None,
    )


def _set(runtime: "Runtime", row_id: int, **values: Any) -> None:
    with runtime.db.transaction() as session:
        row = session.get_one(ArticleAtWeChat, row_id)
        for name, value in {"changed_at": utc_now(), **values}.items():
            setattr(row, name, value)
        bump(session, REVISION)


def _is_of(row: dict[str, Any], wanted: dict[str, Any]) -> bool:
    items = (row.get("content") or {}).get("news_item") or []
    names = ("title", "digest", "author")
    return len(items) == 1 and all((items[0].get(name) or "") == wanted[name] for name in names)
