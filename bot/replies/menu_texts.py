"""Texts that stood in a button of the console's menu: what its key answers from now on."""

from collections.abc import Callable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.replies import order, rules
from bot.replies.models import AutoReply, Match, Trigger

LONGEST = 40  # characters of the text in the rule's title


def answer(
    session: Session, account_id: int, texts: Mapping[str, str], *, title: Callable[[str], str]
) -> list[AutoReply]:
    """Make an auto-reply of each text (by key), called by `title` of how it begins; return those made.

    One in use that answers the key stays, whatever it says: a second call makes none.
    """
    made = []
    in_use = {"trigger": Trigger.EVENT_KEY.value, "account_id": account_id, "enabled": True}
    for key, text in texts.items():
        known = select(AutoReply).filter_by(**in_use)
        if any(key in row.words for row in session.scalars(known)):
            continue
        row = AutoReply(
            account_id=account_id,
            title=title(text[:LONGEST]),
            trigger=Trigger.EVENT_KEY.value,
            match=Match.EXACT.value,
            words=[key],
            reply={"type": "text", "content": text},
            follow_ups=[],
            priority=order.first(session, Trigger.EVENT_KEY.value),
            enabled=True,
        )
        rules.save(session, row)
        session.flush()
        made.append(row)
    return made


def said(row: AutoReply) -> dict[str, object]:
    """Return what the audit says of one that was made."""
    return {"title": row.title, "words": row.words, "reply": row.reply}
