"""What the desk makes of an older state of the database: its open requests are of another time."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.desk import claims, requests
from bot.desk.request_models import OPEN, DeskRequest, RequestState


def close_all(session: Session, *, now: datetime) -> int:
    """End every open request without a word to anybody, and give its seat back; return how many there were.

    They were served, left or taken down since.  Conversations that go on at WeChat are found in its own
    lists (`bot.desk.reconciling`) and get a request again.
    """
    states = [one.value for one in OPEN]
    keys = session.scalars(select(DeskRequest.id).where(DeskRequest.state.in_(states))).all()
    for key in keys:
        requests.end(session, key, RequestState.CLOSED, why="restored", now=now, states=states)
        claims.settle(session, key)
    return len(keys)
