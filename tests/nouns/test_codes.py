"""Codes are made in slices, once each; packed, read back; renewed before they end; never more than WeChat gives."""

import io
import zipfile
from datetime import timedelta

import openpyxl
import pypdfium2
import pytest
from PIL import Image
from sqlalchemy import func, insert, select

from bot.audit import Actor
from bot.batches import work
from bot.batches.models import Batch
from bot.channels import jobs, making, packing, plans, quota
from bot.channels.models import Channel
from bot.channels.packing import Order
from bot.channels.plans import Common, Row
from bot.db import utc_now
from bot.files import store
from bot.files.models import File
from bot.prints import proof
from simulator.server import Server
from tests import make
from tests.support.codes import bench

EVERY_SERVER = False

ALICE = Actor("cli:alice")


@pytest.fixture(scope="module")
def platform():
    with Server() as server:
        yield server


@pytest.fixture
def room(database_url, platform):
    with bench(database_url, platform) as found:
        platform.platform.state.accounts[f"wx_{found.account.name}_0001"].codes.clear()
        yield found
        platform.platform.state.settings.change({"code_permanent_limit": 100_000})


def begun(room, rows, **common):
    shared = Common(account_id=room.account.id, **common)
    with room.db.transaction() as session:
        return making.begin(session, shared, rows, title="codes", maker=ALICE, now=utc_now()).id


def rows(number, **facts):
    return [Row(f"码{place}", **facts) for place in range(number)]


def channels(room):
    with room.db.reading() as session:
        return session.scalars(select(Channel).order_by(Channel.id)).all()


def packed(room, **order):
    ids = [one.id for one in channels(room)]
    wanted = Order(**{"form": "zip", "ids": ids, "width": 300, **order})
    with room.db.transaction() as session:
        batch_id = packing.begin(session, wanted, title="zip", maker=ALICE, now=utc_now()).id
    batch = room.work(batch_id)
    content = None
    if batch.file_id:
        with room.db.reading() as session:
            content = store.content(session, batch.file_id)
    return batch, content


def test_a_batch_makes_each_code_once_and_each_has_its_own_scene(room):
    shop_id = make.shop(room.db)
    batch = room.work(begun(room, rows(90, shop_id=shop_id), purpose="wall", note="2026"))

    made = channels(room)
    assert (batch.state, batch.done, batch.failed) == ("done", 90, 0)
    assert [one.name for one in made] == [f"码{place}" for place in range(90)]
    assert all(one.scene == f"c:{one.id}" and one.ticket and one.shop_id == shop_id for one in made)
    assert len({one.url for one in made}) == 90
    theirs = {one["scene"] for one in room.sim("GET", "codes?account=head")["codes"]}
    assert theirs == {one.scene for one in made}


def test_a_worker_killed_between_rows_and_codes_leaves_no_row_twice_and_none_without_a_code(room):
    batch_id = begun(room, rows(50))
    with room.db.transaction() as session:  # what a slice does before it asks WeChat, and then it dies
        batch = work.take(session, batch_id, now=utc_now())
        jobs.Maker(session, batch).add_some(session, batch, now=utc_now())
    assert len(channels(room)) == 40

    batch = room.work(batch_id)

    assert (batch.state, batch.done) == ("done", 50)
    assert len(channels(room)) == 50
    assert all(one.ticket for one in channels(room))


def test_two_workers_on_one_batch_count_each_code_once(room):
    batch_id = begun(room, rows(40))
    with room.db.transaction() as session:
        batch = work.take(session, batch_id, now=utc_now())
        maker = jobs.Maker(session, batch)
        wanted = maker.add_some(session, batch, now=utc_now())
        assert jobs.Maker(session, batch).add_some(session, batch, now=utc_now()) == wanted
    answers = jobs.tickets.ask(room.runtime, wanted, now=utc_now())
    for _worker in range(2):
        with room.db.transaction() as session:
            maker.settle(session, session.get_one(Batch, batch_id), answers, now=utc_now())

    assert room.batch(batch_id).done == 40


def test_cancelled_in_the_middle_keeps_what_is_done_and_makes_no_more(room):
    batch_id = begun(room, rows(100))
    with room.db.transaction() as session:
        batch = work.take(session, batch_id, now=utc_now())
        wanted = jobs.Maker(session, batch).add_some(session, batch, now=utc_now())
        work.cancel(batch)
    assert len(wanted) == 40

    batch = room.work(batch_id)

    assert batch.state == "cancelled"
    assert len(channels(room)) == 40
    # The hourly round makes the codes of rows that were added and left.
    later = utc_now() + timedelta(minutes=11)
    while jobs.renew_some(room.runtime, now=later):
        pass
    assert all(one.ticket for one in channels(room))


def test_while_wechat_is_busy_the_batch_waits_and_then_goes_on(room):
    batch_id = begun(room, rows(10))
    room.sim("POST", "faults", kind="api_error", path="/cgi-bin/qrcode/create")
    jobs.make(room.runtime, batch_id)
    waiting = room.batch(batch_id)
    room.sim("DELETE", "faults")

    assert (waiting.state, waiting.done) == ("running", 0)
    [promised] = [one for one in make.promises(room.db) if one.job == "channels.make"]
    assert promised.due_at > utc_now() + timedelta(seconds=50)
    assert room.work(batch_id).done == 10
    assert len(channels(room)) == 10


def test_wechats_refusal_is_kept_with_the_channel_and_told(room, platform):
    platform.platform.state.settings.change({"code_permanent_limit": 3})
    batch = room.work(begun(room, rows(5)))

    made = channels(room)
    assert (batch.state, batch.done, batch.failed) == ("done", 5, 2)
    assert sum(one.ticket is not None for one in made) == 3
    assert all("40053" in one.trouble for one in made if not one.ticket)


def test_the_account_has_a_hundred_thousand_and_no_more_are_begun(room):
    now = utc_now()
    facts = {"account_id": room.account.id, "name": "x", "kind": "permanent", "state": "retired"}
    more = {"purpose": "", "place": "", "note": "", "is_test": False, "created_at": now, "version": 1}
    with room.db.transaction() as session:
        for start in range(0, 99_998, 10_000):
            some = range(start, min(start + 10_000, 99_998))
            session.execute(insert(Channel), [{**facts, **more, "scene": f"old:{n}"} for n in some])
    with room.db.reading() as session:
        found = quota.quota(session, room.account.id)
    assert (found.left, found.is_low) == (2, True)

    with pytest.raises(quota.NoCodesLeft, match="2 permanent codes left"):
        begun(room, rows(3))
    assert room.work(begun(room, rows(3), kind="temporary")).done == 3
    batch_id = begun(room, rows(2))
    with room.db.transaction() as session:  # meanwhile somebody else takes one
        session.add(Channel(**facts, scene="other", created_at=now))
    batch = room.work(batch_id)
    assert (batch.state, batch.done, batch.failed) == ("done", 2, 1)
    assert "额度" in batch.problems[0]["why"]


def test_temporary_codes_are_renewed_and_old_pictures_are_known_to_end(room):
    room.work(begun(room, [Row("立牌", purpose="wall", place="一楼前台")], kind="temporary"))
    [before] = channels(room)
    began = utc_now()
    assert timedelta(days=29) < before.expires_at - began <= timedelta(days=30)
    assert jobs.renew_some(room.runtime, now=began) == 0

    room.sim("POST", "clock", advance=26 * 86400)
    try:
        assert jobs.renew_some(room.runtime, now=began + timedelta(days=26)) == 1
        assert jobs.renew_some(room.runtime, now=began + timedelta(days=26)) == 0
        [after] = channels(room)
        assert after.scene == before.scene
        assert after.url != before.url
        assert after.previous_ends_at == before.expires_at
        assert after.expires_at - before.expires_at > timedelta(days=25)
        codes = {one["url"]: one for one in room.sim("GET", "codes?account=head")["codes"]}
        assert {codes[url]["scene"] for url in (before.url, after.url)} == {before.scene}
    finally:
        room.sim("POST", "clock", advance=-26 * 86400)


def test_a_refused_renewal_is_tried_again_while_the_code_works_and_keeps_nobody_waiting(room):
    room.work(begun(room, [Row(f"立牌{number}") for number in range(25)], kind="temporary"))
    before = {one.id: one.url for one in channels(room)}
    later = utc_now() + timedelta(days=26)
    room.sim("POST", "faults", kind="api_error", path="/cgi-bin/qrcode/create", code=40053)
    while jobs.renew_some(room.runtime, now=later):
        pass
    room.sim("DELETE", "faults")

    refused = channels(room)
    assert all("40053" in one.trouble and one.ticket for one in refused)
    assert jobs.renew_some(room.runtime, now=later + timedelta(hours=5)) == 0
    while jobs.renew_some(room.runtime, now=later + timedelta(hours=7)):
        pass
    renewed = channels(room)
    assert all(one.url != before[one.id] for one in renewed)
    assert {(one.trouble, one.refused_at) for one in renewed} == {(None, None)}


def test_a_code_whose_renewal_was_refused_until_it_ended_is_left_to_people(room):
    room.work(begun(room, [Row("立牌")], kind="temporary"))
    [code] = channels(room)
    with room.db.transaction() as session:
        session.get_one(Channel, code.id).trouble = "40053"

    assert jobs.renew_some(room.runtime, now=utc_now() + timedelta(days=31)) == 0


def test_an_archive_holds_every_code_read_back_and_says_what_is_what(room):
    shop_id = make.shop(room.db)
    room.work(begun(room, rows(7, shop_id=shop_id)))
    with room.db.transaction() as session:
        session.add(Channel(account_id=room.account.id, scene="c:none", name="没有码", created_at=utc_now()))
    urls = {one.id: one.url for one in channels(room)}

    batch, content = packed(room)
    again = packed(room)[1]

    assert (batch.state, batch.done, batch.failed) == ("done", 8, 1)
    assert batch.problems[0]["what"] == "没有码 (c:none)"
    assert content == again
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        book = openpyxl.load_workbook(io.BytesIO(archive.read("codes.xlsx")))
        listed = list(book["codes"].iter_rows(min_row=2, values_only=True))
        assert len(listed) == 8
        for row in listed[:7]:
            picture = Image.open(io.BytesIO(archive.read(row[0])))
            assert proof.read(picture.convert("L")) == {urls[row[1]]}
            proof.read_svg(archive.read(row[0].replace("png", "svg")), says=urls[row[1]], whose=row[3])
            assert row[4] == "上海人民广场店"
    with room.db.reading() as session:
        kept = session.scalars(select(File.name)).all()
    assert "part" not in kept


def test_label_sheets_lead_to_their_own_channels(room):
    room.work(begun(room, rows(30)))
    urls = [one.url for one in channels(room)]

    batch, content = packed(room, form="pdf", layout="12", foot="微信扫一扫", logo="ours")

    assert batch.state == "done"
    with pypdfium2.PdfDocument(content) as document:
        assert len(document) == 3
        found = set()
        for page in document:
            found |= proof.read(page.render(scale=200 / 72, grayscale=True).to_pil())
    assert found == set(urls)


def test_packing_killed_in_the_middle_goes_on_and_gives_the_same(room, monkeypatch):
    room.work(begun(room, rows(9)))
    whole = packed(room)[1]
    monkeypatch.setattr(packing, "PICTURES", 4)
    ids = [one.id for one in channels(room)]
    with room.db.transaction() as session:
        wanted = Order(form="zip", ids=ids, width=300)
        batch_id = packing.begin(session, wanted, title="zip", maker=ALICE, now=utc_now()).id
    packing.pack(room.runtime, batch_id)
    assert room.batch(batch_id).done == 4

    batch = room.work(batch_id)
    with room.db.reading() as session:
        content = store.content(session, batch.file_id)
        parts = session.scalar(select(func.count()).select_from(File).where(File.name == "part"))

    assert content == whole
    assert parts == 0


def test_a_plan_keeps_names_within_the_table_and_each_name_once():
    assert plans.by_names("甲\n\n 乙 \n甲", shop_id=3) == [Row("甲", shop_id=3), Row("乙", shop_id=3)]
    assert len(plans.named("店" * 60, "门店码")) == 64
