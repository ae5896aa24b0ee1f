"""Who answered a message, as conditions on its row: everything that counts or lists messages uses these."""

from sqlalchemy import ColumnElement, and_, null, or_

from bot.messages.models import Message


def is_message(row: type[Message]) -> ColumnElement[bool]:
    """Return what tells a message from an event."""
    return row.kind.not_like("event.%")


def answered_by(row: type[Message]) -> dict[str, ColumnElement[bool]]:
    """Return the condition for each who may have answered; `row` may be an alias.

    Each message that is no event is exactly one of these. "rule" is whatever answers by itself: rules, a
    channel's welcome, a handler's own words; the default answer stands apart.
    """
    by_rule = row.answered_by.like("rule:%")
    named = or_(by_rule, row.answered_by.in_(("desk", "default")))
    answered = row.reply.is_not(null())
    return {
        "rule": and_(is_message(row), or_(by_rule, and_(answered, ~named))),
        "agent": and_(is_message(row), row.answered_by == "desk"),
        "default": and_(is_message(row), row.answered_by == "default"),
        "nobody": and_(is_message(row), ~answered, ~named),
    }


IS_MESSAGE = is_message(Message)
ANSWERED_BY = answered_by(Message)
