"""The traveller left the account: nobody talks with them any more, and no seat is kept for them.

Whether WeChat ends the conversation then, and whether it says so, is not written anywhere.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.desk import requests, sessions
from bot.desk.request_models import RequestState

WHY = "unfollowed"


def unfollowed(session: Session, fan_id: int, *, at: datetime, now: datetime) -> int | None:
    """End what the traveller, who left then, has at the desk; return the request that ended, None for none.

    The fan's row must be locked; the caller promises `desk.settle`, which closes the conversation at WeChat,
    too.  A second time: nothing changes.
    """
    sessions.end_all(session, at=at, fan_id=fan_id)
    request = requests.open_of(session, fan_id)
    if request is None:
        return None
    state = RequestState.CLOSED if request.state == RequestState.SERVING else RequestState.GONE
    return request.id if requests.end(session, request.id, state, why=WHY, now=now) else None
