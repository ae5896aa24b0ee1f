"""Who answered a message, as conditions on its row: everything that counts or lists messages uses these."""

from sqlalchemy import ColumnElement, and_, null, or_

from bot.messages.models import Message

IS_MESSAGE = Message.kind.not_like("event.%")
_BY_RULE = Message.answered_by.like("rule:%")
_NAMED = or_(_BY_RULE, Message.answered_by.in_(("desk", "default")))
_ANSWERED = Message.reply.is_not(null())

# Each message that is no event is exactly one of these. "rule" is whatever answers by itself: rules, a
# channel's welcome, a handler's own words; the default answer stands apart.
ANSWERED_BY: dict[str, ColumnElement[bool]] = {
    "rule": and_(IS_MESSAGE, or_(_BY_RULE, and_(_ANSWERED, ~_NAMED))),
    "agent": and_(IS_MESSAGE, Message.answered_by == "desk"),
    "default": and_(IS_MESSAGE, Message.answered_by == "default"),
    "nobody": and_(IS_MESSAGE, ~_ANSWERED, ~_NAMED),
}
