"""A section as colleagues write one: a shop manager sees nothing of another shop, whatever they send."""

import pytest
from flask import Blueprint, redirect, request
from sqlalchemy import select

from admin import sections
from admin.access import allowed
from admin.forms import Form
from admin.office import changing, find, reading, record
from admin.paging import page
from admin.section import Group, Section
from bot.audit import facts
from bot.organisation.models import Shop, Staff
from bot.runtime import open_runtime
from bot.users.roles import Permission, Role
from tests import make
from tests.support.office import Office

pages = Blueprint("sample", __name__, url_prefix="/sample")


@pages.get("/")
@allowed(Permission.ORGANISATION_SEE)
def listing():
    with reading() as session:
        found = page(session, select(Shop), by=Shop.id, size=2)
    return {"names": [shop.name for shop in found.rows], "older": found.older, "newer": found.newer}


@pages.get("/<int:key>")
@allowed(Permission.ORGANISATION_SEE)
def show(key):
    with reading() as session:
        return find(session, Shop, key).name


@pages.post("/<int:key>")
@allowed(Permission.ORGANISATION_CHANGE)
def change(key):
    form = Form.sent()
    with changing() as session:
        shop = find(session, Shop, key)
        before = facts(shop, "hours")
        shop.hours = form.text("hours", longest=64)
        record(session, "shop.changed", shop, before=before, after=facts(shop, "hours"))
    return redirect("/admin/sample/", 303)


@pages.post("/staff")
@allowed(Permission.ORGANISATION_CHANGE)
def add():
    with changing() as session:
        session.add(Staff(shop_id=int(request.form["shop_id"]), name="x", role="x", active=True))
    return redirect("/admin/sample/", 303)


@pytest.fixture
def office(empty_sqlite, monkeypatch):
    section = Section(
        Group.ORGANISATION, "Sample", pages, "admin.sample.listing", Permission.ORGANISATION_SEE
    )
    monkeypatch.setattr(sections, "SECTIONS", (*sections.SECTIONS, section))
    runtime = open_runtime(make.config(empty_sqlite))
    made = Office(runtime)
    made.add("alice")
    yield made
    runtime.close()


@pytest.fixture
def shops(office):
    return [
        make.shop(office.db, name) for name in ("人民广场店", "徐家汇店", "陆家嘴店", "虹桥店", "五角场店")
    ]


@pytest.fixture
def manager(office, shops):
    office.add("manager", Role.SHOP_MANAGER, shops=[shops[0]])
    return office.inside("manager")


def test_a_manager_sees_ones_own_shop_and_the_section(manager):
    assert manager.get("/admin/sample/").json["names"] == ["人民广场店"]
    home = manager.get("/admin/").text
    assert "Sample" in home
    assert "/admin/users/" not in home
    assert "人民广场店" in home


def test_a_guessed_address_is_no_page_and_the_look_is_written_down(office, manager, shops):
    assert manager.get(f"/admin/sample/{shops[1]}").status_code == 404
    assert manager.get("/admin/sample/987654").status_code == 404

    refused = [(entry.action, entry.actor, entry.subject_id) for entry in office.audit()[1:]]
    assert refused == [("look.refused", "manager", str(shops[1]))]


def test_a_forged_form_changes_nothing_and_is_written_down(office, manager, shops):
    manager.get("/admin/")
    assert manager.post(f"/admin/sample/{shops[1]}", hours="never").status_code == 404
    manager.get("/admin/")
    assert manager.post("/admin/sample/staff", shop_id=shops[1]).status_code == 404
    manager.get("/admin/")
    assert manager.post(f"/admin/sample/{shops[0]}", hours="每天").status_code == 303

    assert [entry.action for entry in office.audit()[1:]] == [
        "look.refused",
        "change.refused",
        "shop.changed",
    ]
    with office.db.reading() as session:
        assert session.scalars(select(Staff)).all() == []
        assert session.get_one(Shop, shops[1]).hours != "never"


def test_a_long_list_is_walked_both_ways(office, shops):
    alice = office.inside("alice")
    first = alice.get("/admin/sample/").json
    second = alice.get(first["older"]).json
    third = alice.get(second["older"]).json

    assert [first["names"], second["names"], third["names"]] == [
        ["五角场店", "虹桥店"],
        ["陆家嘴店", "徐家汇店"],
        ["人民广场店"],
    ]
    assert (first["newer"], third["older"]) == (None, None)
    assert alice.get(third["newer"]).json["names"] == second["names"]
    assert alice.get(alice.get(third["newer"]).json["newer"]).json["names"] == first["names"]
