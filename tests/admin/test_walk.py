"""Every route of the back office, one by one: permission, forgery, headers, what reading changes, what stands in it."""

import re

import pytest
from sqlalchemy import func, select

from admin.access import Open, access_of
from admin.guard import BEFORE_CHANGE
from bot.db.types import Base
from bot.tables import TABLES
from bot.users.roles import PERMISSIONS, Permission, Role
from tests import make

XSS = "<script>alert('x')</script>"


def routes(office, method):
    """Return (endpoint, address) of each route; ids in addresses are 1."""
    found = []
    for rule in office.app.url_map.iter_rules():
        if rule.endpoint.startswith("admin.") and method in rule.methods:
            address = re.sub(r"<int:\w+>", "1", rule.rule)
            found.append((rule.endpoint, re.sub(r"<(?:path:)?\w+>", "nowhere", address)))
    return found


def counts(office):
    with office.db.reading() as session:
        tables = Base.metadata.sorted_tables
        return {table.name: session.scalar(select(func.count()).select_from(table)) for table in tables}


def test_every_route_states_who_may_open_it(office):
    silent = [
        name
        for name, view in office.app.view_functions.items()
        if name.startswith("admin.") and access_of(view) is None
    ]
    public = {name for name, view in office.app.view_functions.items() if access_of(view) is Open.TO_EVERYONE}

    assert silent == []
    assert public == {
        "admin.signing.enter",
        "admin.signing.sign_in",
        "admin.signing.code",
        "admin.signing.check_code",
        "admin.choices.language",
    }
    assert set(office.app.view_functions) >= BEFORE_CHANGE


def test_a_route_that_states_nothing_is_closed(office):
    office.app.view_functions["admin.home.today"] = lambda: "open"

    assert office.inside("alice").get("/admin/").status_code == 403


def test_nothing_is_open_to_strangers(office):
    stranger = office.person()
    for method in ("GET", "POST"):
        for endpoint, address in routes(office, method):
            if access_of(office.app.view_functions[endpoint]) is Open.TO_EVERYONE:
                continue
            stranger.get("/admin/login")
            answer = stranger.get(address) if method == "GET" else stranger.post(address)
            assert (answer.status_code, answer.location[:12]) == (303, "/admin/login"), address


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_it_holds_and_nothing_else(office, role):
    office.add("carol", role)
    carol = office.inside("carol")
    opened = set()
    for method in ("GET", "POST"):
        for endpoint, address in routes(office, method):
            needs = access_of(office.app.view_functions[endpoint])
            if not isinstance(needs, Permission):
                continue
            carol.get("/admin/me/")
            answer = carol.get(address) if method == "GET" else carol.post(address)
            if needs in PERMISSIONS[role]:
                assert answer.status_code != 403, (role, address)
                opened.add(needs)
            else:
                assert answer.status_code == 403, (role, address)
                assert "权限" in answer.text
    assert opened == PERMISSIONS[role] & {
        access_of(view) for name, view in office.app.view_functions.items() if name.startswith("admin.")
    }


def test_every_form_is_refused_without_our_token_or_with_anothers(office):
    bob = office.inside("alice")
    bob.get("/admin/")
    alice = office.inside("alice")
    alice.get("/admin/")
    for _endpoint, address in routes(office, "POST"):
        assert alice.client.post(address, data={"csrf": ""}).status_code == 400, address
        assert alice.client.post(address, data={"csrf": bob.token}).status_code == 400, address
        crossed = {"Sec-Fetch-Site": "cross-site"}
        assert alice.client.post(address, data={"csrf": alice.token}, headers=crossed).status_code == 400, (
            address
        )


def test_every_page_has_the_headers_and_holds_nothing_the_policy_forbids(office):
    alice = office.inside("alice")
    for _endpoint, address in routes(office, "GET"):
        answer = alice.get(address)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        if answer.mimetype == "text/html":
            assert not re.search(
                r"<style|\sstyle=|\son\w+=|<script(?![^>]* src=)|javascript:", answer.text
            ), address


def test_reading_changes_nothing(office):
    make.shop(office.db)
    alice = office.inside("alice")
    before = counts(office)
    for _endpoint, address in routes(office, "GET"):
        assert alice.get(address).status_code in {200, 303, 404}, address

    assert counts(office) == before


def test_what_people_type_stays_text_on_every_page(office):
    office.add(XSS)
    thief, alice = office.inside(XSS), office.inside("alice")
    with office.app.test_request_context():
        addresses = [address for _endpoint, address in routes(office, "GET")]
    for address in [
        *addresses,
        "/admin/users/2",
        "/admin/audit/2",
        f"/admin/users/?q={XSS}",
        f"/admin/audit/?who={XSS}",
    ]:
        for person in (thief, alice):
            assert XSS.encode() not in person.get(address).data, address  # sheets are not text
    assert "&lt;script&gt;" in alice.get("/admin/users/").text


def test_a_form_that_is_too_large_is_not_read(office):
    alice = office.inside("alice")
    alice.get("/admin/users/new")

    answer = alice.post("/admin/users/new", name="x" * 1_100_000)

    assert answer.status_code == 413
    assert "内容太大" in answer.text


def test_a_bug_is_a_page_that_says_what_to_do_and_tells_nothing(office):
    def broken():
        raise RuntimeError("secret detail")

    broken.access = Open.TO_EVERYONE_SIGNED_IN
    office.app.view_functions["admin.home.today"] = broken
    alice = office.person("alice")
    alice.sign_in()

    answer = alice.get("/admin/")

    assert answer.status_code == 500
    assert "未作改动" in answer.text
    assert "secret" not in answer.text


def test_the_models_the_walk_counts_are_all_there_are():
    assert {model.__tablename__ for model in TABLES} <= set(Base.metadata.tables)


def test_where_there_is_no_page_a_line_says_so_and_nothing_can_be_made_of_it(office):
    alice = office.inside("alice")
    for method, address, code in (("POST", "/admin/", 405), ("GET", "/nothing", 404), ("DELETE", "/h5/head/bind", 405)):  # fmt: skip
        answer = alice.client.open(address, method=method)
        assert (answer.status_code, answer.text.split("。")[0]) == (code, "这里没有页面")
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert ("Allow" in answer.headers) == (code == 405)
