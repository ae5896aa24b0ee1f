"""Who may be given a traveller, in which order, and why the others not. Facts in, ranking out.

The ladder: the agent who served them before → the shop's own → the shop's
spares → the branch's desk → the head office's.  On each rung those come first
who have the skills asked for, then the least loaded for their weight, then who
has waited longest for work: round robin among equals.
"""

import enum
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.desk.models import Duty, Tier

TRUSTED = timedelta(seconds=90)  # for so long WeChat's word that somebody is online is believed


class Rung(enum.StrEnum):
    """Where on the ladder an agent stands for one traveller."""

    STICKY = "sticky"
    OWN = "own"
    SPARE = "spare"
    BRANCH = "branch"
    HEAD = "head"
    BY_HAND = "by_hand"  # an agent took them; nobody routed


LADDER = (Rung.STICKY, Rung.OWN, Rung.SPARE, Rung.BRANCH, Rung.HEAD)
OUR_SHOP = frozenset({Rung.OWN, Rung.SPARE})


class Passed(enum.StrEnum):
    """Why an agent was passed over."""

    FULL = "full"
    OFFLINE = "offline"
    STALE = "stale"  # online when last heard of, which is too long ago
    BREAK = "break"
    AWAY = "away"
    FINISHING = "finishing"
    OFF_HOURS = "off_hours"
    REFUSED = "refused"  # by WeChat
    LET_WAIT = "let_wait"  # this traveller, before
    UNBOUND = "unbound"
    ELSEWHERE = "elsewhere"  # served them before, but stands on no rung for this shop
    LATER = "later"  # could have been given them; somebody came first


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """One agent as routing sees them. `is_open` goes by their own hours, or those of their desk."""

    id: int
    kf_account: str
    nickname: str
    shop_id: int | None
    branch_id: int | None
    tier: str | None  # by the wanted shop; None if they are not of it
    seats: int
    open: int
    weight: int = 100
    online: bool = True
    seen_at: datetime | None = None
    duty: str = Duty.ON.value
    duty_until: datetime | None = None
    is_open: bool = True
    skills: frozenset[str] = frozenset()
    last_taken_at: datetime | None = None
    bound: bool = True

    @property
    def load(self) -> float:
        """How full they are, for their weight."""
        return self.open / (max(self.seats, 1) * max(self.weight, 1) / 100)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one traveller needs. `sticky` is who served them before.

    WeChat has just `refused` some, and may not the next time; some `let_wait` this traveller, who
    is not given them again.
    """

    shop_id: int | None = None
    branch_id: int | None = None
    sticky: int | None = None
    needs: frozenset[str] = frozenset()
    refused: frozenset[int] = frozenset()
    let_wait: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent on their rung, with the reason they were passed over, if they were."""

    agent: AgentFacts
    rung: Rung
    why_not: Passed | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Who may be asked, best first, and who may not."""

    free: tuple[Candidate, ...] = ()
    passed: tuple[Candidate, ...] = field(default=())

    @property
    def is_hopeful(self) -> bool:
        """Whether somebody is at work who will have room, so that waiting makes sense."""
        return any(one.why_not in {Passed.FULL, Passed.REFUSED, Passed.BREAK} for one in self.passed)

    @property
    def is_worn_out(self) -> bool:
        """Whether those who are at work have all let this traveller wait."""
        return not self.is_hopeful and any(one.why_not is Passed.LET_WAIT for one in self.passed)


def rank(wanted: Wanted, agents: Iterable[AgentFacts], *, now: datetime) -> Ranking:
    """Return the order in which `agents` may be given the traveller."""
    free: list[Candidate] = []
    passed: list[Candidate] = []
    for agent in agents:
        rung = rung_of(wanted, agent)
        if rung is None:
            if agent.id == wanted.sticky:
                passed.append(Candidate(agent, Rung.STICKY, Passed.ELSEWHERE))
            continue
        why_not = _why_not(wanted, agent, now)
        (passed if why_not else free).append(Candidate(agent, rung, why_not))
    free.sort(key=lambda one: _order(wanted, one))
    passed.sort(key=lambda one: (LADDER.index(one.rung), one.agent.id))
    return Ranking(tuple(free), tuple(passed))


def rung_of(wanted: Wanted, agent: AgentFacts) -> Rung | None:
    """Return where the agent stands for this traveller; None for another shop's or branch's."""
    rung: Rung | None = None
    if wanted.shop_id is not None and agent.tier is not None:
        rung = Rung.OWN if agent.tier == Tier.OWN else Rung.SPARE
    elif agent.shop_id is None and agent.branch_id is None:
        rung = Rung.HEAD
    elif agent.shop_id is None and agent.branch_id == wanted.branch_id:
        rung = Rung.BRANCH
    return Rung.STICKY if rung is not None and agent.id == wanted.sticky else rung


def duty_at(duty: str, until: datetime | None, now: datetime) -> str:
    """Return the duty that holds now: a break that is over is over."""
    is_over = duty == Duty.BREAK and until is not None and until <= now
    return Duty.ON.value if is_over else duty


def _why_not(wanted: Wanted, agent: AgentFacts, now: datetime) -> Passed | None:
    if not agent.bound:
        return Passed.UNBOUND
    if not agent.is_open:
        return Passed.OFF_HOURS
    if not agent.online:
        return Passed.OFFLINE
    if agent.seen_at is None or now - agent.seen_at > TRUSTED:
        return Passed.STALE
    if agent.id in wanted.let_wait:
        return Passed.LET_WAIT  # whatever their duty: nobody to wait for
    if duty_at(agent.duty, agent.duty_until, now) != Duty.ON:
        return Passed(agent.duty)
    # After what keeps everybody from them: somebody refused who went home is nobody to wait for.
    if agent.id in wanted.refused:
        return Passed.REFUSED
    if agent.open >= agent.seats:
        return Passed.FULL
    return None


def _order(wanted: Wanted, one: Candidate) -> tuple[int, int, float, float, int]:
    agent = one.agent
    lacking = len(wanted.needs - agent.skills)
    taken = agent.last_taken_at.timestamp() if agent.last_taken_at else 0.0
    return (LADDER.index(one.rung), lacking, agent.load, taken, agent.id)


def needs_of(words: str, skill_words: Collection[tuple[str, Collection[str]]]) -> list[str]:
    """Return the skills that `words` ask for."""
    said = words.casefold()
    return sorted(skill for skill, signs in skill_words if any(sign.casefold() in said for sign in signs))
