"""Points in the back office: whose one sees, why a row is there, adjusting with two, figures that lead to their rows."""

import io
import json
import re
from datetime import timedelta

import openpyxl
import pytest

from bot.members.models import Member
from bot.moments import HERE
from bot.points import jobs, ledger
from bot.points.office_models import PointAdjustment, PointCheck
from bot.users.roles import Role
from tests import make
from tests.points.world import Till


@pytest.fixture
def till(office):
    desk = Till(office.db)
    yield desk
    assert desk.findings() == []


@pytest.fixture
def shops(office):
    return make.shop(office.db), make.shop(office.db, "泉城路店", "济南分公司")


@pytest.fixture
def manager(office, shops):
    office.add("mei", Role.SHOP_MANAGER, shops=[shops[0]])
    return office.inside("mei")


def number(till, member_id):
    with till.db.reading() as session:
        return session.get_one(Member, member_id).number


def adjust(person, member_id, points, reason="补录门店消费"):
    person.get(f"/admin/points/members/{member_id}")
    return person.post(f"/admin/points/members/{member_id}/adjust", points=points, reason=reason)


def state_of(office, key=1):
    with office.db.reading() as session:
        row = session.get_one(PointAdjustment, key)
        return row.state, row.decided_by


def test_a_manager_sees_the_points_of_their_shops_members_and_no_others(office, till, shops, manager):
    mine, other = till.member(shops[0]), till.member(shops[1])
    for whom in (mine, other):
        till.earn(whom, 120, reason="消费积分")

    page = manager.get("/admin/points/")

    assert number(till, mine) in page.text
    assert number(till, other) not in page.text
    assert manager.get(f"/admin/points/members/{other}").status_code == 404
    assert adjust(manager, other, 5).status_code == 404
    assert till.available(other) == 120


def test_a_ledger_says_what_happened_and_which_lots_it_took(office, till, shops):
    anna = till.member(shops[0])
    till.earn(anna, 100, days=10, reason="消费积分", reference="purchase:7", shop_id=shops[0])
    till.earn(anna, 50, reason="生日礼遇")
    spent = till.spend(anna, 120, reason="兑换雨伞")
    till.hold(anna, 10)

    page = office.inside("alice").get(f"/admin/points/members/{anna}").text

    for words in ("消费积分", "purchase:7", "生日礼遇", "兑换雨伞", "−120", "−100", "−20", f"#{spent.id}"):
        assert words in page


def test_within_the_limit_points_are_adjusted_at_once_and_the_reason_stands_in_the_audit(
    office, till, shops, manager
):
    anna = till.member(shops[0])

    assert adjust(manager, anna, 300).status_code == 303
    assert adjust(manager, anna, -100, "多记了一笔").status_code == 303
    assert adjust(manager, anna, -201, "再扣一笔").status_code == 422
    assert adjust(manager, anna, 0).status_code == 422
    assert adjust(manager, anna, "１２").status_code == 303  # digits as a Chinese keyboard types them
    assert adjust(manager, anna, 5, "").status_code == 422

    assert till.available(anna) == 212
    done = [entry for entry in office.audit() if entry.action == "points.adjusted"]
    assert [(entry.reason, json.loads(entry.after)["points"]) for entry in done][:2] == [
        ("补录门店消费", 300),
        ("多记了一笔", -100),
    ]


def test_a_form_that_arrives_twice_adjusts_once(office, till, shops, manager):
    anna = till.member(shops[0])
    path = f"/admin/points/members/{anna}"
    once = re.search(r'name="once" value="([\w-]+)"', manager.get(path).text)[1]

    sent = [manager.post(f"{path}/adjust", points=300, reason="补录", once=once) for _twice in range(2)]

    assert [one.status_code for one in sent] == [303, 303]
    assert till.available(anna) == 300
    assert [entry.action for entry in office.audit()].count("points.adjusted") == 1
    assert "只执行了一次" in manager.get(path).text


def test_above_the_limit_a_second_person_decides_once(office, till, shops, manager):
    anna = till.member(shops[0])
    office.add("bo", Role.BRANCH_MANAGER, shops=shops)
    bo = office.inside("bo")

    adjust(manager, anna, 501)
    assert state_of(office) == ("waiting", None)
    assert till.available(anna) == 0
    assert manager.post("/admin/points/adjustments/1/approve").status_code == 403

    bo.get("/admin/points/adjustments")
    for _ in range(2):
        assert bo.post("/admin/points/adjustments/1/approve").status_code == 303

    assert state_of(office) == ("done", "bo")
    assert till.available(anna) == 501
    approved = [entry for entry in office.audit() if entry.action == "points.adjustment_approved"]
    assert len(approved) == 1


def test_nobody_approves_what_they_asked_for_and_what_is_refused_stays_so(office, till, shops):
    anna = till.member(shops[0])
    office.add("bo", Role.BRANCH_MANAGER, shops=shops)
    bo, alice = office.inside("bo"), office.inside("alice")
    adjust(bo, anna, 2001)

    bo.post("/admin/points/adjustments/1/approve")
    assert state_of(office) == ("waiting", None)
    alice.get("/admin/points/adjustments")
    assert alice.post("/admin/points/adjustments/1/refuse", why="").status_code == 422
    alice.post("/admin/points/adjustments/1/refuse", why="没有小票")
    alice.post("/admin/points/adjustments/1/approve")

    assert state_of(office) == ("refused", "alice")
    assert till.available(anna) == 0
    assert "没有小票" in bo.get("/admin/points/adjustments").text


def test_what_was_asked_for_somebody_who_was_erased_since_is_not_done(office, till, shops, manager):
    anna = till.member(shops[0])
    adjust(manager, anna, 501)
    with office.db.transaction() as session:
        session.get_one(Member, anna).state = "erased"
    alice = office.inside("alice")
    alice.get("/admin/points/adjustments")

    assert alice.post("/admin/points/adjustments/1/approve").status_code == 303

    assert state_of(office) == ("waiting", None)
    assert till.history(anna) == []


def test_the_head_office_sets_what_roles_may_adjust_alone(office, till, shops, manager):
    anna = till.member(shops[0])
    alice = office.inside("alice")
    alice.get("/admin/points/adjustments")
    wanted = {"group_administrator": 9, "marketer": 9, "branch_manager": 9, "shop_manager": 20}
    limits = {f"limit_{role}": points for role, points in wanted.items()}

    assert alice.post("/admin/points/limits", **limits | {"limit_marketer": "x"}).status_code == 422
    assert alice.post("/admin/points/limits", **limits).status_code == 303
    assert manager.post("/admin/points/limits", **limits).status_code == 403
    adjust(manager, anna, 21)
    adjust(manager, anna, 20)

    assert till.available(anna) == 20


def test_the_report_says_what_became_of_each_shops_points_and_leads_to_the_rows(office, till, shops, manager):
    anna, bo = till.member(shops[0]), till.member(shops[1])
    till.later(days=-40)
    till.earn(anna, 100, days=3, shop_id=shops[0], reason="上月消费")
    till.later(days=5)
    till.expire()
    till.later(days=35)
    bought = till.earn(anna, 80, shop_id=shops[0], reason="本期消费")
    till.earn(bo, 40, shop_id=shops[0], reason="外店会员")
    till.earn(bo, 500, shop_id=shops[1])
    till.refund(till.spend(anna, 30, shop_id=shops[1]).id, 10, shop_id=shops[1])
    till.claw_back(bought.id, 5, shop_id=shops[0])
    for _ in range(2):  # adding up again changes nothing
        jobs.add_up(office.runtime)
    today = till.now.astimezone(HERE).date()
    days = f"since={today - timedelta(days=9)}&until={today}"

    page = manager.get(f"/admin/points/report?{days}&by=cause").text

    for cell in (">120<", ">20<", ">5<", ">95<", "¥0.95<"):  # issued, spent less refunds, taken back, owed
        assert cell in page
    assert ">500<" not in page
    rows = manager.get(f"/admin/points/report/rows?{days}&what=issued&cause=test").text
    assert "本期消费" in rows
    assert "外店会员" in rows
    assert number(till, anna) in rows
    assert number(till, bo) not in rows
    assert "−30" in manager.get(f"/admin/points/report/rows?{days}&what=outstanding").text
    others = f"/admin/points/report/rows?{days}&what=issued&shop={shops[1]}"
    assert manager.get(others).status_code == 404
    export = manager.post(f"/admin/points/report/export?{days}")
    sheet = openpyxl.load_workbook(io.BytesIO(export.data)).worksheets[0]
    assert [row[1:] for row in sheet.values][1:] == [(120, 20, 5, 0, 0, 0, 95, 0.95, 0)]
    assert office.audit()[-1].action == "points.exported"
    whole = (
        office.inside("alice")
        .get(f"/admin/points/report?since={today - timedelta(days=50)}&until={today}")
        .text
    )
    assert ">720<" in whole  # all shops, the expired hundred among them
    assert ">100<" in whole


def test_what_the_nightly_check_found_is_said_to_the_head_office(office, till, shops, manager):
    anna = till.member(shops[0])
    till.earn(anna, 100)
    with office.db.transaction() as session:
        session.get_one(ledger.Entry, 1).points = 99
    jobs.reconcile(office.runtime)
    jobs.add_up(office.runtime)

    page = office.inside("alice").get("/admin/points/report").text

    with office.db.reading() as session:
        run = session.get_one(PointCheck, 1)
    assert run.findings == [{"check": "entry", "account_id": 1, "row_id": 1, "says": 99, "should": 100}]
    assert "99" in page
    assert "应为 100" in page
    assert "应为" not in manager.get("/admin/points/report").text
    with office.db.transaction() as session:
        session.get_one(ledger.Entry, 1).points = 100
    jobs.reconcile(office.runtime)
    assert "应为" not in office.inside("alice").get("/admin/points/report").text
