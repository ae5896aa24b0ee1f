"""An import as a batch: the upload is sealed at once, read into sealed parts, and taken in part by part.

Everything a slice did stands in the rows it committed: the number of the next
part, the report's part of the same number.  A killed import goes on there.
"""

import csv
import hashlib
import io
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.audit import Actor
from bot.batches import turns, work
from bot.batches.models import Batch, BatchState
from bot.db import Database, Scope
from bot.files import store
from bot.files.models import File, FilePart
from bot.members.importing import sheets
from bot.members.importing.cleaning import Facts, clean
from bot.members.importing.sheets import NotASheet
from bot.members.importing.taking_in import take_in
from bot.organisation.models import Shop
from bot.privacy import Vault
from bot.privacy.data_keys import DataKey, make, unsealed
from bot.users import makers
from bot.users.roles import Permission

KIND = "members.import_rows"
PLACE = "batch:import"
IN_A_PART = 500
PARTS_AT_ONCE = 20
KEPT = timedelta(days=30)
REPORT = "导入结果.csv"
REFUSED = {
    "kind": "不是 CSV 或 Excel（.xlsx）文件，或者读不出里面的文字",
    "large": "文件太大",
    "rows": "超过二十万行，请分成几份",
    "head": "第一行里没有“手机号”这一列",
}


def begin(
    session: Session,
    vault: Vault,
    content: bytes,
    *,
    name: str,
    source: str,
    shop_id: int | None,
    shop_ids: Sequence[int] | None,
    maker: Actor,
    now: datetime,
) -> Batch:
    """Keep the upload, sealed, and promise its import. `shop_ids` are all a row may name; None for any."""
    key, kept = make(vault, PLACE)
    file = store.put(
        session,
        key.seal_bytes(content, PLACE),
        name="upload.sealed",
        media_type="application/octet-stream",
        now=now,
        keep_until=now + KEPT,
    )
    arguments = {
        "file_id": file.id,
        "key": kept,
        "source": source,
        "shop_id": shop_id,
        "shop_ids": list(shop_ids) if shop_ids is not None else None,
    }
    return work.begin(
        session,
        kind=KIND,
        title=f"导入会员：{name}",
        arguments=arguments,
        total=0,
        needs=Permission.MEMBERS_CHANGE,
        maker=maker,
        now=now,
    )


def run(db: Database, vault: Vault, batch_id: int, *, now: datetime, seconds: float = work.SLICE) -> None:
    """Do one slice within the scope its maker has now, and promise the next.

    Of two at once, the second waits for the row and goes on after.
    """
    with db.transaction() as session:
        begun = makers.take(session, batch_id, now=now)
        if begun is None:
            return
        batch, scope = begun
        arguments, is_read = dict(batch.arguments), "parts" in batch.notes
    shops = _shops(db, scope, arguments["shop_ids"])
    if not (scope.everything if arguments["shop_id"] is None else arguments["shop_id"] in shops.values()):
        _give_up(db, batch_id, now=now)
        return
    key = unsealed(vault, arguments["key"], PLACE)
    if not is_read and not _read(db, batch_id, key, arguments["file_id"], now=now):
        return
    part = partial(_one_part, db, vault, batch_id, key, shops, now=now)
    turns.of_batch(db, batch_id, part, seconds=seconds)


def _read(db: Database, batch_id: int, key: DataKey, file_id: int, *, now: datetime) -> bool:
    """Write the upload's rows into sealed parts; False, and the batch has failed, if it is no sheet."""
    with db.reading() as session:
        content = key.open_bytes(store.content(session, file_id), PLACE)
    with db.transaction() as session:
        parts_id, report_id = (_file(session, name, now) for name in ("rows.sealed", REPORT))
    count = parts = 0
    try:
        found = sheets.rows(content)
        while some := list(islice(found, IN_A_PART * PARTS_AT_ONCE)):
            count += len(some)
            with db.transaction() as session:
                for start in range(0, len(some), IN_A_PART):
                    packed = zlib.compress(orjson.dumps(some[start : start + IN_A_PART]))
                    sealed = key.seal_bytes(packed, PLACE)
                    session.add(FilePart(file_id=parts_id, number=parts, content=sealed))
                    parts += 1
    except NotASheet as error:
        with db.transaction() as session:
            batch = session.get_one(Batch, batch_id)
            work.advance(batch, done=0, problems=[("文件", REFUSED[error.why])])
            work.end(batch, BatchState.FAILED, now=now)
        return False
    with db.transaction() as session:
        taken = work.take(session, batch_id, now=now)
        if taken is None:
            return False
        if "parts" in taken.notes:  # another slice was faster, and may be at work
            store.remove(session, parts_id)
            store.remove(session, report_id)
            return True
        batch = taken
        batch.total = count
        batch.notes = {
            "rows": parts_id,
            "report": report_id,
            "parts": parts,
            "next": 0,
            "new": 0,
            "known": 0,
        }
        store.remove(session, file_id)
    return True


def _one_part(
    db: Database, vault: Vault, batch_id: int, key: DataKey, shops: Mapping[str, int], *, now: datetime
) -> bool:
    """Take in the next part in one transaction; False once there is none left, and the batch is done."""
    with db.transaction() as session:
        batch = work.take(session, batch_id, now=now)
        if batch is None:
            return False
        notes, arguments = dict(batch.notes), batch.arguments
        number = notes["next"]
        if number >= notes["parts"]:
            _finish(session, batch, notes, now=now)
            return False
        part = session.get_one(FilePart, (notes["rows"], number))
        rows = orjson.loads(zlib.decompress(key.open_bytes(part.content, PLACE)))
        cleaned = [clean(row, shops, shop_id=arguments["shop_id"], today=now.date()) for row in rows]
        wrong = [(row["line"], one) for row, one in zip(rows, cleaned, strict=True) if isinstance(one, str)]
        facts = [one for one in cleaned if isinstance(one, Facts)]
        taken = take_in(session, vault, facts, source=arguments["source"], now=now)
        batch = session.get_one(Batch, batch_id)
        failed = sorted([*wrong, *taken.failed], key=lambda one: int(one[0]))
        lines = [*(("未导入", *one) for one in failed), *(("重复", *one) for one in taken.notes)]
        session.add(
            FilePart(file_id=notes["report"], number=number, content=_lines(lines, is_first=not number))
        )
        work.advance(batch, done=len(rows), problems=[(f"第 {line} 行", why) for line, why in failed])
        notes["next"], notes["new"] = number + 1, notes["new"] + taken.new
        notes["known"] += taken.known
        batch.notes = notes
    return True


def _finish(session: Session, batch: Batch, notes: dict[str, int], *, now: datetime) -> None:
    """Close the report and let go of the rows."""
    summary = f"\r\n合计,{batch.total},新增 {notes['new']}，重复 {notes['known']}，未导入 {batch.failed}\r\n"
    session.add(FilePart(file_id=notes["report"], number=notes["parts"], content=summary.encode()))
    session.flush()
    parts = select(FilePart.content).where(FilePart.file_id == notes["report"]).order_by(FilePart.number)
    digest, size = hashlib.sha256(), 0
    for content in session.scalars(parts):
        digest.update(content)
        size += len(content)
    file = session.get_one(File, notes["report"])
    file.size, file.sha256 = size, digest.digest()
    store.remove(session, notes["rows"])
    work.end(batch, BatchState.DONE, now=now, file_id=notes["report"])


def _lines(rows: Sequence[tuple[str, str, str]], *, is_first: bool) -> bytes:
    made = io.StringIO()
    writer = csv.writer(made)
    if is_first:
        made.write("\ufeff")  # Excel takes a file without the mark for the system's old encoding
        writer.writerow(("结果", "行", "原因"))
    writer.writerows(rows)
    return made.getvalue().encode()


def _file(session: Session, name: str, now: datetime) -> int:
    file = File(name=name, media_type="text/csv", size=None, created_at=now, keep_until=now + KEPT)
    session.add(file)
    session.flush()
    return file.id


def _give_up(db: Database, batch_id: int, *, now: datetime) -> None:
    """End the import as failed: its maker no longer sees where rows without a shop would go."""
    with db.transaction() as session:
        batch = work.take(session, batch_id, now=now)
        if batch is not None:
            work.end(batch, BatchState.FAILED, now=now)


def _shops(db: Database, scope: Scope, shop_ids: Sequence[int] | None) -> dict[str, int]:
    """Return by name the shops that the maker might name when they began, and sees now."""
    with db.scoped_reading(scope) as session:
        wanted = select(Shop.name, Shop.id)
        if shop_ids is not None:
            wanted = wanted.where(Shop.id.in_(shop_ids))
        return {row[0]: row[1] for row in session.execute(wanted)}
