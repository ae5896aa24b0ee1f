"""The code a rule is for, in a sheet: by its scene, which is one account's."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.models import Channel
from bot.db.scope import beyond_scope
from bot.imports.looking import Cells
from bot.replies.models import AutoReply


def read(session: Session, cells: Cells, account_id: int | None, row: AutoReply | None) -> int | None:
    """Return the code in the cell, wrong if there is none or are several; what the rule has for a bad one.

    Where the sheet gives none the rule keeps its own, wrong if that is not one of the account it has now.
    """
    text = cells.get("channel")
    kept = row.channel_id if row is not None else None
    if not text:
        # Another shop's code is not shown to whoever may not see it, and so does not come back either.
        if kept is None or (cells.has("channel") and scene_of(session, kept)):
            return None
        with beyond_scope(session):
            its_account = session.scalar(select(Channel.account_id).where(Channel.id == kept))
        if cells.has("account") and account_id not in {None, its_account}:
            cells.wrong("account", "code_of_another")
        return kept
    wanted = select(Channel.id).where(Channel.scene == text)
    if account_id is not None:
        wanted = wanted.where(Channel.account_id == account_id)
    found = session.scalars(wanted.limit(2)).all()
    if len(found) != 1:
        cells.wrong("channel", "several_codes" if found else "no_such_code", text=text[:40])
        return kept
    return found[0]


def scene_of(session: Session, channel_id: int | None) -> str:
    """Return how a sheet names the code; empty for none, and for one out of sight."""
    channel = session.get(Channel, channel_id) if channel_id is not None else None
    return channel.scene if channel is not None else ""
