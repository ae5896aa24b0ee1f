"""Channel figures: what they say, who may see them, and the fans behind each number."""

import csv
import io
from datetime import datetime, time, timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from bot.channels import events
from bot.channels.events import Source
from bot.channels.figures import days, facts, jobs, totals
from bot.channels.figures.totals import Asked, By, Unit
from bot.channels.models import Deed, Who
from bot.db import Scope, utc_now
from bot.fans.models import Fan
from bot.users.roles import Role
from tests import make


@pytest.fixture
def office(office_anywhere):
    return office_anywhere


class Walls:
    """Two shops with a channel each, and what fans do there."""

    def __init__(self, office):
        self.office = office
        self.account = office.runtime.accounts["head"].id
        self.here = make.shop(office.db)
        self.there = make.shop(office.db, "济南泉城路店", "济南分公司")
        self.codes = {
            shop: make.channel(office.db, f"c:{shop}", account_id=self.account, shop_id=shop)
            for shop in (self.here, self.there)
        }
        office.add("manager", Role.SHOP_MANAGER, shops=[self.here])
        self.noon = datetime.combine(
            utc_now().astimezone(facts.HERE).date(), time(12), facts.HERE
        ) - timedelta(3)

    def fan(self, name, shop):
        row = Fan(
            account_id=self.account,
            openid=name,
            standing="following",
            created_at=self.noon,
            follow_count=1,
            message_count=0,
            last_shop_id=shop,
            last_channel_id=self.codes[shop],
        )
        with self.office.db.transaction() as session:
            session.add(row)
            session.flush()
            return row

    def did(self, fan, deed, shop, after=0, who=Who.FAN, again=False):
        source = Source(self.codes[shop], shop, None, None)
        at = self.noon + timedelta(seconds=after)
        row = events.row(fan, source, deed, who=who, at=at, now=utc_now() - timedelta(minutes=5), again=again)
        with self.office.db.transaction() as session:
            events.write(session.connection(), [row])

    def add_up(self):
        with self.office.db.transaction() as session:
            days.want_all(session)
        jobs.rebuild(self.office.db, seconds=60)

    def of(self, scope=None, **only):
        day = self.noon.date()
        asked = Asked(day, day + timedelta(3), {By(name): key for name, key in only.items()})
        with self.office.db.scoped_reading(scope or Scope(everything=True)) as session:
            return totals.of(session, asked, by=By.SHOP, unit=Unit.DAY)


@pytest.fixture
def walls(office):
    """Lin scans both shops' codes, on two days; Wang follows there and is gone within the hour."""
    walls = Walls(office)
    lin, wang = walls.fan("oLin_000001", walls.here), walls.fan("oWang_00001", walls.there)
    walls.did(lin, Deed.FOLLOW, walls.here, who=Who.NEW)
    walls.did(lin, Deed.SCAN, walls.here, 5, again=True)
    walls.did(lin, Deed.SCAN, walls.there, 3600)
    walls.did(lin, Deed.SCAN, walls.here, 90_000)
    walls.did(wang, Deed.FOLLOW, walls.there, 60, who=Who.NEW)
    walls.did(wang, Deed.LEAVE, walls.there, 3000)
    walls.add_up()
    return walls


def test_who_came_twice_or_through_two_codes_is_one_person(walls):
    found = walls.of()

    assert found.whole["scans"] == 4
    assert found.whole["visitors"] == 2
    assert {shop: numbers["visitors"] for shop, numbers in found.rows.items()} == {
        walls.here: 1,
        walls.there: 2,
    }
    assert [numbers["visitors"] for numbers in found.times.values()] == [2, 1]
    assert found.whole["lost_1"] == 1
    assert found.whole["repeats"] == 1
    assert found.hours[walls.noon.weekday(), 12] == (2, 2)


def test_the_scope_is_in_the_query(walls):
    mine = walls.of(Scope(shops=frozenset({walls.here})))
    nobodys = walls.of(Scope())

    assert set(mine.rows) == {walls.here}
    assert mine.whole["visitors"] == 1
    assert mine.whole["follows"] == 1
    assert nobodys.rows == {}
    assert nobodys.hours == {}


def test_a_manager_sees_the_shop_and_the_fans_behind_its_numbers(office, walls):
    manager, alice = office.inside("manager"), office.inside("alice")

    page = manager.get("/admin/channel-figures/").text
    assert f"c:{walls.here}" in page
    assert f"c:{walls.there}" not in page
    assert "购买（次数）" in page
    assert f"c:{walls.there}" not in manager.get(f"/admin/channel-figures/?shop={walls.there}").text
    behind = manager.get("/admin/channel-figures/people?number=follows").text
    assert "oLin_000001" in behind
    assert "oWang_00001" not in behind
    assert "oWang_00001" in alice.get("/admin/channel-figures/people?number=lost_1").text
    assert "oLin_000001" not in alice.get("/admin/channel-figures/people?number=lost_1").text
    assert manager.get("/admin/channel-figures/people?number=passwords").status_code == 404


@pytest.mark.parametrize(
    ("number", "lines"),
    [
        ("visitors", 2),
        ("scans", 4),
        ("repeats", 1),
        ("follows", 2),
        ("leaves", 1),
        ("lost_7", 1),
        ("binds", 0),
        ("staff_scans", 0),
    ],
)
def test_every_number_leads_to_as_many_lines(office, walls, number, lines):
    page = office.inside("alice").get(f"/admin/channel-figures/people?number={number}").text

    assert page.count("<td><time") == lines
    assert walls.of().whole[number] == lines


def test_whoever_came_back_is_a_line_and_a_visitor_once_wherever_they_scan(office, walls):
    wang = walls.fan("oWang_00002", walls.there)
    walls.did(wang, Deed.FOLLOW, walls.there, who=Who.NEW)
    walls.did(wang, Deed.LEAVE, walls.there, 60)
    walls.did(wang, Deed.RETURN, walls.here, 120)
    walls.add_up()
    alice, manager = office.inside("alice"), office.inside("manager")

    def lines(person, number):
        return person.get(f"/admin/channel-figures/people?number={number}").text.count("<td><time")

    mine = walls.of(Scope(shops=frozenset({walls.here}))).whole
    assert (lines(alice, "returns"), lines(alice, "visitors")) == (1, 3)
    assert (walls.of().whole["returns"], walls.of().whole["visitors"]) == (1, 3)
    assert (lines(manager, "returns"), lines(manager, "visitors")) == (mine["returns"], mine["visitors"])


@pytest.mark.parametrize("order", [("here", "there"), ("there", "here")])
def test_a_visitor_is_listed_wherever_else_they_scan_afterwards(office, walls, order):
    mei = walls.fan("oMei_000001", walls.here)
    for after, name in enumerate(order):
        walls.did(mei, Deed.SCAN, getattr(walls, name), 100 + after)
    walls.add_up()

    page = office.inside("manager").get("/admin/channel-figures/people?number=visitors").text

    assert "oMei_000001" in page
    assert page.count("<td><time") == walls.of(Scope(shops=frozenset({walls.here}))).whole["visitors"] == 2
    everywhere = office.inside("alice").get("/admin/channel-figures/people?number=visitors").text
    assert everywhere.count("<td><time") == walls.of().whole["visitors"] == 3


def test_a_fan_who_moved_on_is_counted_and_not_named(office, walls):
    with office.db.transaction() as session:
        lin = session.scalars(select(Fan).filter_by(openid="oLin_000001")).one()
        lin.last_shop_id = walls.there
    page = office.inside("manager").get("/admin/channel-figures/people?number=follows").text

    assert "oLin_000001" not in page
    assert "现已归其他门店" in page


def test_who_was_lost_is_listed_also_where_they_left_another_shop(office, walls):
    mei = walls.fan("oMei_000001", walls.here)
    walls.did(mei, Deed.FOLLOW, walls.here, 100, who=Who.NEW)
    walls.did(mei, Deed.SCAN, walls.there, 200)
    walls.did(mei, Deed.LEAVE, walls.there, 300)
    walls.add_up()

    page = office.inside("manager").get("/admin/channel-figures/people?number=lost_1").text

    assert walls.of(Scope(shops=frozenset({walls.here}))).whole["lost_1"] == 1
    assert page.count("<td><time") == 1
    assert "oMei_000001" in page
    assert "oWang_00001" not in page  # followed and left at the other shop
    assert (
        office.inside("manager").get("/admin/channel-figures/people?number=leaves").text.count("<td><time")
        == 0
    )


def test_the_export_is_safe_scoped_and_written_down(office, walls):
    from bot.channels.models import Channel

    with office.db.transaction() as session:
        session.get_one(Channel, walls.codes[walls.here]).name = "=cmd|' /C calc'!A0"
    manager = office.inside("manager")

    answer = manager.post("/admin/channel-figures/export?form=csv&by=channel")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    book = load_workbook(io.BytesIO(manager.post("/admin/channel-figures/export").data))

    assert len(rows[0]) == len(set(rows[0]))
    assert [row[0] for row in rows[1:]] == ["'=cmd|' /C calc'!A0", "合计"]
    assert [sheet.title for sheet in book] == ["渠道", "日期"]
    assert [entry.action for entry in office.audit()].count("channel_figures.exported") == 2
    office.add("lead", Role.SERVICE_LEAD)
    assert office.inside("lead").post("/admin/channel-figures/export").status_code == 403


def test_periods_that_make_no_sense_are_put_right(office, walls):
    alice = office.inside("alice")

    for query in (
        "since=2099-01-01",
        "until=1800-01-01",
        "since=x&until=y",
        "by=zzz&unit=zzz",
        "shop=-1",
        "since=2000-01-01",
    ):
        assert alice.get(f"/admin/channel-figures/?{query}").status_code == 200


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("by", By)
def test_every_way_to_look_at_it_opens(office, walls, by, unit):
    page = office.inside("alice").get(f"/admin/channel-figures/?by={by}&unit={unit}")

    assert page.status_code == 200
    assert 'id="ranking"' in page.text
