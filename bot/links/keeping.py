"""Keeping addresses, and turning them into a fan's own links."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.config import Config
from bot.db.scope import beyond_scope
from bot.db.types import table_of
from bot.db.upsert import insert_where_free
from bot.links import tokens
from bot.links.models import LinkClick, ShortLink
from bot.signing import keys_in

LONGEST: Final = 500
PLACE: Final = re.compile(r"\{链接(\d{1,2})\}")


def is_address(address: str, public_url: str) -> bool:
    """Tell whether a link may lead to `address`: by https anywhere, by http to our own host only.

    No names or passwords in it, nothing that a browser would read differently.
    """
    if len(address) > LONGEST or not address.isascii() or not address.isprintable() or " " in address:
        return False
    if "\\" in address:
        return False
    try:
        parts, own = urlsplit(address), urlsplit(public_url)
        is_own = bool(own.hostname) and (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
        has_host = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    return has_host and "@" not in parts.netloc and (parts.scheme == "https" or is_own)


def put(session: Session, owner: str, addresses: Sequence[str], *, now: datetime) -> list[int]:
    """Keep the addresses of `owner`, as `broadcast:12`; return their links in that order.

    They must have passed `is_address`.  A second call with the same changes
    nothing and returns the same: what was sent keeps leading where it led.
    """
    if not addresses:
        return []
    rows = [{"owner": owner, "address": one, "created_at": now} for one in dict.fromkeys(addresses)]
    session.flush()
    with beyond_scope(session):
        insert_where_free(session.connection(), table_of(ShortLink), rows)
        found = select(ShortLink.address, ShortLink.id).where(ShortLink.owner == owner)
        ids = {row.address: row.id for row in session.execute(found)}
    return [ids[one] for one in addresses]


def addresses(session: Session, link_ids: Iterable[int]) -> dict[int, str]:
    """Return where the links lead, by their ids."""
    found = select(ShortLink.id, ShortLink.address).where(ShortLink.id.in_(list(link_ids)))
    return {row.id: row.address for row in session.execute(found)}


def personal(config: Config, *, link_id: int, fan_id: int) -> str:
    """Return the whole address of that fan's own link, to put into a text that goes to them alone."""
    token = tokens.make(_keys(config), link_id, fan_id)
    return f"{config.server.public_url.rstrip('/')}/l/{token}"


def filled(config: Config, text: str, *, link_ids: Sequence[int], fan_id: int) -> str:
    """Return `text` with {链接1}, {链接2} … replaced by the fan's own links; other numbers stay."""

    def link(found: re.Match[str]) -> str:
        number = int(found[1])
        if not 1 <= number <= len(link_ids):
            return found[0]
        return personal(config, link_id=link_ids[number - 1], fan_id=fan_id)

    return PLACE.sub(link, text)


def note(session: Session, who: tokens.Addressee, *, now: datetime) -> None:
    """Note one click. Each is one more row: opening a link twice is two clicks of one person."""
    session.add(LinkClick(link_id=who.link_id, fan_id=who.fan_id, at=now))


@lru_cache(maxsize=4)
def _keys(config: Config) -> tuple[bytes, ...]:
    return tuple(keys_in(config))
