"""Members from spreadsheets: cleaned, each once, with a report of the rest, going on after a kill."""

import csv
import io
import zipfile

import openpyxl
import pytest
from sqlalchemy import func, select

from bot.audit import Actor
from bot.batches.models import Batch
from bot.db import utc_now
from bot.files import store
from bot.files.models import FilePart
from bot.members import people
from bot.members.importing import batch as importing
from bot.members.importing import sheets
from bot.members.models import Member
from tests import make
from tests.bench import spreadsheet
from tests.support.members import NUMBERS

ANNA, BELLA, CARL = NUMBERS[:3]
HEAD = "手机号,姓名,生日,门店,客户号"


def sheet(*lines):
    return "\r\n".join([HEAD, *lines]).encode()


def begun(travellers, content, *, shop_ids=None, source="till"):
    with travellers.db.transaction() as session:
        batch = importing.begin(
            session,
            travellers.vault,
            content,
            name="顾客.csv",
            source=source,
            shop_id=None,
            shop_ids=shop_ids,
            maker=Actor("cli:alice"),
            now=utc_now(),
        )
        return batch.id


def imported(travellers, content, **facts):
    batch_id = begun(travellers, content, **facts)
    importing.run(travellers.db, travellers.vault, batch_id, now=utc_now(), seconds=60)
    return batch_of(travellers, batch_id)


def batch_of(travellers, batch_id):
    with travellers.db.reading() as session:
        return session.get_one(Batch, batch_id)


def report(travellers, batch):
    with travellers.db.reading() as session:
        text = store.content(session, batch.file_id).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def members(travellers):
    with travellers.db.reading() as session:
        return session.scalar(select(func.count(Member.id)))


def test_good_rows_become_members_and_the_others_are_reported(travellers):
    shop_id = make.shop(travellers.db, "上海人民广场店")
    batch = imported(
        travellers,
        sheet(
            "139 0013 0100, 陈  晨 ,1990-05-04,上海人民广场店,A1",
            "+86-13900130101,,1990/13/04,,",
            "12345,无效,,,",
            "139-0013-0100,别人,,,",
            "13900130102,林涛,,没有的店,",
            ",没有号码,,,",
            "+852 5123 4567,=cmd|x,,,A2",
            "13900130103,,,,A1",
        ),
    )

    assert (batch.state, batch.total, batch.done, batch.failed) == ("done", 8, 8, 5)
    assert [one["what"] for one in batch.problems] == ["第 3 行", "第 4 行", "第 6 行", "第 7 行", "第 9 行"]
    assert members(travellers) == 2
    rows = report(travellers, batch)
    assert rows[0] == ["结果", "行", "原因"]
    assert ["重复", "5", "这个手机号已经有了，只补上了空着的资料"] in rows
    assert rows[-1] == ["合计", "8", "新增 2，重复 1，未导入 5"]
    with travellers.db.reading() as session:
        member = session.scalars(select(Member).order_by(Member.id)).first()
        assert people.name_of(travellers.vault, member) == "陈 晨"
        assert (member.home_shop_id, member.verified_at) == (shop_id, None)
        assert people.phone_of(session, travellers.vault, member.id) == ANNA


def test_importing_again_changes_nothing_but_blanks(travellers):
    imported(travellers, sheet("13900130100,,,,"))
    again = imported(travellers, sheet("13900130100,陈晨,1990-05-04,,A1"))
    third = imported(travellers, sheet("13900130100,别名,,,"))

    assert members(travellers) == 1
    assert [batch.notes["known"] for batch in (again, third)] == [1, 1]
    with travellers.db.reading() as session:
        member = session.scalars(select(Member)).one()
        assert people.name_of(travellers.vault, member) == "陈晨"


def test_an_imported_customer_binds_and_keeps_what_was_known(travellers):
    imported(travellers, sheet("13900130100,陈晨,,,A1"))
    fan_id = travellers.fan("anna")

    assert travellers.bind(fan_id, ANNA).is_new
    assert members(travellers) == 1


def test_only_shops_the_importer_may_name_are_taken(travellers):
    mine, other = make.shop(travellers.db, "湖滨店"), make.shop(travellers.db, "泉城路店", "济南分公司")

    batch = imported(travellers, sheet("13900130100,,,湖滨店,", "13900130101,,,泉城路店,"), shop_ids=[mine])

    assert other != mine
    assert (batch.notes["new"], batch.failed) == (1, 1)


def test_a_killed_import_goes_on_where_it_was(travellers):
    lines = [f"1390013{number:04},,,," for number in range(1200)]
    batch_id = begun(travellers, sheet(*lines))
    importing.run(travellers.db, travellers.vault, batch_id, now=utc_now(), seconds=0)
    half = batch_of(travellers, batch_id)
    assert (half.state, half.done, members(travellers)) == ("running", 500, 500)

    # The worker is killed in the middle of a part: what it did not commit did not happen.
    with pytest.raises(KeyboardInterrupt), travellers.db.transaction() as session:
        session.add(FilePart(file_id=half.notes["report"], number=1, content=b"half"))
        session.flush()
        raise KeyboardInterrupt
    importing.run(travellers.db, travellers.vault, batch_id, now=utc_now(), seconds=60)
    importing.run(travellers.db, travellers.vault, batch_id, now=utc_now(), seconds=60)

    done = batch_of(travellers, batch_id)
    assert (done.state, done.done, done.notes["new"], members(travellers)) == ("done", 1200, 1200, 1200)


def test_excel_and_gbk_are_read_as_well(travellers):
    book = openpyxl.Workbook()
    book.active.append(["姓名", "手机号码"])
    book.active.append(["陈晨", 13900130100])
    made = io.BytesIO()
    book.save(made)

    assert list(sheets.rows(made.getvalue())) == [{"name": "陈晨", "phone": "13900130100", "line": "2"}]
    assert list(sheets.rows("电话;姓名\n13900130100;陈晨\n".encode("gb18030"))) == [
        {"phone": "13900130100", "name": "陈晨", "line": "2"}
    ]


def test_of_two_telephones_the_first_counts_and_a_title_above_the_head_is_passed_over():
    content = "客户名单\n\n电话,姓名,手机\n13900130100,陈晨,13900130101\n\n,,\n13900130102,,\n".encode()

    assert list(sheets.rows(content)) == [
        {"phone": "13900130100", "name": "陈晨", "line": "4"},
        {"phone": "13900130102", "name": "", "line": "7"},
    ]


def bomb():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"xl/{number}.xml", b"0" * (80 * 1024 * 1024))
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"name\nanna\n", "第一行里没有“手机号”这一列"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "不是 CSV 或 Excel（.xlsx）文件，或者读不出里面的文字"),
        (b"PK\x03\x04 not a zip", "不是 CSV 或 Excel（.xlsx）文件，或者读不出里面的文字"),
    ],
)
def test_what_is_no_sheet_fails_with_the_reason(travellers, content, why):
    batch = imported(travellers, content)

    assert (batch.state, batch.problems) == ("failed", [{"what": "文件", "why": why}])


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    with pytest.raises(sheets.NotASheet, match="large"):
        list(sheets.rows(bomb()))


def test_a_list_with_duplicates_and_errors_comes_out_as_it_was_made(travellers):
    made = spreadsheet.members(2000)
    batch = imported(travellers, made.content)

    assert (batch.notes["new"], batch.notes["known"], batch.failed) == (
        made.good,
        made.duplicates,
        made.errors,
    )
    assert members(travellers) == made.good
