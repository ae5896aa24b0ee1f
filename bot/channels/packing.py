"""ZIP archives and label sheets of many codes: drawn, read back, bound together, a slice at a time."""

import io
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from PIL import Image
from sqlalchemy.orm import Session

from bot.audit import Actor
from bot.batches import parts, work
from bot.batches.models import Batch
from bot.batches.parts import KEPT, PDF, ZIP, Form
from bot.channels import facts as channel_facts
from bot.channels import troubles
from bot.channels.facts import Facts
from bot.channels.listing import spreadsheet
from bot.db import Scope, utc_now
from bot.files import store
from bot.prints import Unreadable, logo, pictures, sheets
from bot.prints.sheets import Layout
from bot.users import makers
from bot.users.roles import Permission

if TYPE_CHECKING:
    from bot.runtime import Runtime

KIND = "channels.pack"
MOST = 20_000
PICTURES = 250  # of one part of an archive
LABELS = 960  # of one PDF: whole sheets of any layout


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for. `logo` is "", "ours", or the number of a file."""

    form: str
    ids: list[int]
    width: int = 860
    svg: bool = True
    layout: str = Layout.TWELVE.value
    logo: str = ""
    foot: str = ""
    language: str = "zh"


def begin(session: Session, order: Order, *, title: str, maker: Actor, now: datetime) -> Batch:
    """Begin packing at most `MOST` codes; the ids must have been read in the maker's scope."""
    if not 0 < len(order.ids) <= MOST:
        raise ValueError(f"{len(order.ids)} codes; an archive holds from one to {MOST}")
    arguments = {name: getattr(order, name) for name in Order.__slots__}
    return work.begin(
        session,
        kind=KIND,
        title=title,
        arguments=arguments,
        total=len(order.ids),
        needs=Permission.CHANNELS_EXPORT,
        maker=maker,
        now=now,
    )


def pack(runtime: "Runtime", batch_id: int) -> None:
    """Draw or bind a slice of the batch and promise the next, within the scope its maker has now.

    Run twice: what was not committed is done again and gives the same bytes;
    a part is counted with the batch's row locked, so each is there once.
    """
    with runtime.db.transaction() as session:
        begun = makers.take(session, batch_id, now=utc_now())
        if begun is None:
            return
        batch, scope = begun
        order, notes = Order(**batch.arguments), dict(batch.notes)
    following, made_parts = int(notes.get("next", 0)), list(notes.get("parts", []))
    if following >= len(order.ids):
        _bind(runtime, batch_id, order, scope, made_parts)
        return
    packer = _Packer(runtime, order, scope)
    made = packer.pictures(following) if order.form == Form.ZIP else packer.labels(following)
    now = utc_now()
    with runtime.db.transaction() as session:
        taken = work.take(session, batch_id, now=now)
        if taken is None or taken.notes.get("next", 0) != following:
            return  # cancelled, or another worker was first
        if made.content:
            made_parts.append(parts.put(session, made.content, now=now))
        taken.notes = {"next": following + made.done, "parts": made_parts}
        work.advance(taken, done=made.done, problems=made.problems)
        work.go_on(session, taken, now=now)


@dataclass(frozen=True, slots=True)
class _Made:
    content: bytes
    done: int
    problems: list[tuple[str, str]]


class _Packer:
    """Draws the parts of one order, of codes within `scope`; others are gone."""

    def __init__(self, runtime: "Runtime", order: Order, scope: Scope) -> None:
        self._runtime = runtime
        self._order = order
        self._scope = scope
        self._logo = _logo(runtime, order.logo)

    def pictures(self, start: int) -> _Made:
        """Draw pictures until the part is full or the time is up; each is read back before it goes in."""
        until = time.monotonic() + work.SLICE
        out, problems, done = io.BytesIO(), [], 0
        with zipfile.ZipFile(out, "w") as archive:
            for one, trouble in self._facts(start, PICTURES):
                done += 1
                if wrong := trouble or self._add(archive, one):
                    problems.append((one.title, troubles.say(wrong, self._order.language)))
                if time.monotonic() > until:
                    break
        return _Made(out.getvalue() if len(problems) < done else b"", done, problems)

    def labels(self, start: int) -> _Made:
        """Draw one PDF of label sheets and read every code of it back from its bytes.

        A code that cannot be read is left out, and named among the problems.
        """
        problems, labels, done = [], [], 0
        for one, trouble in self._facts(start, LABELS):
            done += 1
            if trouble is None:
                labels.append(sheets.Label(one.url, one.name, one.detail, one.title))
            else:
                problems.append((one.title, troubles.say(trouble, self._order.language)))
        while labels:
            try:
                content = sheets.pdf(
                    labels,
                    layout=Layout(self._order.layout),
                    foot=self._order.foot,
                    title="",
                    logo=self._logo,
                )
            except Unreadable as error:
                labels = [one for one in labels if one.whose != error.whose]
                problems.append((error.whose, troubles.say("unreadable", self._order.language)))
            else:
                return _Made(content, done, problems)
        return _Made(b"", done, problems)

    def _add(self, archive: zipfile.ZipFile, one: Facts) -> str | None:
        try:
            files = {"png": pictures.png(one.url, width=self._order.width, whose=one.title, logo=self._logo)}
            if self._order.svg:
                files["svg"] = pictures.svg(one.url, whose=one.title, logo=self._logo)
        except Unreadable:
            return "unreadable"
        for ending, content in files.items():
            packed = zipfile.ZIP_DEFLATED if ending == "svg" else zipfile.ZIP_STORED
            archive.writestr(parts.entry(f"{ending}/{file_name(one)}.{ending}"), content, packed)
        return None

    def _facts(self, start: int, number: int) -> Iterator[tuple[Facts, str | None]]:
        """Yield the codes in their order, each with what keeps it from being drawn."""
        ids = self._order.ids[start : start + number]
        with self._runtime.db.scoped_reading(self._scope) as session:
            found = channel_facts.of(session, ids)
        now = utc_now()
        for key in ids:
            one = found.get(key)
            if one is None:
                yield Facts.gone(key), "gone"
            elif not one.url:
                yield one, "not_made"
            elif one.expires_at is not None and one.expires_at <= now:
                yield one, "ended"
            else:
                yield one, None


def _bind(runtime: "Runtime", batch_id: int, order: Order, scope: Scope, made: Sequence[int]) -> None:
    """Make one file of the parts and end the batch."""
    now = utc_now()
    file_id = None
    if made:
        if order.form == Form.PDF and len(made) == 1:
            with runtime.db.reading() as session:
                content = store.content(session, made[0])
            with runtime.db.transaction() as session:
                name, until = _name(order, "pdf"), now + KEPT
                file_id = store.put(session, content, name=name, media_type=PDF, now=now, keep_until=until).id
        else:
            file_id = _bound(runtime, order, scope, made, now=now)
    parts.end(runtime.db, batch_id, made, file_id=file_id, now=now)


def _bound(runtime: "Runtime", order: Order, scope: Scope, made: Sequence[int], *, now: datetime) -> int:
    name = _name(order, "zip")
    with (
        store.Writer(runtime.db, name=name, media_type=ZIP, now=now, keep_until=now + KEPT) as writer,
        zipfile.ZipFile(writer, "w") as archive,
    ):
        for number, part in enumerate(made, start=1):
            with runtime.db.reading() as session:
                content = store.content(session, part)
            if order.form == Form.PDF:
                archive.writestr(parts.entry(f"labels-{number:03}.pdf"), content, zipfile.ZIP_STORED)
                continue
            with zipfile.ZipFile(io.BytesIO(content)) as source:
                for entry in source.infolist():
                    archive.writestr(parts.entry(entry.filename), source.read(entry), entry.compress_type)
        listed = spreadsheet(_rows(runtime, order, scope), language=order.language)
        archive.writestr(parts.entry("codes.xlsx"), listed, zipfile.ZIP_STORED)
    return writer.file_id


def _rows(runtime: "Runtime", order: Order, scope: Scope) -> Iterator[tuple[Facts, str]]:
    for start in range(0, len(order.ids), 500):
        ids = order.ids[start : start + 500]
        with runtime.db.scoped_reading(scope) as session:
            found = channel_facts.of(session, ids)
        for key in ids:
            if key in found:
                yield found[key], f"png/{file_name(found[key])}.png" if order.form == Form.ZIP else ""


def file_name(one: Facts) -> str:
    """Return a name that every file system takes, the channel's number first so that no two are the same."""
    return f"{one.id:06}-{parts.plain(one.name)}"


def _name(order: Order, ending: str) -> str:
    return f"codes-{len(order.ids)}.{ending}"


def _logo(runtime: "Runtime", wanted: str) -> Image.Image | None:
    if not wanted:
        return None
    if wanted == "ours":
        return _lantern()
    with runtime.db.reading() as session:
        return logo.opened(store.content(session, int(wanted)))


@lru_cache(maxsize=1)
def _lantern() -> Image.Image:
    return logo.lantern()
