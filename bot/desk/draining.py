"""A seat is free: who has waited longest is given it, then whoever left a message is offered."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.desk import agents, line, requests, route, tasks, wishes
from bot.desk.floor import Floor
from bot.desk.house import House
from bot.desk.models import AgentShop
from bot.desk.routing import Candidate
from bot.desk.tasks import Offer

AT_ONCE = 5_000  # in line and looked at


@dataclass(slots=True)
class Room:
    """Which desks have a seat, as far as one look told; claims decide."""

    seats: Counter[int] = field(default_factory=Counter)  # by agent
    shops: dict[int, set[int]] = field(default_factory=dict)
    branches: dict[int, set[int]] = field(default_factory=dict)
    heads: set[int] = field(default_factory=set)
    branch_of: dict[int, int] = field(default_factory=dict)
    hopeless: set[tuple[int | None, bool]] = field(default_factory=set)

    def is_for(
        self, shop_id: int | None, *, own_only: bool = False, passed: Collection[int] | None = None
    ) -> bool:
        """Tell whether somebody on that shop's ladder, who is not `passed`, may have a seat."""
        if (shop_id, own_only) in self.hopeless:
            return False
        ladder = set(self.shops.get(shop_id or 0, ()))
        if not own_only or shop_id is None:
            ladder |= self.heads
        if not own_only:
            ladder |= self.branches.get(self.branch_of.get(shop_id or 0, 0), set())
        return any(self.seats[agent] > 0 for agent in ladder.difference(passed or ()))

    def took(
        self,
        shop_id: int | None,
        chosen: Candidate | None,
        *,
        own_only: bool = False,
        passed: Collection[int] | None = None,
    ) -> None:
        """Note who was claimed; where nobody was, that shop need not be tried again now.

        Unless some were `passed`: who is not for one traveller may be for the next.
        """
        if chosen is not None:
            self.seats[chosen.agent.id] -= 1
        elif not passed:
            self.hopeless.add((shop_id, own_only))

    def reaches(self) -> set[int] | None:
        """Return the shops on whose ladder there may be a seat; None for all, and for who has no shop."""
        if any(self.seats[agent] > 0 for agent in self.heads):
            return None
        reached = {shop for shop, agents in self.shops.items() if any(self.seats[one] > 0 for one in agents)}
        for shop, branch in self.branch_of.items():
            if any(self.seats[one] > 0 for one in self.branches.get(branch, ())):
                reached.add(shop)
        return reached

    @property
    def is_left(self) -> bool:
        """Whether there is any seat at all."""
        return any(count > 0 for count in self.seats.values())


def drain(floor: Floor) -> int:
    """Claim seats for those in line, next first; return for how many. Again: who has a seat is not in line.

    Each claim is a transaction of its own, with the promise that connects it.
    """
    with floor.db.reading() as session:
        room = look(session, floor.account_id, floor.house(session))
        if not room.seats:
            return 0
        # Only those for whom there is room: a long line elsewhere must hide nobody.
        waiting = line.waiting(
            session, floor.account_id, now=floor.now(), shops=room.reaches(), limit=AT_ONCE
        )
        staffed = agents.staffed_shops(session, floor.account_id)
        messages = tasks.to_offer(session, floor.account_id, now=floor.now(), shops=room.reaches())
    seated = 0
    for request_id, shop_id, _expires_at, passed in waiting:
        if not room.is_left:
            return seated
        if not room.is_for(shop_id, passed=passed):
            continue
        with floor.db.transaction() as session:
            chosen = route.route(session, request_id, floor.house(session), now=floor.now())
            if chosen is not None:
                wishes.place(session, request_id, now=floor.now())
        room.took(shop_id, chosen, passed=passed)
        seated += chosen is not None
    for offer in messages:
        shop_id = offer.task.shop_id
        own_only = shop_id in staffed
        if room.is_for(shop_id, own_only=own_only, passed=offer.passed):
            room.took(shop_id, _offer(floor, offer), own_only=own_only, passed=offer.passed)
    return seated


def look(session: Session, account_id: int, house: House) -> Room:
    """Return where there is room."""
    room = Room()
    rows = agents.with_room(session, account_id)
    for agent in rows:
        room.seats[agent.id] = agent.seats - agent.open_count
        if agent.shop_id is not None:
            room.shops.setdefault(agent.shop_id, set()).add(agent.id)
        elif agent.branch_id is not None:
            room.branches.setdefault(agent.branch_id, set()).add(agent.id)
        else:
            room.heads.add(agent.id)
    if rows:
        further = select(AgentShop).where(AgentShop.agent_id.in_([agent.id for agent in rows]))
        for one in session.scalars(further):
            room.shops.setdefault(one.shop_id, set()).add(one.agent_id)
        room.branch_of = {key: shop.branch_id or 0 for key, shop in house.shops.items()}
    return room


def _offer(floor: Floor, offer: Offer) -> Candidate | None:
    """Open the conversation with who left the message, if an agent of the shop takes it; else nothing.

    A shop without agents of its own is served by the ladder below it, in this as in all else.
    """
    now, task = floor.now(), offer.task
    with floor.db.transaction() as session:
        attempt = session.begin_nested()
        request_id, is_new = requests.ask(
            session,
            account_id=task.account_id,
            fan_id=task.fan_id,
            shop_id=task.shop_id,
            why="message",
            now=now,
            expires_at=offer.expires_at,
            task_id=task.id,
            passed=offer.passed,
        )
        chosen = route.route(session, request_id, floor.house(session), now=now) if is_new else None
        if chosen is None:
            attempt.rollback()
            return None
        tasks.offered(session, task.id, chosen.agent.id)
        wishes.place(session, request_id, now=now)
        attempt.commit()
    return chosen
