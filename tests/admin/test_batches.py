"""Long work is followed, stopped and taken along by whoever asked for it, and by nobody else."""

import pytest
from sqlalchemy import select

from bot.audit import Actor
from bot.batches import work
from bot.batches.models import Batch, BatchState
from bot.db import utc_now
from bot.files import store
from bot.users import makers, reach
from bot.users.models import User
from bot.users.roles import Permission, Reach, Role
from tests import make
from tests.admin.test_browser import shoot, sign_in, tab  # noqa: F401 - a fixture


def begun(office, name="alice", total=10):
    user = office.user(name)
    with office.db.reading() as session:
        scope = reach.scope_of(session, user)
    with office.db.scoped(scope) as session:
        batch = work.begin(
            session,
            kind="x.y",
            title="门店码 10 个",
            arguments={},
            total=total,
            needs=Permission.CHANNELS_EXPORT,
            maker=Actor(name, user.id),
            now=utc_now(),
        )
        return batch.id


def move(office, batch_id, *, done=0, problems=(), state=None, content=None):
    with office.db.transaction() as session:
        batch = session.get_one(Batch, batch_id)
        batch.state = BatchState.RUNNING.value
        work.advance(batch, done=done, problems=problems)
        file_id = None
        if content is not None:
            file_id = store.put(
                session, content, name="渠道码.zip", media_type="application/zip", now=utc_now()
            ).id
        if state:
            work.end(batch, state, now=utc_now(), file_id=file_id)


def test_a_batch_is_followed_from_start_to_download(office):
    batch_id = begun(office)
    alice = office.inside("alice")
    address = f"/admin/batches/{batch_id}"
    assert "0 / 10" in alice.get(address).text

    move(office, batch_id, done=4, problems=[("第 3 行", "<b>没有这家门店</b>")])
    running = alice.get(f"{address}/part").text
    move(office, batch_id, done=6, state=BatchState.DONE, content=b"PK" * 400_000)
    ended = alice.get(address).text
    file = alice.get(f"{address}/file")

    assert "4 / 10" in running
    assert "every 2s" in running
    assert "&lt;b&gt;没有这家门店" in running
    assert "every 2s" not in ended
    assert file.data == b"PK" * 400_000
    assert file.headers["Content-Disposition"] == (
        "attachment; filename*=UTF-8''%E6%B8%A0%E9%81%93%E7%A0%81.zip"
    )
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert "门店码 10 个" in alice.get("/admin/batches/").text


def test_a_batch_is_stopped_by_its_maker(office):
    batch_id = begun(office)
    alice = office.inside("alice")

    alice.post(f"/admin/batches/{batch_id}/cancel")

    with office.db.transaction() as session:
        assert work.take(session, batch_id, now=utc_now()) is None
    assert "已停止" in alice.get(f"/admin/batches/{batch_id}").text
    assert office.audit()[-1].action == "batch.cancelled"


def test_another_administrator_has_no_business_with_it(office):
    batch_id = begun(office)
    move(office, batch_id, done=10, state=BatchState.DONE, content=b"secret")
    office.add("bob")
    bob = office.inside("bob")

    for path in ("", "/part", "/file"):
        assert bob.get(f"/admin/batches/{batch_id}{path}").status_code == 404
    assert bob.post(f"/admin/batches/{batch_id}/cancel").status_code == 404
    assert "门店码 10 个" not in bob.get("/admin/batches/").text


def changed(office, name, *, role=None, shops=()):
    """Give somebody another role, or another reach."""
    with office.db.transaction() as session:
        user = session.scalars(select(User).filter_by(name=name)).one()
        if role:
            user.role = role.value
        if shops:
            reach.put(session, user, Reach.SHOPS, shops=shops)


def ended_for_li(office, shops):
    """A batch of a shop manager's that has ended, with a file and a problem, and her browser."""
    office.add("li", Role.SHOP_MANAGER, shops=shops)
    batch_id = begun(office, "li")
    problems = [("人民广场店·门口", "微信还没有生成这个码")]
    move(office, batch_id, done=10, problems=problems, state=BatchState.DONE, content=b"secret")
    return batch_id, office.inside("li")


def is_withheld(person, batch_id):
    page, file = (person.get(f"/admin/batches/{batch_id}{end}") for end in ("", "/file"))
    assert page.status_code == 200
    shown = "下载 渠道码.zip" in page.text, "人民广场店·门口" in page.text, file.data == b"secret"
    assert len(set(shown)) == 1
    assert shown[0] or (file.status_code == 404 and "权限或数据范围已变更" in page.text)
    return not shown[0]


def test_a_file_is_not_handed_to_who_has_lost_the_permission(office):
    shop_id = make.shop(office.db)
    batch_id, li = ended_for_li(office, [shop_id])
    assert not is_withheld(li, batch_id)

    changed(office, "li", role=Role.SERVICE_LEAD)

    assert is_withheld(li, batch_id)
    assert office.audit()[-1].action == "look.refused"


def test_a_file_is_not_handed_to_who_no_longer_sees_all_that_is_in_it(office):
    here, there = make.shop(office.db), make.shop(office.db, "济南泉城路店", "济南分公司")
    batch_id, li = ended_for_li(office, [here, there])

    changed(office, "li", shops=[there])
    assert is_withheld(li, batch_id)
    changed(office, "li", shops=[here, there])

    assert not is_withheld(li, batch_id)


def test_a_file_of_before_its_rights_were_kept_is_handed_to_nobody(office):
    batch_id = begun(office)
    move(office, batch_id, done=10, state=BatchState.DONE, content=b"secret")
    with office.db.transaction() as session:
        session.get_one(Batch, batch_id).reached = None

    assert office.inside("alice").get(f"/admin/batches/{batch_id}/file").status_code == 404


def test_what_a_slice_reached_later_counts_as_well(office):
    here, there = make.shop(office.db), make.shop(office.db, "济南泉城路店", "济南分公司")
    batch_id, li = ended_for_li(office, [here])
    with office.db.transaction() as session:
        session.get_one(Batch, batch_id).state = BatchState.RUNNING.value
    changed(office, "li", shops=[here, there])
    with office.db.transaction() as session:
        assert makers.take(session, batch_id, now=utc_now()) is not None
        work.end(session.get_one(Batch, batch_id), BatchState.DONE, now=utc_now())
    assert not is_withheld(li, batch_id)

    changed(office, "li", shops=[here])

    assert is_withheld(li, batch_id)


def test_a_file_that_is_gone_is_said_to_be_gone(office):
    batch_id = begun(office)
    move(office, batch_id, done=10, state=BatchState.DONE, content=b"x")
    with office.db.transaction() as session:
        store.remove(session, session.get_one(Batch, batch_id).file_id)
    alice = office.inside("alice")

    assert "已过保留期" in alice.get(f"/admin/batches/{batch_id}").text
    assert alice.get(f"/admin/batches/{batch_id}/file").status_code == 404


@pytest.mark.browser
def test_the_page_moves_by_itself(tab, served, office):  # noqa: F811
    batch_id = begun(office)
    sign_in(tab, served, "a-lantern-over-a-road", "alice")
    tab.goto(f"{served}/admin/batches/{batch_id}")

    move(office, batch_id, done=7, problems=[("第 3 行", "没有这家门店"), ("第 5 行", "名称太长")])
    tab.get_by_text("7 / 10").wait_for()
    shoot(tab, "batch")
    move(office, batch_id, done=3, state=BatchState.DONE, content=b"PK")

    with tab.expect_download() as download:
        tab.get_by_role("link", name="下载 渠道码.zip").click()
    assert download.value.suggested_filename == "渠道码.zip"
