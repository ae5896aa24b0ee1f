"""Scope is enforced in the query: every shape of statement, every model, reading and writing."""

from pathlib import Path

import pytest
from sqlalchemy import delete, exists, func, insert, literal_column, select, text, union, update
from sqlalchemy.orm import aliased

from bot import schema
from bot.channels.models import Channel
from bot.db import EVERYTHING, Database, Scope, utc_now
from bot.db.scope import NotThroughHere, OutOfScope
from bot.db.types import Base, table_of
from bot.fans.models import Fan
from bot.messages.models import Message
from bot.organisation.models import Branch, Shop, Staff
from bot.outbox.models import Promise
from bot.outbox.timetable import Slot
from bot.replies.models import AutoReply
from bot.users import reach
from bot.users.models import User
from bot.users.roles import Reach
from tests import make

ROOT = Path(__file__).parents[1]
OTHER = aliased(Fan)


@pytest.fixture
def world(db: Database):
    """Two shops of two branches, each with a fan who wrote, and a fan of no shop."""
    ids = {"a": make.shop(db, "人民广场店"), "b": make.shop(db, "泉城路店", "济南分公司"), None: None}
    now = utc_now()
    with db.transaction() as session:
        for name, shop_id in ids.items():
            fan = Fan(
                account_id=1,
                openid=f"o-{name}",
                standing="following",
                created_at=now,
                follow_count=1,
                message_count=1,
                last_shop_id=shop_id,
            )
            session.add(fan)
            session.flush()
            session.add(message(fan.id, now))
            if shop_id:
                session.add(Staff(shop_id=shop_id, name=f"staff {name}", role="导游", active=True))
        ids["fan a"] = session.scalar(select(Fan.id).filter_by(openid="o-a"))
        ids["fan b"] = session.scalar(select(Fan.id).filter_by(openid="o-b"))
        ids["branch a"] = session.scalar(select(Shop.branch_id).filter_by(id=ids["a"]))
        ids["branch b"] = session.scalar(select(Shop.branch_id).filter_by(id=ids["b"]))
        ids["staff b"] = session.scalar(select(Staff.id).filter_by(shop_id=ids["b"]))
    return ids


def message(fan_id, now):
    key = f"{fan_id:016}".encode()
    return Message(
        key=key,
        account_id=1,
        fan_id=fan_id,
        kind="text",
        fields={},
        sent_at=now,
        received_at=now,
        answered_by="",
    )


@pytest.fixture
def manager(world):
    """The scope of shop a's manager."""
    return Scope(shops=frozenset({world["a"]}), above=frozenset({world["branch a"]}))


COUNTS = {
    "rows": select(Fan.id),
    "entities": select(Fan),
    "alias": select(OTHER.id),
    "through the parent": select(Message.id),
    "join": select(Message.id).join(Fan, Fan.id == Message.fan_id),
    "join from a shop": select(Staff.id).join(Shop, Shop.id == Staff.shop_id),
    "outer join": select(Shop.id, Fan.id).outerjoin(Fan, Fan.last_shop_id == Shop.id),
    "in a subquery": select(Shop.id).where(Shop.id.in_(select(Fan.last_shop_id))),
    "from a subquery": select(select(Fan.id).subquery().c.id),
    "alias of a subquery": select(aliased(Fan, select(Fan).subquery()).id),
    "alias of a union": select(aliased(Fan, union(select(Fan), select(Fan)).subquery()).id),
    "common table": select(select(Fan.id).cte("fans").c.id),
    "groups": select(Fan.last_shop_id, func.count()).group_by(Fan.last_shop_id),
    "distinct": select(Fan.last_shop_id).distinct(),
    "branch": select(Branch.id),
}


@pytest.mark.parametrize("name", COUNTS)
def test_only_ones_own_rows_are_there_whatever_the_statement(db, world, manager, name):
    with db.scoped(manager) as session:
        assert len(session.execute(COUNTS[name]).all()) == 1
    with db.scoped(EVERYTHING) as session:
        assert len(session.execute(COUNTS[name]).all()) > 1


def test_figures_and_conditions_do_not_tell_either(db, world, manager):
    with db.scoped(manager) as session:
        assert session.scalar(select(func.count()).select_from(Fan)) == 1
        assert session.scalar(select(func.count(Fan.id))) == 1
        assert session.scalar(select(func.max(OTHER.id))) == world["fan a"]
        of_b = Fan.last_shop_id == world["b"]
        assert session.scalars(select(Shop.id).where(exists().where(of_b))).all() == []
        assert session.scalars(select(Shop.id).where(select(Fan.id).where(of_b).exists())).all() == []
        assert session.execute(select(Shop.id, select(func.count(Fan.id)).scalar_subquery())).all() == [
            (world["a"], 1)
        ]


def test_a_guessed_id_is_nobody(db, world, manager):
    with db.scoped(manager) as session:
        assert session.get(Fan, world["fan a"]) is not None
        assert session.get(Fan, world["fan b"]) is None
        assert session.get(Shop, world["b"]) is None
        assert session.get(Branch, world["branch b"]) is None


REFUSED = {
    "text": text("SELECT id FROM fan"),
    "text in a condition": select(Fan.id).where(text("1 = 1")),
    "text as a column": select(Fan.id, literal_column("(SELECT count(*) FROM fan)")),
    "text behind a model": select(Fan).from_statement(text("SELECT * FROM fan")),
    "a table": select(table_of(Fan).c.id),
    "a table in FROM": select(func.count()).select_from(table_of(Fan)),
    "a joined table": select(Shop.id).join(table_of(Fan), table_of(Fan).c.last_shop_id == Shop.id),
    "a table in a subquery": select(Shop.id).where(Shop.id.in_(select(table_of(Fan).c.last_shop_id))),
    "a table in a condition": select(Shop.id).where(table_of(Fan).c.last_shop_id == Shop.id),
    "a union": union(select(Fan.id), select(Fan.id)),
    "an insert": insert(Fan).values(id=99),
    "an update of a table": update(table_of(Fan)).values(standing="left"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_looked_through_is_refused(db, manager, name):
    with pytest.raises(NotThroughHere), db.scoped(manager) as session:
        session.execute(REFUSED[name])
    with pytest.raises(NotThroughHere), db.scoped(EVERYTHING) as session:
        session.execute(REFUSED[name])


def test_the_ways_around_are_closed(db, manager):
    with db.scoped(manager) as session:
        with pytest.raises(NotThroughHere):
            session.connection()
        with pytest.raises(NotThroughHere):
            session.bulk_save_objects([])
        with pytest.raises(NotThroughHere):
            session.execute(update(Fan), [{"id": 1, "standing": "left"}])


def test_changing_many_rows_changes_ones_own(db, world, manager):
    with db.scoped(manager) as session:
        assert session.execute(update(Fan).values(standing="left")).rowcount == 1
        assert session.execute(delete(Message)).rowcount == 1
        with pytest.raises(NotThroughHere):
            session.execute(update(Fan).values(last_shop_id=world["a"]))
        with pytest.raises(OutOfScope):
            session.execute(update(AutoReply).values(enabled=False))
    assert make.fans(db)["o-b"].standing == "following"
    assert len(make.messages(db)) == 2


def writing(world):
    now = utc_now()
    facts = {"role": "导游", "active": True}
    place = {"address": "", "phone": "", "hours": "", "latitude": 1, "longitude": 1}
    return {
        "staff of another shop": Staff(shop_id=world["b"], name="x", **facts),
        "a shop": Shop(branch_id=world["branch a"], name="x", **place),
        "a branch": Branch(name="x", city="x", parent_id=world["branch a"]),
        "a message of another's fan": message(world["fan b"], now),
        "a code with another's staff": Channel(
            account_id=1, scene="c:9", name="x", shop_id=world["a"], staff_id=world["staff b"], created_at=now
        ),
        "a code of no shop": Channel(account_id=1, scene="c:9", name="x", created_at=now),
        "a promise": Promise(job="x", arguments={}, state="waiting", due_at=now, attempts=0, created_at=now),
        "a user": User(
            name="x", role="group_administrator", password_hash="x", must_change=False, created_at=now
        ),
    }


@pytest.mark.parametrize(
    "name", list(writing(dict.fromkeys(["a", "b", "branch a", "staff b"], 1) | {"fan b": 1}))
)
def test_rows_outside_are_not_written(db, world, manager, name):
    with pytest.raises(OutOfScope), db.scoped(manager) as session:
        session.add(writing(world)[name])
        session.flush()


def test_a_row_is_neither_given_away_nor_taken(db, world, manager):
    with pytest.raises(OutOfScope), db.scoped(manager) as session:
        session.get_one(Fan, world["fan a"]).last_shop_id = world["b"]
    with db.reading() as session:
        stranger = session.get_one(Fan, world["fan b"])
    with pytest.raises(OutOfScope), db.scoped(manager) as session:
        session.add(stranger)
        stranger.last_shop_id = world["a"]


def test_ones_own_rows_are_written(db, world, manager):
    with db.scoped(manager) as session:
        session.add(Staff(shop_id=world["a"], name="王珊", role="导游", active=True))
        session.get_one(Shop, world["a"]).hours = "每天 10:00-20:00"
        session.flush()
        assert session.scalar(select(func.count()).select_from(Staff)) == 2


def test_own_rows_only_means_none_of_a_model_without_owners(db, world):
    with db.scoped(Scope(owner=1)) as session:
        assert session.scalars(select(Fan)).all() == []


class Undeclared(Base):
    """A model that says nothing of scope; it borrows a table, so that the metadata stays as it is."""

    __table__ = table_of(Slot)


def test_a_model_that_says_nothing_cannot_be_used_at_all(db, manager):
    for scope in (manager, EVERYTHING):
        with pytest.raises(NotThroughHere, match="Undeclared"), db.scoped(scope) as session:
            session.execute(select(Undeclared))


def test_every_model_says_how_it_is_scoped():
    assert [model.__name__ for model in schema.TABLES if getattr(model, "__scope__", None) is None] == []


def test_going_beyond_the_scope_is_rare_and_below_the_pages():
    users = {
        str(file.relative_to(ROOT))
        for package in ("bot", "admin", "handlers", "h5")
        for file in (ROOT / package).rglob("*.py")
        if "beyond_scope(session)" in file.read_text("utf-8")
    }

    # The two pages learn only between which keys and moments to look, never whose rows those are.
    pages = {"admin/messages.py", "admin/scanning.py"}
    below = {
        "bot/audit/chain.py",
        "bot/db/revisions.py",
        "bot/outbox/promises.py",
        "bot/replies/office.py",
    }
    assert users == pages | below


def test_a_branchs_scope_is_its_whole_tree_even_a_crooked_one(db, world):
    with db.transaction() as session:
        top, below = (session.get_one(Branch, world[name]) for name in ("branch a", "branch b"))
        below.parent_id, top.parent_id = top.id, below.id
        user = User(
            name="x", role="branch_manager", password_hash="x", must_change=False, created_at=utc_now()
        )
        session.add(user)
        session.flush()
        reach.put(session, user, Reach.BRANCHES, branches=[top.id])
        scope = reach.scope_of(session, user)
        user.reach = "whatever"
        unknown = reach.scope_of(session, user)

        assert scope.shops == {world["a"], world["b"]}
        assert (unknown.everything, unknown.shops, unknown.branches) == (False, set(), set())
        below.parent_id = top.parent_id = None
