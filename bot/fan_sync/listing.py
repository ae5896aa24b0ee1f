"""The first two phases: which tags WeChat's console has, and who follows."""

from typing import Final

from sqlalchemy import select

from bot.db.bulk import BulkInsert
from bot.errors import BadRequest, FanUnreachable
from bot.fan_sync import tagging
from bot.fan_sync.asking import NOT_OURS
from bot.fan_sync.models import FanSyncRun, Phase
from bot.fan_sync.runs import PART, RUN
from bot.fan_sync.turn import Turn
from bot.outbox.promises import promise
from bot.tags import needs

PART_SIZE: Final = 500  # fans of one transaction later on: five calls
_parts = BulkInsert(PART, ("run_id", "read", "openids", "fan_ids"))


def learn_tags(turn: Turn) -> None:
    """Keep which tags WeChat has, and have one of ours made again that somebody deleted there."""
    found = turn.asking.tags()
    now = turn.db.time()
    with turn.db.transaction() as session:
        turn.own(session, now=now)
        ours = tagging.tag_map(session, turn.account_id).ours
        listed = [
            {
                "name": str(one.get("name", ""))[:64],
                "count": int(one.get("count") or 0),
                "ours": one["id"] in ours,
            }
            for one in found
        ]
        if not set(ours) <= {one["id"] for one in found}:
            promise(session, needs.make_wish(turn.account, now=now), now=now)
        facts = {"console_tags": listed, "phase": Phase.LIST.value, "phase_at": now}
        turn.keep(session, now=now, calls=RUN.c.calls + 1, **facts)


def list_some(turn: Turn, run: FanSyncRun) -> None:
    """Keep a page of the list, in parts; a page asked for twice was not kept the first time."""
    try:
        page = turn.asking.followers(run.next_openid)
    except (FanUnreachable, BadRequest) as error:
        if not run.next_openid or error.code not in NOT_OURS:
            raise
        _step_back(turn, run)
        return
    now = turn.db.time()
    with turn.db.transaction() as session:
        turn.own(session, now=now)
        rows = [
            (turn.run_id, False, "\n".join(page.openids[place : place + PART_SIZE]).encode(), b"")
            for place in range(0, len(page.openids), PART_SIZE)
        ]
        _parts.run(session.connection(), rows)
        facts = {"calls": RUN.c.calls + 1, "total": page.total, "listed": RUN.c.listed + len(page.openids)}
        if page.next_openid:
            facts |= {"next_openid": page.next_openid}
        else:
            facts |= {"phase": Phase.PROFILES.value, "phase_at": now}
        turn.keep(session, now=now, **facts)


def _step_back(turn: Turn, run: FanSyncRun) -> None:
    """Go on after the one before: WeChat does not know the last of the list any more."""
    now = turn.db.time()
    with turn.db.transaction() as session:
        turn.own(session, now=now)
        parts = select(PART.c.openids).where(PART.c.run_id == turn.run_id).order_by(PART.c.id.desc())
        before = ""
        for openids in session.connection().scalars(parts.limit(2)):
            known = openids.decode().split("\n")
            if run.next_openid in known:
                known = known[: known.index(run.next_openid)]
            if known:
                before = known[-1]
                break
        turn.keep(session, now=now, calls=RUN.c.calls + 1, next_openid=before)
