"""Which of our tags WeChat has to know. It takes a hundred at an account; we have any number."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.db.revisions import bump
from bot.outbox.promises import Wish, promise
from bot.tags.models import Tag, TagNeed, WeChatTag

REVISION = "tags"
GATHERED = timedelta(seconds=5)  # fans tagged within it share a call


def put(
    session: Session, *, account: str, account_id: int, why: str, tag_ids: Collection[int], now: datetime
) -> None:
    """Have WeChat know `tag_ids` at the account because of `why`, and no others because of it.

    `why` names the needer, such as "menu" or "broadcast:7".  Called again with
    the same tags it changes nothing but has the account's tags looked at again.
    """
    of_this = select(TagNeed.tag_id).filter_by(account_id=account_id, why=why)
    known = set(session.scalars(of_this))
    if gone := known - set(tag_ids):
        session.execute(
            delete(TagNeed).where(
                TagNeed.account_id == account_id, TagNeed.why == why, TagNeed.tag_id.in_(sorted(gone))
            )
        )
    for tag_id in sorted(set(tag_ids) - known):
        session.add(TagNeed(account_id=account_id, tag_id=tag_id, why=why))
    session.flush()
    if known != set(tag_ids):
        bump(session, REVISION)
    promise(session, make_wish(account, now=now), now=now)


def tell(session: Session, account_id: int, *, now: datetime) -> None:
    """Have what WeChat has on the account's fans looked at again, once what is tagged now is committed."""
    promise(session, wish(account_id, now=now), now=now)


def make_wish(account: str, *, now: datetime) -> Wish:
    """Return the promise to have WeChat keep the tags that are needed at the account."""
    return Wish("tags.make", {"account": account}, now, f"tags.make:{account}")


def wish(account_id: int, *, now: datetime) -> Wish:
    """Return the promise to bring WeChat up to date; changes of the same seconds share it."""
    return Wish("tags.sync", {"account_id": account_id}, now + GATHERED, f"tags.sync:{account_id}")


def needed(session: Session, account_id: int) -> set[int]:
    """Return the tags that anybody needs WeChat to know at the account; retired ones are needed by nobody."""
    wanted = select(TagNeed.tag_id).join(Tag, Tag.id == TagNeed.tag_id)
    return set(session.scalars(wanted.where(TagNeed.account_id == account_id, Tag.retired_at.is_(None))))


def wechat_ids(session: Session, account_id: int) -> dict[int, int]:
    """Return WeChat's id of each tag of ours it knows at the account."""
    known = select(WeChatTag.tag_id, WeChatTag.wechat_id).where(
        WeChatTag.account_id == account_id, WeChatTag.wechat_id.is_not(None)
    )
    return {row.tag_id: row.wechat_id for row in session.execute(known)}
