"""What earns without a till: members who join, follow, bring others, or have their birthday."""

import logging
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.batches import turns
from bot.db import utc_now
from bot.earning import buying, forgetting, travellers
from bot.earning import replay as replaying
from bot.earning.occasions import Happening
from bot.earning.rules import birthdays
from bot.earning.rules.book import Trigger
from bot.errors import YizhanError
from bot.fans.models import Fan, Standing
from bot.members.models import Member, MemberState, Referral
from bot.moments import HERE
from bot.outbox import timetable
from bot.outbox.promises import Wish, promise
from bot.privacy import NoKeys, Vault, vault_of
from bot.purchases import taking_along
from bot.tills import keys

if TYPE_CHECKING:
    from bot.runtime import Runtime

log = logging.getLogger(__name__)
SLICE = 10.0  # seconds of one run
ERASED_WITHIN = timedelta(
    days=7
)  # whose facts are looked at each hour: a week, were the clock to stand still
AT_ONCE = 1000  # words forgotten in one transaction
BIRTHDAYS = "earning.birthdays_kept"  # under which the last day done is noted
AWAY = 31  # days at most that are made up for
MEMBERS = 1000  # read at once; each is unsealed, which takes some 50 µs


def registered(runtime: "Runtime", member_id: int, fan_id: int) -> None:
    """Count what a new member earns by joining, by following, and what whoever brought them does.

    Run twice: each of these has a key, and is counted once. A WeChat registers
    and follows once, whatever members it is bound to after another.
    """
    vault, now = _vault(runtime), utc_now()
    with runtime.db.transaction() as session:
        member = session.get_one(Member, member_id)
        fan = session.get_one(Fan, fan_id)
        at, shop_id = member.verified_at or member.created_at, member.home_shop_id
        joined = Happening(f"register:fan:{fan_id}", Trigger.REGISTER, at, shop_id)
        buying.happen(session, vault, member_id, joined, now=now)
        if fan.standing == Standing.FOLLOWING:
            _follow(session, vault, fan, member_id, at=at, now=now)
        brought = session.scalar(select(Referral).where(Referral.member_id == member_id))
        # In the order of their rows, so that two who bring each other do not wait in a circle.
        for who, happened in sorted(_referred(brought, shop_id), key=lambda one: one[0]):
            buying.happen(session, vault, who, happened, now=now)


def followed(runtime: "Runtime", fan_id: int) -> None:
    """Count that a member follows another account of ours. Run twice: each fan follows once."""
    vault, now = _vault(runtime), utc_now()
    with runtime.db.transaction() as session:
        fan = session.get_one(Fan, fan_id)
        if fan.member_id is not None and fan.standing == Standing.FOLLOWING:
            _follow(session, vault, fan, fan.member_id, at=fan.returned_at or fan.followed_at or now, now=now)


def keep_birthdays(runtime: "Runtime", day: str | None = None, after: int = 0) -> None:
    """Count the birthdays of a day, of the one before, and of those when no clock ran (a month back at most);
    ten seconds of members at a time.

    Run twice: a birthday is counted once a year. Birthdays are sealed with each
    member's own key, so all who told theirs are looked at; without keys, none.
    A member whose rows are broken is said in the log, and the others do not wait for them.
    """
    vault, now = _vault(runtime), utc_now()
    today = date.fromisoformat(day) if day else now.astimezone(HERE).date()
    if vault is None:
        return
    with runtime.db.reading() as session:
        days = _days_up_to(today, timetable.reached(session, BIRTHDAYS))
    until = time.monotonic() + SLICE
    while time.monotonic() < until:
        with runtime.db.reading() as session:
            members = _told(session, after)
        if not members:
            with runtime.db.transaction() as session:
                timetable.reach(session, BIRTHDAYS, today.toordinal())
            return
        after = members[-1].id
        for member in members:
            for happened in _birthdays(vault, member, days):
                try:
                    with runtime.db.transaction() as session:
                        buying.happen(session, vault, member.id, happened, now=now)
                except (YizhanError, RuntimeError):
                    log.exception("earning_birthday_not_counted", extra={"member": member.id})
    with runtime.db.transaction() as session:
        arguments = {"day": today.isoformat(), "after": after}
        wish = Wish("earning.keep_birthdays", arguments, now, f"earning.keep_birthdays:{today}")
        promise(session, wish, now=now)


def replay(runtime: "Runtime", batch_id: int) -> None:
    """Try other rules on what happened, slice by slice. Run twice: what was not committed is tried again."""
    replaying.run(runtime.db, runtime.surveys, batch_id, now=utc_now())


def forget_words(runtime: "Runtime") -> None:
    """Delete the words of tills that could not be used again anyway, what was written about purchases
    of members who were erased, and what was known of them when they earned. Run twice: there is less to do.
    """
    now = utc_now()
    turns.commit(
        runtime.db,
        partial(taking_along.forget_words, most=AT_ONCE),
        partial(forgetting.forget_travellers, since=now - ERASED_WITHIN, most=AT_ONCE),
        partial(keys.forget, now=now),
        seconds=SLICE,
    )


def _follow(
    session: Session, vault: Vault | None, fan: Fan, member_id: int, *, at: datetime, now: datetime
) -> None:
    happened = Happening(f"follow:fan:{fan.id}", Trigger.FOLLOW, at, fan.last_shop_id)
    buying.happen(session, vault, member_id, happened, now=now)


def _referred(row: Referral | None, shop_id: int | None) -> list[tuple[int, Happening]]:
    if row is None or row.referrer_member_id is None:
        return []
    at = row.counted_at
    return [
        (row.member_id, Happening(f"referred:{row.id}", Trigger.REFERRED, at, shop_id)),
        (row.referrer_member_id, Happening(f"referral:{row.id}", Trigger.REFERRAL, at, shop_id)),
    ]


def _told(session: Session, after: int) -> list[Member]:
    wanted = select(Member).where(
        Member.id > after,
        Member.birthday.is_not(None),
        Member.verified_at.is_not(None),
        Member.state == MemberState.ACTIVE.value,
    )
    return list(session.scalars(wanted.order_by(Member.id).limit(MEMBERS)))


def _days_up_to(today: date, done: int | None) -> list[date]:
    """Return the days to count: those since `done` (an ordinal), yesterday and today whatever was done.

    Yesterday is looked at again for who told their birthday on it, after the morning.
    """
    last = today.toordinal()
    first = last - 1 if done is None else max(last - AWAY, min(last - 1, done + 1))
    return [date.fromordinal(number) for number in range(first, last + 1)]


def _birthdays(vault: Vault, member: Member, days: Sequence[date]) -> list[Happening]:
    """Return the member's birthdays among the days; none of before they were a member."""
    born = travellers.birthday(vault, member)
    if born is None or member.verified_at is None:
        return []
    since = member.verified_at.astimezone(HERE).date()
    found = []
    for day in (day for day in days if day >= since):
        at = datetime(day.year, day.month, day.day, tzinfo=HERE)
        if birthdays.is_solar(born, day):  # on which a rule by the lunar calendar is asked, too
            found.append(
                Happening(f"birthday:{member.id}:{day.year}", Trigger.BIRTHDAY, at, member.home_shop_id)
            )
        elif birthdays.is_lunar(born, day):
            key = f"birthday:{member.id}:lunar:{birthdays.lunar_year(day)}"
            found.append(Happening(key, Trigger.BIRTHDAY, at, member.home_shop_id))
    return found


def _vault(runtime: "Runtime") -> Vault | None:
    try:
        return vault_of(runtime.config.privacy)
    except NoKeys:
        return None
