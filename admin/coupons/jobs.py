"""Giving coupons to many, a slice at a time, within the scope of whoever asked as it is now."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from admin import languages
from admin.coupons import words
from bot.batches import turns, work
from bot.batches.models import Batch, BatchState
from bot.coupons import issuing, telling
from bot.coupons.jobs import ways
from bot.coupons.refusals import NotIssued
from bot.db import Scope, utc_now
from bot.fans.models import Fan
from bot.members.models import Member
from bot.segments import compiling
from bot.users import makers

if TYPE_CHECKING:
    from bot.runtime import Runtime

SOURCE = "batch"
AT_ONCE = 50  # members in one transaction: each is a lock of theirs


def give_many(runtime: "Runtime", batch_id: int) -> None:
    """Give each member of a batch one coupon, or say why not.

    Run twice: where it has come to is kept in the transaction of what was done,
    and the form that began it gives a member one coupon whatever is sent or tried again.
    """
    with languages.speaking(runtime, _language(runtime, batch_id)):
        turns.of_batch(runtime.db, batch_id, lambda: _step(runtime, batch_id))


def _language(runtime: "Runtime", batch_id: int) -> str:
    with runtime.db.reading() as session:
        batch = session.get(Batch, batch_id)
        return str(batch.arguments.get("language", "zh")) if batch else "zh"


def _form_of(batch_id: int, arguments: Mapping[str, Any]) -> str:
    """Return what names the form as it was filled in, or the batch where it had no word of its own."""
    once = arguments.get("once")
    return f"{once}:{arguments['template_id']}" if once else str(batch_id)


def _step(runtime: "Runtime", batch_id: int) -> bool:
    """Do the next members; False once there is nothing left to do."""
    now = utc_now()
    with runtime.db.transaction() as session:
        begun = makers.take(session, batch_id, now=now)
        if begun is None:
            return False
        first, scope = begun
        place = first.notes.get("place")
        arguments, began = dict(first.arguments), first.created_at
    if "segment" in arguments:
        members, reached, looked = _fans(runtime, scope, arguments, place, began)
    else:
        members, reached, looked = _named(runtime, scope, arguments, int(place or 0))
    with runtime.db.transaction() as session:
        batch = work.take(session, batch_id, now=now)
        if batch is None or batch.notes.get("place") != place:
            return batch is not None  # cancelled, or another run did these
        if not looked:
            work.end(batch, BatchState.DONE, now=now)
            return False
        problems, form = [], _form_of(batch_id, arguments)
        for member_id, number in sorted(members.items()):
            try:
                coupon, is_new = issuing.give(
                    session,
                    arguments["template_id"],
                    member_id,
                    key=f"{form}:{member_id}",
                    source=SOURCE,
                    by=batch.created_by,
                    now=now,
                )
            except NotIssued as refused:
                why = str(words.REFUSALS.get(refused.code, refused.code))
                problems.append((number, f"{why}（{refused.words}）" if refused.words else why))
                continue
            if is_new and arguments.get("tell"):
                telling.tell(session, coupon, intent=telling.OFFERED, way=ways(runtime), now=now)
        batch.notes = {**batch.notes, "place": reached}
        work.advance(batch, done=looked, problems=problems)
    return True


def _named(
    runtime: "Runtime", scope: Scope, arguments: dict[str, list[int]], place: int
) -> tuple[dict[int, str], int, int]:
    """Return the next named members in sight, where that has come to, and how many were looked at."""
    part = arguments["members"][place : place + AT_ONCE]
    with runtime.db.scoped_reading(scope) as session:
        rows = session.execute(select(Member.id, Member.number).where(Member.id.in_(part))).all()
    return {row.id: row.number for row in rows}, place + len(part), len(part)


def _fans(
    runtime: "Runtime", scope: Scope, arguments: dict[str, object], place: int | None, began: datetime
) -> tuple[dict[int, str], int, int]:
    """Return the members among the next fans of the segment, in the order of their ids."""
    with runtime.db.scoped_reading(scope) as session:
        fits = compiling.select(
            arguments["segment"],  # type: ignore[arg-type]
            account_id=int(str(arguments["account_id"])),
            now=began,
        )
        next_ones = fits.with_only_columns(Fan.id, Fan.member_id).where(Fan.id > (place or 0))
        fans = session.execute(next_ones.order_by(Fan.id).limit(AT_ONCE)).all()
        ids = {fan.member_id for fan in fans if fan.member_id is not None}
        rows = session.execute(select(Member.id, Member.number).where(Member.id.in_(ids))).all()
    return {row.id: row.number for row in rows}, fans[-1].id if fans else place or 0, len(fans)
