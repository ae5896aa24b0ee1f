"""Sheets of the organisation: looked at first, imported second; what is wrong is said by row and column."""

import base64
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from bot.batches.models import Batch
from bot.config import PrivacyConfig
from bot.db import utc_now
from bot.files.models import File
from bot.imports import jobs
from bot.organisation import phones
from bot.organisation.models import Branch, Shop, Staff
from bot.privacy import Vault
from bot.runtime import open_runtime
from bot.users.models import User
from bot.users.roles import Role
from tests import make
from tests.support.office import Office
from tests.support.sheets import agree, excel, opened, send

KEY = base64.b64encode(b"k" * 32).decode()
PRIVACY = PrivacyConfig(f"a:{KEY}", KEY)
HEAD = ["姓名", "门店", "职务", "手机号", "状态"]
HERE, THERE = "上海人民广场店", "济南泉城路店"


@pytest.fixture
def group(database_url):
    """Bob manages one shop of Shanghai with 王珊 in it; Jinan with 李雷 is another's."""
    runtime = open_runtime(replace(make.config(database_url), privacy=PRIVACY))
    office = Office(runtime)
    office.add("alice")
    office.here, office.there = make.shop(office.db, HERE), make.shop(office.db, THERE, "济南分公司")
    with office.db.transaction() as session:
        for shop, name, number in (
            (office.here, "王珊", "+8613812345678"),
            (office.there, "李雷", "+8613900001111"),
        ):
            one = Staff(shop_id=shop, name=name, role="旅行顾问", active=True)
            phones.put(one, number, Vault(PRIVACY))
            session.add(one)
    office.add("bob", Role.SHOP_MANAGER, shops=[office.here])
    yield office
    runtime.close()


def staff(office):
    with office.db.reading() as session:
        return {row.name: row for row in session.scalars(select(Staff).order_by(Staff.id))}


def actions(office):
    return [entry.action for entry in office.audit() if not entry.action.startswith("user.")]


def number_of(row):
    return phones.number_of(row, Vault(PRIVACY))


def test_a_sheet_is_looked_at_first_and_changes_nothing(group):
    bob = group.inside("bob")

    shown = send(
        bob,
        "staff",
        excel(HEAD, ["王珊", HERE, "店长", 13812345678.0, ""], ["赵敏", HERE, "导游", None, None]),
    )

    assert shown.status_code == 200
    assert "旅行顾问" in shown.text  # before
    assert "店长" in shown.text  # after
    assert "赵敏" in shown.text
    assert set(staff(group)) == {"王珊", "李雷"}
    assert staff(group)["王珊"].role == "旅行顾问"
    assert actions(group) == []


def test_what_was_agreed_to_is_imported_and_stands_in_the_audit(group):
    bob = group.inside("bob")
    content = excel(
        HEAD, ["王珊", HERE, "店长", "138 1234 5678", "在职"], ["赵敏", HERE, "导游", "13700002222", "在职"]
    )

    assert agree(bob, send(bob, "staff", content)).status_code == 303

    found = staff(group)
    assert found["王珊"].role == "店长"
    assert number_of(found["赵敏"]) == "+8613700002222"
    assert actions(group) == ["staff.changed", "staff.added", "sheet.imported"]
    assert "13700002222" not in "".join(str(entry.after) for entry in group.audit())


def test_the_same_sheet_a_second_time_changes_nothing(group):
    bob = group.inside("bob")
    content = excel(HEAD, ["王珊", HERE, "店长", 13812345678, ""], ["赵敏", HERE, "导游", "", "在职"])
    agree(bob, send(bob, "staff", content))
    before = group.audit()

    shown = send(bob, "staff", content)

    assert "无需导入" in shown.text
    assert len(group.audit()) == len(before)


def test_what_is_wrong_is_said_by_row_and_column_and_nothing_is_changed(group):
    bob = group.inside("bob")
    content = excel(
        ["八月名单"],
        HEAD,
        ["", HERE, "导游", "13700000001", "在职"],
        ["钱一", "没有的店", "导游", "13700000002", "在职"],
        ["钱二", HERE, "导游", "123", "在职"],
        ["钱三", HERE, "导游", "1.37E+10", "休假"],
        ["钱四", HERE, "导游", "13700000004", "在职"],
        ["钱五", HERE, "导游", "13700000004", "在职"],
    )
    shown = send(bob, "staff", content)

    rows = shown.text.split("<tbody>")[1].split("</tbody>")[0]
    for number in (3, 4, 5, 6, 8):
        assert f'<td class="number">{number}</td>' in rows
    assert "请填写" in rows
    assert "没有的店" in rows
    assert "不是有效的手机号" in rows
    assert "缩写成了 1.37E+10" in rows
    assert "休假" in rows
    assert "与第 7 行重复" in rows

    assert agree(bob, shown).status_code == 422
    assert set(staff(group)) == {"王珊", "李雷"}
    assert agree(bob, send(bob, "staff", content), rows="right").status_code == 303
    assert set(staff(group)) == {"王珊", "李雷", "钱四"}


def test_the_sheet_comes_back_with_the_problems_in_it_and_can_be_mended(group):
    bob = group.inside("bob")
    shown = send(
        bob,
        "staff",
        excel(
            ["门店", " 姓 名 ", "职务*", "备注"],
            [HERE, "@1+1", "导游", "x"],
            ["没有的店", "钱一", "导游", ""],
        ),
    )
    assert "备注" in shown.text  # not known, and said so

    head, *rows = opened(bob.get(f"{shown.address}/problems").data)

    assert head == ["门店", "姓名", "职务", "问题"]
    assert rows[0] == [HERE, "'@1+1", "导游", None]
    assert "没有的店" in rows[1][3]
    rows[1][0] = HERE
    again = send(bob, "staff", excel(head, *rows))
    assert agree(bob, again).status_code == 303
    assert {"@1+1", "钱一"} <= set(staff(group))


def test_another_shops_people_do_not_exist_for_a_shop_manager_and_the_try_is_written_down(group):
    bob = group.inside("bob")
    li = staff(group)["李雷"]
    content = excel(
        ["编号", *HEAD],
        [li.id, "李雷", HERE, "内鬼", "", ""],
        ["", "李雷", THERE, "内鬼", "", ""],
        [999, "无", HERE, "x"],
    )

    shown = send(bob, "staff", content)

    assert 'name="digest"' not in shown.text  # there is nothing to say yes to
    assert bob.post(shown.address, rows="right", digest="").status_code == 409
    assert (staff(group)["李雷"].role, staff(group)["李雷"].shop_id) == ("旅行顾问", group.there)
    refused = [entry for entry in group.audit() if entry.action == "change.refused"]
    assert {(entry.subject_kind, entry.subject_id) for entry in refused} == {
        ("staff", str(li.id)),
        ("shop", str(group.there)),
    }
    assert "13900001111" not in shown.text
    assert "139****1111" not in shown.text


def test_a_number_of_somebody_out_of_sight_is_refused_by_the_database(group):
    bob = group.inside("bob")
    shown = send(bob, "staff", excel(HEAD, ["新人", HERE, "导游", "13900001111", ""]))

    answer = agree(bob, shown)

    assert answer.status_code == 409
    assert "新人" not in staff(group)
    assert "sheet.imported" not in actions(group)


def test_nobody_sees_or_imports_anothers_sheet(group):
    bob, alice = group.inside("bob"), group.inside("alice")
    shown = send(bob, "staff", excel(HEAD, ["赵敏", HERE, "导游", "", ""]))
    alice.get("/admin/staff/sheet")

    assert alice.get(shown.address).status_code == 404
    assert alice.get(f"{shown.address}/problems").status_code == 404
    assert alice.post(shown.address, rows="all").status_code == 404
    assert bob.get(shown.address.replace("/staff/", "/shops/")).status_code == 404


def test_two_who_send_the_same_sheet_at_once_add_everyone_once(group):
    people = [group.inside("bob"), group.inside("bob")]
    content = excel(HEAD, *([f"新人{n}", HERE, "导游", "", ""] for n in range(20)))
    shown = [send(one, "staff", content) for one in people]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(agree, people, shown))

    # Whoever looks after the other is done is told so; otherwise the second finds nothing left to do.
    assert 303 in {answer.status_code for answer in answers} <= {303, 409}
    with group.db.reading() as session:
        names = list(session.scalars(select(Staff.name).where(Staff.name.like("新人%"))))
    assert sorted(names) == sorted(f"新人{n}" for n in range(20))


def test_rows_that_changed_since_the_look_are_not_imported_unseen(group):
    bob = group.inside("bob")
    shown = send(bob, "staff", excel(HEAD, ["王珊", HERE, "店长", "", ""]))
    with group.db.transaction() as session:
        session.execute(update(Staff).where(Staff.name == "王珊").values(role="实习生"))

    answer = agree(bob, shown)

    assert answer.status_code == 409
    assert "实习生" in answer.text
    assert staff(group)["王珊"].role == "实习生"


def test_two_of_one_name_are_told_apart_by_their_numbers(group):
    bob = group.inside("bob")
    content = excel(HEAD, ["王芳", HERE, "导游", "13700000001"], ["王芳", HERE, "店长", "13700000002"])
    agree(bob, send(bob, "staff", content))

    assert "无需导入" in send(bob, "staff", content).text
    assert "有多个" in send(bob, "staff", excel(HEAD, ["王芳", HERE, "导游", ""])).text


def test_the_upload_is_kept_sealed_and_for_an_hour(group):
    bob = group.inside("bob")
    content = excel(HEAD, ["赵敏", HERE, "导游", "13700002222", ""])
    shown = send(bob, "staff", content, name="../../etc/名单.xlsx")

    with group.db.connection() as connection:
        kept = b"".join(row[0] for row in connection.execute(text("SELECT content FROM file_part")))
    assert kept
    assert not kept.startswith(b"PK")
    assert content not in kept
    with group.db.transaction() as session:
        session.execute(update(File).values(keep_until=utc_now() - timedelta(seconds=1)))
    assert bob.get(shown.address).location.endswith("/admin/staff/sheet")


def test_what_is_no_sheet_is_refused_beside_the_field(group):
    bob = group.inside("bob")
    for content, words in (
        (b"", "没有内容"),
        (b"PK\x03\x04junk", "已损坏"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "另存为不带密码"),
        (b"%PDF-1.4\n\0\0", "不是表格"),
        ("随便,写写\n1,2\n".encode(), "找不到表头"),
        ("姓名,手机号\n王,1\n".encode(), "缺少这些列：门店、职务"),
    ):
        answer = send(bob, "staff", content)
        assert answer.status_code == 422
        assert words in answer.text, words


def test_a_large_sheet_goes_on_as_a_batch_within_the_makers_scope(group):
    bob = group.inside("bob")
    rows = [[f"员工{n}", HERE, "导游", f"137{n:08}", ""] for n in range(230)]
    rows[7][1] = THERE
    shown = send(bob, "staff", excel(HEAD, *rows))

    answer = agree(bob, shown, rows="right")
    batch_id = int(answer.location.rsplit("/", 1)[1])
    jobs.put(group.runtime, batch_id)
    jobs.put(group.runtime, batch_id)  # twice: nothing more happens

    with group.db.reading() as session:
        batch = session.get_one(Batch, batch_id)
    assert (batch.state, batch.done, batch.failed) == ("done", 230, 1)
    assert batch.problems[0]["what"] == "第 9 行“门店”"
    assert len([name for name in staff(group) if name.startswith("员工")]) == 229
    assert actions(group).count("staff.added") == 229
    assert actions(group)[-1] == "sheet.imported"


def test_a_batch_whose_maker_may_not_any_more_imports_nothing(group):
    bob = group.inside("bob")
    rows = [[f"员工{n}", HERE, "导游", "", ""] for n in range(120)]
    answer = agree(bob, send(bob, "staff", excel(HEAD, *rows)))
    with group.db.transaction() as session:
        session.execute(update(User).where(User.name == "bob").values(role=Role.AUDITOR.value))

    jobs.put(group.runtime, int(answer.location.rsplit("/", 1)[1]))

    assert set(staff(group)) == {"王珊", "李雷"}


def test_an_export_is_masked_keeps_to_scope_and_filters_and_comes_back_unchanged(group):
    bob = group.inside("bob")
    bob.get("/admin/staff/")

    answer = bob.post("/admin/staff/sheet/export", reason="排班", **{"as": "xlsx"})

    assert "13812345678" not in str(opened(answer.data))
    assert opened(answer.data)[1][1:] == ["王珊", HERE, "旅行顾问", "138****5678", "在职"]
    assert len(opened(answer.data)) == 2
    assert "无需导入" in send(bob, "staff", answer.data).text
    assert actions(group) == ["staff.exported"]


def test_whole_numbers_take_a_reason_and_the_right(group):
    bob = group.inside("bob")
    bob.get("/admin/staff/")

    assert bob.post("/admin/staff/sheet/export", whole="yes", **{"as": "csv"}).status_code == 422
    answer = bob.post("/admin/staff/sheet/export", whole="yes", reason="排班", **{"as": "csv"})

    assert "13812345678" in answer.data.decode("utf-8-sig")
    entry = group.audit()[-1]
    assert (entry.action, entry.reason) == ("staff.exported", "排班")
    assert '"whole"' in entry.after
    group.add("mei", Role.MARKETER)
    mei = group.inside("mei")
    assert mei.post("/admin/staff/sheet/export", **{"as": "csv"}).status_code == 403


def test_shops_come_in_with_hours_holidays_and_a_place(group):
    alice = group.inside("alice")
    head = ["门店名称", "分公司", "地址", "电话", "纬度", "经度", "周一", "周二", "周日", "节假日", "状态"]
    content = excel(
        head,
        ["上海外滩店", "上海分公司", "望江路1号", "021-55501000", "31.24", "121.49", "9:00-12:00 13:30-18:00", "9:00-18:00", "", "2099-10-01至2099-10-03 休息", ""],
        [HERE, "上海分公司", "新地址9号", "021-55500001", "31.2304,121.4737", "", "9:00-20:00", "", "", "", "停业"],
        ["反的店", "上海分公司", "x", "021-55501000", 121.49, 31.24, "9:00-18:00"],
        ["时间店", "上海分公司", "x", "021-55501000", 31.24, 121.49, "18:00-9:00"],
        ["电话店", "没有的分公司", "x", "一二三", 31.24, 121.49, "9:00-18:00"],
    )  # fmt: skip
    shown = send(alice, "shops", content)
    for words in ("像是填反了", "结束早于开始", "没有叫“没有的分公司”", "请写成 021"):
        assert words in shown.text

    assert agree(alice, shown, rows="right").status_code == 303

    with group.db.reading() as session:
        shops = {row.name: row for row in session.scalars(select(Shop))}
    assert "2099年10月1日至3日休息" in shops["上海外滩店"].hours
    assert shops["上海外滩店"].hours.startswith("周一 09:00-12:00、13:30-18:00")
    assert (shops[HERE].state, shops[HERE].hours, shops[HERE].latitude) == ("closed", "已停业", 31.2304)
    exported = alice.post("/admin/shops/sheet/export", **{"as": "xlsx"}).data
    assert "无需导入" in send(alice, "shops", exported).text


def test_a_branch_manager_neither_adds_branches_nor_takes_shops_elsewhere(group):
    with group.db.reading() as session:
        shanghai = session.scalars(select(Branch.id).filter_by(name="上海分公司")).one()
    group.add("ken", Role.BRANCH_MANAGER, branches=[shanghai])
    ken = group.inside("ken")

    shown = send(
        ken, "branches", excel(["分公司名称", "城市"], ["新分公司", "杭州"], ["上海分公司", "上海市"])
    )
    assert agree(ken, shown, rows="right").status_code == 303
    head = ["门店名称", "分公司", "地址", "电话", "纬度", "经度", "周一"]
    moved = excel(head, [HERE, "济南分公司", "x", "021-55501000", 31.24, 121.49, "9:00-18:00"])
    assert "济南分公司" in send(ken, "shops", moved).text

    with group.db.reading() as session:
        assert {row.name: row.city for row in session.scalars(select(Branch))} == {
            "上海分公司": "上海市",
            "济南分公司": "上海",
        }
        assert session.scalars(select(Shop.branch_id).filter_by(name=HERE)).one() == shanghai


def test_a_number_that_was_searched_for_does_not_stand_in_the_audit(group):
    bob = group.inside("bob")
    bob.get("/admin/staff/")

    answer = bob.post("/admin/staff/sheet/export", q="13812345678", reason="排班", **{"as": "xlsx"})

    assert len(opened(answer.data)) == 2
    assert "13812345678" not in group.audit()[-1].after
