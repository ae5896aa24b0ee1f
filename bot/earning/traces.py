"""Traces as they are kept, and read again."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.earning.rules.facts import Line, Outcome, Step


def kept(outcome: Outcome) -> list[dict[str, Any]]:
    """Return the trace as JSON has it."""
    return [
        {
            "rule": line.rule,
            "name": line.name,
            "occasion": line.occasion,
            "points": line.points,
            "steps": [{"what": step.what, "facts": dict(step.facts)} for step in line.steps],
        }
        for line in outcome.trace
    ]


def read(trace: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Return the lines of a kept trace."""
    return [
        Line(
            one["rule"],
            one["name"],
            one["occasion"],
            one["points"],
            tuple(Step(step["what"], step["facts"]) for step in one["steps"]),
        )
        for one in trace
    ]
