"""Fans and messages to take along: under the page's filters, within the scope, with a reason and no telephone."""

import pytest
from sqlalchemy import insert, update

from admin.travellers import exporting, jobs
from bot.batches.models import Batch
from bot.db import utc_now
from bot.fans.models import Fan
from bot.files import store
from bot.messages.models import Message
from bot.users.models import User
from bot.users.roles import Role
from tests import make
from tests.support.office import Office
from tests.support.sheets import opened


@pytest.fixture
def office(office_anywhere):
    """Six fans of Shanghai and one of Jinan; bob manages the former shop."""
    made = office_anywhere
    made.here, made.there = make.shop(made.db), make.shop(made.db, "济南泉城路店", "济南分公司")
    made.account = next(iter(made.runtime.accounts.values())).id
    add_fans(made, range(6), made.here)
    add_fans(made, range(100, 101), made.there)
    made.add("bob", Role.SHOP_MANAGER, shops=[made.here])
    return made


def add_fans(office: Office, numbers, shop):
    now = utc_now()
    same = {
        "account_id": office.account,
        "standing": "following",
        "created_at": now,
        "followed_at": now,
        "follow_count": 1,
        "last_shop_id": shop,
        "message_count": 1,
    }
    with office.db.connection() as connection:
        connection.execute(insert(Fan), [{**same, "openid": f"o{number:06}"} for number in numbers])


def export(person, what, **fields):
    person.get("/admin/")
    return person.post(f"/admin/exports/{what}", **fields)


def test_fans_are_taken_along_with_the_filters_and_within_the_scope(office):
    bob = office.inside("bob")

    answer = export(bob, "fans", reason="回访", q="o000003", **{"as": "xlsx"})

    rows = opened(answer.data)
    assert [row[0] for row in rows] == ["OpenID", "o000003"]
    assert rows[1][2:4] == ["已关注", "上海人民广场店"]
    everyone = export(bob, "fans", reason="回访", **{"as": "csv"}).data.decode("utf-8-sig")
    assert everyone.count("\r\n") == 7
    assert "o000100" not in everyone
    entry = office.audit()[-2]
    assert (entry.action, entry.reason) == ("fans.exported", "回访")
    assert "o000003" in entry.after


def test_without_a_reason_or_the_right_nothing_is_handed_over(office):
    office.add("lena", Role.SERVICE_LEAD)

    assert export(office.inside("bob"), "fans", reason="").status_code == 422
    assert export(office.inside("lena"), "fans", reason="x").status_code == 403
    assert [entry for entry in office.audit() if entry.action == "fans.exported"] == []


def test_messages_run_nothing_and_hold_no_telephone(office):
    fan = next(iter(make.fans(office.db).values()))
    with office.db.transaction() as session:
        for number, words in enumerate(('=HYPERLINK("http://evil")', "我的电话是13812345678")):
            session.add(Message(**message(office, fan, number, words)))

    answer = export(office.inside("alice"), "messages", reason="质检", **{"as": "xlsx"})

    said = [row[4] for row in opened(answer.data)[1:]]
    assert said[1] == '\'=HYPERLINK("http://evil")'
    assert "13812345678" not in str(opened(answer.data))


def message(office, fan, number, words):
    now = utc_now()
    return {
        "account_id": office.account,
        "fan_id": fan.id,
        "kind": "text",
        "fields": {"Content": words},
        "key": bytes([number]) * 16,
        "received_at": now,
        "sent_at": now,
        "answered_by": "",
    }


def test_many_rows_become_a_file_written_in_slices(office, monkeypatch):
    add_fans(office, range(1000, 7500), office.here)
    bob = office.inside("bob")

    answer = export(bob, "fans", reason="对账")
    batch_id = int(answer.location.rsplit("/", 1)[1])
    monkeypatch.setattr(jobs.work, "SLICE", 0.0001)  # a slice is a window
    for _slice in range(20):
        jobs.write(office.runtime, batch_id)

    with office.db.reading() as session:
        batch = session.get_one(Batch, batch_id)
        content = store.content(session, batch.file_id).decode("utf-8-sig")
    lines = content.splitlines()
    assert (batch.state, batch.done) == ("done", batch.total)
    assert len(lines) == 1 + 6 + 6500
    assert len(set(lines)) == len(lines)
    assert "o000100" not in content
    assert lines[0].startswith("OpenID,公众号,关注状态")
    assert "已关注" in lines[1]
    assert bob.get(f"/admin/batches/{batch_id}/file").data.startswith(b"\xef\xbb\xbf")


def test_an_export_ends_when_its_maker_may_not_any_more(office):
    add_fans(office, range(1000, 1000 + exporting.AT_ONCE), office.here)
    answer = export(office.inside("bob"), "fans", reason="对账")
    with office.db.transaction() as session:
        session.execute(update(User).where(User.name == "bob").values(active=False))

    jobs.write(office.runtime, int(answer.location.rsplit("/", 1)[1]))

    with office.db.reading() as session:
        batch = session.get_one(Batch, int(answer.location.rsplit("/", 1)[1]))
    assert (batch.state, batch.file_id) == ("failed", None)
