"""Tables cut by month on PostgreSQL: nothing is lost, nothing doubled, whole months go at once."""

import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, String, event, func, insert, select, text

from bot import schema
from bot.app import assemble
from bot.channels.models import ChannelEvent
from bot.cli import main
from bot.config import PrivacyConfig
from bot.db import utc_now
from bot.db.bulk import array_from
from bot.db.types import table_of
from bot.doctor import partitions as doctor
from bot.links.models import LinkClick, ShortLink
from bot.messages import rows
from bot.messages.models import Message, PlainPush
from bot.partitions import checks, jobs, keeping, shapes, turning
from bot.partitions.shapes import TABLES, CannotPartition, following, midnight, month_of
from bot.retention import jobs as retention
from bot.runtime import open_runtime
from tests import make
from tests.support.databases import Provision
from tests.support.phone import Phone

MESSAGES, EVENTS, CLICKS = TABLES
pytestmark = pytest.mark.xdist_group("partitions")  # one database to copy for all


@pytest.fixture(scope="module")
def migrated(worker_id):
    """A migrated database on PostgreSQL, to be copied: cutting tables is not undone."""
    addresses = [one.strip() for one in os.environ.get("DATABASE_URLS", "").split(",")]
    base = next((one for one in addresses if one.startswith("postgresql")), "")
    if not base:
        missing = "tables are cut on PostgreSQL; name one in DATABASE_URLS"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    made = Provision(base, f"whole_{worker_id}")
    schema.migrate(made.database)
    made.database.close()
    yield base, made
    made.drop()


@pytest.fixture
def provision(migrated, worker_id):
    base, like = migrated
    made = Provision(base, f"cut_{worker_id}", like=like)
    yield made
    made.drop()


@pytest.fixture
def whole(provision):
    return provision.database


@pytest.fixture
def runtime(whole, provision):
    opened = open_runtime(make.config(provision.url))
    yield opened
    opened.close()


@pytest.fixture
def cut(whole):
    """The database with its tables cut a year ago, and a row in each month since."""
    begun = midnight(following(month_of(utc_now()), -12))
    for parted in TABLES:
        turn(whole, parted, now=begun)
    for number in range(12):
        with whole.connection() as connection:
            keeping.make_missing(connection, MESSAGES, now=begun + timedelta(days=31 * number))
    return whole


def turn(db, parted, *, now=None):
    now = now or utc_now()
    with db.connection() as connection:
        plan = turning.plan(connection, parted, now=now)
    turning.turn(db, plan, now=now, say=lambda words: None)
    return plan


def message(number, at, *, name=""):
    key = f"{name}{number}".encode().ljust(16, b".")
    return (key, 1, number, "text", {"Content": "您好"}, at, at, "", None)


def put(db, *messages):
    with db.connection() as connection:
        return rows.record(connection, messages)


def count(db, model=Message):
    with db.reading() as session:
        return session.scalar(select(func.count(model.id)))


def names(db, parted=MESSAGES):
    with db.connection() as connection:
        return [part.name for part in shapes.parts(connection, parted)]


def phone(runtime):
    """A traveller's, who waits for an answer longer than WeChat: the table is being cut."""
    [account] = runtime.config.accounts
    patient = replace(runtime.config, webhook=replace(runtime.config.webhook, budget_seconds=20.0))
    return Phone(assemble(replace(runtime, config=patient)), account, "oAlice")


def test_what_was_there_stays_and_the_webhook_does_not_notice(runtime, whole):
    make.rule(whole, words=["价格"], content="请看菜单。")
    alice = phone(runtime)
    before = alice.say("价格")
    for parted in TABLES:
        turn(whole, parted)

    again = alice.repeat()  # on the same connections, with the statements they have prepared
    later = alice.say("价格")

    assert before.text == again.text == later.text == alice.repeat().text == "请看菜单。"
    assert count(whole) == 2
    for parted in TABLES:
        month = following(month_of(utc_now() + turning.ROOM))
        assert names(whole, parted)[0] == parted.before(month)
        assert names(whole, parted)[-1] == parted.rest


def test_attaching_scans_nothing(whole):
    put(whole, message(1, utc_now()))
    said = []

    @event.listens_for(whole.engine, "checkout")
    def listen(connection, *_facts):
        connection.add_notice_handler(lambda notice: said.append(notice.message_primary))
        connection.execute("SET client_min_messages = debug1")
        connection.commit()

    turn(whole, MESSAGES)

    first = names(whole)[0]
    assert f'partition constraint for table "{first}" is implied by existing constraints' in said


def test_one_message_that_two_processes_record_at_once_is_one(cut):
    now = utc_now()
    won, ready = [], threading.Barrier(8)

    def record(number):
        ready.wait()
        won.extend([number] if put(cut, message(1, now)) else [])

    racers = [threading.Thread(target=record, args=(number,)) for number in range(8)]
    for one in racers:
        one.start()
    for one in racers:
        one.join()

    assert len(won) == 1
    assert count(cut) == 1


def test_a_signed_query_is_good_for_one_message_whatever_moments_two_claim(cut):
    now = utc_now()
    first, forged = message(1, now), message(2, now - timedelta(days=70))
    with cut.connection() as connection:
        assert rows.record(connection, [first], [(b"q" * 16, first[0], now)])
    with cut.connection() as connection:
        assert not rows.record(connection, [forged], [(b"q" * 16, forged[0], now)])
        connection.rollback()

    with cut.connection() as connection:
        known = rows.known(connection, [first[0], forged[0]], [b"q" * 16], sent=(forged[5], now))
    assert known.pushes == {b"q" * 16: first[0]}
    assert set(known.replies) == {first[0]}


def test_looking_for_repeats_reads_the_months_they_are_of(cut):
    now = utc_now()
    explained = f"EXPLAIN {rows._POSTGRESQL}"
    with cut.connection() as connection:
        plan = "\n".join(connection.exec_driver_sql(explained, (array_from([b"a"]), now, now)).scalars())
        events = "EXPLAIN SELECT count(*) FROM channel_event WHERE at >= %s"
        of_events = "\n".join(connection.exec_driver_sql(events, (now,)).scalars())

    assert MESSAGES.month(month_of(now)) in plan
    assert "_before_" not in plan
    assert MESSAGES.month(following(month_of(now), -1)) not in plan
    assert "channel_event_before_" not in of_events


def test_a_push_may_claim_any_moment(cut):
    odd = [datetime(1970, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC)]

    assert put(cut, *(message(number, at) for number, at in enumerate(odd)))
    assert not put(cut, message(1, odd[1]))
    assert count(cut) == 2


def test_months_to_come_are_made_and_take_in_what_went_into_the_rest(whole, runtime):
    begun = midnight(following(month_of(utc_now()), -6))
    turn(whole, MESSAGES, now=begun)
    now = utc_now()
    put(whole, message(1, now), message(2, now + timedelta(days=32)))
    [finding] = [one for one in doctor.partitions(runtime) if one.verdict != "ok"]
    assert finding.subject == "message"
    assert f"{month_of(now):%Y-%m}" in finding.detail

    for _time in range(2):
        jobs.keep_ahead(runtime)

    assert MESSAGES.month(following(month_of(now), 2)) in names(whole)
    with whole.connection() as connection:
        assert keeping.in_rest(connection, MESSAGES, most=9) == 0
    assert count(whole) == 2
    assert not put(whole, message(1, now))
    assert [one for one in doctor.partitions(runtime) if one.verdict != "ok"] == []


def test_while_the_rest_holds_many_rows_of_any_month_the_clock_leaves_it_to_the_operator(
    whole, runtime, monkeypatch
):
    """However few are of the month that is made: the whole rest is read meanwhile, and nobody else may."""
    for module in (jobs, doctor):
        monkeypatch.setattr(module, "MOVED_BY_ITSELF", 2)
    turn(whole, MESSAGES, now=midnight(following(month_of(utc_now()), -6)))
    now = utc_now()
    months = [MESSAGES.month(following(month_of(now), ahead)) for ahead in (2, 1, 0)]
    put(whole, message(1, now), message(2, now), message(3, now - timedelta(days=31)))
    before = names(whole)

    jobs.keep_ahead(runtime)

    assert names(whole) == before
    [finding] = [one for one in doctor.partitions(runtime) if one.verdict != "ok"]
    assert finding.remedy.startswith("at a quiet hour run: python -m bot db partition message")
    assert count(whole) == 3
    assert not put(whole, message(1, now))

    made = list(keeping.make_each(whole, MESSAGES, now=now))  # what the command does

    assert made == months
    with whole.connection() as connection:
        assert keeping.in_rest(connection, MESSAGES, most=9) == 1  # of a month that is over
    assert count(whole) == 3
    assert not put(whole, message(1, now))


def test_whole_months_are_dropped_and_older_rows_of_the_first_partition_deleted(whole, runtime):
    now = utc_now()
    begun = midnight(following(month_of(now), -5))
    put(whole, *(message(number, begun - timedelta(days=20 * number)) for number in range(1, 5)))
    turn(whole, MESSAGES, now=begun)
    for month in range(6):
        with whole.connection() as connection:
            keeping.make_missing(connection, MESSAGES, now=midnight(following(month_of(begun), month)))
    ages = [midnight(following(month_of(now), -back)) + timedelta(hours=1) for back in range(5)]
    put(whole, *(message(number, at, name="new") for number, at in enumerate(ages)))
    keeping_two = replace(runtime.config, privacy=replace(PrivacyConfig(), message_months=2))
    runtime = replace(runtime, config=keeping_two)

    for _time in range(2):
        retention.forget(runtime)

    # The month in which the last day kept lies stays whole; what ended before it is gone, file and all.
    with whole.reading() as session:
        left = sorted(session.scalars(select(Message.received_at)))
    assert left == sorted(ages[:3])
    assert not any(name.startswith("message_before_") for name in names(whole))
    assert names(whole)[0] == MESSAGES.month(following(month_of(now), -2))


def test_until_the_first_partition_is_over_its_old_rows_go_one_by_one(whole, runtime):
    now = utc_now()
    put(whole, message(1, now - timedelta(days=100)), message(2, now))
    turn(whole, MESSAGES)
    keeping_two = replace(runtime.config, privacy=replace(PrivacyConfig(), message_months=2))

    retention.forget(replace(runtime, config=keeping_two))

    assert count(whole) == 1


def test_migrations_work_on_cut_tables_too(cut):
    put(cut, message(1, utc_now()))
    with cut.connection() as connection:
        op = Operations(MigrationContext.configure(connection))
        op.add_column("message", Column("mood", String(8), server_default="good"))
        op.create_index("ix_message_mood", "message", ["mood"])
        assert connection.scalar(text("SELECT mood FROM message")) == "good"
        op.drop_index("ix_message_mood", "message")
        op.drop_column("message", "mood")
        op.drop_index("ix_message_fan_id_id", "message")
        op.create_index("ix_message_fan_id_id", "message", ["fan_id", "id"])

    config = schema.alembic_config(cut)
    command.downgrade(config, "0028")
    with cut.connection() as connection:
        connection.exec_driver_sql("UPDATE message SET push = key")  # as the release before wrote it
    command.upgrade(config, "head")

    assert count(cut) == count(cut, PlainPush) == 1


def test_rows_that_nobody_can_have_sent_yet_are_named_and_nothing_is_changed(whole):
    put(whole, message(1, datetime(2099, 1, 1, tzinfo=UTC)))

    with pytest.raises(CannotPartition, match="delete them"):
        turn(whole, MESSAGES)

    assert names(whole) == []
    with whole.connection() as connection:
        assert checks.left_over(connection, MESSAGES) == []
    assert put(whole, message(2, datetime(2099, 1, 1, tzinfo=UTC)))


def test_a_run_that_was_killed_is_noticed_and_goes_on(whole, runtime):
    with whole.connection() as connection:
        plan = turning.plan(connection, MESSAGES, now=utc_now())
        turning._check(connection, plan)  # and then the machine lost power
    [finding] = [one for one in doctor.partitions(runtime) if one.verdict == "wrong"]
    assert "db partition message" in finding.remedy

    turn(whole, MESSAGES)

    assert put(whole, message(1, utc_now()))
    assert names(whole)[0].startswith("message_before_")
    assert all(one.verdict == "ok" for one in doctor.partitions(runtime))


def test_what_a_killed_run_left_is_taken_away_before_it_refuses_messages(whole):
    with whole.connection() as connection:
        plan = turning.plan(connection, MESSAGES, now=utc_now())
        turning._check(connection, plan)
        bound = midnight(plan.bound)

    with whole.connection() as connection:
        assert checks.forget_overdue(connection, MESSAGES, now=bound - timedelta(days=4)) == []
        assert checks.forget_overdue(connection, MESSAGES, now=bound - timedelta(days=2)) != []
    assert put(whole, message(1, bound))


def test_a_view_is_not_left_behind_with_the_old_rows(whole):
    with whole.connection() as connection:
        connection.exec_driver_sql("CREATE VIEW busy AS SELECT fan_id FROM message")
    with whole.connection() as connection, pytest.raises(CannotPartition, match="the view busy"):
        turning.plan(connection, MESSAGES, now=utc_now())


def test_links_keep_their_foreign_key_and_rights(whole):
    with whole.connection() as connection:
        link = connection.execute(
            insert(table_of(ShortLink)).values(
                owner="test:1", address="https://example.com", created_at=utc_now()
            )
        ).inserted_primary_key[0]
        connection.exec_driver_sql("GRANT SELECT ON link_click TO PUBLIC")
    turn(whole, CLICKS)
    turn(whole, EVENTS)

    with whole.transaction() as session:
        session.add(LinkClick(link_id=link, fan_id=1, at=utc_now()))
    with pytest.raises(Exception, match="fk_link_click_link_id"), whole.transaction() as session:
        session.add(LinkClick(link_id=link + 1, fan_id=1, at=utc_now()))
    with whole.connection() as connection:
        assert connection.scalar(text("SELECT has_table_privilege('public', 'link_click', 'SELECT')"))
    assert count(whole, LinkClick) == 1
    assert count(whole, ChannelEvent) == 0


def test_the_command_says_what_it_would_do_does_it_and_does_it_once(provision, tmp_path, capsys):
    settings = tmp_path / "config.toml"
    settings.write_text(f'[database]\nurl = "{provision.url}"\n', encoding="utf-8")
    call = ["db", "partition", "message", "--config", str(settings)]

    assert main([*call, "--dry-run"]) == 0
    assert names(provision.database) == []
    assert main(call) == 0
    assert "message: done" in capsys.readouterr().out
    assert main(call) == 0
    assert "cut by month already" in capsys.readouterr().out
    assert main(["db", "partition", "fan", "--config", str(settings)]) == 2
    assert "channel_event" in capsys.readouterr().err


def test_other_databases_are_told_that_they_cannot(empty_sqlite, tmp_path, capsys):
    settings = tmp_path / "config.toml"
    settings.write_text(f'[database]\nurl = "{empty_sqlite}"\n', encoding="utf-8")

    assert main(["db", "partition", "--config", str(settings)]) == 2
    assert "only PostgreSQL" in capsys.readouterr().err
