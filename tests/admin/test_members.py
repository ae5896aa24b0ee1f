"""The members' pages: masked, shown whole for a reason, merged and taken apart, imported, exported, erased."""

import io
from datetime import date

import pytest
from sqlalchemy import select

from bot.batches.models import Batch
from bot.fans.models import Fan
from bot.members import jobs
from bot.members.models import Member, MemberMerge
from bot.runtime import open_runtime
from bot.users.roles import Role
from tests import make
from tests.support import members as support
from tests.support.members import NUMBERS, Travellers
from tests.support.office import Office

ANNA, BELLA = NUMBERS[:2]
WHOLE = "13900130100"


@pytest.fixture
def office(database_url):
    runtime = open_runtime(support.config(database_url))
    made = Office(runtime)
    made.add("alice")
    yield made
    runtime.close()


@pytest.fixture
def shop_id(office):
    return make.shop(office.db)


@pytest.fixture
def travellers(office):
    return Travellers(office.db, office.runtime.accounts["head"].id)


@pytest.fixture
def anna(travellers, shop_id):
    """The member's id; she came through the shop."""
    fan_id = travellers.fan("anna", first_shop_id=shop_id, last_shop_id=shop_id)
    return travellers.bind(fan_id, ANNA, name="安娜", birthday=date(1990, 5, 4), marketing=True).member_id


def member(office, key):
    with office.db.reading() as session:
        return session.get_one(Member, key)


def test_numbers_are_masked_everywhere_and_shown_whole_for_a_reason(office, anna):
    alice = office.inside("alice")
    pages = [alice.get("/admin/members/").text, alice.get(f"/admin/members/{anna}").text]
    assert all("139****0100" in page and WHOLE not in page for page in pages)

    refused = alice.post(f"/admin/members/{anna}/phone", reason="")
    shown = alice.post(f"/admin/members/{anna}/phone", reason="来电核对")

    assert (refused.status_code, WHOLE in refused.text) == (422, False)
    assert WHOLE in shown.text
    entry = office.audit()[-1]
    assert (entry.action, entry.reason, entry.subject_name) == (
        "member.phone_shown",
        "来电核对",
        member(office, anna).number,
    )
    assert WHOLE not in f"{entry.before}{entry.after}"


def test_a_whole_number_finds_its_member_and_a_part_finds_nobody(office, anna):
    alice = office.inside("alice")
    number = member(office, anna).number

    assert number in alice.get(f"/admin/members/?q={WHOLE}").text
    assert number in alice.get(f"/admin/members/?q={number}").text
    assert number not in alice.get("/admin/members/?q=1390013").text
    assert number not in alice.get("/admin/members/?state=erased").text


def test_who_may_not_unmask_export_or_merge_is_refused(office, anna):
    office.add("lead", Role.SERVICE_LEAD)
    lead = office.inside("lead")

    assert lead.get(f"/admin/members/{anna}").status_code == 200
    for path in (f"/admin/members/{anna}/phone", "/admin/members/export", "/admin/members/merge"):
        lead.get("/admin/members/")
        assert lead.post(path, reason="x").status_code == 403
    with office.db.reading() as session:
        assert session.scalars(select(MemberMerge)).all() == []


def test_a_shop_sees_its_own_members_only(office, anna, travellers):
    other = make.shop(office.db, "泉城路店", "济南分公司")
    office.add("manager", Role.SHOP_MANAGER, shops=[other])
    manager = office.inside("manager")

    assert "139****0100" not in manager.get("/admin/members/").text
    assert manager.get(f"/admin/members/{anna}").status_code == 404
    assert manager.post(f"/admin/members/{anna}/phone", reason="x").status_code == 404


def test_an_export_is_masked_formula_safe_and_written_down(office, anna, travellers):
    travellers.bind(travellers.fan("bella"), BELLA, name="=1+1")
    alice = office.inside("alice")
    alice.get("/admin/members/")

    answer = alice.post("/admin/members/export", reason="月报")

    assert answer.mimetype == "text/csv"
    assert "139****0100" in answer.text
    assert WHOLE not in answer.text
    assert "'=1+1" in answer.text
    assert (office.audit()[-1].action, office.audit()[-1].reason) == ("member.exported", "月报")


def test_two_members_are_compared_merged_and_taken_apart(office, anna, travellers):
    fan_id = travellers.fan("bella")
    bella = travellers.bind(fan_id, BELLA).member_id
    kept, merged = member(office, anna).number, member(office, bella).number
    alice = office.inside("alice")
    page = alice.get(f"/admin/members/merge?kept={kept}&merged={merged}").text
    assert "139****0100" in page
    assert "139****0101" in page

    assert alice.post("/admin/members/merge", kept=kept, merged=kept, why="x").status_code == 422
    assert alice.post("/admin/members/merge", kept=kept, merged="M0", why="x").status_code == 422
    assert alice.post("/admin/members/merge", kept=kept, merged=merged, why="").status_code == 422
    assert alice.post("/admin/members/merge", kept=kept, merged=merged, why="同一人").status_code == 303
    assert alice.post("/admin/members/merge", kept=kept, merged=merged, why="同一人").status_code == 422
    assert travellers.row(fan_id).member_id == anna

    alice.get(f"/admin/members/{anna}")
    with office.db.reading() as session:
        merge_id = session.scalars(select(MemberMerge.id)).one()
    assert alice.post(f"/admin/members/merges/{merge_id}/undo").status_code == 303
    assert travellers.row(fan_id).member_id == bella
    actions = [one.action for one in office.audit()]
    assert [actions.count(name) for name in ("member.merged", "member.unmerged")] == [1, 1]


def test_erasing_needs_the_number_typed_and_a_reason(office, anna):
    alice = office.inside("alice")
    number = member(office, anna).number
    alice.get(f"/admin/members/{anna}")

    assert alice.post(f"/admin/members/{anna}/erase", number="M0", why="本人来电").status_code == 422
    assert member(office, anna).state == "active"
    assert alice.post(f"/admin/members/{anna}/erase", number=number, why="本人来电").status_code == 303
    assert (member(office, anna).state, member(office, anna).data_key) == ("erased", None)
    page = alice.get(f"/admin/members/{anna}").text
    assert "139****0100" not in page
    assert "安娜" not in page


def test_offers_are_stopped_for_a_member_who_asks(office, anna):
    alice = office.inside("alice")
    alice.get(f"/admin/members/{anna}")
    assert alice.post(f"/admin/members/{anna}/silence").status_code == 303

    assert office.audit()[-1].action == "member.marketing_withdrawn"
    assert "已撤回（后台办理）" in alice.get(f"/admin/members/{anna}").text


def test_one_wechat_is_unbound_for_a_member_who_asks(office, anna):
    alice = office.inside("alice")
    with office.db.reading() as session:
        [fan_id] = session.scalars(select(Fan.id).where(Fan.member_id == anna))
    assert f"解绑粉丝 {fan_id}" in alice.get(f"/admin/members/{anna}").text
    for _ in range(2):
        assert alice.post(f"/admin/members/{anna}/unbind/{fan_id}").status_code == 303

    assert [one.action for one in office.audit()].count("member.unbound") == 1
    with office.db.reading() as session:
        assert session.get_one(Fan, fan_id).member_id is None
    assert member(office, anna).state == "active"


def test_a_file_becomes_a_batch_and_nothing_of_it_stands_in_clear(office, shop_id):
    alice = office.inside("alice")
    alice.get("/admin/members/import")
    content = f"手机号,姓名\n{WHOLE},陈晨\n".encode()

    empty = alice.post("/admin/members/import", source="till", shop_id="")
    begun = alice.post(
        "/admin/members/import", source="till", shop_id=str(shop_id), file=(io.BytesIO(content), "顾客.csv")
    )

    assert empty.status_code == 422
    with office.db.reading() as session:
        batch = session.scalars(select(Batch)).one()
    assert (begun.status_code, begun.location) == (303, f"/admin/batches/{batch.id}")
    assert WHOLE not in str(batch.arguments)
    jobs.import_rows(office.runtime, batch.id)
    with office.db.reading() as session:
        assert session.scalars(select(Member)).one().home_shop_id == shop_id


def test_a_policy_is_published_by_the_head_office_and_stays_as_it_is(office, shop_id, anna):
    alice = office.inside("alice")
    alice.get("/admin/policies/new")
    assert alice.post("/admin/policies/new", title="新", body="第二版").status_code == 303
    assert "第二版" in alice.get("/admin/policies/2").text
    assert "我们是谁" in alice.get("/admin/policies/1").text
    assert alice.get("/admin/policies/9").status_code == 404


def test_short_messages_are_listed_without_what_they_said(office, travellers):
    fan_id = travellers.fan("anna")
    travellers.ask(fan_id, ANNA)
    code = travellers.code(fan_id)
    page = office.inside("alice").get("/admin/sms/").text

    assert "139****0100" in page
    assert code not in page


def test_staff_in_wechat_are_listed_with_their_shop(office, shop_id, travellers):
    support.staff(office.db, shop_id, ANNA, name="王珊")
    travellers.bind(travellers.fan("oWangShan"), ANNA)
    page = office.inside("alice").get("/admin/staff-signins/").text

    assert "王珊" in page
    assert "oWangShan" in page


def test_without_keys_the_pages_say_what_to_set(empty_sqlite):
    runtime = open_runtime(make.config(empty_sqlite))
    office = Office(runtime)
    office.add("alice")
    alice = office.inside("alice")

    assert alice.get("/admin/members/").status_code == 200
    answer = alice.post("/admin/members/import", source="till", file=(io.BytesIO(b"x"), "x.csv"))
    runtime.close()

    assert answer.status_code == 422
    assert "[privacy]" in answer.text
