"""What the desk makes of an older state of the database: its open requests are of another time."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.desk import claims, requests, sessions
from bot.desk.request_models import OPEN, DeskRequest, RequestState


def close_all(session: Session, *, now: datetime) -> int:
    """End every open request and conversation without a word to anybody; return how many requests there were.

    They were served, left or taken down since, and their seats are given back.  Conversations that go on at
    WeChat are found in its own lists (`bot.desk.reconciling`), go on with us, too, and get a request again.
    """
    states = [one.value for one in OPEN]
    keys = session.scalars(select(DeskRequest.id).where(DeskRequest.state.in_(states))).all()
    for key in keys:
        requests.end(session, key, RequestState.CLOSED, why="restored", now=now, states=states)
        claims.settle(session, key)
    sessions.end_all(session, at=now.replace(microsecond=0))  # as WeChat counts
    return len(keys)
