"""Long work goes by what its maker may and sees when it is done, not when it was asked for."""

import io
import zipfile

import openpyxl
import pytest
from sqlalchemy import select

from bot.audit import Actor
from bot.batches import work
from bot.batches.models import Batch
from bot.channels import jobs, making, packing
from bot.channels.models import Channel
from bot.channels.packing import Order
from bot.channels.plans import Common, Row
from bot.db import utc_now
from bot.files import store
from bot.members.importing import batch as importing
from bot.members.models import Member
from bot.organisation.models import Staff
from bot.posters import packing as posters
from bot.privacy import vault_of
from bot.users import reach
from bot.users.models import User
from bot.users.roles import Reach, Role
from tests import make
from tests.support.members import PRIVACY


class Manager:
    """The manager of two shops, who asks for things and then has other rights."""

    def __init__(self, office):
        self.office, self.db = office, office.db
        self.kept, self.lost = make.shop(self.db), make.shop(self.db, "济南泉城路店", "济南分公司")
        self.id = office.add("li", Role.SHOP_MANAGER, shops=[self.kept, self.lost])

    def ask(self, begin, *args, **options):
        """Begin something as its page does; return the batch's id."""
        with self.db.reading() as session:
            user = session.get_one(User, self.id)
            scope = reach.scope_of(session, user)
        with self.db.scoped(scope) as session:
            named = {} if "name" in options else {"title": "x"}
            maker = Actor("li", self.id)
            return begin(session, *args, maker=maker, now=utc_now(), **named, **options).id

    def loses_a_shop(self):
        with self.db.transaction() as session:
            reach.put(session, session.get_one(User, self.id), Reach.SHOPS, shops=[self.kept])

    def becomes(self, role):
        with self.db.transaction() as session:
            session.get_one(User, self.id).role = role.value

    def batch(self, key):
        with self.db.reading() as session:
            return session.get_one(Batch, key)

    def channels(self):
        """Add a code of each shop; return their ids."""
        with self.db.transaction() as session:
            found = [
                Channel(
                    account_id=1,
                    scene=f"c:{shop_id}",
                    name=f"{name}的码",
                    shop_id=shop_id,
                    url=f"http://weixin.qq.com/q/{shop_id:09}",
                    ticket="x",
                    created_at=utc_now(),
                )
                for shop_id, name in ((self.kept, "留下"), (self.lost, "失去"))
            ]
            session.add_all(found)
            session.flush()
            return [one.id for one in found]

    def hire(self):
        with self.db.transaction() as session:
            found = [
                Staff(shop_id=shop_id, name=f"staff {shop_id}", role="导游", active=True)
                for shop_id in (self.kept, self.lost)
            ]
            session.add_all(found)
            session.flush()
            return [one.id for one in found]


@pytest.fixture
def manager(office):
    return Manager(office)


def until_over(manager, step, key):
    for _slice in range(20):
        step()
        if manager.batch(key).state in work.ENDED:
            return manager.batch(key)
    raise AssertionError(manager.batch(key).notes)


def test_codes_that_went_out_of_sight_are_not_packed(manager):
    ids = manager.channels()
    key = manager.ask(packing.begin, Order(form="zip", ids=ids, width=300))
    manager.loses_a_shop()

    batch = until_over(manager, lambda: packing.pack(manager.office.runtime, key), key)

    assert (batch.state, batch.done, batch.failed) == ("done", 2, 1)
    assert "失去" not in str(batch.problems)
    with manager.db.reading() as session:
        content = store.content(session, batch.file_id)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert [name for name in archive.namelist() if name.endswith(".png")] == [
            f"png/{ids[0]:06}-留下的码.png"
        ]
        sheet = openpyxl.load_workbook(io.BytesIO(archive.read("codes.xlsx"))).active
        assert "失去" not in str([[cell.value for cell in row] for row in sheet.iter_rows()])


def test_posters_of_staff_who_went_out_of_sight_are_not_drawn_nor_given_codes(manager):
    order = posters.Order(
        form="zip", account_id=1, ids=manager.hire(), shops=[manager.kept, manager.lost], width=750
    )
    key = manager.ask(posters.begin, order)
    manager.loses_a_shop()

    def step():
        posters.pack(manager.office.runtime, key)
        with manager.db.transaction() as session:
            for one in session.scalars(select(Channel).where(Channel.url.is_(None))):
                one.url = f"http://weixin.qq.com/q/02test{one.id:06}"

    batch = until_over(manager, step, key)

    assert (batch.state, batch.done, batch.failed) == ("done", 2, 1)
    assert f"staff {manager.lost}" not in str(batch.problems)
    with manager.db.reading() as session:
        assert session.scalars(select(Channel.shop_id)).all() == [manager.kept]


def test_codes_are_not_made_for_a_shop_that_went_out_of_sight(manager):
    rows = [Row("留下的码", shop_id=manager.kept), Row("失去的码", shop_id=manager.lost)]
    key = manager.ask(making.begin, Common(account_id=1), rows)
    manager.loses_a_shop()

    jobs.make(manager.office.runtime, key)

    with manager.db.reading() as session:
        assert session.scalars(select(Channel.name)).all() == ["留下的码"]
    assert [one["what"] for one in manager.batch(key).problems] == ["失去的码"]


def test_a_code_of_no_shop_is_the_head_offices(manager):
    key = manager.ask(making.begin, Common(account_id=1), [Row("无主")])

    jobs.make(manager.office.runtime, key)

    with manager.db.reading() as session:
        assert session.scalars(select(Channel.name)).all() == []
    assert manager.batch(key).failed == 1


def test_members_are_not_imported_into_a_shop_that_went_out_of_sight(manager):
    vault = vault_of(PRIVACY)
    manager.becomes(Role.BRANCH_MANAGER)
    content = "手机号,门店\r\n13900130100,\r\n13900130101,济南泉城路店\r\n".encode()
    shops = {"shop_id": manager.kept, "shop_ids": [manager.kept, manager.lost]}
    key = manager.ask(importing.begin, vault, content, name="x.csv", source="till", **shops)
    manager.loses_a_shop()

    importing.run(manager.db, vault, key, now=utc_now(), seconds=60)

    with manager.db.reading() as session:
        assert session.scalars(select(Member.home_shop_id)).all() == [manager.kept]
    assert (manager.batch(key).state, manager.batch(key).failed) == ("done", 1)


@pytest.mark.parametrize("kind", ["channels", "posters", "make"])
def test_who_may_not_any_more_gets_nothing(manager, kind):
    runtime = manager.office.runtime
    if kind == "channels":
        key, job = manager.ask(packing.begin, Order(form="zip", ids=manager.channels())), packing.pack
    elif kind == "posters":
        order = posters.Order(form="zip", account_id=1, ids=manager.hire(), shops=[manager.kept])
        key, job = manager.ask(posters.begin, order), posters.pack
    else:
        key, job = manager.ask(making.begin, Common(account_id=1), [Row("x", manager.kept)]), jobs.make
    before = len(rows(manager))
    manager.becomes(Role.SERVICE_LEAD)

    job(runtime, key)

    assert (manager.batch(key).state, manager.batch(key).file_id) == ("failed", None)
    assert len(rows(manager)) == before


def rows(manager):
    with manager.db.reading() as session:
        return session.scalars(select(Channel)).all()
