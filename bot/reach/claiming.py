"""Taking up what is due: one transaction that judges many and hands out turns.

The account's pace row is locked for it, so two pumps never claim at once: a fan
has one notice in hand at a time, and the cap of a week holds.  What a rule or a
closed window settles is settled here, for many in one statement, at no cost in
calls.  What is to be called stays `waiting`, under a lease.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from bot.db.types import table_of
from bot.fans.rows import openids
from bot.reach import batches, contents, facts, intents, judging, pace, settings
from bot.reach.contents import Content
from bot.reach.facts import Counting
from bot.reach.intents import Intent
from bot.reach.judging import Decision, Facts, Later, No, Route
from bot.reach.models import (
    BatchHold,
    Lane,
    NoticeState,
    ReachContent,
    ReachNotice,
    Reason,
    RouteName,
    TemplateKind,
)
from bot.reach.notes import Left, leave_notes
from bot.reach.settings import Settings

TABLE = table_of(ReachNotice)
LEASE: Final = timedelta(seconds=60)
AHEAD: Final = timedelta(seconds=1)  # of turns that others have taken, before we take none
MOST: Final = 200
WAITING: Final = NoticeState.WAITING.value
KEY_HOLDS: Final = timedelta(minutes=9)  # WeChat knows a template's key for ten
UNANSWERED: Final = (Reason.NO_ANSWER.value, Reason.KILLED.value)


@dataclass(frozen=True, slots=True)
class Item:
    """One notice in hand: its route, its turn, and what decided.

    `unanswered_since` is when a template was first called of which nobody knows if WeChat had it:
    until its key is forgotten it may go again, as that and nothing else.
    """

    id: int
    claims: int
    attempts: int
    fan_id: int
    key: str
    openid: str
    intent: Intent
    content: Content
    said: Mapping[str, Any]
    unanswered_since: datetime | None
    judged: Facts
    route: RouteName
    at: datetime


@dataclass(slots=True)
class Claim:
    """What one transaction took up. `settled` were judged and need no call; `seen` were due."""

    items: list[Item] = field(default_factory=list)
    settled: int = 0
    seen: int = 0
    settings: Settings = settings.DEFAULT


def claim(
    session: Session,
    account_id: int,
    lanes: Sequence[Lane],
    *,
    calls_per_second: float,
    known: dict[int, Content],
    besides: Counting | None = None,
    now: datetime,
) -> Claim:
    """Take up what is due in the lanes, the first lane first; as many as the account's rate has turns for
    within half a second.

    Nothing where others have taken the turns of the next second.  `known` remembers contents between claims,
    `besides` counts what is in the cap and no notice.
    """
    turns = pace.lock(session, account_id, now=now)
    found = settings.load(session, account_id, calls_per_second=calls_per_second)
    found = settings.with_closed(found, turns)
    claimed = Claim(settings=found)
    if turns.free_at > now + AHEAD:
        return claimed
    limit = max(1, min(MOST, int(found.calls_per_second / 2)))
    rows = _due(session, account_id, lanes, limit, now)
    claimed.seen = len(rows)
    rows = _not_held(session, rows)
    rows = _not_too_late(session, rows, found, now)
    rows = _one_a_fan(session, rows, now)
    left = found.templates_a_day - pace.templates_today(turns, now=now)
    judged = facts.load(
        session,
        [row.fan_id for row in rows],
        [intents.of(row.intent) for row in rows],
        now=now,
        besides=besides,
    )
    read_contents(session, {row.content_id for row in rows}, known)
    claimed.items = _judge(session, rows, judged, known=known, found=found, left=left, now=now)
    claimed.settled = len(rows) - len(claimed.items)
    if claimed.items:
        first = pace.take(turns, len(claimed.items), calls_per_second=found.calls_per_second, now=now)
        step = timedelta(seconds=1 / found.calls_per_second)
        _lease(session, [item.id for item in claimed.items], now + LEASE)
        claimed.items = [replace(item, at=first + step * place) for place, item in enumerate(claimed.items)]
    return claimed


def has_due(session: Session, account_id: int, lane: Lane, *, now: datetime) -> bool:
    """Tell whether something could be taken up in the lane now."""
    wanted = select(TABLE.c.id).where(TABLE.c.account_id == account_id, TABLE.c.lane == lane.value)
    return session.scalar(wanted.where(*_is_due(now)).limit(1)) is not None


def give_back(session: Session, items: Sequence[Item]) -> None:
    """Let others take up what we had no time for."""
    if items:
        mine = TABLE.c.id.in_([item.id for item in items]), TABLE.c.state == WAITING
        session.connection().execute(update(TABLE).where(*mine).values(leased_until=None))


def read_contents(session: Session, ids: Collection[int], known: dict[int, Content]) -> None:
    """Add to `known` the contents that are not there yet."""
    missing = [one for one in ids if one not in known]
    if missing:
        for row in session.scalars(select(ReachContent).where(ReachContent.id.in_(missing))):
            known[row.id] = contents.read(row.document)


def _is_due(now: datetime) -> tuple[Any, ...]:
    free = or_(TABLE.c.leased_until.is_(None), TABLE.c.leased_until <= now)
    # After a step back to an older version: what only the newer one can say waits for it, and stops nobody.
    known = TABLE.c.intent.in_(sorted(intents.INTENTS))
    return (TABLE.c.state == WAITING, TABLE.c.due_at <= now, free, known)


def _due(session: Session, account_id: int, lanes: Sequence[Lane], limit: int, now: datetime) -> list[Any]:
    rows: list[Any] = []
    for lane in lanes:
        wanted = select(TABLE).where(TABLE.c.account_id == account_id, TABLE.c.lane == lane.value)
        wanted = wanted.where(*_is_due(now)).order_by(TABLE.c.due_at, TABLE.c.id).limit(limit - len(rows))
        if limit > len(rows):
            rows += session.connection().execute(wanted.with_for_update(skip_locked=True)).all()
    return rows


def _not_held(session: Session, rows: Sequence[Any]) -> list[Any]:
    """Move what is of a batch that was held or cancelled to where that wants it; return the others."""
    said = batches.holds(session, {row.batch for row in rows if row.batch})
    stopped = {name: hold for name, hold in said.items() if hold is not BatchHold.OPEN}
    for hold in set(stopped.values()):
        ids = [row.id for row in rows if stopped.get(row.batch) is hold]
        after = batches.MOVES[hold][1]
        session.connection().execute(update(TABLE).where(TABLE.c.id.in_(ids)).values(state=after.value))
    return [row for row in rows if row.batch not in stopped]


def _not_too_late(session: Session, rows: Sequence[Any], found: Settings, now: datetime) -> list[Any]:
    """Settle templates that were perhaps sent and whose key is over as unsure; return the others."""
    late = {row.id for row in rows if _unanswered_since(row) and _key_is_over(row, found, now)}
    if late:
        _set(session, sorted(late), state=NoticeState.UNSURE.value, leased_until=None)
    return [row for row in rows if row.id not in late]


def _one_a_fan(session: Session, rows: Sequence[Any], now: datetime) -> list[Any]:
    """Return the first notice of each fan, of those who have none in hand."""
    fans = {row.fan_id for row in rows}
    in_hand = select(TABLE.c.fan_id).where(TABLE.c.fan_id.in_(fans), TABLE.c.leased_until > now)
    taken = set(session.connection().scalars(in_hand)) if fans else set()
    first: dict[int, Any] = {}
    for row in rows:
        if row.fan_id not in taken:
            first.setdefault(row.fan_id, row)
    return list(first.values())


def _judge(
    session: Session,
    rows: Sequence[Any],
    judged: Mapping[int, Facts],
    *,
    known: Mapping[int, Content],
    found: Settings,
    left: int,
    now: datetime,
) -> list[Item]:
    """Return what is to be called, at most `left` by template; settle the rest, alike ones together.

    What is in hand already is in nobody's count yet: the limit itself is kept where a template is marked.
    """
    names = openids(session, judged)
    items: list[Item] = []
    ended: dict[tuple[NoticeState, Reason], list[int]] = defaultdict(list)
    later: dict[tuple[datetime, Reason], list[int]] = defaultdict(list)
    notes: list[Left] = []
    for row in rows:
        intent, content = intents.of(row.intent), known[row.content_id]
        if row.fan_id not in judged:
            ended[NoticeState.SKIPPED, Reason.GONE].append(row.id)
            continue
        one = replace(with_words(judged[row.fan_id], content), templates_left=left)
        match _decide(row, one, intent, found, now):
            case No(reason) as no:
                state = NoticeState.SKIPPED if no.is_ours else NoticeState.UNREACHED
                ended[state, reason].append(row.id)
            case Later(until, reason):
                later[until, reason].append(row.id)
            case Route(RouteName.NOTE):
                notes.append(Left(row.id, row.claims, row.fan_id, intent, one))
            case Route(route):
                left -= route is RouteName.TEMPLATE
                items.append(_item(row, names[row.fan_id], content, one, route))
    for (state, reason), ids in ended.items():
        _set(session, ids, state=state.value, reason=reason.value, leased_until=None)
    for (until, reason), ids in later.items():
        _set(session, ids, due_at=until, reason=reason.value, leased_until=None)
    leave_notes(session, notes, now=now)
    return items


def _unanswered_since(row: Any) -> datetime | None:
    is_template = row.route == RouteName.TEMPLATE.value and row.reason in UNANSWERED
    called_at: datetime | None = row.called_at
    return called_at if is_template else None


def _key_is_over(row: Any, found: Settings, now: datetime) -> bool:
    """Tell whether a template can go no more under the key of the call before."""
    is_mapped = (row.intent, TemplateKind.TEMPLATE) in found.mapped
    return not is_mapped or row.called_at + KEY_HOLDS <= now


def _decide(row: Any, one: Facts, intent: Intent, found: Settings, now: datetime) -> Decision:
    """Judge it; what was perhaps sent by template goes by template, as another route could be the second."""
    if _unanswered_since(row) is not None:
        return Route(RouteName.TEMPLATE)
    return judging.judge(one, intent, found, now)


def with_words(one: Facts, content: Content) -> Facts:
    """Return the facts of somebody to whom this content is said: some are for templates, or members, only."""
    lacks_coupon = content.coupon is not None and not one.is_member
    return replace(one, has_words=content.answer is not None, lacks_coupon=lacks_coupon)


def _item(row: Any, openid: str, content: Content, one: Facts, route: RouteName) -> Item:
    return Item(
        id=row.id,
        claims=row.claims + 1,
        attempts=row.attempts,
        fan_id=row.fan_id,
        key=row.key,
        openid=openid,
        intent=intents.of(row.intent),
        content=content,
        said=row.facts,
        unanswered_since=_unanswered_since(row),
        judged=one,
        route=route,
        at=row.due_at,
    )


def _lease(session: Session, ids: Sequence[int], until: datetime) -> None:
    _set(session, ids, leased_until=until, claims=TABLE.c.claims + 1)


def _set(session: Session, ids: Sequence[int], **values: Any) -> None:
    session.connection().execute(update(TABLE).where(TABLE.c.id.in_(ids)).values(**values))
