"""The series section: the form with its steps, switching, runs, figures, and who may what."""

import re

import pytest
from sqlalchemy import select, update

from bot.app import assemble
from bot.db import utc_now
from bot.fans.models import Fan
from bot.organisation import directory
from bot.organisation.models import Staff
from bot.series import stepping
from bot.series.models import Series, SeriesRun, SeriesVersion
from bot.users.roles import Role
from tests import make
from tests.support.phone import Phone

FORM = {
    "name": "新粉丝欢迎",
    "trigger": "follow",
    "reentry": "never",
    "priority": "50",
    "version": "0",
    "steps": "2",
    "s1_n": "0",
    "s1_unit": "minutes",
    "s1_type": "text",
    "s1_content": "欢迎来到{门店}。",
    "s2_n": "1",
    "s2_unit": "days",
    "s2_at": "10:00",
    "s2_since": "09:00",
    "s2_until": "20:00",
    "s2_type": "text",
    "s2_content": "早上好。",
    "stops": ["replied", "bound"],
}


@pytest.fixture
def marketer(office):
    office.add("mei", Role.MARKETER)
    return office.inside("mei")


@pytest.fixture
def form(office):
    return {**FORM, "account": office.runtime.accounts["head"].id}


def only(office, model):
    with office.db.reading() as session:
        return session.scalars(select(model).order_by(model.id)).all()[-1]


def added(office, marketer, form, **changes) -> int:
    answer = marketer.post("/admin/series/new", **{**form, **changes})
    assert answer.status_code == 303, answer.text
    return only(office, Series).id


def follow(office, name: str, scene: str | None = None) -> None:
    [account] = office.runtime.config.accounts
    office.runtime.memory._max_age = -1.0
    Phone(assemble(office.runtime), account, openid=f"o{name}").follow(scene)


def test_a_series_is_added_off_and_shown_again_as_it_was_typed(office, marketer, form):
    key = added(office, marketer, form)

    row, version = only(office, Series), only(office, SeriesVersion)
    assert (row.name, row.trigger, row.reentry_days, row.enabled) == ("新粉丝欢迎", "follow", None, False)
    assert (version.number, version.stops) == (1, ["bound", "replied"])
    first, second = version.steps
    assert first == {"unit": "minutes", "n": 0, "answer": {"type": "text", "content": "欢迎来到{门店}。"}}
    assert (second["at"], second["hours"]) == ("10:00", ["09:00", "20:00"])
    shown = marketer.get(f"/admin/series/{key}/edit").text
    assert "早上好。" in shown
    assert 'name="s2_at" type="time" autocomplete="off" value="10:00"' in shown
    entry = office.audit()[-1]
    assert (entry.actor, entry.action, entry.subject_name) == ("mei", "series.added", "新粉丝欢迎")


def test_steps_are_added_moved_and_removed_before_anything_is_saved(office, marketer, form):
    def steps(answer) -> list[str]:
        assert answer.status_code == 200
        return re.findall(r'name="s\d_content" rows="4"[^>]*>([^<]*)<', answer.text)

    assert steps(marketer.post("/admin/series/new", **form, act="up:2")) == ["早上好。", "欢迎来到{门店}。"]
    assert steps(marketer.post("/admin/series/new", **form, act="add")) == [
        "欢迎来到{门店}。",
        "早上好。",
        "",
    ]
    assert steps(marketer.post("/admin/series/new", **form, act="drop:1")) == ["早上好。"]
    assert steps(marketer.post("/admin/series/new", **form, act="down:2")) == ["欢迎来到{门店}。", "早上好。"]
    with office.db.reading() as session:
        assert session.scalars(select(Series)).all() == []


WRONG = [
    ({"name": ""}, "请填写"),
    ({"trigger": "tag"}, "至少选择一个标签"),
    ({"trigger": "scan"}, "至少选择一个渠道码或活动"),
    ({"trigger": "silence", "days": "0"}, "1 到 730"),
    ({"trigger": "bound"}, "一开始就会结束"),
    ({"s2_content": ""}, "请填写这一步要说的内容"),
    ({"s1_at": "10:00"}, "0 天就是当天"),
    ({"s2_until": ""}, "两个不同的时间"),
    ({"s2_n": "9999"}, "0 到 400"),
    ({"reentry": "days", "reentry_days": "x"}, "1 到 3650"),
    ({"audience": "7"}, "请从列出的选项中选择"),
]


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_kept(office, marketer, form):
    answers = [(marketer.post("/admin/series/new", **{**form, **changes}), said) for changes, said in WRONG]

    assert [answer.status_code for answer, _said in answers] == [422] * len(WRONG)
    assert [said for answer, said in answers if said not in answer.text] == []
    with office.db.reading() as session:
        assert session.scalars(select(Series)).all() == []


def test_a_change_is_a_version_and_two_editors_do_not_lose_each_other(office, marketer, form):
    key = added(office, marketer, form)
    address = f"/admin/series/{key}/edit"
    opened = {**form, "version": "1", "s1_was": "1", "s2_was": "2"}
    version = only(office, Series).version

    mine = marketer.post(address, **{**opened, "version": version, "s1_content": "你好。"})
    theirs = marketer.post(address, **{**opened, "version": version, "name": "别的名字"})

    assert (mine.status_code, theirs.status_code) == (303, 409)
    assert "别的名字" in theirs.text
    with office.db.reading() as session:
        rows = session.scalars(select(SeriesVersion).order_by(SeriesVersion.number)).all()
        texts = [row.steps[0]["answer"]["content"] for row in rows]
        assert texts == ["欢迎来到{门店}。", "你好。"]
        assert session.get_one(Series, key).name == "新粉丝欢迎"


def test_a_series_is_switched_runs_are_seen_and_ended_and_one_with_runs_stays(office, marketer, form):
    key = added(office, marketer, form)
    marketer.post(f"/admin/series/{key}/switch", on="yes")
    follow(office, "alice")
    with office.db.transaction() as session:
        stepping.go_on(session, directory.load(session), now=utc_now())

    shown = marketer.get(f"/admin/series/{key}").text
    runs = marketer.get(f"/admin/series/{key}/runs").text
    assert "共 1 人，已发 1 人" in shown
    assert "进行中" in runs
    run = only(office, SeriesRun)
    fan_page = marketer.get(f"/admin/fans/{run.fan_id}").text
    assert "新粉丝欢迎" in fan_page
    marketer.post(f"/admin/series/runs/{run.id}/end")
    kept = marketer.post(f"/admin/series/{key}/remove", follow=True)

    assert "已有粉丝进入" in kept.text
    assert only(office, SeriesRun).stopped_why == "ended"
    actions = [entry.action for entry in office.audit()][-2:]
    assert actions == ["series.enabled", "series.run_ended"]


def test_a_shops_manager_sees_the_series_and_only_their_own_fans_in_it(office, marketer, form):
    mine, other = make.shop(office.db, "一店"), make.shop(office.db, "二店")
    account_id = office.runtime.accounts["head"].id
    make.channel(office.db, "c:1", account_id=account_id, shop_id=mine)
    make.channel(office.db, "c:2", account_id=account_id, shop_id=other)
    key = added(office, marketer, form)
    marketer.post(f"/admin/series/{key}/switch", on="yes")
    follow(office, "alice", "c:1")
    follow(office, "bob", "c:2")
    fans = {fan.openid: fan.id for fan in make.fans(office.db).values()}
    office.add("dian", Role.SHOP_MANAGER, shops=[mine])
    manager = office.inside("dian")

    runs = manager.get(f"/admin/series/{key}/runs").text
    theirs = next(run.id for run in _runs(office) if run.fan_id == fans["obob"])

    assert f"/admin/fans/{fans['oalice']}" in runs
    assert f"/admin/fans/{fans['obob']}" not in runs
    assert "共 1 人" in manager.get(f"/admin/series/{key}").text
    assert manager.post(f"/admin/series/{key}/switch", on="no").status_code == 403
    assert manager.post(f"/admin/series/runs/{theirs}/end").status_code == 403
    assert only(office, Series).enabled


def test_a_try_is_for_our_own_people(office, marketer, form):
    key = added(office, marketer, form)
    follow(office, "alice")
    fan = make.fans(office.db)["oalice"]
    refused = marketer.post(f"/admin/series/{key}/try", follow=True, fan=fan.id)
    shop_id = make.shop(office.db)
    with office.db.transaction() as session:
        person = Staff(shop_id=shop_id, name="王珊", role="店员", active=True)
        session.add(person)
        session.flush()
        session.execute(update(Fan).values(staff_id=person.id))
    marketer.post(f"/admin/series/{key}/try", fan=fan.id)

    assert "请选择" in refused.text
    assert (only(office, SeriesRun).tempo, only(office, SeriesRun).is_test) == (1440, True)


def _runs(office) -> list[SeriesRun]:
    with office.db.reading() as session:
        return list(session.scalars(select(SeriesRun)))
