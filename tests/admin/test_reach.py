"""消息触达: notices within the scope, taking back, rules and templates of the head office."""

import pytest
from sqlalchemy import select, update

from bot.audit.models import AuditEntry
from bot.db import utc_now
from bot.db.scope import beyond_scope
from bot.reach import contents, planning
from bot.reach.models import ReachMapping, ReachNotice, ReachSettings, ReachTemplate
from bot.users.roles import Role
from tests import make
from tests.admin.test_fans import fan


@pytest.fixture
def shops(office):
    here, there = make.shop(office.db), make.shop(office.db, "济南泉城路店", "济南分公司")
    office.add("manager", Role.SHOP_MANAGER, shops=[here])
    office.add("marketer", Role.MARKETER)
    return here, there


def notice(office, fan_id, intent="broadcast_service", words="{name}，您的电话 13800138000 已更新", **facts):
    with office.db.transaction() as session:
        return planning.notify(
            session,
            account_id=1,
            fan_id=fan_id,
            intent=intent,
            key=f"{fan_id}",
            content=contents.text(words),
            facts={"name": f"小{fan_id}"},
            now=utc_now(),
            **facts,
        )


def state(office, key):
    with office.db.reading() as session:
        return session.get_one(ReachNotice, key).state


def actions(office):
    with office.db.reading() as session:
        return [row.action for row in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


def test_notices_are_seen_in_scope_filtered_and_masked(office, shops):
    here, there = (fan(office, f"o{n}", last_shop_id=shop) for n, shop in enumerate(shops))
    notice(office, here, batch="broadcast:1")
    far = notice(office, there)

    whole = office.inside("alice").get("/admin/reach/").text
    assert "小" + str(here) in whole
    assert "小" + str(there) in whole
    assert "13800138000" not in whole
    assert "138****8000" in whole

    manager = office.inside("manager")
    mine = manager.get("/admin/reach/").text
    assert f"小{here}" in mine
    assert f"小{there}" not in mine
    assert f"小{here}" in manager.get("/admin/reach/?batch=broadcast:1&state=waiting").text
    assert f"小{here}" not in manager.get("/admin/reach/?state=sent").text
    assert manager.post(f"/admin/reach/{far}/take-back").status_code == 403
    assert f"小{here}" in office.inside("alice").get(f"/admin/fans/{here}").text


def test_what_was_not_sent_is_taken_back_once(office, shops):
    key = notice(office, fan(office, "o1"))
    marketer = office.inside("marketer")
    marketer.get("/admin/reach/")

    assert marketer.post(f"/admin/reach/{key}/take-back").status_code == 303
    assert state(office, key) == "cancelled"
    with office.db.transaction() as session:
        session.get_one(ReachNotice, key).state = "sent"
    marketer.post(f"/admin/reach/{key}/take-back")
    assert state(office, key) == "sent"
    assert actions(office).count("reach_notice.taken_back") == 1


def test_what_a_pump_takes_up_at_that_moment_is_not_taken_back(office, shops, monkeypatch):
    key = notice(office, fan(office, "o1"))
    seen = planning.take_back

    def late(session, ids):
        with beyond_scope(session):
            session.connection().execute(update(ReachNotice).values(state="calling"))
        return seen(session, ids)

    monkeypatch.setattr(planning, "take_back", late)
    assert office.inside("marketer").post(f"/admin/reach/{key}/take-back").status_code == 303
    assert state(office, key) == "calling"
    assert "reach_notice.taken_back" not in actions(office)


RULES = {
    "quiet_from": "21:30",
    "quiet_until": "09:00",
    "cap": "2",
    "templates_a_day": "500",
    "calls_per_second": "",
}


def test_rules_are_the_head_offices_checked_and_audited(office, shops):
    alice = office.inside("alice")
    alice.get("/admin/reach/rules")

    wrong = alice.post("/admin/reach/rules", **{**RULES, "quiet_from": "25:00", "cap": "-1"})
    assert wrong.status_code == 422
    assert alice.post("/admin/reach/rules", **RULES).status_code == 303

    with office.db.reading() as session:
        row = session.get_one(ReachSettings, 1)
        found = (row.quiet_from, row.quiet_until, row.cap, row.fans_too, row.calls_per_second)
    assert found == ("21:30", "09:00", 2, False, None)
    assert "reach_settings.changed" in actions(office)
    manager = office.inside("manager")
    assert manager.get("/admin/reach/rules").status_code == 200
    assert manager.post("/admin/reach/rules", **RULES).status_code in {403, 404}


def test_a_template_is_set_with_its_fields_checked_and_shown(office, shops):
    with office.db.transaction() as session:
        session.add(
            ReachTemplate(
                account_id=1,
                kind="template",
                template_id="T1",
                title="行程变更提醒",
                content="行程：{{thing1.DATA}}\n时间：{{time2.DATA}}",
                example="",
                industry="",
                seen_at=utc_now(),
            )
        )
    alice = office.inside("alice")
    page = "/admin/reach/templates/broadcast_service/template"
    assert "thing1" in alice.get(f"{page}?template=T1").text

    wrong = {"template": "T1", "field-thing1": "{name}的行程", "field-time2": "明天"}
    answer = alice.post(page, **wrong)
    assert answer.status_code == 422
    assert "2026年11月26日 10:00" in answer.text
    assert alice.post(page, **{**wrong, "field-time2": "{when}"}).status_code == 303

    assert "小爱的行程" in alice.get(page).text
    assert "行程变更提醒" in alice.get("/admin/reach/templates").text
    with office.db.reading() as session:
        row = session.scalars(select(ReachMapping)).one()
        assert row.fields == {"thing1": "{name}的行程", "time2": "{when}"}
    assert alice.get("/admin/reach/templates/broadcast/template").status_code == 404  # marketing has none
    assert office.inside("manager").post(page, **wrong).status_code in {403, 404}

    alice.get(page)
    assert alice.post(page, remove="yes").status_code == 303
    wanted = ["reach_mapping.changed", "reach_mapping.removed"]
    assert [one for one in actions(office) if one.startswith("reach_mapping")] == wanted


def test_wechat_is_asked_for_templates_once_however_often_one_taps(office, shops):
    alice = office.inside("alice")
    alice.get("/admin/reach/templates")
    for _ in range(2):
        assert alice.post("/admin/reach/templates/sync").status_code == 303

    assert [row.job for row in make.promises(office.db)].count("reach.sync_templates") == 1
