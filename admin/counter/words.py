"""What the codes of the counter are called."""

from flask_babel import lazy_gettext as _l

from bot.counter.models import ActionKind, CounterAction

KINDS = {
    "visit": (_l("Visit"), ""),
    "award": (_l("Receipt"), "good"),
    "spend": (_l("Points spent"), "info"),
    "undo": (_l("Reversal"), "warn"),
}
CAN_BE_UNDONE = frozenset({"award", "spend", "visit"})


def change(row: CounterAction) -> int:
    """Return by how many points the member had more after it, or fewer."""
    took_back = row.kind == ActionKind.UNDO and row.entry_id is None
    return -row.points if took_back or row.kind == ActionKind.SPEND else row.points
