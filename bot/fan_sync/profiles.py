"""The third phase: what WeChat says of each follower, read ahead while the one before is written."""

import time
from array import array
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select, update

from bot.fan_sync import tagging, writing
from bot.fan_sync.asking import Pending, Profiles
from bot.fan_sync.comparing import Said
from bot.fan_sync.listing import PART_SIZE
from bot.fan_sync.models import Kind, Phase
from bot.fan_sync.runs import PART, RUN
from bot.fan_sync.turn import Turn
from bot.wechat.interfaces.fans import INFOS_PER_CALL

AHEAD_SECONDS = 2.0  # of calls are on their way while a part is written
CALLS_A_PART = PART_SIZE // INFOS_PER_CALL
MOST_AHEAD = 16
GRACE = 4.0  # seconds after the turn in which what is on its way may still be written


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the list, not read yet."""

    id: int
    openids: list[str]


def read_some(turn: Turn) -> None:
    """Read parts until none is left, then go to the next phase, or until the turn is over.

    A part is read in one transaction; one whose answers came and that was not
    written is asked for again.
    """
    under_way: deque[tuple[Part, Pending]] = deque()
    last = 0
    ahead = max(1, min(MOST_AHEAD, round(AHEAD_SECONDS * turn.asking.per_second / CALLS_A_PART)))
    while True:
        if len(under_way) < ahead and time.monotonic() < turn.until:
            for part in _unread(turn, after=last, limit=ahead - len(under_way)):
                under_way.append((part, turn.asking.begin(part.openids)))
                last = part.id
        if not under_way or time.monotonic() > turn.until + GRACE:
            break
        part, pending = under_way.popleft()
        _write(turn, part, pending.result())
        turn.tell()
    if time.monotonic() < turn.until:
        now = turn.db.time()
        with turn.db.transaction() as session:
            turn.own(session, now=now)
            turn.keep(session, now=now, phase=Phase.BLACKLIST.value, phase_at=now, next_openid="")


def _unread(turn: Turn, *, after: int, limit: int) -> list[Part]:
    wanted = select(PART.c.id, PART.c.openids).where(
        PART.c.run_id == turn.run_id, PART.c.read.is_(False), PART.c.id > after
    )
    with turn.db.reading() as session:
        rows = session.execute(wanted.order_by(PART.c.id).limit(limit)).all()
    return [Part(row.id, row.openids.decode().split("\n")) for row in rows]


def _write(turn: Turn, part: Part, profiles: Profiles) -> None:
    now = turn.db.time()
    with turn.db.transaction() as session:
        turn.own(session, now=now)
        written = writing.write(session, turn.account_id, profiles.said, asked_at=profiles.asked_at, now=now)
        followers = written.followers
        said: Mapping[int, Said] = {followers[one]: profiles.said[one] for one in followers}
        fresh = {*written.found.get(Kind.ADDED, ()), *written.found.get(Kind.RETURNED, ())}
        settled = {fan_id: one for fan_id, one in said.items() if fan_id not in fresh}
        found = dict(written.found)
        found[Kind.TAGS] = tagging.reconcile(
            session, turn.account_id, settled, asked_at=profiles.asked_at, now=now
        )
        ids = array("q", sorted(followers.values())).tobytes()
        session.connection().execute(
            update(PART).where(PART.c.id == part.id).values(read=True, openids=b"", fan_ids=ids)
        )
        turn.note(
            session,
            found,
            now=now,
            calls=RUN.c.calls + profiles.calls,
            profiled=RUN.c.profiled + len(part.openids),
            unread=RUN.c.unread + len(part.openids) - len(profiles.said),
        )
