"""Branches and shops: added, changed by two at once, closed; and nobody reaches another branch's."""

import pytest
from sqlalchemy import select

from bot.organisation.directory import SHOPS
from bot.organisation.models import Branch, Shop
from bot.users.roles import Role
from tests import make

SHOP = {
    "name": "上海外滩店",
    "address": "黄浦区望江路 1 号",
    "phone": "021-55501000",
    "latitude": "31.24",
    "longitude": "121.49",
    **{f"day{number}": "09:00-18:00" for number in range(5)},
    "day5": "10:00-20:00",
    "day6": "10:00-20:00",
    "holiday_first": ["2099-10-01", ""],
    "holiday_last": ["", ""],
    "holiday_hours": ["", ""],
}
SAID = "周一至周五 09:00-18:00，周末 10:00-20:00；2099年10月1日休息"


@pytest.fixture
def group(office_anywhere):
    """Two branches with a shop each; Bob manages Shanghai, Carol its one shop, Dave only looks."""
    office = office_anywhere
    office.here = make.shop(office.db)
    office.there = make.shop(office.db, "济南泉城路店", "济南分公司")
    with office.db.reading() as session:
        office.shanghai, office.jinan = session.scalars(select(Branch.id).order_by(Branch.id))
    office.add("bob", Role.BRANCH_MANAGER, branches=[office.shanghai])
    office.add("carol", Role.SHOP_MANAGER, shops=[office.here])
    office.add("dave", Role.AUDITOR)
    return office


def shop(office, key):
    with office.db.reading() as session:
        return session.get_one(Shop, key)


def actions(office):
    return [entry.action for entry in office.audit()]


def test_a_branch_manager_adds_a_shop_and_travellers_are_told_its_hours(group):
    bob = group.inside("bob")
    bob.get("/admin/shops/new")

    answer = bob.post("/admin/shops/new", branch_id=group.shanghai, **SHOP)

    assert answer.status_code == 303
    assert bob.get(answer.location).status_code == 200
    with group.db.reading() as session:
        added = session.scalars(select(Shop).filter_by(name="上海外滩店")).one()
        group.runtime.memory.refresh(session)
    assert group.runtime.memory.recall(SHOPS)[added.id].hours == SAID
    assert actions(group)[-1] == "shop.added"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "请填写"),
        ({"name": "上海人民广场店"}, "另一家门店"),
        ({"phone": "call me"}, "电话"),
        ({"latitude": "121.49", "longitude": "31.24"}, "颠倒"),
        ({"latitude": "1.3", "longitude": "103.8"}, "不在中国"),
        ({"latitude": "nan"}, "31.2304"),
        ({"day2": "18:00-09:00"}, "18:00-09:00"),
        ({f"day{number}": "" for number in range(7)}, "至少"),
        ({"holiday_first": ["2099-10-02", ""], "holiday_last": ["2099-10-01", ""]}, "2099-10-02 2099-10-01"),
        ({"branch_id": ""}, "请选择"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_written(group, changes, said):
    alice = group.inside("alice")
    alice.get("/admin/shops/new")

    answer = alice.post("/admin/shops/new", **{"branch_id": group.shanghai, **SHOP, **changes})

    assert answer.status_code == 422
    assert said in answer.text
    assert "黄浦区望江路 1 号" in answer.text
    with group.db.reading() as session:
        assert len(session.scalars(select(Shop.id)).all()) == 2


def test_two_people_edit_the_same_shop_and_the_second_loses_nothing(group):
    alice, bob = group.inside("alice"), group.inside("bob")
    url, version = f"/admin/shops/{group.here}/edit", shop(group, group.here).version
    fields = {**SHOP, "name": "上海人民广场店", "branch_id": group.shanghai, "version": version}
    alice.get(url)
    bob.get(url)
    assert alice.post(url, **{**fields, "phone": "021-55509999"}).status_code == 303

    told = bob.post(url, **{**fields, "address": "黄浦区新地址 8 号"})

    assert told.status_code == 409
    assert "021-55509999" in told.text
    assert "黄浦区新地址 8 号" in told.text
    assert shop(group, group.here).phone == "021-55509999"
    merged = {**fields, "version": version + 1, "phone": "021-55509999", "address": "黄浦区新地址 8 号"}
    assert bob.post(url, **merged).status_code == 303
    assert shop(group, group.here).address == "黄浦区新地址 8 号"


def test_a_name_that_is_taken_is_refused_when_changing_too(group):
    alice = group.inside("alice")
    alice.get("/admin/shops/")
    taken = {**SHOP, "name": "济南泉城路店", "branch_id": group.shanghai, "version": 1}

    assert "另一家门店" in alice.post(f"/admin/shops/{group.here}/edit", **taken).text
    answer = alice.post(f"/admin/branches/{group.shanghai}", name="济南分公司", city="上海", version=1)
    assert answer.status_code == 422
    assert shop(group, group.here).version == 1


def test_a_shop_is_closed_and_opened_again_never_deleted(group):
    bob = group.inside("bob")
    bob.get(f"/admin/shops/{group.here}/edit")
    fields = {**SHOP, "name": "上海人民广场店", "branch_id": group.shanghai, "version": 1}
    bob.post(f"/admin/shops/{group.here}/edit", **fields)

    bob.post(f"/admin/shops/{group.here}/state", state="closed")
    closed = shop(group, group.here)
    bob.post(f"/admin/shops/{group.here}/state", state="open")

    assert (closed.state, closed.hours) == ("closed", "已停业")
    assert (shop(group, group.here).state, shop(group, group.here).hours) == ("open", SAID)
    assert actions(group)[-3:] == ["shop.changed", "shop.closed", "shop.opened"]


def test_another_branchs_shop_is_nowhere_for_a_branch_manager(group):
    bob = group.inside("bob")
    fields = {**SHOP, "branch_id": group.shanghai, "version": 1}

    assert "济南" not in bob.get("/admin/shops/").text
    assert "济南" not in bob.get("/admin/shops/?q=泉城路").text.replace("泉城路", "")
    assert "济南" not in bob.get("/admin/branches/").text
    for answer in (
        bob.get(f"/admin/shops/{group.there}"),
        bob.get(f"/admin/shops/{group.there}/edit"),
        bob.post(f"/admin/shops/{group.there}/edit", **fields),
        bob.post(f"/admin/shops/{group.there}/state", state="closed"),
        bob.get(f"/admin/branches/{group.jinan}"),
        bob.post(f"/admin/branches/{group.jinan}", name="x", city="x", version=1),
    ):
        assert answer.status_code == 404
    assert shop(group, group.there).state == "open"
    assert actions(group)[-6:] == ["look.refused"] * 6


def test_a_forged_branch_in_the_form_is_refused_and_written_down(group):
    bob, carol = group.inside("bob"), group.inside("carol")
    bob.get("/admin/shops/new")
    edited = {**SHOP, "name": "上海人民广场店", "version": 1}

    assert bob.post("/admin/shops/new", branch_id=group.jinan, **SHOP).status_code == 404
    assert actions(group)[-1] == "look.refused"
    url = f"/admin/shops/{group.here}/edit"
    assert bob.post(url, branch_id=group.jinan, **edited).status_code == 404
    # Carol may know the branch her shop is in, and add nothing to it.
    carol.get(url)
    assert carol.post("/admin/shops/new", branch_id=group.shanghai, **SHOP).status_code == 422
    assert carol.post(url, branch_id=group.shanghai, **edited).status_code == 303
    assert shop(group, group.here).branch_id == group.shanghai


def test_branches_are_the_head_offices_to_add_and_their_managers_to_rename(group):
    alice, bob, carol = (group.inside(name) for name in ("alice", "bob", "carol"))

    assert alice.post("/admin/branches/new", name="苏州分公司", city="苏州").status_code == 303
    assert alice.post("/admin/branches/new", name="苏州分公司", city="苏州").status_code == 422
    assert bob.post("/admin/branches/new", name="x", city="x").status_code == 403
    url = f"/admin/branches/{group.shanghai}"
    assert carol.post(url, name="x", city="x", version=1).status_code == 403
    assert bob.post(url, name="上海总店", city="上海", version=1).status_code == 303
    assert bob.post(url, name="沪", city="上海", version=1).status_code == 409


def test_who_only_looks_changes_nothing(group):
    dave = group.inside("dave")

    assert "添加门店" not in dave.get("/admin/shops/").text
    assert dave.get(f"/admin/shops/{group.here}").status_code == 200
    assert dave.post(f"/admin/shops/{group.here}/state", state="closed").status_code == 403
    assert dave.get("/admin/shops/new").status_code == 403


def test_filters_find_shops_by_branch_city_state_and_text(group):
    alice = group.inside("alice")

    for query in (f"branch={group.jinan}", "q=泉城", "q=泉城&state=open"):
        page = alice.get(f"/admin/shops/?{query}").text
        assert f'href="/admin/shops/{group.there}"' in page
        assert f'href="/admin/shops/{group.here}"' not in page
    assert "<tbody>" not in alice.get("/admin/shops/?q=100%25").text
    assert "<tbody>" not in alice.get("/admin/shops/?city=苏州").text


def test_the_form_says_what_travellers_will_read_while_it_is_typed(group):
    bob = group.inside("bob")
    bob.get("/admin/shops/new")

    assert SAID in bob.post("/admin/shops/hours", **SHOP).text
    assert "无法识别" in bob.post("/admin/shops/hours", **{**SHOP, "day0": "nine"}).text
