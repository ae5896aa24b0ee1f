"""What travellers sent and heard, beside what our tables hold. Plain values, no network."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

ATTEMPTS, ATTEMPT_SECONDS = 3, 5.0  # WeChat's
SLACK = 0.5  # what a busy machine adds
_QUESTION = re.compile(r"价格 (\d+)")
_SAID = re.compile(r"#(\d+) ")


def question(number: int) -> str:
    return f"价格 {number}"


def answer(number: int) -> str:
    return f"#{number} 请看菜单。"


def follow_up(number: int) -> str:
    return f"#{number} 还有别的想问吗？"


def number_in(text: str, pattern: re.Pattern[str] = _QUESTION) -> int | None:
    """Return the number of the message `text` is about."""
    met = pattern.search(text)
    return int(met[1]) if met else None


def number_said(text: str) -> int | None:
    """Return the number of the message something of ours answers."""
    return number_in(text, _SAID)


@dataclass(frozen=True, slots=True)
class Sent:
    """A traveller wrote."""

    number: int
    traveller: str
    at: float


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a message at our door; `seconds` is how long its attempts took, `at` when the last ended."""

    number: int
    at: float
    seconds: float
    attempts: int
    delivered: bool
    reply: str | None
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A customer-service message we had WeChat show, and its return code."""

    at: float
    number: int | None
    code: int

    @classmethod
    def read(cls, record: dict[str, Any]) -> "Call":
        content = json.loads(record["body"]).get("text", {}).get("content", "")
        return cls(record["time"], number_said(content), int(record["code"] or 0))


@dataclass(slots=True)
class Ledger:
    """The platform's side."""

    sent: dict[int, Sent] = field(default_factory=dict)
    pushed: list[Pushed] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    heard: Counter[int] = field(default_factory=Counter)  # follow-ups in the chats


@dataclass(frozen=True, slots=True)
class Promised:
    """A follow-up as our outbox has it."""

    state: str
    attempts: int
    reason: str | None


@dataclass(slots=True)
class Tables:
    """Our side."""

    stored: Counter[int] = field(default_factory=Counter)
    counted: dict[str, int] = field(default_factory=dict)  # messages by traveller, as their fans say
    follow_ups: dict[int | None, list[Promised]] = field(default_factory=dict)  # by message
    dead: list[str] = field(default_factory=list)  # of any job, each with its reason


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the run. `unsure` says why a follow-up that was being said in it may be heard twice."""

    name: str
    began: float
    ended: float
    unsure: str = ""

    def holds(self, at: float) -> bool:
        return self.began <= at <= self.ended


@dataclass(slots=True)
class Verdict:
    """What a comparison came to; green without violations."""

    violations: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)


def judge(ledger: Ledger, tables: Tables, steps: Sequence[Step]) -> Verdict:
    """Compare both sides: nothing lost, nothing doubled, nobody unanswered for longer than WeChat asks."""
    verdict = Verdict()
    say = verdict.violations.append
    pushed: defaultdict[int, list[Pushed]] = defaultdict(list)
    for push in ledger.pushed:
        pushed[push.number].append(push)
    for number in ledger.sent:
        for problem in _of_pushes(pushed[number]) + _of_rows(number, tables):
            say(f"{number}: {problem}")
        _hear(number, ledger, steps, verdict)
    for what, numbers in (("stored", tables.stored), ("heard", ledger.heard)):
        for number in numbers.keys() - ledger.sent.keys():
            say(f"{number}: {what} and never sent")
    wrote = Counter(one.traveller for one in ledger.sent.values())
    for traveller, count in wrote.items():
        if tables.counted.get(traveller) != count:
            say(f"{traveller}: wrote {count} messages, their row counts {tables.counted.get(traveller)}")
    for reason in tables.dead:
        say(f"dead promise: {reason}")
    return verdict


def _of_pushes(pushes: Sequence[Pushed]) -> list[str]:
    if len(pushes) != 1:
        return [f"pushed {len(pushes)} times by the platform"]
    [push] = pushes
    if not push.delivered:
        return [
            f"LOST: unanswered after {push.attempts} attempts in {push.seconds:.1f} s ({', '.join(push.errors)})"
        ]
    problems = []
    if push.reply != answer(push.number):
        problems.append(f"answered {push.reply!r}")
    if push.attempts > ATTEMPTS or push.seconds > ATTEMPTS * ATTEMPT_SECONDS + SLACK:
        problems.append(f"answered after {push.attempts} attempts and {push.seconds:.1f} s")
    return problems


def _of_rows(number: int, tables: Tables) -> list[str]:
    problems = []
    if (count := tables.stored[number]) != 1:
        problems.append(f"{'LOST' if not count else 'DOUBLED'}: stored {count} times")
    promises = tables.follow_ups.get(number, [])
    if len(promises) != 1:
        problems.append(f"promised {len(promises)} follow-ups")
    problems += [
        f"follow-up {one.state}: {one.reason}" for one in promises if one.state != "done" or one.reason
    ]
    return problems


def _hear(number: int, ledger: Ledger, steps: Sequence[Step], verdict: Verdict) -> None:
    heard = ledger.heard[number]
    if heard == 0:
        verdict.violations.append(f"{number}: LOST: follow-up never heard")
    if heard <= 1:
        return
    said = sorted(call.at for call in ledger.calls if call.number == number and call.code == 0)
    reasons = {step.unsure for step in steps if step.unsure and said and step.holds(said[0])}
    told = f"{number}: follow-up heard {heard} times"
    if reasons:
        verdict.unsure.append(f"{told}: {', '.join(sorted(reasons))}")
    else:
        moments = ", ".join(f"{at - said[0]:.2f}" for at in said)
        where = next((step.name for step in steps if said and step.holds(said[0])), "between steps")
        verdict.violations.append(f"{told}: DOUBLED in {where} (s: {moments})")


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen of the traffic during one step."""

    messages: int
    longest: float
    attempts: dict[int, int]
    unsettled: float  # from the beginning to the last message that did not go through at once
    follow_up: float  # the longest from an answer to its follow-up


AT_ONCE_SECONDS = 1.0


def observe(ledger: Ledger, step: Step) -> Observed:
    """Return what messages that were under way during `step` met with."""
    mine = [push for push in ledger.pushed if step.holds(push.at - push.seconds)]
    late = [push.at for push in mine if push.attempts > 1 or push.seconds > AT_ONCE_SECONDS]
    first: dict[int, float] = {}
    for call in sorted(ledger.calls, key=lambda call: call.at):
        if call.number is not None and call.code == 0:
            first.setdefault(call.number, call.at)
    waits = [first[push.number] - push.at for push in mine if push.number in first]
    return Observed(
        len(mine),
        max((push.seconds for push in mine), default=0.0),
        dict(sorted(Counter(push.attempts for push in mine).items())),
        max((at - step.began for at in late), default=0.0),
        max(waits, default=0.0),
    )


def numbers(texts: Iterable[str]) -> Counter[int]:
    """Count the numbers `texts` are about."""
    return Counter(number for text in texts if (number := number_said(text)) is not None)
