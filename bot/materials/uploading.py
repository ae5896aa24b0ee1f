"""Bringing a file of ours to an account, once: the network lies between two short transactions.

A permanent file carries our name for it.  If we die between WeChat's answer
and our commit, the row still says that we asked, and the next one looks among
WeChat's newest files for that name before sending a second copy.  A temporary
one is sent again: WeChat forgets the first by itself.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, cast

from bot.db import utc_now
from bot.errors import BadRequest, YizhanError
from bot.files import store
from bot.materials import pictures, places
from bot.materials.models import Kind, Lifetime, Material, PlaceState
from bot.materials.places import TEMPORARY_LASTS, Wanted
from bot.wechat.interfaces.media import MediaKind

if TYPE_CHECKING:
    from bot.router import Served
    from bot.runtime import Runtime
    from bot.wechat.gateway import AccountGateway

log = logging.getLogger(__name__)
ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "audio/amr": "amr",
    "audio/mpeg": "mp3",
    "video/mp4": "mp4",
}


class NoFile(YizhanError):
    """Our move: the material has no file that could be sent."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an account has a file; an inline picture has an address only."""

    media_id: str
    url: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Task:
    """What is known of one upload before WeChat is asked."""

    material: Material
    lifetime: Lifetime
    row_id: int
    asked_before: bool

    @property
    def name(self) -> str:
        """Our name for it: the same whenever it is sent, and of no other file."""
        ending = "jpg" if self.lifetime is Lifetime.INLINE else ENDINGS[self.material.media_type]
        return f"yizhan-{self.material.id}-{self.material.file_id}.{ending}"


def ensure(runtime: "Runtime", account: "Served", material_id: int, lifetime: Lifetime) -> Place:
    """Return where the account has the material, bringing it there if it has not.

    Raise `BadRequest`, which the row then tells, if WeChat does not take it.
    Called again, or by two at once, the account has one permanent copy at most
    more than it needs, and none after a crash.
    """
    now = utc_now()
    wanted = Wanted(material_id, lifetime)
    with runtime.db.transaction() as session:
        material = session.get_one(Material, material_id)
        if material.file_id is None:
            raise NoFile(f"material {material_id} is {material.kind} and has no file")
        row = places.find(session, account.id, wanted)
        if row is not None and places.is_good(row, until=now + places.RENEWED_BEFORE):
            return Place(row.media_id or "", row.url or "", row.expires_at)
        asked_before = row is not None and row.state == PlaceState.ASKING
        row = places.ask(session, account.id, wanted, now=now)
        session.flush()
        task = _Task(material, lifetime, row.id, asked_before)
    with runtime.db.reading() as session:
        content = store.content(session, material.file_id)
    try:
        place = _send(runtime.wechat.of(account.name), task, content, now)
    except BadRequest as error:
        with runtime.db.transaction() as session:
            places.refused(session, task.row_id, trouble=str(error), now=utc_now())
        raise
    with runtime.db.transaction() as session:
        places.there(
            session,
            task.row_id,
            media_id=place.media_id or None,
            url=place.url or None,
            expires_at=place.expires_at,
            now=utc_now(),
        )
    facts = {"account": account.name, "material": material_id, "lifetime": lifetime.value}
    log.info("material is at wechat", extra=facts)
    return place


def _send(line: "AccountGateway", task: _Task, content: bytes, now: datetime) -> Place:
    if task.lifetime is Lifetime.INLINE:
        return Place("", line.article_picture(task.name, pictures.inline(content)), None)
    kind = cast("MediaKind", task.material.kind)
    if task.lifetime is Lifetime.TEMPORARY:
        return Place(line.upload(kind, task.name, content), "", now + TEMPORARY_LASTS)
    if task.asked_before and (found := _taken_before(line, task)):
        return found
    kept = line.material_add(
        kind,
        task.name,
        content,
        title=task.name,
        introduction=task.material.description or task.material.title,
    )
    return Place(kept.media_id, kept.url, None)


def _taken_before(line: "AccountGateway", task: _Task) -> Place | None:
    """Return what WeChat kept of us when we could not write its answer down; films go by their title."""
    if task.material.kind == Kind.THUMB:
        return None  # WeChat lists no thumbs
    kind = cast('Literal["image", "voice", "video"]', task.material.kind)
    for row in line.material_page(kind):
        if row.get("name") == task.name:
            return Place(str(row["media_id"]), str(row.get("url") or ""), None)
    return None
