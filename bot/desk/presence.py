"""Who is at the desk: polled from WeChat by the clock, remembered by every process."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.revisions import Remembered, bump
from bot.desk.models import Agent


def note(session: Session, *, account_id: int, online: Collection[str], now: datetime) -> None:
    """Keep who is online at this account, and tell every process if anyone came or went.

    Agents WeChat knows and we do not (added in its console) join with no shop:
    they can take conversations, so they count.
    """
    agents = {
        agent.kf_account: agent for agent in session.scalars(select(Agent).filter_by(account_id=account_id))
    }
    changed = False
    for kf_account in sorted(set(online) - set(agents)):
        nickname = kf_account.split("@", 1)[0]
        agents[kf_account] = Agent(
            account_id=account_id,
            kf_account=kf_account,
            nickname=nickname,
            shop_id=None,
            seats=5,
            online=False,
        )
        session.add(agents[kf_account])
    for kf_account, agent in agents.items():
        here = kf_account in online
        changed = changed or agent.online != here
        agent.online = here
        if here:
            agent.seen_at = now
    if changed:
        bump(session, "agents")


def load(session: Session) -> frozenset[int]:
    """Return the ids of the accounts at which at least one agent is online."""
    return frozenset(session.scalars(select(Agent.account_id).where(Agent.online).distinct()))


STAFFED: Remembered[frozenset[int]] = Remembered("agents", load)
