"""The same day under routers that others have: any agent at random, or one after another."""

import heapq
import itertools
import random
from collections import deque
from dataclasses import dataclass, field

from tests.bench.desk_world import World


@dataclass
class Peer:
    """What a router did with the day."""

    waits: list[float] = field(default_factory=list)
    own: int = 0
    served: int = 0


def route(world: World, how: str, *, seed: int) -> Peer:
    """Give each traveller any agent who is there and has room; who finds none waits, first come first served.

    No call fails here and nobody knows shops; an agent who leaves keeps their travellers.
    """
    dice, peer = random.Random(seed), Peer()
    held = [0] * len(world.agents)
    there = [False] * len(world.agents)
    line: deque[int] = deque()
    talking: set[int] = set()
    order = itertools.count()
    turn = 0
    events: list[tuple[float, int, str, int]] = []
    for number, one in enumerate(world.requests):
        heapq.heappush(events, (one.at, next(order), "ask", number))
    for number, agent in enumerate(world.agents):
        for begins, ends in agent.there:
            heapq.heappush(events, (begins, next(order), "come", number))
            heapq.heappush(events, (ends, next(order), "go", number))

    def seat(now: float) -> None:
        nonlocal turn
        while line:
            free = [
                number
                for number, agent in enumerate(world.agents)
                if there[number] and held[number] < agent.seats
            ]
            if not free:
                return
            request = world.requests[number_of := line.popleft()]
            if now - request.at > request.patience:
                talking.discard(request.fan)
                continue
            if how == "random":
                chosen = dice.choice(free)
            else:
                chosen = min(free, key=lambda one: (one - turn) % len(world.agents))
                turn = chosen + 1
            held[chosen] += 1
            peer.waits.append(now - request.at)
            peer.served += 1
            peer.own += world.agents[chosen].shop == request.shop
            ends = now + request.answers_after + request.lasts
            heapq.heappush(events, (ends, next(order), f"end:{chosen}", number_of))

    while events:
        now, _order, what, number = heapq.heappop(events)
        if what == "ask":
            if world.requests[number].fan not in talking:
                talking.add(world.requests[number].fan)
                line.append(number)
        elif what in {"come", "go"}:
            there[number] = what == "come"
        else:
            held[int(what.partition(":")[2])] -= 1
            talking.discard(world.requests[number].fan)
        seat(now)
    return peer
