"""Words for what became of a recipient, and why: the planner's, and those of a mass send."""

from admin.broadcasts.words import LEFT_OUT
from admin.reach.words import REASONS as PLANNERS
from admin.reach.words import ROUTES, STATES

__all__ = ["REASONS", "ROUTES", "STATES", "reason", "route"]
REASONS = {**PLANNERS, **{code: said for code, said in LEFT_OUT.items() if code not in PLANNERS}}


def reason(code: str | None) -> str:
    """Say why; the word itself where it is a new one."""
    return str(REASONS.get(code or "", code or ""))


def route(code: str | None) -> str:
    """Say by which way."""
    return str(ROUTES.get(code or "", code or ""))
