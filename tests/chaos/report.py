"""What a run came to: a table for people, a file to keep, and one JSON object as the last line."""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.ledger import Ledger, Observed, Step, Verdict, observe

MOST_SHOWN = 20


@dataclass(slots=True)
class Report:
    """Filled while a run goes on; `tell` ends it."""

    seed: int
    steps: list[Step] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    crashes: dict[str, int] = field(default_factory=dict)
    excused: Counter[str] = field(default_factory=Counter)
    settled: float = 0.0
    seconds: float = 0.0
    messages: int = 0
    verdict: Verdict = field(default_factory=Verdict)
    observed: dict[str, Observed] = field(default_factory=dict)
    whole: Observed | None = None

    def close(self, ledger: Ledger, verdict: Verdict, seconds: float) -> None:
        """Take in what the comparison came to."""
        self.verdict, self.seconds, self.messages = verdict, seconds, len(ledger.sent)
        self.observed = {step.name: observe(ledger, step) for step in self.steps}
        began = min((push.at - push.seconds for push in ledger.pushed), default=0.0)
        self.whole = observe(ledger, Step("all", began, float("inf")))

    def excuse(self, ended: Mapping[str, int], names: Collection[str]) -> None:
        """Take what ended by itself during a step as what the step did, where it is of these names."""
        self.excused.update({one: n for one, n in ended.items() if one.partition("/")[2] in names})

    @property
    def faults(self) -> dict[str, int]:
        """What ended by itself though nothing was done to it; that it was started again is luck."""
        return dict(Counter(self.crashes) - self.excused)

    @property
    def is_green(self) -> bool:
        """Whether everything came to pass, nothing was lost, doubled or too late, and nothing fell over."""
        return not self.verdict.violations and not self.troubles and not self.faults and self.messages > 0

    def tell(self, folder: Path) -> int:
        """Print and write it; 0 if it is green."""
        text = "\n".join(self._lines())
        (folder / "report.txt").write_text(text + "\n", encoding="utf-8")
        (folder / "report.json").write_text(json.dumps(self.facts(), indent=2, ensure_ascii=False) + "\n")
        print(text)
        print(json.dumps(self.facts(), ensure_ascii=False), flush=True)
        return 0 if self.is_green else 1

    def facts(self) -> dict[str, Any]:
        """Return the figures."""
        return {
            "green": self.is_green,
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "messages": self.messages,
            "whole": asdict(self.whole) if self.whole else None,
            "steps": {name: asdict(one) for name, one in self.observed.items()},
            "notes": self.notes,
            "settled_seconds": round(self.settled, 1),
            "ended_by_themselves": self.crashes,
            "without_excuse": self.faults,
            "unsure": self.verdict.unsure,
            "violations": self.verdict.violations,
            "troubles": self.troubles,
        }

    def _lines(self) -> list[str]:
        heads = ("step", "messages", "longest s", "attempts 1/2/3", "unsettled s", "follow-up s")
        rows = [heads, *(_row(name, one) for name, one in self.observed.items())]
        if self.whole:
            rows.append((*_row("whole run", self.whole)[:4], "", f"{self.whole.follow_up:.1f}"))
        widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
        ]
        lines += [
            "",
            "longest: until WeChat had its answer; unsettled: from the step's beginning to the last message",
        ]
        lines += [
            "that did not go through at once; follow-up: the longest from an answer to what comes after it",
            "",
        ]
        lines += [f"{name}: {note}" for name, notes in self.notes.items() for note in notes]
        lines += [
            f"ended by itself and was started again: {name}, {count} x"
            for name, count in self.crashes.items()
        ]
        lines += [f"settled {self.settled:.1f} s after the last message"]
        lines += [f"unsure: {one}" for one in self.verdict.unsure]
        lines += [f"VIOLATION {one}" for one in self.verdict.violations[:MOST_SHOWN]]
        if (more := len(self.verdict.violations) - MOST_SHOWN) > 0:
            lines.append(f"VIOLATION and {more} more: report.json")
        lines += [f"VIOLATION {name} ended by itself, {count} x" for name, count in self.faults.items()]
        lines += [f"TROUBLE {one}" for one in self.troubles]
        lines.append(
            f"{'green' if self.is_green else 'RED'}: {self.messages} messages in {self.seconds:.0f} s, seed {self.seed}"
        )
        return lines


def _row(name: str, one: Observed) -> tuple[str, ...]:
    attempts = "/".join(str(one.attempts.get(number, 0)) for number in (1, 2, 3))
    return (
        name,
        str(one.messages),
        f"{one.longest:.2f}",
        attempts,
        f"{one.unsettled:.1f}",
        f"{one.follow_up:.1f}",
    )
