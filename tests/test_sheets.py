"""Sheets that strangers make: read carefully, or refused with a word; and what we write runs nowhere."""

import io
import tracemalloc
import zipfile
from datetime import date, datetime, time

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.styles import numbers

from bot.imports import words
from bot.imports.looking import Problem
from bot.imports.words import WORDS
from bot.sheets import Column, Limits, NotASheet, read
from bot.sheets.cells import clean, out
from bot.sheets.limits import CODES
from bot.sheets.writing import csv_lines
from bot.sheets.writing import excel as write_excel
from tests.support.sheets import excel, lines, opened

NAME = Column("name", "姓名", "Full name", others=("名字",), is_needed=True)
PHONE = Column("phone", "手机号", "Phone")
STATE = Column("state", "状态", "State", choices=("在职", "离职"))
SHOP = Column("shop", "门店", "Shop", choices=tuple(f"上海第{n}门店" for n in range(60)))
ALL = (NAME, PHONE, STATE, SHOP)


def refused(content, *columns, **limits):
    with pytest.raises(NotASheet) as error:
        list(read(content, columns or ALL, Limits(**limits)).lines())
    return error.value.code


def test_columns_are_found_in_any_order_in_either_language_and_below_a_title():
    content = excel(
        ["八月员工名单"],
        [],
        ["备注", "phone（必填）", " 姓 名* "],
        ["x", 13812345678, "王珊"],
        [],
        ["", "", "李雷"],
    )

    table = read(content, ALL)

    assert [(line.number, line.cells) for line in table.lines()] == [
        (4, {"phone": "13812345678", "name": "王珊"}),
        (6, {"phone": "", "name": "李雷"}),
    ]
    assert table.unknown == ("备注",)


def test_what_people_see_is_what_is_read():
    book = openpyxl.Workbook()
    book.active.append(["姓名", "手机号"])
    for value in (
        1.3812345678e10,
        0.25,
        date(2026, 10, 1),
        datetime(2026, 10, 1, 9, 30),  # noqa: DTZ001 - cells know no zones
        time(9, 5),
        True,
        31.2304,
        " 王\u200b\u3000",
    ):
        book.active.append(["x", value])
    book.active["B3"].number_format = numbers.FORMAT_PERCENTAGE
    content = io.BytesIO()
    book.save(content)

    assert [line.cells["phone"] for line in lines(content.getvalue(), *ALL)] == [
        "13812345678", "25%", "2026-10-01", "2026-10-01 09:30", "09:05", "是", "31.2304", "王",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        "姓名,手机号\r\n王珊,138\r\n".encode(),
        "姓名,手机号\n王珊,138\n".encode("utf-8-sig"),
        "姓名,手机号\n王珊,138\n".encode("gb18030"),
        "姓名\t手机号\n王珊\t138\n".encode("utf-16"),
        "姓名;手机号\n王珊;138\n".encode(),
    ],
)
def test_csv_is_read_in_the_encodings_that_offices_write(content):
    assert [line.cells for line in lines(content, NAME, PHONE)] == [{"name": "王珊", "phone": "138"}]


def test_a_cell_with_an_error_is_named_and_a_formula_is_not_run():
    book = openpyxl.Workbook()
    book.active.append(["姓名", "手机号"])
    book.active.append(["=1+1", "x"])
    book.active["B2"] = "#REF!"
    book.active["B2"].data_type = "e"
    content = io.BytesIO()
    book.save(content)

    [line] = lines(content.getvalue(), *ALL)

    assert line.cells["name"] == ""
    assert line.errors == {"phone"}


def package(entries, **options):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries.items():
            archive.writestr(name, text, **options)
    return content.getvalue()


def changed(name, change):
    """Return a good Excel file, one of whose parts is another."""
    source = zipfile.ZipFile(io.BytesIO(excel(["姓名"], ["王珊"])))
    return package(
        {one: change(source.read(one)) if one == name else source.read(one) for one in source.namelist()}
    )


def test_bombs_are_refused_before_they_are_unpacked():
    zeros = b"\0" * (40 * 1024 * 1024)
    dense = package({"xl/workbook.xml": "<workbook/>", "xl/worksheets/sheet1.xml": zeros})
    many = package({"xl/workbook.xml": "", **{f"xl/{n}.xml": "" for n in range(600)}})
    assert len(dense) < 200_000

    tracemalloc.start()
    assert refused(dense) == "bomb"
    assert refused(many) == "bomb"
    assert refused(package({"xl/workbook.xml": zeros * 2})) == "bomb"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 90 * 1024 * 1024  # of which eighty are this test's own zeros


def test_a_package_that_lies_about_its_sizes_is_broken():
    content = bytearray(changed("xl/sharedStrings.xml", lambda text: text + b" " * 5000))
    at = content.rfind(b"PK\x01\x02")
    while at >= 0:
        content[at + 24 : at + 28] = (10).to_bytes(4, "little")
        at = content.rfind(b"PK\x01\x02", 0, at)

    assert refused(bytes(content)) in {"broken", "bomb"}


def test_entities_links_and_ways_out_of_the_folder_lead_nowhere():
    laughs = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    )
    away = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet>&a;</worksheet>'
    for text in (laughs, away, laughs.decode().encode("utf-16")):
        assert refused(changed("xl/worksheets/sheet1.xml", lambda _old, text=text: text)) == "bomb"
    assert refused(package({"xl/workbook.xml": "<a/>", "../../etc/cron.d/x": "x"})) == "broken"


def test_a_million_blank_rows_are_not_waited_for():
    rows = b"".join(b'<row r="%d" s="1" ht="15"></row>' % n for n in range(3, 300_000))
    content = changed(
        "xl/worksheets/sheet1.xml", lambda old: old.replace(b"</sheetData>", rows + b"</sheetData>")
    )

    table = read(content, ALL)

    assert [line.cells["name"] for line in table.lines()] == ["王珊"]
    assert table.stopped_at == 1003


def test_too_much_is_refused_with_a_word():
    assert refused(b"x" * 2000, size=1000) == "too_large"
    assert refused(excel(["姓名"], *(["王"] for _ in range(11))), rows=10) == "too_many_rows"
    assert refused(excel(["姓名", "名字"], ["王", "王"])) == "column_twice"
    assert refused(excel(["手机号"], [1])) == "missing_columns"
    assert refused(excel([1, 2], [3, 4])) == "no_header"
    assert refused(b"\xd0\xcf\x11\xe0" + b"\0" * 512) == "old_or_locked"
    assert refused(b"\x89PNG\r\n\x1a\n\0\0\0") == "not_a_sheet"
    assert refused(package({"word/document.xml": "<a/>"})) == "not_a_sheet"
    assert refused(b" \n") == "empty"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=3000))
def test_junk_is_read_or_refused_and_nothing_else(junk):
    for content in (junk, b"PK\x03\x04" + junk, "姓名\n".encode() + junk):
        try:
            for line in read(content, ALL).lines():
                assert set(line.cells) <= {"name", "phone", "state", "shop"}
        except NotASheet as error:
            words.why(error)  # which fails for a problem without words


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml", "[Content_Types].xml"]),
    st.integers(0, 10_000),
    st.binary(max_size=40),
)
def test_a_damaged_package_is_read_or_refused(name, at, junk):
    content = changed(name, lambda text: text[: at % len(text)] + junk + text[at % len(text) + len(junk) :])
    try:
        list(read(content, ALL).lines())
    except NotASheet as error:
        words.why(error)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_what_we_write_is_no_formula_and_comes_back_as_it_was(texts):
    rows = [{"name": text or "x", "phone": "1"} for text in texts]
    content = io.BytesIO()
    write_excel(content, ALL, rows, title="表")

    shown = [row[0] for row in opened(content.getvalue())[1:]]
    assert not any(str(text or "").lstrip(" ").startswith(("=", "+", "-", "@", "＝", "\t")) for text in shown)
    wanted = [clean(row["name"]) for row in rows]
    assert [line.cells["name"] for line in lines(content.getvalue(), *ALL)] == wanted
    text = "".join(csv_lines(ALL, rows)).encode()
    assert [line.cells["name"] for line in lines(text, *ALL)] == wanted


def test_a_formula_is_only_shown_in_what_we_write():
    for text in ("=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", " =1"):
        assert str(out(text)).startswith("'")


def test_a_sheet_of_ours_explains_itself_and_offers_what_may_be_chosen():
    content = io.BytesIO()
    write_excel(content, ALL, [{"name": "王珊"}], title="员工")
    book = openpyxl.load_workbook(content)

    assert book.sheetnames == ["员工", "说明 Help", "选项 Choices"]
    sheet = book["员工"]
    assert sheet.freeze_panes == "A2"
    assert sheet["B2"].number_format == "@"
    rules = {str(one.sqref): one.formula1 for one in sheet.data_validations.dataValidation}
    assert rules == {"C2:C5000": '"在职,离职"', "D2:D5000": "='选项 Choices'!$A$2:$A$61"}
    assert book["选项 Choices"]["A61"].value == "上海第59门店"
    assert [cell.value for cell in book["说明 Help"]["A"]] == ["列", "姓名", "手机号", "状态", "门店"]


def test_every_problem_has_words_in_both_languages():
    assert set(CODES) <= set(WORDS)
    facts = {"most": 1, "n": 2, "columns": "a", "text": "t", "choices": "c"}
    for code in WORDS:
        said = [words.say(Problem(code, NAME, facts), in_chinese=chinese) for chinese in (True, False)]
        assert all("{" not in one for one in said)
        assert said[0].startswith("姓名：")
        assert said[1].isascii() or any(mark in said[1] for mark in "“”…转-")


def test_memory_does_not_grow_with_the_rows():
    content = "姓名,手机号\n".encode() + b"".join(f"员工{n},138{n:08}\n".encode() for n in range(50_000))
    table = read(content, ALL, Limits(rows=50_000))
    tracemalloc.start()
    count = sum(1 for _line in table.lines())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 50_000
    assert peak < 20 * 1024 * 1024
