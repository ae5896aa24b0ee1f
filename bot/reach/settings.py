"""The account's rules for reaching people, as the back office sets them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.reach.intents import INTENTS
from bot.reach.models import ReachMapping, ReachPace, ReachSettings, ReachTemplate, RouteName, TemplateKind

FASTEST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Mapped:
    """Which template says an intent; `fields` are words with `{names}` of facts in them."""

    template_id: str
    fields: Mapping[str, str]
    is_long_term: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """What is allowed. Hours are times of day in Shanghai; equal ones mean that no hour is quiet.

    `cap` is how many capped notices a fan gets in a week, 0 for none; with
    `fans_too` a fan who is no member may be sent marketing until they object.
    `closed` says until when WeChat has closed a route.
    """

    quiet_from: str = "22:00"
    quiet_until: str = "08:00"
    cap: int = 3
    fans_too: bool = True
    templates_a_day: int = 100_000
    calls_per_second: float = 40.0
    mapped: Mapping[tuple[str, TemplateKind], Mapped] = field(default_factory=dict)
    closed: Mapping[RouteName, datetime] = field(default_factory=dict)


DEFAULT: Final = Settings()


def load(session: Session, account_id: int, *, calls_per_second: float = FASTEST) -> Settings:
    """Return the account's settings; never more calls a second than `calls_per_second`, the server's own."""
    row = session.get(ReachSettings, account_id)
    found = replace(DEFAULT, calls_per_second=calls_per_second)
    if row is not None:
        found = Settings(
            quiet_from=row.quiet_from,
            quiet_until=row.quiet_until,
            cap=row.cap,
            fans_too=row.fans_too,
            templates_a_day=row.templates_a_day,
            calls_per_second=min(calls_per_second, row.calls_per_second or calls_per_second),
        )
    return replace(found, mapped=_mapped(session, account_id))


def with_closed(settings: Settings, pace: ReachPace) -> Settings:
    """Return the settings with what WeChat has closed."""
    closed = {RouteName(name): datetime.fromisoformat(until) for name, until in pace.closed.items()}
    return replace(settings, closed=closed) if closed else settings


def _mapped(session: Session, account_id: int) -> dict[tuple[str, TemplateKind], Mapped]:
    """Return the mappings whose template is still there."""
    rows = session.execute(
        select(ReachMapping, ReachTemplate.type)
        .join(
            ReachTemplate,
            (ReachTemplate.account_id == ReachMapping.account_id)
            & (ReachTemplate.template_id == ReachMapping.template_id),
        )
        .where(ReachMapping.account_id == account_id, ReachTemplate.gone_at.is_(None))
    )
    found = {
        (row.intent, TemplateKind(row.kind)): Mapped(row.template_id, row.fields, kind == LONG_TERM)
        for row, kind in rows
    }
    for intent in INTENTS.values():
        if intent.says_as:
            same = {kind: one for (name, kind), one in found.items() if name == intent.says_as}
            found |= {(intent.name, kind): one for kind, one in same.items()}
    return found


LONG_TERM: Final = 3
