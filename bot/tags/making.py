"""Having WeChat keep the tags that are needed at an account, and none of ours that are not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from bot.db import Database
from bot.errors import BadRequest
from bot.tags import known, naming, needs
from bot.tags.models import FanTag, Tag, TagNeed, WeChatFanTag, WeChatTag

FULL = 45056
TOO_MANY_FANS = 45057
UNKNOWN = 45159


class Line(Protocol):
    """What is asked of WeChat (`bot.wechat.gateway.AccountGateway`)."""

    def tag_list(self) -> list[dict[str, object]]: ...  # noqa: D102
    def tag_create(self, name: str) -> int: ...  # noqa: D102
    def tag_rename(self, tag_id: int, name: str) -> None: ...  # noqa: D102
    def tag_delete(self, tag_id: int) -> None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Known:
    """A tag as the rows say WeChat knows it."""

    tag_id: int
    wechat_id: int | None
    name: str | None
    made_here: bool


def make(db: Database, line: Line, account_id: int, *, now: datetime) -> bool:
    """Make, rename and delete tags at WeChat until they are what is needed; True if fans' tags are to follow.

    A tag of the same name that is there already is used, and never deleted by
    us.  One that somebody deleted in the console is made again.
    """
    with db.reading() as session:
        wanted = _wanted(session, account_id)
        rows = _known(session, account_id)
    if not wanted and not rows:
        return False
    theirs = {str(row["name"]): int(str(row["id"])) for row in line.tag_list()}
    names = {number: name for name, number in theirs.items()}
    changed = False
    for row in rows.values():
        if row.wechat_id is not None and row.wechat_id not in names:
            with db.transaction() as session:
                known.vanished(session, account_id, row.tag_id)
            changed = True
    for row in rows.values():
        if row.tag_id not in wanted:
            changed |= _drop(db, line, account_id, row, is_there=row.wechat_id in names)
    for tag_id, name in wanted.items():
        mine = rows.get(tag_id)
        if mine is not None and mine.wechat_id in names:
            _rename(db, line, account_id, mine, name=name, mine=names[mine.wechat_id], theirs=theirs)
        else:
            changed |= _create(db, line, account_id, tag_id, name=name, theirs=theirs, now=now)
    return changed


def _wanted(session: Session, account_id: int) -> dict[int, str]:
    """Return the needed tags by id, those of menus first: they are made before there is no room."""
    needed = needs.needed(session, account_id)
    menus = set(session.scalars(select(TagNeed.tag_id).filter_by(account_id=account_id, why="menu")))
    rows = session.execute(select(Tag.id, Tag.name).where(Tag.id.in_(sorted(needed)))).all()
    return {row.id: row.name for row in sorted(rows, key=lambda one: (one.id not in menus, one.id))}


def _known(session: Session, account_id: int) -> dict[int, Known]:
    rows = session.scalars(select(WeChatTag).filter_by(account_id=account_id))
    return {row.tag_id: Known(row.tag_id, row.wechat_id, row.name, row.made_here) for row in rows}


def _drop(db: Database, line: Line, account_id: int, row: Known, *, is_there: bool) -> bool:
    """Delete a tag nobody needs any more, if we made it; one from the console only loses our fans.

    Deleting takes it off all fans in one call.  True if it has to be taken off fan by fan.
    """
    if is_there and row.made_here:
        assert row.wechat_id is not None
        try:
            line.tag_delete(row.wechat_id)
        except BadRequest as error:
            if error.code not in {TOO_MANY_FANS, UNKNOWN}:
                raise
            if error.code == TOO_MANY_FANS:
                _explain(db, account_id, row.tag_id, str(error))
                return _still_on_fans(db, account_id, row.tag_id)
    elif is_there and _still_on_fans(db, account_id, row.tag_id):
        return True
    with db.transaction() as session:
        known.vanished(session, account_id, row.tag_id)
        mine = session.scalar(select(WeChatTag).filter_by(account_id=account_id, tag_id=row.tag_id))
        if mine is not None:
            session.delete(mine)
    return False


def _still_on_fans(db: Database, account_id: int, tag_id: int) -> bool:
    with db.transaction() as session:
        if not session.scalar(select(exists().where(WeChatFanTag.tag_id == tag_id))):
            return False
        known.wish_for_tags(session, {tag_id}, account_id=account_id)
    return True


def _rename(
    db: Database, line: Line, account_id: int, row: Known, *, name: str, mine: str, theirs: dict[str, int]
) -> None:
    assert row.wechat_id is not None
    others = {one for one, number in theirs.items() if number != row.wechat_id}
    wanted = naming.wechat_name(name, others)
    if wanted != mine:
        try:
            line.tag_rename(row.wechat_id, wanted)
        except BadRequest as error:
            _explain(db, account_id, row.tag_id, str(error))
            return
        theirs.pop(mine, None)
        theirs[wanted] = row.wechat_id
    if wanted != row.name:
        with db.transaction() as session:
            kept = session.scalars(
                select(WeChatTag).filter_by(account_id=account_id, tag_id=row.tag_id)
            ).one()
            kept.name, kept.trouble = wanted, None


def _create(
    db: Database,
    line: Line,
    account_id: int,
    tag_id: int,
    *,
    name: str,
    theirs: dict[str, int],
    now: datetime,
) -> bool:
    with db.reading() as session:
        used = set(needs.wechat_ids(session, account_id).values())
    is_taken_over = name in theirs and theirs[name] not in used
    wanted = name if is_taken_over else naming.wechat_name(name, theirs)
    try:
        wechat_id = theirs[wanted] if is_taken_over else line.tag_create(wanted)
    except BadRequest as error:
        _explain(db, account_id, tag_id, str(error))
        return False
    theirs[wanted] = wechat_id
    with db.transaction() as session:
        row = _row(session, account_id, tag_id)
        row.wechat_id, row.name, row.trouble = wechat_id, wanted, None
        row.made_here, row.made_at = not is_taken_over, None if is_taken_over else now
        known.wish_for_tags(session, {tag_id}, account_id=account_id)
        return bool(session.scalar(select(exists().where(FanTag.tag_id == tag_id))))


def _explain(db: Database, account_id: int, tag_id: int, trouble: str) -> None:
    with db.transaction() as session:
        _row(session, account_id, tag_id).trouble = trouble[:400]


def _row(session: Session, account_id: int, tag_id: int) -> WeChatTag:
    row = session.scalar(select(WeChatTag).filter_by(account_id=account_id, tag_id=tag_id))
    if row is None:
        row = WeChatTag(account_id=account_id, tag_id=tag_id, made_here=False)
        session.add(row)
    return row
