"""Tags that go by a level: on every fan of a member, and off again when the level is another."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.fans.models import Fan
from bot.tags import automatic, known, needs
from bot.tags.models import FanTag, RuleKind, Tag, TagRule


def wear(session: Session, member_id: int, level: str, *, now: datetime) -> None:
    """Put the tags of the level on the member's fans, and take off what another level had put on.

    A tag that somebody put on by hand stays. Twice: nothing changes.
    """
    wanted = _tags_of(session, level)
    fans = session.execute(select(Fan.id, Fan.account_id).where(Fan.member_id == member_id)).all()
    ids = [fan.id for fan in fans]
    on = (FanTag.fan_id.in_(ids)) & (FanTag.source == automatic.BY_LEVEL) & FanTag.tag_id.not_in(wanted)
    gone = set(session.scalars(select(FanTag.tag_id).where(on)))
    if not ids or not gone | wanted:
        return
    session.execute(delete(FanTag).where(on).execution_options(synchronize_session=False))
    automatic.put(
        session.connection(), [(key, wanted) for key in sorted(ids)], source=automatic.BY_LEVEL, now=now
    )
    _have_wechat_know(session, [(fan.account_id, fan.id) for fan in fans], gone | wanted, now=now)


def _tags_of(session: Session, level: str) -> set[int]:
    wanted = (
        select(TagRule.tag_id)
        .join(Tag, Tag.id == TagRule.tag_id)
        .where(TagRule.kind == RuleKind.LEVEL.value, TagRule.value == level, Tag.retired_at.is_(None))
    )
    return set(session.scalars(wanted))


def _have_wechat_know(
    session: Session, fans: Iterable[tuple[int, int]], tag_ids: set[int], *, now: datetime
) -> None:
    by_account: dict[int, list[tuple[int, int]]] = {}
    for account_id, fan_id in fans:
        by_account.setdefault(account_id, []).append((account_id, fan_id))
    for account_id in sorted(by_account):
        if needs.needed(session, account_id) & tag_ids:
            known.wish(session.connection(), by_account[account_id])
            needs.tell(session, account_id, now=now)
