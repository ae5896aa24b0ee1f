"""Tags on fans: on one from their page, on all that a filter finds."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from admin import cookies, scanning
from admin.access import allowed
from admin.forms import Form
from admin.office import actor, changing, find, record, runtime, visitor
from admin.tags.blueprint import pages
from bot.audit import Subject
from bot.batches import work
from bot.batches.models import Batch
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.fans.models import Fan
from bot.keys import key_in
from bot.tagging import jobs as tagging
from bot.tags import finding, news
from bot.tags.models import FanTag, Tag, TagKind
from bot.users.roles import Permission

MANUAL = "manual"
KIND = "tags.put_many"


def every(session: ScopedSession) -> dict[int, str]:
    """Return the tags in use by id, in the order of their names."""
    wanted = select(Tag.id, Tag.name).where(Tag.retired_at.is_(None)).order_by(Tag.name)
    return {row.id: row.name for row in session.execute(wanted)}


def choices(session: ScopedSession) -> list[tuple[int, str]]:
    """Return the tags that people may put on; the server's own it puts on itself."""
    wanted = select(Tag.id, Tag.name).where(Tag.retired_at.is_(None), Tag.kind != TagKind.SYSTEM.value)
    return [(row.id, row.name) for row in session.execute(wanted.order_by(Tag.name))]


def of_fans(session: ScopedSession, fan_ids: Sequence[int]) -> dict[int, list[Tag]]:
    """Return the tags of each fan, the one put on last at the end."""
    found: dict[int, list[Tag]] = defaultdict(list)
    if fan_ids:
        wanted = select(FanTag.fan_id, Tag).join(Tag, Tag.id == FanTag.tag_id)
        rows = session.execute(
            wanted.where(FanTag.fan_id.in_(fan_ids)).order_by(FanTag.tagged_at, FanTag.tag_id)
        )
        for fan_id, tag in rows:
            found[fan_id].append(tag)
    return found


@pages.post("/fans/<int:key>/on")
@allowed(Permission.FANS_TAG)
def on_fan(key: int) -> AnyResponse:
    """Put a tag on one fan."""
    with changing() as session:
        fan = find(session, Fan, key)
        tag = _chosen(session)
        if tag is not None and session.get(FanTag, (fan.id, tag.id)) is None:
            session.add(FanTag(fan_id=fan.id, tag_id=tag.id, tagged_at=utc_now(), source=MANUAL))
            news.put_by_hand(session, fan.id, tag.id, source=MANUAL, now=utc_now())
            _tell(session, fan, tag)
            record(session, "tag.put_on", fan, after={"tag": tag.name})
    return redirect(url_for("admin.fans.show", key=key), 303)


@pages.post("/fans/<int:key>/off")
@allowed(Permission.FANS_TAG)
def off_fan(key: int) -> AnyResponse:
    """Take a tag off one fan."""
    with changing() as session:
        fan = find(session, Fan, key)
        tag = _chosen(session)
        row = session.get(FanTag, (fan.id, tag.id)) if tag is not None else None
        if tag is not None and row is not None:
            session.delete(row)
            session.flush()
            _tell(session, fan, tag)
            record(session, "tag.taken_off", fan, before={"tag": tag.name})
    return redirect(url_for("admin.fans.show", key=key), 303)


@pages.post("/many")
@allowed(Permission.FANS_TAG)
def many() -> str | AnyResponse:
    """Put a tag on all fans of a filter, or take it off: first how many that is, then as long work."""
    form = Form.sent()
    sent = request.form.items()
    said = {name.removeprefix("filter_"): value for name, value in sent if name.startswith("filter_")}
    asked = finding.kept(said)
    puts_on = form.values.get("what") != "take"
    now = utc_now()
    with changing() as session:
        tag = _chosen(session)
        if tag is None:
            cookies.say(_("Choose a tag that people put on; 粉丝 and 会员 come by themselves."), "warning")
            return redirect(url_for("admin.fans.listing", **dict[str, Any](asked)), 303)
        accounts = [one.id for one in runtime.accounts.values()]
        wanted = finding.wanted(session, asked, account_ids=accounts, now=now)
        newest = scanning.newest(session, Fan.id)
        count = session.scalar(select(func.count()).select_from(wanted.with_only_columns(Fan.id).subquery()))
        if not form.ticked("sure"):
            return render_template(
                "admin/tags/many.html", tag=tag, puts_on=puts_on, count=count or 0, asked=asked
            )
        words = _("Put %(tag)s on fans") if puts_on else _("Take %(tag)s off fans")
        arguments = {"filter": asked, "tag_id": tag.id, "puts_on": puts_on, "newest": newest}
        batch = work.begin(
            session,
            kind=KIND,
            title=str(words) % {"tag": tag.name},
            arguments=arguments,
            total=count or 0,
            needs=Permission.FANS_TAG,
            maker=actor(),
            now=now,
        )
        facts = {"tag": tag.name, "fans": count or 0, "filter": asked}
        record(
            session,
            "tag.put_on" if puts_on else "tag.taken_off",
            Subject("tag", str(tag.id)),
            after=facts,
        )
        batch_id = batch.id
    return redirect(url_for("admin.batches.show", key=batch_id), 303)


@pages.post("/many/<int:key>/back")
@allowed(Permission.FANS_TAG)
def take_back(key: int) -> AnyResponse:
    """Take back the tags that one batch put on, as long work of its own."""
    now = utc_now()
    with changing() as session:
        done = find(session, Batch, key)
        tag = session.get(Tag, done.arguments.get("tag_id")) if can_be_taken_back(done) else None
        if done.created_by_id != visitor.user_id or tag is None or tag.retired_at is not None:
            raise NotFound
        bearers = tagging.put_by(done.id, tag.id)
        count = session.scalar(select(func.count(Fan.id)).where(Fan.id.in_(bearers)))
        newest = scanning.newest(session, Fan.id)
        batch = work.begin(
            session,
            kind=done.kind,
            title=_("Take %(tag)s back off fans", tag=tag.name),
            arguments={"filter": {}, "tag_id": tag.id, "puts_on": False, "newest": newest, "undoes": done.id},
            total=count or 0,
            needs=Permission.FANS_TAG,
            maker=actor(),
            now=now,
        )
        facts = {"tag": tag.name, "fans": count or 0, "batch": done.id}
        record(session, "tag.taken_off", Subject("tag", str(tag.id)), before=facts)
        batch_id = batch.id
    return redirect(url_for("admin.batches.show", key=batch_id), 303)


def can_be_taken_back(batch: Batch) -> bool:
    """Tell whether the batch has ended and put a tag on: what it took off, nobody knows any more."""
    puts_on = batch.kind == KIND and batch.arguments.get("puts_on")
    return bool(puts_on) and batch.state in work.ENDED


def _chosen(session: ScopedSession) -> Tag | None:
    key = key_in(request.form.get("tag"))
    tag = session.get(Tag, key) if key is not None else None
    return tag if tag is not None and tag.retired_at is None and tag.kind != TagKind.SYSTEM else None


def _tell(session: ScopedSession, fan: Fan, tag: Tag) -> None:
    tagging.tell(session, [(fan.account_id, fan.id)], {tag.id})
