"""Proving a telephone: a code by short message, typed in again.

Nothing here looks at members, so that no answer, and no answer's time, tells
who is one.  A number takes ten wrong guesses a day, whoever makes them: over
thirty days somebody who guesses on has 300 in a million.
"""

import enum
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.fans.models import Fan
from bot.members import limits
from bot.members.limits import Limit
from bot.members.models import PhoneCode
from bot.privacy import Vault
from bot.sms import ordering
from bot.sms.templates import Purpose as SmsPurpose

DIGITS = 6
GOOD_FOR = timedelta(minutes=5)
TRIES = 5
AGAIN_AFTER = 60  # seconds
FRICTION_AFTER = 2  # codes of a fan in an hour, or wrong guesses in a day
DAY = 86_400
PHONE_PAUSE = Limit("ask:phone:pause", 1, AGAIN_AFTER)
PHONE_DAY = Limit("ask:phone:day", 5, DAY)
FAN_HOUR = Limit("ask:fan:hour", 5, 3600)
FAN_DAY = Limit("ask:fan:day", 10, DAY)
ADDRESS_DAY = Limit("ask:address:day", 200, DAY)  # a carrier puts hundreds of phones behind one address
WRONG_PHONE = Limit("wrong:phone:day", 10, DAY)
WRONG_FAN = Limit("wrong:fan:day", 10, DAY)
WRONG_ADDRESS = Limit("wrong:address:day", 100, DAY)
PHONE_PLACE = "phone_code:phone"
CODE_PLACE = "phone_code:code"


class Purpose(enum.StrEnum):
    """What a code is good for, and for nothing else."""

    BIND = "bind"
    REBIND = "rebind"
    ERASE = "erase"


@dataclass(frozen=True, slots=True)
class Asked:
    """Whether a code is on its way. `seconds` until the next may be asked for."""

    sent: bool
    seconds: int
    needs_friction: bool


@dataclass(frozen=True, slots=True)
class Proved:
    """This fan holds the telephone with that number, as of this transaction. Made by `prove` alone."""

    fan_id: int
    phone: str
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class NotProved:
    """Why not: `wrong` with `left` tries of this code, `expired`, or `locked` for so many `seconds`."""

    why: str
    left: int = 0
    seconds: int = 0


def ask(
    session: Session,
    vault: Vault,
    *,
    fan_id: int,
    phone: str,
    purpose: Purpose,
    address: str,
    now: datetime,
    daily: int = 5000,
) -> Asked:
    """Promise a code to `phone`, unless too many were asked for.

    The answer is the same whoever's number it is.  Called again within a minute it sends nothing.
    `daily` is what the whole group sends in a day at most.
    """
    fan = session.get_one(Fan, fan_id)
    others = (
        (FAN_HOUR, str(fan_id)),
        (FAN_DAY, str(fan_id)),
        (ADDRESS_DAY, address),
        (Limit("ask:everyone:day", daily, DAY), ""),
    )
    # Looked at first and counted last: who may ask for no more uses up nothing of somebody else's number,
    # and who taps twice nothing of their own.
    refused = (
        next(filter(None, (limits.full(session, vault, *one, now=now) for one in others)), None)
        or limits.pause(session, vault, PHONE_PAUSE, phone, now=now)
        or limits.take(session, vault, PHONE_DAY, phone, now=now)
        or next(filter(None, (limits.take(session, vault, *one, now=now) for one in others)), None)
    )
    if refused is not None:
        return Asked(sent=False, seconds=_until(refused, now), needs_friction=True)
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    salt = secrets.token_hex(16)
    session.add(
        PhoneCode(
            fan_id=fan_id,
            phone=vault.index(phone, PHONE_PLACE),
            purpose=purpose.value,
            salt=salt,
            code_hash=vault.index(f"{salt}:{code}", CODE_PLACE),
            tries=0,
            asked_at=now,
            expires_at=now + GOOD_FOR,
        )
    )
    ordering.order(
        session,
        vault,
        purpose=SmsPurpose.CODE,
        phone=phone,
        facts={"code": code, "minutes": str(int(GOOD_FOR.total_seconds() // 60))},
        good_until=now + GOOD_FOR,
        fan_id=fan_id,
        shop_id=fan.last_shop_id,
        now=now,
    )
    return Asked(sent=True, seconds=AGAIN_AFTER, needs_friction=_is_insistent(session, vault, fan_id, now))


def prove(
    session: Session,
    vault: Vault,
    *,
    fan_id: int,
    phone: str,
    code: str,
    purpose: Purpose,
    address: str,
    now: datetime,
) -> Proved | NotProved:
    """Check a typed code. A right one uses it up; every wrong one is counted, so commit either way."""
    for limit, who in _wrong(phone, fan_id, address):
        if limits.used(session, vault, limit, who, now=now) >= limit.most:
            return NotProved("locked", seconds=_left_of_day(now))
    row = session.scalar(
        select(PhoneCode)
        .where(
            PhoneCode.fan_id == fan_id,
            PhoneCode.phone == vault.index(phone, PHONE_PLACE),
            PhoneCode.purpose == purpose.value,
        )
        .order_by(PhoneCode.id.desc())
        .limit(1)
    )
    if row is None or row.used_at is not None or row.expires_at < now or not _count_try(session, row):
        return NotProved("expired")
    typed = vault.index(f"{row.salt}:{code.strip()}", CODE_PLACE)
    if hmac.compare_digest(typed, row.code_hash):
        using = update(PhoneCode).where(PhoneCode.id == row.id, PhoneCode.used_at.is_(None))
        won = session.execute(using.values(used_at=now)).rowcount  # type: ignore[attr-defined]
        return Proved(fan_id, phone, purpose) if won else NotProved("expired")
    for limit, who in _wrong(phone, fan_id, address):
        limits.take(session, vault, limit, who, now=now)
    session.refresh(row)
    return NotProved("wrong", left=max(0, TRIES - row.tries))


def needs_friction(session: Session, vault: Vault, *, fan_id: int, now: datetime) -> bool:
    """Tell whether the page should make sure of a person before the next code is sent."""
    return _is_insistent(session, vault, fan_id, now)


def forget(session: Session, *, now: datetime, most: int = 2000) -> int:
    """Delete codes older than a day, at most so many at once; return how many went."""
    old = select(PhoneCode.id).where(PhoneCode.asked_at < now - timedelta(days=1)).limit(most)
    ids = list(session.scalars(old))
    if ids:
        session.execute(delete(PhoneCode).where(PhoneCode.id.in_(ids)))
    return len(ids)


def _count_try(session: Session, row: PhoneCode) -> bool:
    """Count a try before looking at the code, so that a hundred at once are five."""
    counting = update(PhoneCode).where(PhoneCode.id == row.id, PhoneCode.tries < TRIES)
    counting = counting.values(tries=PhoneCode.tries + 1).execution_options(synchronize_session=False)
    return bool(session.execute(counting).rowcount)  # type: ignore[attr-defined]


def _wrong(phone: str, fan_id: int, address: str) -> tuple[tuple[Limit, str], ...]:
    return (WRONG_PHONE, phone), (WRONG_FAN, str(fan_id)), (WRONG_ADDRESS, address)


def _is_insistent(session: Session, vault: Vault, fan_id: int, now: datetime) -> bool:
    asked = limits.used(session, vault, FAN_HOUR, str(fan_id), now=now)
    wrong = limits.used(session, vault, WRONG_FAN, str(fan_id), now=now)
    return asked >= FRICTION_AFTER or wrong > FRICTION_AFTER


def _until(ends_at: datetime, now: datetime) -> int:
    return max(1, int((ends_at - now).total_seconds()))


def _left_of_day(now: datetime) -> int:
    return DAY - (int(now.timestamp()) + limits.SHANGHAI) % DAY
