"""What becomes of someone who left: what they told through WeChat goes, after some days of grace.

Their row stays: the OpenID, by which WeChat says that they are back, and how
they came, for figures are counted from it.  A member has agreed to the group's
policy, not to an account's: number, name and tags stay until they withdraw or
are erased; what they wrote here goes.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bot.desk.models import AgentRecord, DeskNote
from bot.desk.request_models import DeskTask
from bot.fans.models import Fan, Standing
from bot.members import identities, standing
from bot.members.models import IdentityKind, Reminder
from bot.messages.models import Message
from bot.outbox.promises import Wish, promise
from bot.privacy import Vault
from bot.reach import notes as notices
from bot.replies.models import ReplyVerdict
from bot.replies.office import OfficeReply
from bot.tags.models import FanTag, Tag, TagKind

AT_ONCE = 500
JOB = "retention.obey_leave"
TALK = "retention.forget_talk"


def later(session: Session, fan_id: int, *, days: int, now: datetime) -> bool:
    """Promise to come back when the days of grace are over; False if they are, or the fan is back.

    A fan whose leave was never seen has no days of grace to count.
    """
    fan = session.get(Fan, fan_id)
    if fan is None or fan.standing != Standing.LEFT or fan.left_at is None:
        return True
    due_at = fan.left_at + timedelta(days=days)
    if now >= due_at:
        return False
    promise(session, Wish(JOB, {"fan_id": fan_id}, due_at, f"{JOB}:{fan_id}"), now=now)
    return True


def forget(session: Session, vault: Vault | None, fan_id: int, *, now: datetime) -> None:
    """Let go of what the locked fan granted and was tagged with, and promise to empty the talk."""
    fan = standing.locked(session, fan_id)
    if fan.standing != Standing.LEFT:
        return
    if vault is not None and fan.unionid and not _follows_elsewhere(session, fan):
        known = identities.find(session, vault, IdentityKind.UNIONID, fan.unionid)
        if known is not None:
            identities.release(known, "left", now=now)
    fan.unionid = None
    if fan.member_id is None:
        ours = select(Tag.id).where(Tag.kind == TagKind.SYSTEM.value)
        session.execute(delete(FanTag).where(FanTag.fan_id == fan_id, FanTag.tag_id.not_in(ours)))
    session.execute(delete(Reminder).where(Reminder.fan_id == fan_id))
    promise(session, talk(fan_id, now=now), now=now)


def talk(fan_id: int, *, now: datetime) -> Wish:
    """Return the wish to have the fan's talk emptied."""
    return Wish(TALK, {"fan_id": fan_id}, now, f"{TALK}:{fan_id}")


def forget_talk(session: Session, fan_id: int, *, after: int) -> int | None:
    """Empty some hundreds of the fan's messages whose id is above `after`; return the last, None at the end.

    That they wrote, and when, stays: figures are counted from it.  At the end
    goes what agents and colleagues wrote to them.
    """
    some = select(Message.id).where(Message.fan_id == fan_id, Message.id > after).order_by(Message.id)
    ids = list(session.scalars(some.limit(AT_ONCE)))
    if ids:
        session.execute(update(Message).where(Message.id.in_(ids)).values(fields={}, reply=None))
        return ids[-1]
    for model in (AgentRecord, OfficeReply, DeskNote, ReplyVerdict):
        session.execute(delete(model).where(model.fan_id == fan_id))
    notices.forget(session, fan_id)
    # That the shop owed them an answer stays; what they had asked goes.
    session.execute(update(DeskTask).where(DeskTask.fan_id == fan_id).values(words=""))
    return None


def _follows_elsewhere(session: Session, fan: Fan) -> bool:
    if fan.member_id is None:
        return False
    others = select(func.count(Fan.id)).where(
        Fan.member_id == fan.member_id, Fan.id != fan.id, Fan.standing != Standing.LEFT.value
    )
    return bool(session.scalar(others))
