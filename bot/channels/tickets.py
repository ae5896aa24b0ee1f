"""Having WeChat make codes, several at a time, and keeping what it answers."""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Select, and_, or_, select, update
from sqlalchemy.orm import Session

from bot.channels.models import Channel, ChannelState, CodeKind
from bot.errors import CredentialsRefused, QuotaUsedUp, WeChatError, WeChatUnavailable

if TYPE_CHECKING:
    from bot.runtime import Runtime

AT_ONCE = 4  # calls under way; WeChat answers in about a tenth of a second
LIFE = timedelta(days=30)  # the longest WeChat lets a temporary code live
RENEWED = timedelta(days=5)  # this long before its end: time to put up another picture
PATIENCE = timedelta(minutes=10)  # after which the hourly round looks after a code nobody made
LATER = timedelta(minutes=1)
REFUSED = timedelta(hours=6)  # until WeChat is asked again to renew a code that still works


@dataclass(frozen=True, slots=True)
class Wanted:
    """A code to be asked for."""

    channel_id: int
    account_id: int
    scene: str
    kind: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What WeChat said to one: a ticket and what the picture encodes, or a refusal that stays one.

    With `not_before` it said nothing of this code, and may be asked again then.
    """

    wanted: Wanted
    ticket: str = ""
    url: str = ""
    expires_at: datetime | None = None
    trouble: str | None = None
    not_before: datetime | None = None


def missing() -> Select[Channel]:
    """Select active channels whose code WeChat has not made."""
    return select(Channel).where(Channel.ticket.is_(None), Channel.state == ChannelState.ACTIVE.value)


def wanted_of(row: Channel) -> Wanted:
    """Return what is to be asked for a channel."""
    return Wanted(row.id, row.account_id, row.scene, row.kind)


def due(session: Session, account_ids: Collection[int], *, now: datetime, limit: int) -> list[Wanted]:
    """Return temporary codes near their end, and codes that nobody has come round to making.

    Codes WeChat refused to make are left to people: it would refuse them again.  A renewal it
    refused is asked for again after `REFUSED`, as long as the code works: what was wrong with
    the account may have been put right meanwhile.
    """
    ours = Channel.account_id.in_(sorted(account_ids))
    is_rested = or_(Channel.refused_at.is_(None), Channel.refused_at <= now - REFUSED)
    works = and_(Channel.ticket.is_not(None), Channel.expires_at > now)
    ending = select(Channel).where(
        ours,
        Channel.expires_at < now + RENEWED,
        Channel.kind == CodeKind.TEMPORARY.value,
        Channel.state == ChannelState.ACTIVE.value,
        or_(Channel.trouble.is_(None), and_(works, is_rested)),
    )
    left_over = missing().where(ours, Channel.created_at < now - PATIENCE, Channel.trouble.is_(None))
    found = session.scalars(ending.order_by(Channel.expires_at).limit(limit)).all()
    rest = limit - len(found)
    return [
        wanted_of(row) for row in [*found, *session.scalars(left_over.order_by(Channel.id).limit(rest)).all()]
    ]


def not_renewed(account_ids: Collection[int]) -> Select[Channel]:
    """Select codes in use that WeChat refused to renew: they end, or have ended."""
    return select(Channel).where(
        Channel.account_id.in_(sorted(account_ids)),
        Channel.trouble.is_not(None),
        Channel.expires_at.is_not(None),
        Channel.state == ChannelState.ACTIVE.value,
    )


def is_held(channel: Channel, *, now: datetime) -> bool:
    """Tell whether the channel has a code that need not be made or renewed now."""
    return bool(channel.ticket) and (channel.expires_at is None or channel.expires_at >= now + RENEWED)


def ask(runtime: "Runtime", wanted: Sequence[Wanted], *, now: datetime) -> list[Answer]:
    """Ask WeChat for every code. No transaction may be open.

    Asked again for a permanent scene, WeChat returns the code it made; for a
    temporary one it makes another, and both lead here while they live.
    """
    if len(wanted) == 1:
        return [_answer(runtime, wanted[0], now)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda one: _answer(runtime, one, now), wanted))


def ask_one(runtime: "Runtime", wanted: Wanted, *, now: datetime) -> Answer:
    """Ask for one code and raise WeChat's error as it is."""
    line = runtime.wechat.of(runtime.account_by_id(wanted.account_id).name)
    if wanted.kind == CodeKind.TEMPORARY:
        code = line.create_code("QR_STR_SCENE", wanted.scene, int(LIFE.total_seconds()))
        life = timedelta(seconds=int(code.get("expire_seconds") or LIFE.total_seconds()))
        return Answer(wanted, code["ticket"], code["url"], expires_at=now + life)
    code = line.create_code("QR_LIMIT_STR_SCENE", wanted.scene)
    return Answer(wanted, code["ticket"], code["url"])


def keep(session: Session, answers: Sequence[Answer], *, now: datetime) -> None:
    """Keep what WeChat answered. Kept twice, the later ticket stands; both lead to the same channel.

    Until when pictures of the code before this one lead anywhere is noted beside it.
    """
    for one in answers:
        channel = update(Channel).where(Channel.id == one.wanted.channel_id)
        if one.ticket:
            # In this order: MySQL would else note the new end as the old one. And the version stays: nobody
            # who has the form open needs to hear of it.
            change = channel.ordered_values(
                (Channel.previous_ends_at, Channel.expires_at),
                (Channel.ticket, one.ticket),
                (Channel.url, one.url),
                (Channel.expires_at, one.expires_at),
                (Channel.trouble, None),
                (Channel.refused_at, None),
            )
            session.execute(change.execution_options(synchronize_session=False))
        elif one.trouble is not None:
            said = {"trouble": one.trouble[:400], "refused_at": now}
            session.execute(channel.values(said).execution_options(synchronize_session=False))


def waits(answers: Sequence[Answer]) -> datetime | None:
    """Return when WeChat may be asked again for those it said nothing of; None if it answered them all."""
    return max((one.not_before for one in answers if one.not_before), default=None)


def _answer(runtime: "Runtime", wanted: Wanted, now: datetime) -> Answer:
    try:
        return ask_one(runtime, wanted, now=now)
    except QuotaUsedUp as error:
        opens = datetime.fromtimestamp(error.reopens_at, UTC) if error.reopens_at else now
        return Answer(wanted, not_before=max(opens, now + LATER))
    except (WeChatUnavailable, CredentialsRefused):
        return Answer(wanted, not_before=now + LATER)
    except WeChatError as error:
        return Answer(wanted, trouble=str(error))
