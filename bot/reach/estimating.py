"""What a broadcast would come to at a moment: recipients by route, and who is left out and why."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select
from sqlalchemy.orm import Session

from bot.db.scope import beyond_scope
from bot.reach import facts, judging, pace
from bot.reach import settings as settings_
from bot.reach.facts import Counting
from bot.reach.intents import Intent
from bot.reach.judging import Later, No, Route
from bot.reach.models import ReachPace, Reason, RouteName

SLICE: Final = 2_000


@dataclass(slots=True)
class Estimate:
    """How many there are: reached by each route, later (quiet hours, quota), and left out for each reason.

    `seconds` is how long the calls take at the account's rate, `templates_left` how many templates our own
    limit still has today.
    """

    total: int = 0
    routes: Counter[RouteName] = field(default_factory=Counter)
    later: Counter[Reason] = field(default_factory=Counter)
    left_out: Counter[Reason] = field(default_factory=Counter)
    seconds: float = 0.0
    templates_left: int = 0

    @property
    def reached(self) -> int:
        """How many would be called; a note waits, and is not counted."""
        return sum(number for route, number in self.routes.items() if route is not RouteName.NOTE)


def estimate(
    session: Session,
    account_id: int,
    fans: Select[Any],
    intent: Intent,
    now: datetime,
    *,
    rate: float = 40.0,
    each: int = 1,
    with_coupon: bool = False,
    besides: Counting | None = None,
) -> Estimate:
    """Return what `intent` would come to for `fans` (a SELECT of `Fan.id`) at `now`; writes nothing.

    Reads the fans in slices by id, so memory is bounded however many there are.  `rate` is the server's
    calls a second; `each` says for how many a fan of a sample stands.  `with_coupon`
    leaves out who is no member; who gets none for other reasons is known when it is sent.  Quiet
    hours count as sent later by the route that is open now.
    """
    known = settings_.load(session, account_id, calls_per_second=rate)
    with beyond_scope(session):
        turns = session.get(ReachPace, account_id)
    if turns is not None:
        known = settings_.with_closed(known, turns)
    awake = _without_quiet_hours(known)
    left = known.templates_a_day - (pace.templates_today(turns, now=now) if turns is not None else 0)
    found = Estimate(templates_left=max(0, left))
    for ids in slices(session, fans):
        found.total += len(ids)
        for one in facts.load(session, ids, [intent], now=now, besides=besides).values():
            asked = replace(one, templates_left=left, lacks_coupon=with_coupon and not one.is_member)
            decision = judging.judge(asked, intent, awake, now)
            match decision:
                case Route(name):
                    found.routes[name] += 1
                    left -= each if name is RouteName.TEMPLATE else 0
                case Later(_, reason):
                    found.later[reason] += 1
                case No(reason):
                    found.left_out[reason] += 1
    if intent.quiet and judging.quiet_until(known, now) is not None:
        found.later[Reason.QUIET_HOURS] += found.reached
    found.seconds = found.reached / known.calls_per_second
    return found


def _without_quiet_hours(known: settings_.Settings) -> settings_.Settings:
    return replace(known, quiet_from="00:00", quiet_until="00:00")


def slices(session: Session, fans: Select[Any]) -> Iterator[Sequence[int]]:
    """Yield the ids that `fans` selects, some thousands at a time, in order."""
    [column] = fans.selected_columns
    after = 0
    while True:
        ids = session.scalars(fans.where(column > after).order_by(None).order_by(column).limit(SLICE)).all()
        if not ids:
            return
        after = ids[-1]
        yield ids
