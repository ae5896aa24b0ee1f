"""A travel group's day, drawn from a seed: shops, agents and their shifts, travellers and when they ask."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

OPENS = datetime(2026, 11, 3, 1, 0, tzinfo=UTC)  # nine in the morning in Shanghai
HOURS = 12
BRANCHES = 10


@dataclass(frozen=True)
class AgentPlan:
    """One agent: of a shop, of a branch's desk, or of the head office's, and when they are there."""

    kf_account: str
    shop: int | None
    branch: int | None
    tier: str
    seats: int
    there: tuple[tuple[float, float], ...]  # seconds after opening


@dataclass(frozen=True)
class RequestPlan:
    """One traveller asking: when, at which shop, how long an agent needs, how long they are patient."""

    at: float
    fan: int
    shop: int
    answers_after: float
    lasts: float
    patience: float


@dataclass(frozen=True)
class World:
    """One day."""

    shops: int
    fans: int
    agents: tuple[AgentPlan, ...]
    requests: tuple[RequestPlan, ...]

    def branch_of(self, shop: int) -> int:
        return shop % BRANCHES


def draw(requests: int, *, shops: int, agents: int, seed: int) -> World:
    """Draw a day: three quarters of the agents sit in shops, the others at the branches and the head office."""
    dice = random.Random(seed)
    fans = max(requests * 3 // 4, 10)
    plans = tuple(_agent(number, shops, agents, dice) for number in range(agents))
    weights = [dice.uniform(0.5, 1.8) for _ in range(shops)]
    home = dice.choices(range(shops), weights, k=fans)
    asked = []
    for _ in range(requests):
        fan = dice.randrange(fans)
        asked.append(
            RequestPlan(
                at=_moment(dice),
                fan=fan,
                shop=home[fan],
                answers_after=dice.lognormvariate(2.8, 0.7),
                lasts=min(max(dice.lognormvariate(5.6, 0.6), 40), 2400),
                patience=dice.choice((240, 600, 1e9, 1e9, 1e9, 1e9)),
            )
        )
    return World(shops, fans, plans, tuple(sorted(asked, key=lambda one: one.at)))


def _moment(dice: random.Random) -> float:
    """A moment of the day: a quarter at lunchtime, a few before opening and after closing."""
    kind = dice.random()
    if kind < 0.25:
        return dice.triangular(3 * 3600, 4.5 * 3600, 3.5 * 3600)
    if kind < 0.28:
        return dice.uniform(HOURS * 3600, HOURS * 3600 + 1800)
    return dice.uniform(0, HOURS * 3600 - 600)


def _agent(number: int, shops: int, agents: int, dice: random.Random) -> AgentPlan:
    in_shops = agents * 3 // 4
    shop = number % shops if number < in_shops else None
    branch = None
    if shop is None and number < in_shops + (agents - in_shops) // 2:
        branch = number % BRANCHES
    early = number % 2 == 0
    begins, ends = (0.0, 9 * 3600.0) if early else (2.5 * 3600.0, HOURS * 3600.0 + 900)
    pauses = [(begins + dice.uniform(2.5, 4) * 3600, dice.uniform(900, 2400))]
    pauses += [(dice.uniform(begins, ends - 900), dice.uniform(20, 600)) for _ in range(3)]
    there, at = [], begins + dice.uniform(0, 300)
    for start, length in sorted(pauses):
        if start > at:
            there.append((at, start))
        at = max(at, start + length)
    if at < ends:
        there.append((at, ends))
    return AgentPlan(
        kf_account=f"a{number}@bench",
        shop=shop,
        branch=branch,
        tier="spare" if shop is not None and number >= shops * 2 else "own",
        seats=dice.choice((3, 4, 5)),
        there=tuple(there),
    )


def moment(seconds: float) -> datetime:
    return OPENS + timedelta(seconds=seconds)
