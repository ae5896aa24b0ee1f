"""The templates an account has at WeChat, and its industry: asked for hourly, kept as they were seen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import BadRequest, NotPermitted, WeChatError
from bot.reach.models import ReachIndustry, ReachTemplate, TemplateKind

NOT_HAD: Final = (NotPermitted, BadRequest)  # the account may not, or has chosen no categories


class Line(Protocol):
    """What is asked of WeChat."""

    def templates(self) -> list[dict[str, Any]]:
        """Return the templates."""

    def subscriptions(self) -> list[dict[str, Any]]:
        """Return the templates of subscription notices."""

    def industry(self) -> tuple[str, str]:
        """Return the two industries."""


@dataclass(slots=True)
class Listed:
    """What WeChat lists; None for a kind it would not tell of, `trouble` why."""

    templates: list[dict[str, Any]] | None = None
    subscriptions: list[dict[str, Any]] | None = None
    industry: tuple[str, str] = ("", "")
    trouble: list[str] = field(default_factory=list)


def ask(line: Line) -> Listed:
    """Ask WeChat for all of it; what an account has no right to is missing. Raise what is worth a retry."""
    found = Listed()
    try:
        found.templates = line.templates()
        found.industry = line.industry()
    except NOT_HAD as error:
        found.trouble.append(_said(error))
    try:
        found.subscriptions = line.subscriptions()
    except NOT_HAD as error:
        found.trouble.append(_said(error))
    return found


def put(session: Session, account_id: int, found: Listed, *, now: datetime) -> None:
    """Keep what was listed; what is no longer there is marked so, and its mappings rest."""
    known = {
        row.template_id: row
        for row in session.scalars(select(ReachTemplate).where(ReachTemplate.account_id == account_id))
    }
    for kind, listed in (
        (TemplateKind.TEMPLATE, found.templates),
        (TemplateKind.SUBSCRIPTION, found.subscriptions),
    ):
        if listed is None:
            continue
        seen = set()
        for facts in map(_facts, listed):
            row = known.get(facts["template_id"])
            if row is None:
                row = ReachTemplate(account_id=account_id, kind=kind.value, template_id=facts["template_id"])
                session.add(row)
            for name, value in facts.items():
                setattr(row, name, value)
            row.kind, row.seen_at, row.gone_at = kind.value, now, None
            seen.add(facts["template_id"])
        _mark_gone((row for row in known.values() if row.kind == kind and row.template_id not in seen), now)
    industry = session.get(ReachIndustry, account_id) or ReachIndustry(account_id=account_id)
    industry.first, industry.second = found.industry
    industry.trouble = "; ".join(found.trouble)[:300] or None
    industry.seen_at = now
    session.add(industry)


def _mark_gone(rows: Iterable[ReachTemplate], now: datetime) -> None:
    for row in rows:
        row.gone_at = row.gone_at or now


def _facts(listed: Mapping[str, Any]) -> dict[str, Any]:
    kind = listed.get("type")
    return {
        "template_id": str(listed.get("template_id") or listed.get("priTmplId") or "")[:64],
        "title": str(listed.get("title") or "")[:120],
        "content": str(listed.get("content") or "")[:2000],
        "example": str(listed.get("example") or "")[:2000],
        "industry": str(listed.get("primary_industry") or "")[:120],
        "type": kind if isinstance(kind, int) else None,
    }


def _said(error: WeChatError) -> str:
    return f"{error.call}: {error.message} (errcode {error.code})"
