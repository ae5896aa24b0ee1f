"""What decides about many fans, in a few statements."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.consents.models import Consent, ConsentKind
from bot.fan_sync.models import BlacklistedFan
from bot.fans.models import Fan, Standing
from bot.members.models import IdentityKind, MemberIdentity
from bot.reach.intents import INTENTS, Category, Intent
from bot.reach.judging import WEEK, Facts
from bot.reach.models import NoticeState, ReachAccept, ReachNotice, ReachStanding, Reason, RouteName

# How many capped messages each fan had since a moment, of those that are no notices: a noun above tells it.
Counting = Callable[[Session, Collection[int], datetime], Mapping[int, int]]

COUNTED: Final = (NoticeState.SENT.value, NoticeState.UNSURE.value, NoticeState.CALLING.value)
FAN = (Fan.id, Fan.standing, Fan.last_message_at, Fan.last_interaction_at, Fan.member_id)


def load(
    session: Session,
    fan_ids: Collection[int],
    intents: Collection[Intent],
    *,
    now: datetime,
    besides: Counting | None = None,
) -> dict[int, Facts]:
    """Return the facts of these fans, by id, as far as these intents ask; unknown fans are missing.

    What `besides` counts is in the cap of a week, too.
    """
    ids = sorted(set(fan_ids))
    if not ids:
        return {}
    fans = session.execute(select(*FAN).where(Fan.id.in_(ids))).all()
    members = {row.member_id for row in fans if row.member_id is not None}
    standings = {row.fan_id: row for row in session.scalars(_standings(ids))}
    blocked = _blocked(session, ids)
    marketing = any(intent.category is Category.MARKETING for intent in intents)
    agreed = _agreed(session, members) if marketing else set()
    capped = _capped(session, ids, now, besides) if any(intent.capped for intent in intents) else {}
    routes = {route for intent in intents for route in intent.routes}
    accepts = _accepts(session, ids) if RouteName.SUBSCRIPTION in routes else {}
    phones = _with_phone(session, members) if RouteName.SMS in routes else set()
    return {
        row.id: Facts(
            has_left=row.standing == Standing.LEFT,
            last_message_at=row.last_message_at,
            last_interaction_at=row.last_interaction_at,
            is_member=row.member_id is not None,
            agreed=row.member_id in agreed,
            capped=capped.get(row.id, 0),
            accepts=tuple(accepts.get(row.id, ())),
            has_phone=row.member_id in phones,
            **_learnt(standings.get(row.id), blocked.get(row.id)),
        )
        for row in fans
    }


def _learnt(row: ReachStanding | None, blocked_at: datetime | None) -> dict[str, Any]:
    """Return what WeChat taught, by its answers or by its list of who the account has blocked."""
    found = _answered(row)
    refused_at = found.get("refused_at")
    if blocked_at is not None and (refused_at is None or refused_at <= blocked_at):
        found |= {"refused_at": blocked_at, "refused_why": Reason.BLACKLISTED}
    return found


def _answered(row: ReachStanding | None) -> dict[str, Any]:
    if row is None:
        return {}
    return {
        "sent_since": row.sent_since,
        "sent_count": row.sent_count,
        "closed_at": row.closed_at,
        "used_up_at": row.used_up_at,
        "refused_at": row.refused_at,
        "refused_why": Reason(row.refused_why) if row.refused_why else None,
        "opted_out": row.opted_out_at is not None,
    }


def _standings(ids: Collection[int]) -> Any:
    return (
        select(ReachStanding).where(ReachStanding.fan_id.in_(ids)).execution_options(populate_existing=True)
    )


def _blocked(session: Session, ids: Collection[int]) -> Mapping[int, datetime]:
    columns = (BlacklistedFan.fan_id, BlacklistedFan.noticed_at)
    rows = session.execute(select(*columns).where(BlacklistedFan.fan_id.in_(ids)))
    return {row.fan_id: row.noticed_at for row in rows}


def _agreed(session: Session, members: Collection[int]) -> set[int]:
    wanted = select(Consent.member_id).where(
        Consent.member_id.in_(members),
        Consent.kind == ConsentKind.MARKETING.value,
        Consent.withdrawn_at.is_(None),
    )
    return set(session.scalars(wanted)) if members else set()


def _capped(
    session: Session, ids: Collection[int], now: datetime, besides: Counting | None
) -> Mapping[int, int]:
    """Return how many capped messages went to each fan within a week, the one being called included."""
    names = [intent.name for intent in INTENTS.values() if intent.capped]
    wanted = (
        select(ReachNotice.fan_id, func.count(ReachNotice.id))
        .where(ReachNotice.fan_id.in_(ids), ReachNotice.intent.in_(names))
        .where(ReachNotice.state.in_(COUNTED), ReachNotice.called_at > now - WEEK)
        .group_by(ReachNotice.fan_id)
    )
    found = {fan_id: number for fan_id, number in session.execute(wanted)}  # noqa: C416 - rows are no pairs
    more = besides(session, ids, now - WEEK) if besides is not None else {}
    return {fan_id: found.get(fan_id, 0) + more.get(fan_id, 0) for fan_id in found.keys() | more.keys()}


def _accepts(session: Session, ids: Collection[int]) -> Mapping[int, list[tuple[str, int]]]:
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    columns = (ReachAccept.fan_id, ReachAccept.template_id, ReachAccept.remaining)
    wanted = select(*columns).where(ReachAccept.fan_id.in_(ids), ReachAccept.remaining > 0)
    for fan_id, template_id, remaining in session.execute(wanted):
        found[fan_id].append((template_id, remaining))
    return found


def _with_phone(session: Session, members: Collection[int]) -> set[int]:
    wanted = select(MemberIdentity.member_id).where(
        MemberIdentity.member_id.in_(members),
        MemberIdentity.kind == IdentityKind.PHONE.value,
        MemberIdentity.lookup.is_not(None),
        MemberIdentity.verified_at.is_not(None),
    )
    return set(session.scalars(wanted)) if members else set()
