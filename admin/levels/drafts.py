"""The draft of the ladder as pages show it; before there is one, what is in force, or a first proposal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.db import utc_now
from bot.levels import ladder, versions
from bot.levels.ladder import BadLadder, Ladder, Problem
from bot.levels.models import LevelDraft
from bot.levels.versions import InForce

FIRST: Mapping[str, Any] = {
    "measure": "spend",
    "period": "rolling",
    "grace_days": 30,
    "notice_days": 30,
    "levels": [
        {"key": "base", "name": "普卡", "threshold": 0, "colour": "pine", "benefits": [], "birthday": ""},
        {"key": "silver", "name": "银卡", "threshold": 500_000, "colour": "silver", "benefits": []},
        {"key": "gold", "name": "金卡", "threshold": 2_000_000, "colour": "gold", "benefits": []},
        {"key": "diamond", "name": "钻卡", "threshold": 5_000_000, "colour": "night", "benefits": []},
    ],
}


@dataclass(frozen=True, slots=True)
class Draft:
    """What is being written, what somebody who saves must have seen, and what is wrong."""

    definition: dict[str, Any]
    version: int
    ladder: Ladder | None
    problems: list[Problem]
    row: LevelDraft | None
    current: InForce | None


def of(session: Session) -> Draft:
    """Return the draft."""
    row = versions.draft(session)
    current = versions.in_force(session, utc_now())
    definition = row.definition if row else ladder.write(current.ladder) if current else FIRST
    found, problems = None, []
    try:
        found = ladder.read(definition)
    except BadLadder as error:
        problems = error.problems
    return Draft(dict(definition), row.version if row else 0, found, problems, row, current)
