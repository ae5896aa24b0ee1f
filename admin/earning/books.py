"""The rule book as pages show it: what is in force, the draft, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.earning import sentences
from admin.earning.sentences import Names
from admin.office import reading
from bot.channels.models import Campaign
from bot.coupons import templates
from bot.db import utc_now
from bot.earning import versions
from bot.earning.models import EarningDraft, EarningVersion
from bot.earning.rules.book import Book, Group
from bot.earning.rules.reading import BadBook, read
from bot.levels import versions as levels
from bot.organisation.models import Shop


@dataclass(frozen=True, slots=True)
class Draft:
    """What is being written: its definition, what somebody who saves must have seen, and what is wrong."""

    definition: dict[str, Any]
    version: int
    book: Book | None
    problems: list[str]
    row: EarningDraft | None

    @property
    def rules(self) -> list[dict[str, Any]]:
        """The definitions of its rules."""
        return list(self.definition.get("rules", []))

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The definitions of its outermost groups."""
        return list(self.definition.get("groups", []))


def draft_of(session: Session) -> Draft:
    """Return the draft; what is in force, or nothing, where nobody has begun one."""
    row = versions.draft(session)
    if row is not None:
        definition: Mapping[str, Any] = row.definition
    else:
        current = versions.in_force(session, utc_now())
        definition = current.definition if current else versions.EMPTY
    book, problems = opened(definition)
    return Draft(dict(definition), row.version if row else 0, book, problems, row)


def opened(definition: Mapping[str, Any]) -> tuple[Book | None, list[str]]:
    """Return the book of a definition, or what is wrong with it in the visitor's language."""
    try:
        return read(definition), []
    except BadBook as error:
        return None, [sentences.problem(one) for one in error.problems]


def in_force(session: Session) -> tuple[EarningVersion | None, Book]:
    """Return the version in force now and its book; an empty one before the first."""
    current = versions.in_force(session, utc_now())
    return current, versions.judges.of(session, current.id)[0] if current else Book()


def shop_names(session: Session) -> dict[int, str]:
    """Return the names of the shops the visitor may see."""
    return {row.id: row.name for row in session.scalars(select(Shop).order_by(Shop.name))}


def names(session: Session) -> Names:
    """Return the names of the shops the visitor may see, of campaigns, and of the levels there ever were."""
    campaigns = session.execute(select(Campaign.id, Campaign.name).order_by(Campaign.id.desc()))
    return Names(shop_names(session), levels.names(session), {row.id: row.name for row in campaigns})


def coupon_names() -> list[tuple[int, str]]:
    """Return the templates a rule may give, as a form offers them."""
    with reading() as session:
        return list(templates.names(session).items())


def tree(book: Book, named: Names) -> dict[str, Any]:
    """Return the book as a page shows it: groups with what they hold, and the rules that stand alone."""

    def member(one: str | Group) -> dict[str, Any]:
        if isinstance(one, Group):
            said = sentences.group(one)
            return {
                "code": one.code,
                "name": one.name,
                "said": said,
                "members": [member(m) for m in one.members],
            }
        rule = book.rule(one)
        assert rule is not None
        return {
            "code": rule.code,
            "name": rule.name,
            "said": sentences.rule(rule, named),
            "trigger": sentences.TRIGGERS[rule.trigger],
            "members": None,
        }

    whole = book.tree
    return {
        "groups": [member(one) for one in whole.members if isinstance(one, Group)],
        "rules": [member(one) for one in whole.members if isinstance(one, str)],
    }
