"""Saved views: one's own, shared with one's role, and nobody else's to change."""

from urllib.parse import parse_qs, urlsplit

from sqlalchemy import select

from bot.users.roles import Role
from bot.users.views import SavedView
from tests import make

STAFF = "admin.staff.listing"


def views(office):
    with office.db.reading() as session:
        return list(session.scalars(select(SavedView).order_by(SavedView.id)))


def save(person, name="离职的", query="state=left&q=", page=STAFF, **more):
    person.get("/admin/staff/")
    return person.post("/admin/views/", name=name, query=query, page=page, **more)


def test_filters_are_kept_under_a_name_and_lead_back(office_anywhere):
    office = office_anywhere
    alice = office.inside("alice")

    answer = save(alice, query="state=left&before=7&q=王 & 李")

    address = urlsplit(answer.location)
    assert parse_qs(address.query) == {"state": ["left"], "q": ["王 & 李"]} or "before" not in address.query
    page = alice.get("/admin/staff/").text
    assert 'aria-label="常用筛选"' in page
    assert "离职的" in page
    shown = alice.get(answer.location).text
    assert 'aria-current="true">离职的' in shown
    assert "保存当前筛选" not in shown  # it is saved already
    assert office.audit()[-1].action == "view.saved"


def test_a_name_that_is_there_takes_the_new_filters(office_anywhere):
    alice = office_anywhere.inside("alice")
    save(alice)
    save(alice, query="state=active")

    assert [view.query for view in views(office_anywhere)] == ["state=active"]


def test_others_see_only_what_is_shared_with_their_role_and_delete_nothing(office_anywhere):
    office = office_anywhere
    shop = make.shop(office.db)
    for name in ("bob", "ben"):
        office.add(name, Role.SHOP_MANAGER, shops=[shop])
    office.add("dave", Role.AUDITOR)
    bob = office.inside("bob")
    save(bob, "自己的")
    save(bob, "大家的", query="state=active", shared="yes")

    seen = {name: office.inside(name).get("/admin/staff/").text for name in ("ben", "dave", "alice")}

    assert "大家的" in seen["ben"]
    assert "自己的" not in seen["ben"]
    assert "大家的" not in seen["dave"] + seen["alice"]
    ben, alice = office.inside("ben"), office.inside("alice")
    for person in (ben, alice):
        for view in views(office):
            assert person.post(f"/admin/views/{view.id}/delete").status_code == 404
    assert len(views(office)) == 2
    assert bob.post(f"/admin/views/{views(office)[0].id}/delete").status_code == 303
    assert [view.name for view in views(office)] == ["大家的"]


def test_a_view_leads_nowhere_but_to_a_list_its_owner_may_open(office):
    shop = make.shop(office.db)
    office.add("bob", Role.SHOP_MANAGER, shops=[shop])
    bob = office.inside("bob")

    for page in ("admin.audit.listing", "admin.me.overview", "https://evil.example", ""):
        assert save(bob, page=page).status_code == 400
    assert save(bob, query="q=" + "x" * 2000).status_code == 400
    answer = save(bob, query="next=https://evil.example/&q=<script>")

    assert answer.location.startswith("/admin/staff/?")
    assert "<script>" not in bob.get(answer.location).text


def test_without_filters_there_is_nothing_to_save(office):
    alice = office.inside("alice")

    assert "保存当前筛选" not in alice.get("/admin/staff/").text
    assert "保存当前筛选" in alice.get("/admin/staff/?state=left").text
    assert "保存当前筛选" not in alice.get("/admin/users/?q=a").text


def test_a_view_holds_no_telephone(office):
    alice = office.inside("alice")

    save(alice, query="q=13812345678")

    assert views(office) == []
    assert "不能包含手机号" in alice.get("/admin/staff/").text
