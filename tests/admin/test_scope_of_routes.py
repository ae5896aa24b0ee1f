"""Every address of the back office, asked by somebody of one shop with the numbers of another shop's rows.

Each table has a row of the other shop, all of them with the number `THEIRS` and with words that are in nobody
else's row.  So an address that answers with those words shows what it must not, whichever table that is from.
"""

import io
import re
import zipfile
from functools import partial

import pytest
from sqlalchemy import select

from bot.tables import TABLES
from bot.users.roles import Role
from tests import make
from tests.support.rows_of import Rows, is_somebodys

THEIRS, MARK = 777, "乙密"
# What forms ask for before they look for the row: with these it is the row that decides.
FILLED = dict.fromkeys(("reason", "reason_for", "why", "note", "name", "cancel_reason", "refund_reason"), "x")
# Filters that lists and figures take, each set to what is the other shop's.
ASKED = (
    "shop staff fan member channel branch agent request campaign tag segment template rule key id q number openid "
    "scene broadcast series coupon order item purchase batch account"
).split()
# Of nobody's shop, with a field that is wrong before the row is looked for.
WRONG_FIRST = {
    "admin.materials.keep",
    "admin.materials.push",
    "admin.materials.withdraw",
    "admin.menus.edit_from",
    "admin.replies.move",
}
# These ask WeChat, which is not there.
AWAY = {"admin.replies.console_look", "admin.replies.console_take"}
LEAVING = {"admin.signing.leave", "admin.me.change_password"}


@pytest.fixture
def world(office):
    """A shop with its people, and another with a row in every table."""
    with office.db.connection() as connection:
        Rows(connection, MARK, number=THEIRS).make_all(nobodys=False)
    here = make.shop(office.db)
    office.add("li", Role.SHOP_MANAGER, shops=[here])
    office.add("zhou", Role.GROUP_ADMINISTRATOR, shops=[here])  # every permission, and one shop
    return office


def addresses(office, method, *, of_a_row):
    """Return each route's endpoint and address, of those that name a row, or of the others."""
    found = []
    for rule in office.app.url_map.iter_rules():
        if not rule.endpoint.startswith("admin.") or method not in rule.methods or rule.endpoint in LEAVING:
            continue
        address = re.sub(r"<int:\w+>", str(THEIRS), rule.rule)
        if (address != rule.rule) == of_a_row:
            found.append((rule.endpoint, re.sub(r"<(?:path:)?\w+>", "nowhere", address)))
    return found


def shows(answer):
    """Tell whether their words stand in the answer: the page, the cells of a sheet, or where it leads."""
    data = answer.data
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"".join(map(archive.read, archive.namelist()))
    return MARK in data.decode("utf-8", "replace") or MARK in str(answer.headers)


def theirs(office):
    """Return all that stands in their rows."""
    with office.db.reading() as session:
        return {
            model.__name__: [
                {column.key: getattr(row, column.key) for column in model.__mapper__.column_attrs}
                for row in session.scalars(select(model))
            ]
            for model in filter(is_somebodys, TABLES)
            if model.__name__
            not in {"Batch", "SheetUpload", "SavedView"}  # whoever asks begins some of their own
        }


@pytest.mark.parametrize("name", ["li", "zhou"])
def test_no_page_of_a_row_opens_for_another_shop(world, name):
    person = world.inside(name)
    for endpoint, address in addresses(world, "GET", of_a_row=True):
        answer = person.get(address)
        assert (answer.status_code in {403, 404}, shows(answer)) == (True, False), endpoint


@pytest.mark.parametrize("name", ["li", "zhou"])
def test_no_list_figure_or_form_shows_anything_of_another_shop(world, name):
    person = world.inside(name)
    asked = dict.fromkeys(ASKED, THEIRS)
    for endpoint, address in addresses(world, "GET", of_a_row=False):
        for ask in (partial(person.get, address), partial(person.get, address, query_string=asked)):
            answer = ask()
            assert (answer.status_code < 500, shows(answer)) == (True, False), endpoint


@pytest.mark.parametrize("name", ["li", "zhou"])
def test_no_form_of_a_row_is_taken_from_another_shop(world, name):
    person = world.inside(name)
    before = theirs(world)
    for endpoint, address in addresses(world, "POST", of_a_row=True):
        person.get("/admin/me/")
        answer = person.post(address, **FILLED, verdict="approve", decision="approve")
        refused = {403, 404, 400} if endpoint in WRONG_FIRST else {403, 404}
        assert (answer.status_code in refused, shows(answer)) == (True, False), endpoint
    assert theirs(world) == before


@pytest.mark.parametrize("name", ["li", "zhou"])
def test_no_export_or_other_form_hands_over_anything_of_another_shop(world, name):
    person = world.inside(name)
    before = theirs(world)
    for endpoint, address in addresses(world, "POST", of_a_row=False):
        for more in ({}, dict.fromkeys(ASKED, THEIRS), {"as": "csv"}):
            person.get("/admin/me/")
            answer = person.post(address, **{**more, **FILLED})
            assert (answer.status_code < 500 or endpoint in AWAY, shows(answer)) == (True, False), endpoint
    after = theirs(world)
    assert {name: [row for row in after[name] if row in rows] for name, rows in before.items()} == before


FORGED = {
    "/admin/broadcasts/new": [{"place": "s:777"}, {"segment": "777"}],
    "/admin/channels/new": [{"shop_id": "777"}, {"staff_id": "777"}, {"desk_shop_id": "777"}],
    "/admin/channels/many": [{"by": "shop", "shops": "777"}, {"by": "staff", "shops": "777"}],
    "/admin/coupons/give": [{"whom": "segment", "segment": "777"}],
    "/admin/members/import": [{"shop_id": "777"}],
    "/admin/posters/ranks": [{"shops": "777"}],
    "/admin/posters/staff": [{"shops": "777"}],
    "/admin/purchases/new": [{"shop": "777"}],
    "/admin/tills/": [{"shop": "777"}],
}


@pytest.mark.parametrize("path", FORGED)
def test_an_id_that_no_page_of_theirs_offered_is_nothing_there_and_stands_in_the_audit(world, path):
    zhou = world.inside("zhou")
    for number, forged in enumerate(FORGED[path], 1):
        zhou.get("/admin/me/")
        answer = zhou.post(path, **forged)
        assert answer.status_code == 404, forged
        refused = [one for one in world.audit() if one.action == "look.refused"]
        assert (len(refused), refused[-1].subject_id) == (number, str(THEIRS))
    zhou.get("/admin/me/")
    nobodys = {name: value.replace("777", "99999") for name, value in FORGED[path][0].items()}
    assert zhou.post(path, **nobodys).status_code in {404, 422}
    assert len([one for one in world.audit() if one.action == "look.refused"]) == len(FORGED[path])


def test_who_sees_everything_is_shown_their_words_so_that_the_others_could_have_been(world):
    alice = world.inside("alice")
    shown = {kind: set() for kind in ("row", "list", "export")}
    for kind, method, of_a_row in (("row", "GET", True), ("list", "GET", False), ("export", "POST", False)):
        for endpoint, address in addresses(world, method, of_a_row=of_a_row):
            if kind == "export":
                alice.get("/admin/me/")
            if shows(alice.get(address) if method == "GET" else alice.post(address, **FILLED)):
                shown[kind].add(endpoint)

    assert len(shown["row"]) >= 15
    assert len(shown["list"]) >= 40
    assert len(shown["export"]) >= 20
