"""How many permanent codes an account has left. WeChat gives 100,000 and never gives one back."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.channels.models import Channel, CodeKind
from bot.db.scope import beyond_scope
from bot.errors import YizhanError

PERMANENT = 100_000
WARNED_AT = 0.9


class NoCodesLeft(YizhanError):
    """The operator's move: the account has too few permanent codes left. `left` says how many."""

    def __init__(self, left: int) -> None:
        super().__init__(
            f"the account has {left} permanent codes left of {PERMANENT:,}; use temporary ones, "
            "or give a retired code a new owner"
        )
        self.left = left


@dataclass(frozen=True, slots=True)
class Quota:
    """Permanent codes of one account that we know of; other systems' are WeChat's secret until it refuses."""

    used: int
    limit: int = PERMANENT

    @property
    def left(self) -> int:
        """How many may still be made."""
        return max(0, self.limit - self.used)

    @property
    def is_low(self) -> bool:
        """Whether it is time to say so."""
        return self.used >= WARNED_AT * self.limit


def quota(session: Session, account_id: int) -> Quota:
    """Count the account's permanent codes, everybody's, retired ones too: WeChat never forgets one."""
    ours = select(func.count(Channel.id)).where(
        Channel.account_id == account_id, Channel.kind == CodeKind.PERMANENT.value
    )
    with beyond_scope(session):
        return Quota(session.scalar(ours) or 0)


def ensure(session: Session, account_id: int, number: int) -> None:
    """Raise `NoCodesLeft` unless `number` more permanent codes may be made at the account.

    Two who ask at the same moment may both be let in; WeChat has the last word, and its refusal is kept
    with the channel.
    """
    left = quota(session, account_id).left
    if number > left:
        raise NoCodesLeft(left)
