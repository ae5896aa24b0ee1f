"""Files are kept whole, in parts, and let go of in time."""

import hashlib
import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import func, select

from bot.db import Scope, utc_now
from bot.files import store
from bot.files.models import File, FilePart

CONTENT = bytes(range(256)) * 5000  # 1.28 MB: three parts


def test_a_file_comes_back_as_it_was_put(db):
    with db.transaction() as session:
        file = store.put(session, CONTENT, name="a.bin", media_type="application/x", now=utc_now())

    with db.reading() as session:
        assert store.content(session, file.id) == CONTENT
        assert store.about(session, file.id).sha256 == hashlib.sha256(CONTENT).digest()
    assert [len(part) for part in store.parts(db, file.id)] == [store.PART, store.PART, 231424]


def test_a_visitor_with_a_scope_uploads_and_sees_no_files(db):
    with db.scoped(Scope(shops=frozenset({1}), user=1)) as session:
        file = store.put(session, b"x", name="a", media_type="text/plain", now=utc_now())
        assert session.get(File, file.id, populate_existing=True) is None
        assert store.content(session, file.id) == b"x"


def test_a_large_file_is_written_a_part_at_a_time(db):
    now = utc_now()
    with (
        store.Writer(db, name="z.zip", media_type="application/zip", now=now, keep_until=now) as out,
        zipfile.ZipFile(out, "w") as archive,
    ):
        for number in range(5):
            archive.writestr(f"{number}.bin", CONTENT)

    whole = b"".join(store.parts(db, out.file_id))
    with zipfile.ZipFile(BytesIO(whole)) as archive:
        assert archive.testzip() is None
        assert archive.read("4.bin") == CONTENT
    with db.reading() as session:
        assert store.about(session, out.file_id).size == len(whole)


def test_a_file_whose_writer_was_stopped_is_not_whole(db):
    now = utc_now()
    writer = store.Writer(db, name="z", media_type="text/plain", now=now, keep_until=now)
    with pytest.raises(RuntimeError), writer:
        writer.write(CONTENT)
        raise RuntimeError

    with db.reading() as session, pytest.raises(store.NotWhole):
        store.content(session, writer.file_id)


def test_files_go_when_their_time_is_over(db):
    now = utc_now()
    with db.transaction() as session:
        old = store.put(session, CONTENT, name="old", media_type="a/b", now=now, keep_until=now)
        store.put(session, b"x", name="kept", media_type="a/b", now=now)
        ids = store.outdated(session, now=now + timedelta(seconds=1))
        for file_id in ids:
            store.remove(session, file_id)
        store.remove(session, old.id)

    assert ids == [old.id]
    with db.reading() as session:
        assert session.scalars(select(File.name)).all() == ["kept"]
        assert session.scalar(select(func.count()).select_from(FilePart)) == 1
