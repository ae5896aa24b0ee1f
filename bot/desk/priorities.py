"""Who comes first in line: what the desk says of itself, and of the tags a traveller wears."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.desk.desks import Settings
from bot.tags.models import FanTag


def of(session: Session, fan_id: int, settings: Settings) -> int:
    """Return the traveller's priority at that desk; asks for tags only where the desk goes by any."""
    known = {int(key): number for key, number in settings.tag_priority.items()}
    if not known:
        return settings.priority
    theirs = select(FanTag.tag_id).where(FanTag.fan_id == fan_id, FanTag.tag_id.in_(known))
    return settings.priority + max((known[key] for key in session.scalars(theirs)), default=0)
