"""After a restoration: what may have been said is held until somebody looks, and nothing is said twice."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from bot.accounts.models import Account
from bot.backups import aftermath
from bot.broadcasts.models import Broadcast
from bot.channels import making
from bot.channels.models import Channel
from bot.channels.plans import Common, Row
from bot.clock import Clock
from bot.db import utc_now
from bot.desk import requests
from bot.desk.request_models import DeskRequest
from bot.doctor.checks import CHECKS
from bot.doctor.restored import restoration
from bot.fan_sync import runs
from bot.fan_sync.comparing import FRESH
from bot.fan_sync.models import FanSyncRun
from bot.jobs import EVERYDAY, JOBS, OWN_ACCORD, SPEAKING
from bot.outbox.models import Promise
from bot.outbox.promises import Wish, promise, promise_all
from bot.reach import contents, planning
from bot.reach.models import ReachNotice
from bot.restorations.models import Restoration
from bot.runtime import open_runtime
from tests import make

# What may be done twice, and says nothing to anybody by itself: with the timetable's, all that goes on after a
# restoration.  A new job belongs here, or into SPEAKING, or into OWN_ACCORD.
QUIET = set(
    "broadcasts.finish channels.make channels.make_code channels.pack coupons.give coupons.tell desk.drain "
    "desk.obey desk.settle earning.followed earning.registered earning.replay exports.write fans.complete fans.sync imports.put levels.join "
    "levels.part levels.review_all levels.simulate levels.wear levels.wear_all mall.forget_addresses materials.withdraw "
    "members.export members.forget_withdrawn members.recognise "
    "members.import_rows members.obey_cancellation members.obey_revoke members.tell_of_claim members.tell_referrer "
    "menus.publish posters.pack reach.note_failure reach.note_objection reach.settle_batch reach.tell_notes "
    "retention.forget_talk retention.obey_leave tags.make tags.move tags.put_many tags.sync".split()
)


def test_of_every_job_it_is_decided_whether_it_goes_on():
    decided = [EVERYDAY, QUIET, SPEAKING, OWN_ACCORD]

    assert sum(map(len, decided)) == len(JOBS)
    assert set().union(*decided) == set(JOBS)


@pytest.fixture
def runtime(db, redis_url):
    runtime = open_runtime(make.config(db.url.render_as_string(hide_password=False), redis_url=redis_url))
    yield runtime
    runtime.close()


def head(db):
    with db.reading() as session:
        return session.scalar(select(Account.id))


def wished(session, job, key=None, **arguments):
    now = utc_now()
    promise(session, Wish(job, arguments, now, key), now=now)


def put_back(db, **facts):
    now = utc_now()
    with db.transaction() as session:
        return aftermath.begin(
            session, taken_at=now - timedelta(hours=3), source="test", accounts=["head"], now=now, **facts
        )


def states(db):
    return {(row.job, row.state) for row in make.promises(db)}


def relayed(runtime):
    """The jobs that a clock hands to the workers, but for the timetable's."""
    Clock(runtime).tick()
    with runtime.db.reading() as session:
        jobs = session.scalars(select(Promise.job).where(Promise.state == "queued"))
        return sorted(set(jobs) - EVERYDAY)


def test_what_speaks_is_held_and_what_reconciles_goes_on(db, runtime):
    with db.transaction() as session:
        wished(session, "replies.say", fan_id=1, reply={})
        wished(session, "tags.make", account="head")
        wished(session, "posters.send", order_id=1)
        session.execute(update(Promise).where(Promise.job != "posters.send").values(state="running"))

    assert put_back(db).held == 2

    assert states(db) == {
        ("replies.say", "held"),
        ("posters.send", "held"),
        ("tags.make", "waiting"),
        ("fans.begin_sync", "waiting"),
    }
    assert relayed(runtime) == ["tags.make"]


def told(db, *, fan_id=1, intent="series", key="k"):
    now = utc_now()
    with db.transaction() as session:
        return planning.notify(
            session,
            account_id=head(db),
            fan_id=fan_id,
            intent=intent,
            key=key,
            content=contents.text("hello"),
            now=now,
        )


def test_nothing_is_said_of_our_own_accord_until_somebody_has_looked(db, runtime, config_file, capsys):
    told(db, key="before")
    put_back(db)
    told(db, key="found due since")

    assert "reach.pump" not in relayed(runtime)
    assert run(config_file, "show") == 1
    assert ["series", "1", "1"] in [line.split() for line in capsys.readouterr().out.splitlines()]

    assert run(config_file, "end") == 0
    assert "reach.pump" in relayed(runtime)
    assert run(config_file, "show") == 0
    assert run(config_file, "end") == 2
    assert "no restoration" in capsys.readouterr().err


def test_what_was_dropped_is_never_said(db, runtime, config_file, capsys):
    with db.transaction() as session:
        wished(session, "replies.say", fan_id=1, reply={})
        wished(session, "sms.send", sms_id=1)
    told(db, key="before")
    told(db, intent="level_rose")
    put_back(db)

    assert run(config_file, "drop", "nonsense") == 2
    assert "nothing is held as nonsense" in capsys.readouterr().err
    assert run(config_file, "drop", "replies.say", "series") == 0
    assert "2 dropped" in capsys.readouterr().out
    run(config_file, "end")

    assert {("replies.say", "done"), ("sms.send", "waiting")} <= states(db)
    with db.reading() as session:
        found = session.execute(select(ReachNotice.intent, ReachNotice.state, ReachNotice.reason)).all()
    assert set(map(tuple, found)) == {("series", "unsure", "restored"), ("level_rose", "waiting", None)}
    assert told(db, key="before") is None  # it is known, and so not planned again


def test_a_broadcast_that_was_approved_waits_and_can_be_called_off(db, runtime, config_file, capsys):
    now = utc_now()
    with db.transaction() as session:
        row = Broadcast(
            account_id=head(db),
            name="秋游",
            state="approved",
            way="planner",
            intent="broadcast",
            content={},
            written_by=[],
            created_by="x",
            created_at=now,
            approved_at=now - timedelta(hours=4),
            send_at=now - timedelta(hours=2),
        )
        session.add(row)
        session.flush()
        batch = row.batch
        wished(session, "broadcasts.lay", broadcast_id=row.id)
    put_back(db)

    assert relayed(runtime) == []
    run(config_file, "show")
    assert f"{batch} " in (said := capsys.readouterr().out)
    assert "秋游" in said
    assert run(config_file, "drop", "--all") == 0
    with db.reading() as session:
        assert session.scalar(select(Broadcast.state)) == "cancelled"


def test_requests_at_the_desk_are_closed_without_a_word(db, runtime):
    now = utc_now()
    with db.transaction() as session:
        requests.ask(session, account_id=head(db), fan_id=7, shop_id=None, why="menu", now=now)

    assert put_back(db).closed == 1

    with db.reading() as session:
        request = session.scalars(select(DeskRequest)).one()
    assert (request.state, request.closed_why, request.open_key) == ("closed", "restored", None)
    assert not {job for job, state in states(db) if job.startswith("desk.") and state == "waiting"}


def test_fans_are_compared_with_wechat_from_the_beginning(db, runtime):
    with db.transaction() as session:
        old = runs.begin(session, head(db), asked_by="timetable", now=utc_now()).id

    put_back(db)

    with db.reading() as session:
        assert session.get_one(FanSyncRun, old).state == "stopped"
    JOBS["fans.begin_sync"](runtime, account="head")
    with db.reading() as session:
        assert session.scalar(select(FanSyncRun.state).where(FanSyncRun.id != old)) == "running"


def test_a_code_made_since_does_not_lead_to_what_is_made_now(db, runtime):
    """Codes are named by their row's number, which the restored database gives a second time."""
    before = scene(db)
    put_back(db)
    after = scene(db)

    assert before.removeprefix("c:").isdigit()
    assert after.startswith("c:")
    assert not after.removeprefix("c:").isdigit()


def test_the_same_backup_put_back_twice_gives_no_scene_a_second_time(db, runtime):
    """The second time the row of the first restoration is gone, as is everything since."""
    put_back(db)
    first = scene(db)
    with db.transaction() as session:
        session.execute(delete(Restoration))
        session.execute(delete(Channel))
    later = utc_now() + timedelta(days=2)
    with db.transaction() as session:
        aftermath.begin(
            session, taken_at=later - timedelta(days=3), source="test", accounts=["head"], now=later
        )
    second = scene(db)

    assert first.partition("-")[2] != second.partition("-")[2]


def test_fans_are_compared_once_more_when_all_pushes_are_old(db, runtime, config_file):
    """Who followed minutes before we were back is left to a push, which the lost database had."""
    put_back(db)
    with db.transaction() as session:
        session.execute(delete(Promise))

    run(config_file, "end")

    [row] = [row for row in make.promises(db) if row.job == "fans.begin_sync"]
    assert row.due_at - row.created_at > FRESH


def scene(db):
    with db.transaction() as session:
        common = Common(account_id=head(db))
        return making.add(session, common, Row(name="大门"), mark="m", maker=None, now=utc_now()).scene


def test_numbers_are_not_given_again_where_the_database_lets_one_say_so(db, runtime):
    with db.transaction() as session:
        wished(session, "tags.make", account="head")
    [before] = [row.id for row in make.promises(db) if row.job == "tags.make"]
    put_back(db)
    with db.transaction() as session:
        wished(session, "tags.move", tag_id=1)

    [after] = [row.id for row in make.promises(db) if row.job == "tags.move"]
    assert after > before
    assert (after > before + 900_000) == (db.dialect in {"postgresql", "sqlite"})


def test_doctor_says_that_somebody_has_to_look(db, runtime, config_file):
    assert list(restoration(runtime)) == []
    put_back(db)

    [finding] = restoration(runtime)
    assert finding.verdict == "wrong"
    assert "restoration show" in str(finding.remedy)
    assert restoration in CHECKS


def test_other_tools_may_have_put_it_back(db, runtime, config_file, capsys):
    with db.transaction() as session:
        promise_all(session.connection(), [Wish("replies.say", {}, utc_now())], now=utc_now())

    assert run(config_file, "begin", "--taken-at", "2031-01-01T00:00Z") == 2
    assert run(config_file, "begin", "--taken-at", "2026-01-01T00:00+08:00") == 0

    run(config_file, "show")
    assert "2025-12-31 16:00 UTC" in capsys.readouterr().out


@pytest.fixture
def config_file(database_url, tmp_path):
    file = tmp_path / "config.toml"
    mine = make.account()
    file.write_text(
        f'[database]\nurl = "{database_url}"\n[[accounts]]\nname = "head"\napp_id = "{mine.app_id}"\n'
        f'app_secret = "{mine.app_secret}"\ntoken = "{mine.token}"\nmode = "plain"\n'
    )
    return str(file)


def run(config_file, *words):
    from bot import cli

    return cli.main(["restoration", *words, "--config", config_file])
