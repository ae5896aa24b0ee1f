"""Why a request went where it went, kept for the timeline and the page of the day."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.bulk import BulkInsert
from bot.db.types import table_of
from bot.desk.request_models import DeskDecision, DeskRequest
from bot.desk.routing import Candidate, Passed, Ranking

COLUMNS = (
    "account_id",
    "request_id",
    "fan_id",
    "shop_id",
    "at",
    "outcome",
    "reason",
    "rung",
    "agent_id",
    "candidates",
)
_insert = BulkInsert(table_of(DeskDecision), COLUMNS)
MOST = 60  # candidates written down; of the rest one line says how many


class Outcome(enum.StrEnum):
    """What was decided."""

    CLAIMED = "claimed"  # an agent's seat was taken
    SERVING = "serving"  # WeChat agreed
    REFUSED = "refused"  # WeChat did not; the next one is looked for
    WAITING = "waiting"
    MESSAGE = "message"
    DROPPED = "dropped"  # nobody had asked for a person, and nobody was free


@dataclass(frozen=True, slots=True)
class Subject:
    """What a decision is about: a request, and who had it. Read before seats move, which forgets the row."""

    account_id: int
    request_id: int
    fan_id: int
    shop_id: int | None
    rung: str | None
    agent_id: int | None


def subject(request: DeskRequest) -> Subject:
    """Return the request as a decision names it."""
    return Subject(
        request.account_id, request.id, request.fan_id, request.shop_id, request.rung, request.agent_id
    )


def note(
    session: Session,
    about: Subject,
    *,
    outcome: Outcome,
    reason: str,
    ranking: Ranking | None = None,
    chosen: Candidate | None = None,
    now: datetime,
) -> None:
    """Write down one decision."""
    row = (
        about.account_id,
        about.request_id,
        about.fan_id,
        about.shop_id,
        now,
        outcome.value,
        reason[:32],
        chosen.rung.value if chosen else about.rung,
        chosen.agent.id if chosen else about.agent_id,
        to_document(ranking, chosen) if ranking else [],
    )
    _insert.run(session.connection(), [row])


def to_document(ranking: Ranking, chosen: Candidate | None) -> list[dict[str, Any]]:
    """Return who was looked at, in order: `{"agent", "name", "rung", "load", "seats", "why_not"}`.

    `why_not` is empty for the one who was chosen.  Those beyond the first sixty are
    one entry, `{"more": n}`.
    """
    looked = [*ranking.free, *ranking.passed]
    found = [_line(one, chosen) for one in looked[:MOST]]
    return [*found, {"more": len(looked) - MOST}] if len(looked) > MOST else found


def of_request(session: Session, request_id: int) -> Sequence[DeskDecision]:
    """Return what was decided about one request, in order."""
    wanted = select(DeskDecision).where(DeskDecision.request_id == request_id)
    return session.scalars(wanted.order_by(DeskDecision.id)).all()


def _line(one: Candidate, chosen: Candidate | None) -> dict[str, Any]:
    is_chosen = chosen is not None and one.agent.id == chosen.agent.id
    why_not = one.why_not or (None if is_chosen else Passed.LATER)
    return {
        "agent": one.agent.id,
        "name": one.agent.nickname,
        "rung": one.rung.value,
        "load": one.agent.open,
        "seats": one.agent.seats,
        "why_not": why_not.value if why_not else "",
    }
