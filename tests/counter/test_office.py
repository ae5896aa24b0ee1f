"""The record of counters in the back office: by shop, exported, undone by the manager; and the limits."""

import io
import re
import sqlite3
from types import SimpleNamespace

import openpyxl
import pytest

from admin.counter import listing
from bot.counter import limits
from bot.counter.limits import Limits
from bot.db import utc_now
from bot.members.models import Member
from bot.runtime import open_runtime
from bot.users.roles import Role
from tests.counter.conftest import Counter
from tests.support.members import config
from tests.support.office import Office


@pytest.fixture
def office(empty_sqlite):
    runtime = open_runtime(config(empty_sqlite))
    made = Office(runtime)
    made.add("alice")
    made.counter = Counter(runtime.db)
    made.counter.now = utc_now()
    made.add("chen", Role.SHOP_MANAGER, shops=[made.counter.shop])
    yield made
    assert made.counter.findings() == []
    runtime.close()


def undo(person, key, reason="登记错了"):
    person.get("/admin/counter/")
    return person.post(f"/admin/counter/{key}/undo", reason=reason)


def test_a_manager_sees_their_shops_counter_and_undoes_what_went_wrong_there_once(office):
    counter, chen = office.counter, office.inside("chen")
    wang = counter.member()
    counter.give(wang, 100)
    counter.award(wang, 128, "小票A1")
    counter.answer(counter.ask(wang, 60).id, wang)
    counter.award(wang, 900, "小票A2")
    counter.award(wang, 77, "别店小票", by=counter.mei)
    counter.visit(wang)
    award, spend, waits, elsewhere, visit = counter.actions()

    page = chen.get("/admin/counter/").text
    answers = [
        undo(chen, one).status_code
        for one in (award.id, award.id, spend.id, waits.id, elsewhere.id, 99, visit.id, visit.id)
    ]
    without = undo(chen, elsewhere.id, reason="")
    after = chen.get("/admin/counter/").text

    assert "小票A1" in page
    assert "待审批" in page
    assert "别店小票" not in page
    assert answers == [303, 303, 303, 303, 404, 404, 303, 303]
    assert without.status_code == 422
    assert after.count("已撤销") == 4
    assert counter.balance(wang) == 100 + 77
    assert counter.purchase("小票A2").state == "refused"
    actions = [one.action for one in office.audit()]
    assert actions.count("counter.undone") == 4


def test_the_record_is_filtered_and_exported_as_far_as_one_sees(office):
    counter, alice, chen = office.counter, office.inside("alice"), office.inside("chen")
    wang = counter.member()
    counter.visit(wang)
    counter.award(wang, 128, "A1")
    counter.award(wang, 77, "A2", by=counter.mei)
    with counter.db.transaction() as session:
        number = session.get_one(Member, wang).number
        session.get_one(Member, wang).home_shop_id = counter.other_shop

    filtered = chen.get("/admin/counter/?kind=award").text
    chen.get("/admin/counter/")
    sheet = openpyxl.load_workbook(
        io.BytesIO(chen.post("/admin/counter/export", kind="award", reason="对账").data)
    ).active
    alice.get("/admin/counter/")
    whole = openpyxl.load_workbook(io.BytesIO(alice.post("/admin/counter/export", reason="对账").data)).active

    assert "A1" in filtered
    assert "A2" not in filtered
    assert number not in filtered
    assert [row[5].value for row in sheet.iter_rows(min_row=2)] == ["A1"]
    assert sheet["E2"].value == "其他门店的会员"
    assert [row[5].value for row in whole.iter_rows(min_row=2)] == ["A2", "A1", None]
    assert whole["G2"].value == 77


def test_a_record_of_more_members_than_sqlite_takes_parameters_is_numbered(office):
    wang = office.counter.member()
    rows = [SimpleNamespace(member_id=key) for key in range(40_000)]

    with office.counter.db.reading() as session:
        # As SQLite is built by default; distributions allow more.
        driver = session.connection().connection.driver_connection
        driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 32_766)
        assert listing.member_numbers(session, rows) == {wang: session.get_one(Member, wang).number}


SENT = {"receipt_amount": "88.00", "day_amount": "888", "spend_points": "8", "day_points": "80"}


def test_limits_are_everybodys_or_a_shops_own_and_not_for_its_manager_to_raise(office):
    counter, alice, chen = office.counter, office.inside("alice"), office.inside("chen")
    office.add("bo", Role.BRANCH_MANAGER, branches=[1])
    bo = office.inside("bo")

    chen.get("/admin/counter/limits")
    refused = chen.post(f"/admin/counter/limits/{counter.shop}", **SENT)
    bo.get("/admin/counter/limits")
    not_everybodys = bo.post("/admin/counter/limits", **SENT)
    bo.post(f"/admin/counter/limits/{counter.shop}", **SENT)
    wrong = bo.post(f"/admin/counter/limits/{counter.shop}", **{**SENT, "spend_points": "-1"})
    other = bo.post(f"/admin/counter/limits/{counter.other_shop}", **SENT)
    with office.db.reading() as session:
        own, usual = limits.of(session, counter.shop), limits.of(session, counter.other_shop)
    alice.get("/admin/counter/limits")
    alice.post("/admin/counter/limits", **{**SENT, "day_points": "90"})
    bo.get(f"/admin/counter/limits/{counter.shop}")
    bo.post(f"/admin/counter/limits/{counter.shop}", own="no")
    with office.db.reading() as session:
        after = limits.of(session, counter.shop)

    assert [one.status_code for one in (refused, not_everybodys, wrong, other)] == [403, 403, 422, 404]
    assert own == Limits(88_00, 888_00, 8, 80)
    assert usual.day_points == 150
    assert after == Limits(88_00, 888_00, 8, 90)
    assert re.search("柜台额度", chen.get("/admin/counter/limits").text)
