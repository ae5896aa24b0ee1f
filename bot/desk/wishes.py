"""What the desk promises itself: one waiting promise for each thing and subject."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.outbox.promises import Wish, promise

AFTERWARDS = timedelta(seconds=5)  # WeChat writes the last words down a moment later


def wish(
    session: Session, job: str, arguments: Mapping[str, Any], *, now: datetime, after: timedelta | None = None
) -> None:
    """Have a job of the desk run once `session` commits; what waits already is not promised twice."""
    promise(session, made(job, arguments, now=now, after=after), now=now)


def made(job: str, arguments: Mapping[str, Any], *, now: datetime, after: timedelta | None = None) -> Wish:
    """Return the wish, keyed by all its arguments."""
    subject = ":".join(str(value) for value in arguments.values())
    return Wish(job, arguments, now + after if after else now, f"{job}:{subject}"[:128])


def place(session: Session, request_id: int, *, now: datetime) -> None:
    """Have the request found an agent."""
    wish(session, "desk.place", {"request": request_id}, now=now)


def say(session: Session, request_id: int, *, now: datetime) -> None:
    """Have the traveller hear how their request stands."""
    wish(session, "desk.say", {"request": request_id}, now=now)


def settle(session: Session, request_id: int, *, now: datetime) -> None:
    """Have the seat given back and the next traveller seated."""
    wish(session, "desk.settle", {"request": request_id}, now=now)


def drain(session: Session, account_id: int, *, now: datetime) -> None:
    """Have those who wait at the account be given to who has room."""
    wish(session, "desk.drain", {"account_id": account_id}, now=now)


def obey(session: Session, agent_id: int, *, now: datetime, after: timedelta | None = None) -> None:
    """Have WeChat do what is wanted of it about the agent."""
    wish(session, "desk.obey", {"agent": agent_id}, now=now, after=after)
