"""The users page and the audit page: every act is written down, nobody climbs, exports are safe."""

import csv
import io
import re

import orjson
import pytest
from sqlalchemy import select

from admin.exports import safe
from bot.users.models import UserShop
from bot.users.roles import Role
from tests import make


def test_a_colleague_is_added_with_a_password_shown_once(office):
    shop = make.shop(office.db)
    alice = office.inside("alice")
    alice.get("/admin/users/new")

    shown = alice.post("/admin/users/new", name="王珊", role="shop_manager", reach="shops", shops=str(shop))
    password = re.search(r'id="secret">([^<]+)<', shown.text)[1]

    shan = office.person("王珊")
    assert shan.sign_in(password).status_code == 303
    assert shan.get("/admin/").location == "/admin/me/password"
    added = office.audit()[1]
    assert (added.action, added.actor, added.subject_name) == ("user.added", "alice", "王珊")
    assert orjson.loads(added.after) == {
        "name": "王珊",
        "role": "shop_manager",
        "reach": "shops",
        "within": ["上海人民广场店"],
    }
    assert password not in "".join(entry.after or "" for entry in office.audit())
    assert password not in alice.get("/admin/users/").text


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"name": "alice"}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"role": "emperor"}, "role"),
        ({"reach": "universe"}, "reach"),
        ({"reach": "shops"}, "shops"),
        ({"reach": "branches", "branches": "99"}, "branches"),
        ({"reach": "shops", "shops": "1 OR 1=1"}, "shops"),
        ({"reach": "own"}, "reach"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(office, fields, wrong):
    alice = office.inside("alice")
    alice.get("/admin/users/new")

    answer = alice.post("/admin/users/new", **{"name": "bob", "role": "auditor", "reach": "all", **fields})

    assert answer.status_code == 422
    assert f'id="e-{wrong}"' in answer.text


def test_a_changed_role_holds_from_the_next_click_and_is_written_down(office):
    bob_id = office.add("bob", Role.GROUP_ADMINISTRATOR)
    alice, bob = office.inside("alice"), office.inside("bob")
    assert bob.get("/admin/users/").status_code == 200

    alice.get(f"/admin/users/{bob_id}")
    alice.post(f"/admin/users/{bob_id}", role="marketer", reach="all")

    assert bob.get("/admin/users/").status_code == 403
    entry = office.audit()[-1]
    assert (orjson.loads(entry.before)["role"], orjson.loads(entry.after)["role"]) == (
        "group_administrator",
        "marketer",
    )
    assert "marketer" in alice.get(f"/admin/audit/{entry.id}").text


def test_a_disabled_user_is_out_at_once_and_a_new_password_ends_their_sessions(office):
    bob_id = office.add("bob")
    alice, bob = office.inside("alice"), office.inside("bob")
    alice.get(f"/admin/users/{bob_id}")

    alice.post(f"/admin/users/{bob_id}/active", active="no")
    assert bob.get("/admin/").status_code == 303
    assert office.person("bob").sign_in().status_code == 422
    alice.post(f"/admin/users/{bob_id}/active", active="yes")
    bob = office.inside("bob")
    shown = alice.post(f"/admin/users/{bob_id}/password")
    assert bob.get("/admin/").status_code == 303
    assert office.person("bob").sign_in().status_code == 422
    assert office.person("bob").sign_in(re.search(r'id="secret">([^<]+)<', shown.text)[1]).status_code == 303


def test_anyones_sessions_are_ended(office):
    bob_id = office.add("bob")
    alice, bob = office.inside("alice"), office.inside("bob")
    page = alice.get(f"/admin/users/{bob_id}")
    session_id = re.search(r'name="session" value="(\d+)"', page.text)[1]

    alice.post(f"/admin/users/{bob_id}/sessions/end", session=session_id)

    assert bob.get("/admin/").status_code == 303
    assert alice.get("/admin/").status_code == 200
    # Once more, from another tab: it has ended.
    assert alice.post(f"/admin/users/{bob_id}/sessions/end", session=session_id).status_code == 303


@pytest.mark.parametrize("session_id", ["²", "x", "9" * 30, "-1", "other"])
def test_a_session_that_is_none_of_theirs_ends_nothing(office, session_id):
    bob_id = office.add("bob")
    alice, bob = office.inside("alice"), office.inside("bob")
    page = alice.get("/admin/users/1")
    mine = re.search(r'name="session" value="(\d+)"', page.text)[1]
    alice.get(f"/admin/users/{bob_id}")

    answer = alice.post(
        f"/admin/users/{bob_id}/sessions/end", session=mine if session_id == "other" else session_id
    )

    assert answer.status_code == 404
    assert bob.get("/admin/").status_code == 200
    assert alice.get("/admin/").status_code == 200
    assert "user.sessions_ended" not in [one.action for one in office.audit()]


def test_nobody_locks_themselves_out_or_climbs(office):
    alice = office.inside("alice")
    alice.get("/admin/users/1")

    assert alice.post("/admin/users/1", role="auditor", reach="all").status_code == 422
    for act in ("active", "password", "second-factor/reset"):
        assert alice.post(f"/admin/users/1/{act}", active="no").status_code == 403
    carol = office.add("carol", Role.AUDITOR)
    person = office.inside("carol")
    person.get("/admin/users/")
    assert person.post(f"/admin/users/{carol}", role="group_administrator", reach="all").status_code == 403
    assert office.user("carol").role == "auditor"


def test_a_scope_is_taken_away_with_its_rows(office):
    shop = make.shop(office.db)
    bob_id = office.add("bob", Role.SHOP_MANAGER, shops=[shop])
    alice = office.inside("alice")
    alice.get(f"/admin/users/{bob_id}")

    alice.post(f"/admin/users/{bob_id}", role="auditor", reach="all")

    with office.db.reading() as session:
        assert session.scalars(select(UserShop)).all() == []


def test_the_audit_is_filtered_and_taken_along_with_a_reason(office):
    office.add("=cmd|'/c calc'!A1")
    office.inside("=cmd|'/c calc'!A1")
    alice = office.inside("alice")
    alice.get("/admin/audit/")

    assert alice.post("/admin/audit/export", reason="").status_code == 422
    answer = alice.post("/admin/audit/export", who="=cmd|'/c calc'!A1", reason="for the yearly check")

    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["actor"] for row in rows] == ["'=cmd|'/c calc'!A1"]
    entry = office.audit()[-1]
    assert (entry.action, entry.reason) == ("audit.exported", "for the yearly check")
    assert "=cmd" in entry.after


@pytest.mark.parametrize("text", ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"])
def test_no_cell_is_run(text):
    assert safe(text) == f"'{text}"


def test_ordinary_cells_stay_as_they_are():
    assert [safe(one) for one in ("王珊", 7, None, "a=b")] == ["王珊", 7, "", "a=b"]
