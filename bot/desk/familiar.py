"""Whom a traveller knows at the desk."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.desk.models import Agent, DeskSession


def served_last(session: Session, fan_ids: Sequence[int]) -> Agent | None:
    """Return the agent who served one of these fans last, if they are still at the desk."""
    wanted = (
        select(Agent)
        .join(
            DeskSession,
            (DeskSession.account_id == Agent.account_id) & (DeskSession.kf_account == Agent.kf_account),
        )
        .where(DeskSession.fan_id.in_(fan_ids), DeskSession.opened_at.is_not(None), Agent.gone_at.is_(None))
    )
    return session.scalar(wanted.order_by(DeskSession.opened_at.desc()).limit(1))
