"""Having WeChat know what our replies, menus and articles need, and no more."""

import logging
import time
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.db import utc_now
from bot.db.revisions import bump
from bot.errors import BadRequest
from bot.files.store import NotWhole
from bot.materials import places, publishing, uploading
from bot.materials.known import REVISION
from bot.materials.models import Lifetime, MaterialAtWeChat, MaterialCount
from bot.outbox.promises import Wish, promise

if TYPE_CHECKING:
    from bot.runtime import Runtime

log = logging.getLogger(__name__)
LONGEST: Final = 18.0  # seconds; a job may run thirty, and one upload takes some
NOT_KNOWN: Final = 40007


def wish_for(account: str, *, now: datetime) -> Wish:
    """Return the wish that `account` be given all it needs."""
    return Wish("materials.supply", {"account": account}, now, f"materials.supply:{account}")


def supply(runtime: "Runtime", account: str) -> None:
    """Bring to `account` what it needs and has not, renew what ends within a day, and see to its articles.

    Run twice: what is there is left alone.  What WeChat refuses is noted with
    its words and does not keep the rest waiting; after eighteen seconds a new
    promise goes on.
    """
    served = runtime.accounts[account]
    until = time.monotonic() + LONGEST
    with runtime.db.reading() as session:
        missing = places.missing(session, served.id, now=utc_now())
        articles = publishing.unsettled(session, served.id)
    for one in missing:
        if time.monotonic() > until:
            return _go_on(runtime, account)
        try:
            uploading.ensure(runtime, served, one.material_id, one.lifetime)
        except (BadRequest, uploading.NoFile, NotWhole) as error:
            log.warning("material not taken", extra={"material": one.material_id, "reason": str(error)})
    for row_id in articles:
        if time.monotonic() > until:
            return _go_on(runtime, account)
        publishing.see_to(runtime, served, row_id)
    return None


def withdraw(runtime: "Runtime", account: str, material_id: int) -> None:
    """Delete the permanent copy of a material at `account`.

    Run twice: what is gone already is no error.  If WeChat holds on to it,
    because its menu shows it, the row says so and stays.
    """
    served = runtime.accounts[account]
    wanted = places.Wanted(material_id, Lifetime.PERMANENT)
    with runtime.db.reading() as session:
        row = places.find(session, served.id, wanted)
    if row is None:
        return
    if row.media_id:
        try:
            runtime.wechat.of(account).material_delete(row.media_id)
        except BadRequest as error:
            if error.code != NOT_KNOWN:
                with runtime.db.transaction() as session:
                    session.get_one(MaterialAtWeChat, row.id).trouble = str(error)[: places.LONGEST_TROUBLE]
                return
    with runtime.db.transaction() as session:
        session.execute(delete(MaterialAtWeChat).where(MaterialAtWeChat.id == row.id))
        bump(session, REVISION)


def count(runtime: "Runtime", account: str) -> None:
    """Ask WeChat how much permanent material `account` has. Run twice: the figures are younger."""
    counts = runtime.wechat.of(account).material_counts()
    account_id = runtime.accounts[account].id
    with runtime.db.transaction() as session:
        row = session.scalar(select(MaterialCount).filter_by(account_id=account_id).with_for_update())
        if row is None:
            row = MaterialCount(account_id=account_id)
            session.add(row)
        row.images, row.voices, row.videos = counts["image"], counts["voice"], counts["video"]
        row.drafts, row.asked_at = counts["news"], utc_now()


def want(session: Session, account: str, *, now: datetime) -> None:
    """Have `account` be given what it needs once `session` commits."""
    promise(session, wish_for(account, now=now), now=now)


def _go_on(runtime: "Runtime", account: str) -> None:
    with runtime.db.transaction() as session:
        want(session, account, now=utc_now())
