"""What a broadcast would come to if it began now: who is reached and how, and who is left out and why."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, func
from sqlalchemy import select as select_of
from sqlalchemy.orm import Session

from bot.broadcasts import audience, massing, recipients, wording
from bot.broadcasts.models import Broadcast, Way
from bot.broadcasts.recipients import EACH, LeftOut
from bot.fans.models import Fan
from bot.reach import estimating, intents
from bot.reach.models import Reason
from bot.segments import slices

SAMPLE: Final = 20_000
COUNTED_FOR: Final = 2.0  # seconds


@dataclass(slots=True)
class Estimate:
    """How many there are in all, reached (by route), later, and left out, each with the reason.

    `calls` is how many calls of WeChat's it takes, `minutes` how long, where that is known;
    `templates_left` what our own limit of templates has left today.  With a `sample` all
    of it is reckoned from so many of the fans.
    """

    total: int = 0
    reached: int = 0
    routes: Counter[str] = field(default_factory=Counter)
    later: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    templates_left: int | None = None
    minutes: float | None = None
    lacks_material: bool = False
    sample: int | None = None


def estimate(
    session: Session, broadcast: Broadcast, said: Mapping[str, Any], *, now: datetime, rate: float
) -> Estimate:
    """Return the estimate, asked in the broadcast's own scope; `rate` is the server's calls a second.

    It writes nothing, and its memory is bounded.  A mass send by tag goes to whom WeChat has under the
    tag, which ours should be but need not.
    """
    wanted = audience.wanted(broadcast, said, now=now)
    if broadcast.way == Way.PLANNER:
        return _planned(session, broadcast, wanted, now, rate)
    found = _massed(session, broadcast, wanted, now)
    message = wording.mass_message(session, broadcast.content, account_id=broadcast.account_id, now=now)
    found.lacks_material = message is None
    return found


def _planned(
    session: Session, broadcast: Broadcast, wanted: Select[int], now: datetime, rate: float
) -> Estimate:
    """Judge everybody, or a sample of a great many."""
    total, some, step = _sampled(session, broadcast, wanted)
    known = estimating.estimate(
        session,
        broadcast.account_id,
        some,
        intents.of(broadcast.intent),
        now,
        rate=rate,
        each=step,
        with_coupon="coupon" in broadcast.content,
        besides=recipients.massed,
    )
    share = total / known.total if step > 1 and known.total else 1.0

    def whole(numbers: Mapping[Any, int]) -> Counter[str]:
        return Counter({name.value: round(number * share) for name, number in numbers.items()})

    reached, seconds = round(known.reached * share), known.seconds * share
    if broadcast.rate:
        seconds = max(seconds, known.total * share / broadcast.rate * 60)
    return Estimate(
        total if step > 1 else known.total,
        reached,
        whole(known.routes),
        whole(known.later),
        whole(known.left_out),
        calls=reached,
        templates_left=known.templates_left,
        minutes=seconds / 60,
        sample=known.total if step > 1 else None,
    )


def _massed(session: Session, broadcast: Broadcast, wanted: Select[int], now: datetime) -> Estimate:
    """Ask for everybody, or a sample of a great many, what keeps them out; by tag that is WeChat's to say."""
    total, some, step = _sampled(session, broadcast, wanted)
    found = Estimate(total)
    if broadcast.way == Way.MASS_TAG:
        found.reached, found.calls = total, min(1, total)
    else:
        out: Counter[str] = Counter()
        seen = 0
        for ids in estimating.slices(session, some):
            seen += len(ids)
            out.update(why.value for why in recipients.left_out(session, broadcast, ids, now=now).values())
        share = total / seen if step > 1 and seen else 1.0
        found.total = total if step > 1 else seen
        found.sample = seen if step > 1 else None
        found.left_out = Counter({why: round(number * share) for why, number in out.items()})
        found.reached = max(0, found.total - found.left_out.total())
        if found.reached == 1:
            found.left_out[LeftOut.ALONE.value], found.reached = 1, 0
        found.calls = -(-found.reached // EACH)
    if massing.waits_until(session, broadcast, now=now) is not None:
        found.later[Reason.QUIET_HOURS.value] = found.reached
    return found


def _sampled(session: Session, broadcast: Broadcast, wanted: Select[int]) -> tuple[int, Select[int], int]:
    """Return how many there are, whom to judge, and for how many each of these stands.

    Of a great many it is a sample, so that a page need not wait for a minute.
    """
    newest = session.scalar(select_of(func.max(Fan.id)).where(Fan.account_id == broadcast.account_id)) or 0
    total = slices.count(session, wanted, newest=newest, seconds=COUNTED_FOR).about
    step = max(1, -(-total // SAMPLE))
    return total, wanted if step == 1 else wanted.where(Fan.id % step == 0), step
