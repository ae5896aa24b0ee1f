"""The posters of many staff as one file: codes for all, then drawn, then bound, a slice at a time.

codes are made or asked for → posters are drawn → those whose code WeChat had not made yet, again → bound
"""

import io
import json
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import posters
from bot.audit import Actor
from bot.batches import parts, work
from bot.batches.models import Batch
from bot.batches.parts import KEPT, PDF, ZIP, Form
from bot.channels.quota import NoCodesLeft
from bot.db import Scope, utc_now
from bot.db.scope import rule_of
from bot.files import store
from bot.organisation.models import Shop, Staff
from bot.outbox.promises import Wish, promise
from bot.posters import codes, making, packed
from bot.posters.book import Book
from bot.posters.designs import NoSuchDesign
from bot.posters.making import CodeRetired, NoCodeYet, NotAtWork, Poster
from bot.users import makers
from bot.users.roles import Permission

if TYPE_CHECKING:
    from bot.runtime import Runtime

KIND = "posters.pack"
MOST = 5_000
AT_ONCE = 40  # codes of one transaction
PART = 100  # posters, and
PART_BYTES = 9 * 1024 * 1024  # bytes of one part, which goes into the database at once
ROUNDS, PAUSE = 24, timedelta(seconds=5)  # how long WeChat may take until the next code
ROWS = "rows.json"


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for: `ids` are staff, who still work in `shops`; no `design` is each one's choice."""

    form: str
    account_id: int
    ids: list[int]
    shops: list[int]
    design: str = ""
    width: int = 1080
    width_mm: int = 90
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class _Notes:
    """Where the batch is. `ids` are those of this round; of them `following` are behind us."""

    ids: list[int]
    coded: int = 0
    following: int = 0
    round: int = 0
    waiting: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)

    def as_document(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _Notes.__slots__}


def begin(session: Session, order: Order, *, title: str, maker: Actor, now: datetime) -> Batch:
    """Begin drawing for at most `MOST` staff; their ids must have been read in the maker's scope."""
    if not 0 < len(order.ids) <= MOST:
        raise ValueError(f"{len(order.ids)} posters; a batch draws from one to {MOST}")
    arguments = {name: getattr(order, name) for name in Order.__slots__}
    return work.begin(
        session,
        kind=KIND,
        title=title,
        arguments=arguments,
        total=len(order.ids),
        needs=Permission.POSTERS_EXPORT,
        maker=maker,
        now=now,
    )


def pack(runtime: "Runtime", batch_id: int) -> None:
    """Do a slice of the batch and promise the next, within the scope its maker has now.

    Run twice: what was not committed is done again and gives the same bytes; a part is counted with the
    batch's row locked, so each is there once; somebody's code is made once.
    """
    with runtime.db.transaction() as session:
        begun = makers.take(session, batch_id, now=utc_now())
        if begun is None:
            return
        batch, scope = begun
        order = _within(session, Order(**batch.arguments), scope)
        notes = _Notes(**(batch.notes or {"ids": order.ids}))
        if notes.coded < len(order.ids):
            _save(session, batch, _make_codes(session, order, notes))
            return
    if notes.following < len(notes.ids):
        _draw(runtime, batch_id, order, scope, notes)
    elif notes.waiting:
        _wait(runtime, batch_id, notes)
    else:
        _bind(runtime, batch_id, order, notes.parts)


def _within(session: Session, order: Order, scope: Scope) -> Order:
    """Return the order with those of its shops that the maker still sees; nobody of others gets a poster."""
    if scope.everything:
        return order
    seen = rule_of(Shop).reading(Shop, scope)
    return replace(order, shops=list(session.scalars(select(Shop.id).where(seen, Shop.id.in_(order.shops)))))


def _save(session: Session, batch: Batch, notes: _Notes, *, after: timedelta = timedelta(0)) -> None:
    batch.notes = notes.as_document()
    now = utc_now()
    promise(session, Wish(KIND, {"batch_id": batch.id}, now + after, f"{KIND}:{batch.id}"), now=now)


def _make_codes(session: Session, order: Order, notes: _Notes) -> _Notes:
    """Give some of the staff their codes, or promise WeChat's; note whom the account has none left for."""
    some = order.ids[notes.coded : notes.coded + AT_ONCE]
    refused = list(notes.refused)
    wanted = select(Staff).where(Staff.id.in_(some), Staff.active.is_(True), Staff.shop_id.in_(order.shops))
    for staff in session.scalars(wanted.order_by(Staff.id)).all():
        try:
            codes.ensure(session, account_id=order.account_id, staff=staff, now=utc_now())
        except NoCodesLeft:
            refused.append(staff.id)
    return replace(notes, coded=notes.coded + len(some), refused=refused)


def _draw(runtime: "Runtime", batch_id: int, order: Order, scope: Scope, notes: _Notes) -> None:
    """Draw posters until the part is full or the time is up; the engine reads each code back."""
    until = time.monotonic() + work.SLICE
    drawing = _Drawing(runtime, order, scope, notes)
    for staff_id in notes.ids[notes.following : notes.following + PART]:
        drawing.add(staff_id)
        if time.monotonic() > until or drawing.size > PART_BYTES:
            break
    now = utc_now()
    with runtime.db.transaction() as session:
        batch = work.take(session, batch_id, now=now)
        if batch is None or batch.notes != notes.as_document():
            return  # cancelled, or another worker was first
        made = list(notes.parts)
        if drawing.rows:
            made.append(parts.put(session, drawing.end(), now=now))
        work.advance(batch, done=len(drawing.rows) + len(drawing.problems), problems=drawing.problems)
        following = notes.following + drawing.seen
        waiting = [*notes.waiting, *drawing.waiting]
        _save(session, batch, replace(notes, following=following, waiting=waiting, parts=made))


def _wait(runtime: "Runtime", batch_id: int, notes: _Notes) -> None:
    """Let WeChat make the codes that are missing, and try those again."""
    with runtime.db.transaction() as session:
        batch = work.take(session, batch_id, now=utc_now())
        if batch is None or batch.notes != notes.as_document():
            return
        rounds = 1 if len(notes.waiting) < len(notes.ids) else notes.round + 1  # it is getting on
        again = replace(notes, ids=notes.waiting, following=0, waiting=[], round=rounds)
        _save(session, batch, again, after=PAUSE)


class _Drawing:
    """The posters of one part, and what became of each person."""

    def __init__(self, runtime: "Runtime", order: Order, scope: Scope, notes: _Notes) -> None:
        self._runtime, self._order, self._scope, self._notes = runtime, order, scope, notes
        self._out = io.BytesIO()
        self._archive = zipfile.ZipFile(self._out, "w")
        self.rows: list[dict[str, str]] = []
        self.problems: list[tuple[str, str]] = []
        self.waiting: list[int] = []
        self.seen = 0

    @property
    def size(self) -> int:
        """How many bytes are there so far."""
        return self._out.tell()

    def add(self, staff_id: int) -> None:
        """Draw somebody's poster, or note why there is none."""
        self.seen += 1
        try:
            one = self._poster(staff_id)
            content = self._content(one)
        except NoCodeYet:
            if staff_id in self._notes.refused:
                self._trouble(staff_id, "no_codes_left")
            elif self._notes.round < ROUNDS:
                self.waiting.append(staff_id)
            else:
                self._trouble(staff_id, "not_made")
        except (NotAtWork, CodeRetired, NoSuchDesign, posters.PosterError) as error:
            self._trouble(staff_id, packed.code_of(error))
        else:
            ending = "jpg" if self._order.form == Form.ZIP else "pdf"
            shop, name = parts.plain(one.subject.shop) or "_", parts.plain(one.subject.name) or "_"
            file = f"{shop}/{staff_id:06}-{name}.{ending}"
            self._archive.writestr(parts.entry(file), content, zipfile.ZIP_STORED)
            self.rows.append(packed.row(one, file))

    def end(self) -> bytes:
        """Return the part: the posters, and what stands in the sheet about them."""
        self._archive.writestr(parts.entry(ROWS), json.dumps(self.rows), zipfile.ZIP_DEFLATED)
        self._archive.close()
        return self._out.getvalue()

    def _poster(self, staff_id: int) -> Poster:
        order = self._order
        with self._runtime.db.scoped_reading(self._scope) as session:
            whose = making.subject(session, account_id=order.account_id, staff_id=staff_id)
            if whose.shop_id not in order.shops:
                raise NotAtWork(f"staff {staff_id} works elsewhere by now")
            offers = making.offered(session, whose.shop_id, now=utc_now())
            wanted = order.design or whose.chosen
            design = next((one for one in offers if one.key == wanted), None)
            if design is None and (order.design or not offers):
                raise NoSuchDesign(f"{order.design} is not offered to shop {whose.shop_id}")
            return making.poster(session, design or offers[0], whose)

    def _content(self, one: Poster) -> bytes:
        if self._order.form == Form.ZIP:
            return making.draw(one, width=self._order.width)
        return making.draw_print(one, width_mm=self._order.width_mm)

    def _trouble(self, staff_id: int, code: str) -> None:
        with self._runtime.db.scoped_reading(self._scope) as session:
            staff = session.get(Staff, staff_id)
            name = staff.name if staff is not None else f"#{staff_id}"
        self.problems.append((name, packed.say(code, self._order.language)))


def _bind(runtime: "Runtime", batch_id: int, order: Order, made: Sequence[int]) -> None:
    """Make one file of the parts and end the batch."""
    now = utc_now()
    file_id = _bound(runtime, order, made, now=now) if made else None
    parts.end(runtime.db, batch_id, made, file_id=file_id, now=now)


def _bound(runtime: "Runtime", order: Order, made: Sequence[int], *, now: datetime) -> int:
    is_zip = order.form == Form.ZIP
    name, kind = (f"posters-{len(order.ids)}.{order.form}", ZIP if is_zip else PDF)
    rows: list[dict[str, str]] = []
    with store.Writer(runtime.db, name=name, media_type=kind, now=now, keep_until=now + KEPT) as writer:
        if is_zip:
            with zipfile.ZipFile(writer, "w") as archive:
                for file, content in _entries(runtime, made, rows):
                    archive.writestr(parts.entry(file), content, zipfile.ZIP_STORED)
                sheet = packed.spreadsheet(rows, language=order.language)
                archive.writestr(parts.entry("posters.xlsx"), sheet, zipfile.ZIP_STORED)
        else:
            book = Book(writer)
            for _file, content in _entries(runtime, made, rows):
                book.add(content)
            book.end()
    return writer.file_id


def _entries(
    runtime: "Runtime", made: Sequence[int], rows: list[dict[str, str]]
) -> Iterator[tuple[str, bytes]]:
    """Yield each poster of the parts by its name, and put what stands in the sheet into `rows`."""
    for part in made:
        with runtime.db.reading() as session:
            content = store.content(session, part)
        with zipfile.ZipFile(io.BytesIO(content)) as source:
            rows += json.loads(source.read(ROWS))
            for entry in source.infolist():
                if entry.filename != ROWS:
                    yield entry.filename, source.read(entry)
