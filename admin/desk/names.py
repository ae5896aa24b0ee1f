"""What agents and shops are called."""

from sqlalchemy import select

from bot.db.scoped import ScopedSession
from bot.desk.models import Agent
from bot.organisation.models import Shop


def nicknames(session: ScopedSession, account_id: int | None = None) -> dict[str, str]:
    """Return the nicknames of the agents the visitor may see, by `kf_account`."""
    wanted = select(Agent.kf_account, Agent.nickname)
    if account_id is not None:
        wanted = wanted.where(Agent.account_id == account_id)
    return {row.kf_account: row.nickname for row in session.execute(wanted)}


def agent_names(session: ScopedSession, account_id: int) -> dict[int, str]:
    """Return the nicknames of the account's agents the visitor may see, by their ids."""
    wanted = select(Agent.id, Agent.nickname).where(Agent.account_id == account_id)
    return {row.id: row.nickname for row in session.execute(wanted.order_by(Agent.nickname))}


def shop_names(session: ScopedSession) -> dict[int, str]:
    """Return the names of the visitor's shops, by their ids, in the order of their branches."""
    wanted = select(Shop.id, Shop.name).order_by(Shop.branch_id, Shop.id)
    return {row.id: row.name for row in session.execute(wanted)}


def called(names: dict[str, str], kf_account: str) -> str:
    """Return the nickname; of another shop's agent only what stands before the @."""
    return names.get(kf_account) or kf_account.partition("@")[0]
