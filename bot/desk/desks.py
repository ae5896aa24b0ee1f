"""What holds at which desk: settings of the shop's desk, else the head office's, else our own."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.revisions import Remembered, bump
from bot.desk import hours
from bot.desk.models import Agent, Desk
from bot.organisation.hours import Schedule
from bot.replies.rules import normal

HEAD = "head"
ASSIGN_ON = ("request", "first_message", "scan")
UNANSWERED = ("desk", "reply")


@dataclass(frozen=True, slots=True)
class Settings:
    """How one desk works; times in seconds.

    `assign_on`: a person comes when asked for, with the first message after a
    scan, or with the scan itself.  `unanswered`: what no rule answers goes to
    the desk, or gets the default reply.  `ask_words` and `ask_keys` (of menu
    buttons) ask for a person.  `skill_words` are the words by which a message
    shows which skill it needs, and `tag_priority` puts travellers with a tag (by its id)
    further ahead in line: the best of their tags counts, on top of the desk's `priority`.
    """

    assign_on: str = "request"
    unanswered: str = "desk"
    ask_words: tuple[str, ...] = ("人工", "转人工", "人工客服", "人工服务", "客服", "找客服", "在线客服")
    ask_keys: tuple[str, ...] = ("SERVICE_AGENT", "DESK")
    sticky_days: int = 30
    longest_line: int = 30
    silent_agent: int = 180
    silent_traveller: int = 900
    message_due: int = 4 * 3600
    asks_score: bool = True
    low_score: int = 2
    priority: int = 0
    skill_words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tag_priority: Mapping[str, int] = field(default_factory=dict)

    def is_asked_for(self, said: str) -> bool:
        """Tell whether these words, as a whole, ask for a person."""
        return normal(said).strip("。！？!?.~ ") in self.ask_words


DEFAULTS = Settings()
NAMES = frozenset(one.name for one in fields(Settings))


@dataclass(frozen=True, slots=True)
class Book:
    """The settings of every desk, which accounts have agents at all, and hours by `Desk.place`."""

    staffed: frozenset[int]
    heads: Mapping[int, Settings]
    shops: Mapping[tuple[int, int], Settings]
    schedules: Mapping[tuple[int, str], Schedule] = field(default_factory=dict)

    def of(self, account_id: int, shop_id: int | None) -> Settings:
        """Return what holds at the desk of that shop; without one, at the head office's."""
        head = self.heads.get(account_id, DEFAULTS)
        return self.shops.get((account_id, shop_id), head) if shop_id is not None else head

    def least(self, name: str) -> int:
        """Return the least that any desk says for a number of `Settings`, so that one query serves all."""
        known = [DEFAULTS, *self.heads.values(), *self.shops.values()]
        return min(int(getattr(one, name)) for one in known)


def place_of(*, shop_id: int | None = None, branch_id: int | None = None) -> str:
    """Return what a desk is called in its column `place`."""
    if shop_id is not None:
        return f"shop:{shop_id}"
    return f"branch:{branch_id}" if branch_id is not None else HEAD


def read(document: Mapping[str, Any], below: Settings = DEFAULTS) -> Settings:
    """Return `below` with what `document` says of its own; unknown names are passed over."""
    known: dict[str, Any] = {name: value for name, value in document.items() if name in NAMES}
    for name in ("ask_words", "ask_keys"):
        if name in known:
            known[name] = tuple(known[name])
    if "skill_words" in known:
        known["skill_words"] = {skill: tuple(words) for skill, words in known["skill_words"].items()}
    return replace(below, **known)


def settings(session: Session, account_id: int, shop_id: int | None) -> Settings:
    """Return what holds at that desk, from the database."""
    places = {HEAD, place_of(shop_id=shop_id)}
    wanted = select(Desk.place, Desk.settings).where(Desk.account_id == account_id, Desk.place.in_(places))
    found = {row.place: row.settings for row in session.execute(wanted)}
    return read(found.get(place_of(shop_id=shop_id), {}), read(found.get(HEAD, {})))


def put(
    session: Session,
    account_id: int,
    *,
    shop_id: int | None = None,
    branch_id: int | None = None,
    schedule: dict[str, Any] | None = None,
    **changes: Any,
) -> Desk:
    """Say what differs at a desk, and have every process go by it within a second.

    `schedule` is an hours document, None for the shop's own hours; `changes` are `Settings`.
    """
    read(changes)
    place = place_of(shop_id=shop_id, branch_id=branch_id)
    row = session.scalar(select(Desk).where(Desk.account_id == account_id, Desk.place == place))
    if row is None:
        row = Desk(account_id=account_id, place=place, shop_id=shop_id, branch_id=branch_id)
        session.add(row)
    row.schedule, row.settings = schedule, {name: changes[name] for name in sorted(changes)}
    session.flush()
    bump(session, "desks")
    return row


def load(session: Session) -> Book:
    """Return the book of all desks."""
    heads: dict[int, Settings] = {}
    columns = Desk.account_id, Desk.place, Desk.shop_id, Desk.settings, Desk.schedule
    rows = session.execute(select(*columns)).all()
    for row in rows:
        if row.place == HEAD:
            heads[row.account_id] = read(row.settings)
    shops = {
        (row.account_id, row.shop_id): read(row.settings, heads.get(row.account_id, DEFAULTS))
        for row in rows
        if row.shop_id is not None
    }
    staffed = select(Agent.account_id).where(Agent.gone_at.is_(None)).distinct()
    kept = {(row.account_id, row.place): hours.read(row.schedule) for row in rows}
    schedules = {place: schedule for place, schedule in kept.items() if schedule is not None}
    return Book(frozenset(session.scalars(staffed)), heads, shops, schedules)


DESKS: Remembered[Book] = Remembered("desks", load)
