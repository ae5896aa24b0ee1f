"""Scope is enforced in the query: every shape of statement, every model, reading and writing."""

import re
from pathlib import Path

import pytest
from sqlalchemy import delete, exists, func, insert, literal_column, select, text, union, update
from sqlalchemy.orm import aliased

from bot.accounts.register import enrol
from bot.channels.figures import facts as facts_of
from bot.channels.figures.models import ChannelFigure
from bot.channels.models import Channel, ChannelEvent
from bot.config import DatabaseConfig
from bot.db import EVERYTHING, Database, Scope, utc_now
from bot.db.scope import NotThroughHere, OutOfScope
from bot.db.types import Base, table_of
from bot.fans.models import Fan
from bot.messages.models import Message
from bot.organisation.models import Branch, Shop, Staff
from bot.outbox.models import Promise
from bot.outbox.timetable import Slot
from bot.replica import Surveys
from bot.replies.models import AutoReply
from bot.tables import TABLES
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


@pytest.mark.parametrize("name", COUNTS)
def test_a_report_keeps_to_the_scope_wherever_it_is_read(db, world, manager, name):
    """The primary here; at a replica it is the same session: tests/replica."""
    surveys = Surveys(db, DatabaseConfig())

    assert len(surveys.take(manager, lambda session: session.execute(COUNTS[name]).all())) == 1


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


def test_own_rows_are_seen_with_what_is_counted_for_them_and_no_others(db, world):
    now = utc_now()
    with db.transaction() as session:
        [account_id] = enrol(session, [make.account()]).values()
    facts = {"account_id": account_id, "created_at": now}
    figures = dict.fromkeys(facts_of.COUNTS, 1)
    with db.transaction() as session:
        for name, maker, shop in (("mine", 1, None), ("placed", 1, world["a"]), ("theirs", 2, world["a"])):
            row = Channel(**facts, scene=name, name=name, created_by_id=maker, shop_id=shop)
            session.add(row)
            session.flush()
            place = {"account_id": account_id, "channel_id": row.id, "shop_id": shop}
            session.add(ChannelFigure(**place, day=now.date(), **figures))
            session.add(
                ChannelEvent(**place, at=now, noted_at=now, fan_id=1, deed="scan", who="fan", again=False)
            )
    mine = Scope(owner=1, user=1)

    with db.scoped(mine) as session:
        assert set(session.scalars(select(Channel.name))) == {"mine", "placed"}
        assert len(session.scalars(select(ChannelFigure)).all()) == 2
        assert len(session.scalars(select(ChannelEvent)).all()) == 2
        session.add(Channel(**facts, scene="new", name="new", created_by_id=1))
        session.flush()
    for forged in (
        {"created_by_id": 2},
        {"created_by_id": None},
        {"created_by_id": 1, "shop_id": world["a"]},
    ):
        with pytest.raises(OutOfScope), db.scoped(mine) as session:
            session.add(Channel(**facts, scene="x", name="x", **forged))
            session.flush()
    with pytest.raises(OutOfScope), db.scoped(mine) as session:
        session.scalars(select(Channel).filter_by(name="mine")).one().created_by_id = 2


class Undeclared(Base):
    """A model that says nothing of scope; it borrows a table, so that the metadata stays as it is."""

    __table__ = table_of(Slot)


def test_a_model_that_says_nothing_cannot_be_used_at_all(db, manager):
    for scope in (manager, EVERYTHING):
        with pytest.raises(NotThroughHere, match="Undeclared"), db.scoped(scope) as session:
            session.execute(select(Undeclared))


def test_every_model_says_how_it_is_scoped():
    assert [model.__name__ for model in TABLES if getattr(model, "__scope__", None) is None] == []


def test_going_beyond_the_scope_is_rare_and_below_the_pages():
    users = {
        str(file.relative_to(ROOT))
        for package in ("bot", "admin", "handlers", "h5")
        for file in (ROOT / package).rglob("*.py")
        if "beyond_scope(session)" in file.read_text("utf-8")
    }

    # The first two learn only between which keys and moments to look, never whose rows those are.
    pages = {
        "admin/messages.py",
        "admin/scanning.py",
        "admin/channel_figures/people.py",  # events within the scope by its own rule, and whether a leave followed
    }
    below = {
        "bot/audit/chain.py",
        "bot/broadcasts/audience.py",  # the conditions of a segment that a broadcast in sight is for
        "bot/channels/quota.py",  # a number: the account gives its codes to all shops together
        "bot/channels/events.py",
        "bot/channels/figures/totals.py",
        "bot/counter/office.py",  # whose points they are, and everybody's limits
        "bot/coupons/ending.py",  # coupons follow their member, whoever's they are
        "bot/coupons/handouts.py",  # likewise
        "bot/coupons/issuing.py",  # likewise
        "bot/coupons/office.py",  # where a coupon in sight was used
        "bot/coupons/using.py",
        "bot/db/revisions.py",
        "bot/db/upsert.py",  # a row that the scope has looked at already
        "bot/earning/buying.py",  # a shop's purchase, and its member who may be another shop's
        "bot/earning/explaining.py",  # likewise; what it says is of that purchase alone
        "bot/earning/locking.py",  # whom taking a found purchase or visit back touches: locked, not shown
        "bot/files/store.py",
        "bot/levels/giving.py",  # a member the page found, and who went into them from other shops
        "bot/levels/reviewing.py",  # likewise: what they gathered, wherever that was
        "bot/levels/standing.py",
        "bot/links/keeping.py",  # an address, before what says it is written
        "bot/materials/uses.py",
        "bot/members/office.py",
        "bot/imports/jobs.py",  # the batch's own row, between rows of the visitor's scope
        "bot/imports/plan.py",  # whether what a sheet named is another's, for the audit
        "bot/imports/reply_codes.py",  # whose account the code is that a rule keeps
        "bot/outbox/promises.py",
        "bot/mall/orders.py",  # whether the coupon of an order in sight was given on or used, by whomever
        "bot/mall/telling.py",  # notices of the member's fans, whoever hands over
        "bot/mall/office.py",  # the points behind an order, wherever they were earned
        "bot/points/office.py",
        "bot/reach/batches.py",
        "bot/reach/contents.py",
        "bot/reach/estimating.py",  # the account's quotas of today, which nobody has for themselves
        "bot/reach/planning.py",
        "bot/series/audiences.py",  # a segment of whoever made the series
        "bot/series/entering.py",  # whoever another series gives way to
        "bot/series/keeping.py",  # who is under way, wherever they are
        "bot/series/withdrawing.py",
        "bot/reach/standings.py",
        "bot/broadcasts/recipients.py",  # a fan's mass sends of any shop count for their week and month
        "bot/purchases/recording.py",  # whether a receipt's member was merged into the one it names now
        "bot/purchases/customers.py",  # a member may shop anywhere; the counter hears their number
        "bot/tagging/jobs.py",
        "bot/tags/automatic.py",
        "bot/tags/keeping.py",
        "bot/tags/known.py",
        "bot/tags/news.py",
        "bot/replies/office.py",
        "bot/restorations/reading.py",
    }
    assert users == pages | below


def test_what_may_be_read_at_a_replica_is_listed():
    """Figures, the rows behind them, trials and long exports: nothing that somebody has just changed."""
    users = {
        str(file.relative_to(ROOT))
        for package in ("bot", "admin", "handlers", "h5", "api")
        for file in (ROOT / package).rglob("*.py")
        if re.search(r"\bsurvey\(|surveys\.take", file.read_text("utf-8"))
    }

    assert users == {
        "admin/broadcasts/showing.py",  # what it would come to, not whom it goes to
        "admin/channel_figures/exporting.py",
        "admin/channel_figures/overview.py",
        "admin/channel_figures/people.py",
        "admin/coupons/figures.py",
        "admin/desk/answers.py",
        "admin/desk/figures.py",
        "admin/home.py",
        "admin/levels/overview.py",  # how many stand where, not the ladder
        "admin/office.py",
        "admin/platform_figures.py",
        "admin/points/reporting.py",
        "admin/segments/editing.py",  # how many the conditions of the form reach, not the form
        "admin/series/showing.py",  # what steps came to, not the steps
        "admin/travellers/jobs.py",
        "bot/earning/replay.py",
        "bot/levels/simulating.py",
    }


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
