"""The back office of levels: writing the ladder, trying and publishing it, members by level, and gifts."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.db import utc_now
from bot.earning.rules.book import Book
from bot.jobs import JOBS
from bot.levels import versions
from bot.levels.ladder import BASE, Measure
from bot.members.models import Member
from bot.runtime import open_runtime
from bot.tags.models import FanTag
from bot.users.roles import Role
from tests import make
from tests.earning.books import PURCHASE
from tests.levels.world import Stairs, rungs
from tests.support.members import config
from tests.support.office import Office

DRAFT = "/admin/levels/draft"
LADDER = {
    "measure": "spend",
    "period": "calendar",
    "notice_days": "30",
    "grace_days": "15",
    "l1_name": "普卡",
    "l1_colour": "pine",
    "l2_name": "金卡",
    "l2_key": "gold",
    "l2_threshold": "3000",
    "l2_colour": "gold",
    "l2_benefits": "消费加赠\n专属顾问",
    "l3_name": "银卡",
    "l3_key": "silver",
    "l3_threshold": "1000",
    "l3_colour": "silver",
    "l3_birthday": "生日礼",
}


@pytest.fixture
def office(empty_sqlite):
    runtime = open_runtime(config(empty_sqlite))
    made = Office(runtime)
    made.add("alice")
    made.stairs = Stairs(runtime.db, None, Book((PURCHASE,)), account_id=runtime.accounts["head"].id)
    made.stairs.now = utc_now()
    yield made
    runtime.close()


def version_in(page) -> str:
    return re.search(r'name="version" value="(\d+)"', page.text)[1]


def test_a_ladder_is_written_tried_on_all_members_and_published(office):
    alice, stairs = office.inside("alice"), office.stairs
    anna, bert = stairs.member(), stairs.member()
    stairs.buy(anna, 3500, "A1")
    empty = alice.get("/admin/levels/").text
    version = version_in(alice.get(DRAFT))
    wrong = alice.post(DRAFT, version=version, **{**LADDER, "l3_threshold": "3000", "l2_colour": "pink"})
    saved = alice.post(DRAFT, version=version, **LADDER)
    stale = alice.post(DRAFT, version=version, **LADDER)
    tried = alice.post("/admin/levels/draft/simulate")
    with stairs.db.reading() as session:
        batch_id = int(tried.location.rsplit("/", 1)[1])
    JOBS["levels.simulate"](office.runtime, batch_id=batch_id)
    found = alice.get(tried.location).text
    asked = alice.get("/admin/levels/publish")
    unsaid = alice.post("/admin/levels/publish", version=version_in(asked), note="")
    done = alice.post("/admin/levels/publish", version=version_in(asked), note="会员日上线")
    JOBS["levels.review_all"](office.runtime, version_id=1)
    after, stairs.now = alice.get("/admin/levels/").text, utc_now()

    assert "还没有等级" in empty
    assert (wrong.status_code, saved.status_code, stale.status_code) == (422, 303, 409)
    assert "门槛要高于前一级" in wrong.text
    assert "请从列出的选项中选择" in wrong.text
    assert re.search(r"发布后立即升级</p><p class=\"rule-total\">1<", found)
    assert "消费加赠" in asked.text
    assert (unsaid.status_code, done.status_code) == (422, 303)
    with stairs.db.reading() as session:
        current = versions.in_force(session, utc_now())
    assert [(one.key, one.threshold) for one in current.ladder.levels] == [
        (BASE, 0),
        ("silver", 100_000),
        ("gold", 300_000),
    ]
    assert re.search(r'level=gold"><strong>1</strong>', after)
    assert (stairs.level(anna), stairs.level(bert)) == ("金卡", "普卡")
    said = [entry.action for entry in office.audit() if entry.action.startswith("level")]
    assert said == ["level_draft.changed", "level_draft.simulated", "level_version.published"]


def test_a_manager_sees_the_levels_of_their_own_members_and_gives_one_only_if_they_may(office):
    stairs = office.stairs
    stairs.put(rungs(), at=stairs.now - timedelta(days=9))
    elsewhere = make.shop(office.db, "虹桥店")
    office.add("boss", Role.BRANCH_MANAGER, shops=[stairs.shop])
    office.add("keeper", Role.SHOP_MANAGER, shops=[stairs.shop])
    mine, theirs = stairs.member(), stairs.member()
    with office.db.transaction() as session:
        session.get_one(Member, theirs).home_shop_id = elsewhere
    for number, member in enumerate((mine, theirs)):
        stairs.buy(member, 3200, f"A{number}")
    until = (utc_now() + timedelta(days=30)).date().isoformat()
    boss, keeper = office.inside("boss"), office.inside("keeper")
    page = boss.get(f"/admin/levels/members/{mine}")
    lower = boss.post(f"/admin/levels/members/{mine}/give", level="gold", until=until, reason="补偿")
    given = boss.post(f"/admin/levels/members/{mine}/give", level="diamond", until=until, reason="补偿")
    as_given = stairs.level(mine)
    forbidden = keeper.post(f"/admin/levels/members/{mine}/take-back", why="到期")
    ended = boss.post(f"/admin/levels/members/{mine}/take-back", why="误操作")
    listed = boss.get("/admin/levels/members?level=gold").text
    sheet = boss.post("/admin/levels/members/export", level="gold", reason="回访", **{"as": "csv"}).get_data(
        as_text=True
    )
    history = boss.get(f"/admin/levels/members/{mine}").text

    with office.db.reading() as session:
        numbers = [session.get_one(Member, key).number for key in (mine, theirs)]
    assert "升级还差" in page.text
    assert (lower.status_code, given.status_code, ended.status_code) == (422, 303, 303)
    assert (as_given, stairs.level(mine), forbidden.status_code) == ("钻卡", "金卡", 403)
    assert [number in listed for number in numbers] == [True, False]
    assert [number in sheet for number in numbers] == [True, False]
    assert "误操作" in history
    assert boss.get(f"/admin/levels/members/{theirs}").status_code == 404
    assert (
        boss.post(
            f"/admin/levels/members/{theirs}/give", level="diamond", until=until, reason="x"
        ).status_code
        == 404
    )
    assert boss.get(DRAFT).status_code == 403


def test_rules_offer_levels_by_name_adjustments_may_count_and_a_tag_goes_by_a_level(office):
    alice, stairs = office.inside("alice"), office.stairs
    stairs.put(rungs(Measure.POINTS), at=stairs.now - timedelta(days=9))
    anna = stairs.member()
    fan = stairs.fan(anna)
    form = alice.get("/admin/points-rules/draft/rules")
    fields = {"name": "会员日", "code": "days", "trigger": "purchase", "kind": "fixed", "points": "5"}
    fields |= {"rounding": "floor", "mixing": "multiply", "limit1_window": "day", "limit2_window": "day"}
    chosen = {"levels": ["silver", "gold"], "by_level_gold": "1.5"}
    alice.post("/admin/points-rules/draft/rules", version=version_in(form), **fields, **chosen)
    read = alice.get("/admin/points-rules/draft").text
    again = alice.get("/admin/points-rules/draft/rules/days").text
    alice.get(f"/admin/points/members/{anna}")
    alice.post(f"/admin/points/members/{anna}/adjust", points="1500", reason="补录团款", counts="yes")
    alice.get("/admin/tags/new")
    alice.post("/admin/tags/new", name="银卡客", levels="silver")
    JOBS["levels.wear_all"](office.runtime)

    assert "限 金卡, 银卡 会员" in read
    assert "金卡 ×1.5" in read
    assert re.search(r'name="by_level_gold"[^>]*value="1.5"', again)
    assert stairs.level(anna) == "银卡"
    with office.db.reading() as session:
        assert session.scalars(select(FanTag.fan_id).where(FanTag.source == "level")).all() == [fan]
