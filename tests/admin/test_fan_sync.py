"""Fan sync and WeChat's own figures in the back office: who may, what is shown, the fans behind each number."""

import csv
import io
from datetime import timedelta

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect
from sqlalchemy import select

from bot.audit.models import AuditEntry
from bot.db import utc_now
from bot.demo import wechat_figures
from bot.fan_sync import runs
from bot.fan_sync.models import FanSyncPart, FanSyncRun
from bot.fans.models import Fan
from bot.figures.models import DailyFigure
from bot.outbox.models import Promise
from bot.platform_figures import fetching
from bot.platform_figures.fetching import newest
from bot.users.roles import Role
from tests import make
from tests.admin.test_browser import shoot, sign_in, tab  # noqa: F401 - a fixture


@pytest.fixture
def town(office):
    """Sixty fans of the account, two of whom left; figures of sixty days, and last night's run."""
    account = office.runtime.accounts["head"].id
    now = utc_now()
    with office.db.transaction() as session:
        session.add_all(
            Fan(
                account_id=account,
                openid=f"o{number:027}",
                standing="left" if number < 2 else "following",
                created_at=now,
                followed_at=now - timedelta(days=number),
                follow_count=1,
                message_count=0,
            )
            for number in range(60)
        )
        day = newest(now)
        for back in range(20):
            session.add(
                DailyFigure(
                    day=day - timedelta(back),
                    account_id=account,
                    follows=7,
                    leaves=2,
                    messages=30,
                    rebuilt_at=now,
                )
            )
        session.flush()
        wechat_figures.put(session, account, now=now)
    return account


def test_a_run_is_begun_followed_and_stopped_and_that_is_written_down(office, town):
    alice = office.inside("alice")
    alice.get("/admin/fan-sync/")
    assert alice.post("/admin/fan-sync/begin").status_code == 303
    assert alice.post("/admin/fan-sync/begin").status_code == 303  # once more: the same run
    with office.db.transaction() as session:
        run = runs.under_way(session, town)
        run.total, run.listed, run.profiled, run.phase = 1000, 1000, 250, "profiles"
        session.add(FanSyncPart(run_id=run.id, read=False, openids=b"o1", fan_ids=b""))
        [promise] = session.scalars(select(Promise).filter_by(job="fans.sync"))
        assert (promise.arguments, run.asked_by) == ({"run_id": run.id}, "alice")
    page = alice.get("/admin/fan-sync/").text
    assert "250 / 1,000" in page
    assert "hx-trigger" in alice.get(f"/admin/fan-sync/{run.id}/part").text
    assert alice.post(f"/admin/fan-sync/{run.id}/stop", follow=True).status_code == 200
    assert "hx-trigger" not in alice.get(f"/admin/fan-sync/{run.id}/part").text
    with office.db.reading() as session:
        assert session.get_one(FanSyncRun, run.id).state == "stopped"
        assert session.scalars(select(FanSyncPart)).all() == []
        assert runs.under_way(session, town) is None
        actions = [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert actions[-2:] == ["fan_sync.begun", "fan_sync.stopped"]


def test_behind_each_number_of_a_report_stand_its_fans(office, town):
    alice = office.inside("alice")
    with office.db.reading() as session:
        run = session.scalars(select(FanSyncRun)).one()
    for kind, number in (
        ("added", run.added),
        ("left", run.gone),
        ("unionid", run.unionids),
        ("tags", run.retagged),
    ):
        page = alice.get(f"/admin/fan-sync/{run.id}/{kind}").text
        assert number > 0
        assert page.count("<code>o0") == number
    assert alice.get(f"/admin/fan-sync/{run.id}/nothing").status_code == 404
    assert "2025 老客户" in alice.get(f"/admin/fan-sync/{run.id}").text


def test_only_the_whole_group_sees_it_and_only_who_may_begins(office, town):
    shop = make.shop(office.db)
    office.add("manager", Role.SHOP_MANAGER, shops=[shop])
    office.add("lead", Role.SERVICE_LEAD)
    manager, lead = office.inside("manager"), office.inside("lead")
    for where in ("fan-sync/", "fan-sync/1", "fan-sync/1/added", "platform-figures/"):
        assert manager.get(f"/admin/{where}").status_code == 403
        assert lead.get(f"/admin/{where}").status_code == 200
    assert lead.post("/admin/fan-sync/begin").status_code == 403
    assert lead.post("/admin/platform-figures/export").status_code == 403
    assert "/admin/fan-sync/" not in manager.get("/admin/").text


def test_figures_are_shown_over_any_range_and_exported_with_ours_beside(office, town):
    alice = office.inside("alice")
    last = newest(utc_now())
    page = alice.get(f"/admin/platform-figures/?since={last - timedelta(6)}&until={last}").text
    assert page.count('data-day="') == 7
    assert "扫描二维码" in page
    assert alice.get("/admin/platform-figures/?since=1900-01-01&until=9999-12-31").status_code == 200
    assert alice.get("/admin/platform-figures/?since=nonsense").status_code == 200

    file = alice.post(f"/admin/platform-figures/export?since={last - timedelta(6)}&form=csv")
    rows = list(csv.reader(io.StringIO(file.data.decode("utf-8-sig"))))
    assert (len(rows), rows[0][1:3], rows[-1][0]) == (8, ["新关注", "新关注（本系统）"], last.isoformat())
    assert all(row[2] == "7" and int(row[1]) >= 7 for row in rows[1:])
    book = load_workbook(io.BytesIO(alice.post("/admin/platform-figures/export?form=xlsx").data))
    assert len(book.sheetnames) == 4
    with office.db.reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry.action == "platform_figures.exported"

    with office.db.transaction() as session:
        fetching.note(session, town, "statistics not ready yet (errcode 61503)", now=utc_now())
    assert "61503" in alice.get("/admin/platform-figures/").text


@pytest.mark.browser
def test_a_marketer_compares_fans_and_reads_the_figures(tab, served, office, town):  # noqa: F811
    sign_in(tab, served, "a-lantern-over-a-road", "alice")
    tab.get_by_role("navigation", name="栏目").get_by_role("link", name="粉丝同步").click()
    tab.get_by_role("button", name="立即同步").click()
    expect(tab.locator("#fan-sync")).to_contain_text("执行中")
    with office.db.transaction() as session:
        run = runs.under_way(session, town)
        run.total = run.listed = 128_000
        run.profiled, run.calls, run.phase, run.phase_at = (
            51_200,
            526,
            "profiles",
            utc_now() - timedelta(seconds=30),
        )
    expect(tab.locator("#fan-sync")).to_contain_text("51,200 / 128,000")  # by itself, within two seconds
    shoot(tab, "fan-sync")
    tab.get_by_role("table", name="粉丝同步").get_by_role("row").nth(2).get_by_role("link").first.click()
    shoot(tab, "fan-sync-report")
    tab.get_by_role("link", name="新获知 UnionID").click()
    expect(tab.locator("tbody tr")).to_have_count(9)
    tab.get_by_role("navigation", name="栏目").get_by_role("link", name="平台统计").click()
    expect(tab.locator(".chart:has(canvas)")).to_have_count(4)
    shoot(tab, "platform-figures")
