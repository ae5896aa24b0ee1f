"""Staff: their telephones sealed in the table, found by index, seen whole for a reason; and scope."""

import base64
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from bot.config import PrivacyConfig
from bot.errors import ConfigError
from bot.organisation import phones
from bot.organisation.models import Branch, Staff
from bot.privacy import NotANumber, NotOurs, Vault, masked, parse, spoken
from bot.runtime import open_runtime
from bot.users.roles import Role
from tests import make
from tests.support.office import Office


def key(letter):
    return base64.b64encode(letter * 32).decode()


OLD = PrivacyConfig(keys=f"2026a:{key(b'a')}", index_key=key(b"i"))
ROTATED = PrivacyConfig(keys=f"2027a:{key(b'b')} 2026a:{key(b'a')}", index_key=key(b"i"))
PHONE = "13812345678"


@pytest.fixture
def group(database_url):
    """Bob manages Shanghai, with a shop and its consultant; Jinan is another's. Dave audits."""
    runtime = open_runtime(replace(make.config(database_url), privacy=OLD))
    office = Office(runtime)
    office.add("alice")
    office.here, office.there = make.shop(office.db), make.shop(office.db, "济南泉城路店", "济南分公司")
    with office.db.transaction() as session:
        shanghai = session.scalars(select(Branch.id).filter_by(name="上海分公司")).one()
        people = [
            Staff(shop_id=shop, name=name, role="旅行顾问", active=True)
            for shop, name in ((office.here, "王珊"), (office.there, "李雷"))
        ]
        phones.put(people[1], "+8613900001111", Vault(OLD))
        session.add_all(people)
        session.flush()
        office.wang, office.li = (one.id for one in people)
    office.add("bob", Role.BRANCH_MANAGER, branches=[shanghai])
    office.add("dave", Role.AUDITOR)
    yield office
    runtime.close()


def staff(office, key):
    with office.db.reading() as session:
        return session.get_one(Staff, key)


def fields(office, **changes):
    return {
        "name": "王珊",
        "role": "旅行顾问",
        "shop_id": office.here,
        "state": "active",
        "version": 1,
        **changes,
    }


def test_a_number_is_sealed_in_the_table_and_masked_on_screen_and_in_the_audit(group):
    bob = group.inside("bob")
    bob.get(f"/admin/staff/{group.wang}")

    assert bob.post(f"/admin/staff/{group.wang}", **fields(group, phone="138 1234 5678")).status_code == 303

    with group.db.connection() as connection:
        for table in ("staff", "audit_entry"):
            held = str(connection.execute(text(f"SELECT * FROM {table}")).all())
            assert "12345678" not in held
    page = bob.get("/admin/staff/").text
    assert "138****5678" in page
    assert PHONE not in page + bob.get(f"/admin/staff/{group.wang}").text
    assert "138****5678" in group.audit()[-1].after


def test_a_whole_number_finds_its_owner_and_a_part_finds_nobody(group):
    bob = group.inside("bob")
    bob.get("/admin/staff/")
    bob.post(f"/admin/staff/{group.wang}", **fields(group, phone=PHONE))

    for typed in (PHONE, "%2B86 138-1234-5678"):
        assert "王珊" in bob.get(f"/admin/staff/?q={typed}").text
    assert "<tbody>" not in bob.get("/admin/staff/?q=12345678").text
    with group.db.reading() as session:
        assert phones.find(session, f"+86{PHONE}", Vault(OLD)).id == group.wang
        assert phones.find(session, "+8613812345679", Vault(OLD)) is None


def test_one_number_is_one_persons_until_they_leave(group):
    alice = group.inside("alice")
    alice.get("/admin/staff/new")
    taken = {"name": "韩梅", "role": "导游", "shop_id": group.here, "state": "active", "phone": "13900001111"}

    assert "已有在职员工" in alice.post("/admin/staff/new", **taken).text
    li = {"name": "李雷", "role": "旅行顾问", "shop_id": group.there, "version": 1}
    assert alice.post(f"/admin/staff/{group.li}", **li, state="left").status_code == 303
    assert alice.post("/admin/staff/new", **taken).status_code == 303
    assert alice.post(f"/admin/staff/{group.li}", **{**li, "version": 2}, state="active").status_code == 422
    assert staff(group, group.li).active is False


def test_seeing_a_number_whole_takes_a_reason_and_stands_in_the_audit(group):
    alice, dave = group.inside("alice"), group.inside("dave")
    url = f"/admin/staff/{group.li}/phone"
    alice.get(f"/admin/staff/{group.li}")
    dave.get(f"/admin/staff/{group.li}")

    assert alice.post(url, reason="").status_code == 422
    assert dave.post(url, reason="curious").status_code == 403
    assert "13900001111" not in dave.get(f"/admin/staff/{group.li}").text
    assert "13900001111" in alice.post(url, reason="排班").text
    assert [(one.action, one.reason) for one in group.audit()][-1] == ("staff.phone_shown", "排班")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"phone": "12345"}, "不是有效的电话号码"),
        ({"phone": "16412345678"}, "不是有效的电话号码"),
        ({"name": ""}, "请填写"),
        ({"shop_id": "x"}, "选择"),
        ({"state": "asleep"}, "选择"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(group, changes, said):
    bob = group.inside("bob")
    bob.get("/admin/staff/")

    answer = bob.post(f"/admin/staff/{group.wang}", **fields(group, **changes))

    assert answer.status_code == 422
    assert said in answer.text
    assert staff(group, group.wang).version == 1


def test_another_branchs_people_are_nowhere_and_a_forged_shop_is_refused(group):
    bob = group.inside("bob")

    assert "李雷" not in bob.get("/admin/staff/").text
    assert "<tbody>" not in bob.get("/admin/staff/?q=13900001111").text
    for answer in (
        bob.get(f"/admin/staff/{group.li}"),
        bob.post(f"/admin/staff/{group.li}", **fields(group)),
        bob.post(f"/admin/staff/{group.li}/phone", reason="why not"),
        bob.post(f"/admin/staff/{group.wang}", **fields(group, shop_id=group.there)),
        bob.post("/admin/staff/new", **fields(group, shop_id=group.there)),
    ):
        assert answer.status_code == 404
    assert [one.action for one in group.audit()][-5:] == ["look.refused"] * 5
    assert staff(group, group.wang).shop_id == group.here


def test_two_people_edit_the_same_person_and_the_second_is_told(group):
    alice, bob = group.inside("alice"), group.inside("bob")
    alice.get("/admin/staff/")
    bob.get("/admin/staff/")
    url = f"/admin/staff/{group.wang}"
    assert alice.post(url, **fields(group, role="店长")).status_code == 303

    told = bob.post(url, **fields(group, name="王姗"))

    assert told.status_code == 409
    assert "店长" in told.text
    assert "王姗" in told.text
    assert staff(group, group.wang).name == "王珊"


def test_a_new_key_seals_from_now_on_and_the_old_one_still_opens():
    old, rotated = Vault(OLD), Vault(ROTATED)
    sealed = old.seal("+8613812345678", phones.PLACE)

    assert rotated.open(sealed, phones.PLACE) == "+8613812345678"
    assert rotated.seal("x", phones.PLACE).startswith("2027a.")
    assert not rotated.is_newest(sealed)
    assert rotated.index("x", phones.PLACE) == old.index("x", phones.PLACE)
    with pytest.raises(NotOurs, match="2027a"):
        old.open(rotated.seal("x", phones.PLACE), phones.PLACE)


def test_a_sealed_text_opens_only_where_it_was_sealed_and_only_unchanged():
    vault = Vault(OLD)
    sealed = vault.seal("+8613812345678", "staff:phone")

    assert sealed != vault.seal("+8613812345678", "staff:phone")
    for broken in (sealed[:-6] + "AAAAA=", "2026a.", "2026a.*", sealed.replace("2026a", "x")):
        with pytest.raises(NotOurs):
            vault.open(broken, "staff:phone")
    with pytest.raises(NotOurs):
        vault.open(sealed, "member:phone")


def test_a_key_that_is_too_short_stops_with_what_to_do():
    with pytest.raises(ConfigError, match="openssl rand"):
        Vault(replace(OLD, index_key=base64.b64encode(b"short").decode()))


@pytest.mark.parametrize(
    ("typed", "kept", "dialled", "shown"),
    [
        ("138 1234 5678", "+8613812345678", "13812345678", "138****5678"),
        ("+86-138-1234-5678", "+8613812345678", "13812345678", "138****5678"),
        ("１３８１２３４５６７８", "+8613812345678", "13812345678", "138****5678"),
        ("021-55501000", "+862155501000", "02155501000", "021****1000"),
        ("+852 5123 4567", "+85251234567", "+85251234567", "+852****4567"),
    ],
)
def test_numbers_as_people_type_them(typed, kept, dialled, shown):
    assert (parse(typed), spoken(kept), masked(kept)) == (kept, dialled, shown)


def test_words_are_no_number():
    with pytest.raises(NotANumber):
        parse("王珊")


def test_without_keys_people_can_be_kept_but_not_their_numbers(office):
    shop = make.shop(office.db)
    alice = office.inside("alice")
    alice.get("/admin/staff/new")
    person = {"name": "王珊", "role": "导游", "shop_id": shop, "state": "active"}

    assert "privacy" in alice.post("/admin/staff/new", **person, phone=PHONE).text
    assert alice.post("/admin/staff/new", **person, phone="").status_code == 303
