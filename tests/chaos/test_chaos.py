"""The parts of the chaos suite that decide what is green: `make chaos` runs the rest."""

import ast

import crossplane
import pytest

from bot.config import load
from bot.redis_client import connect
from tests.chaos import network, release, settings
from tests.chaos.ledger import (
    Call,
    Ledger,
    Promised,
    Pushed,
    Sent,
    Step,
    Tables,
    answer,
    follow_up,
    judge,
    number_in,
    number_said,
    observe,
    question,
)
from tests.chaos.machines import CHILD_ENDED, Machines, await_
from tests.chaos.report import Report
from tests.chaos.services import DEPLOY
from tests.deploy.test_upgrading import narrowings
from tests.test_project import PACKAGES

KILLING = Step("kill-worker", 90.0, 110.0, "the worker was killed")


@pytest.fixture
def sides():
    """One message, sent, pushed, stored, answered and followed up as it should be."""
    ledger = Ledger(
        {7: Sent(7, "t1", 100.0)}, [Pushed(7, 100.2, 0.2, 1, True, answer(7))], [Call(100.5, 7, 0)]
    )
    ledger.heard[7] = 1
    tables = Tables(counted={"t1": 1}, follow_ups={7: [Promised("done", 1, None)]})
    tables.stored[7] = 1
    return ledger, tables


def test_numbers_are_found_in_what_is_said():
    assert number_in(question(12)) == number_said(answer(12)) == number_said(follow_up(12)) == 12
    assert number_in("您好") is None


def test_two_sides_that_agree_are_green(sides):
    verdict = judge(*sides, [KILLING])

    assert (verdict.violations, verdict.unsure) == ([], [])


def _lose_answer(ledger, _tables):
    ledger.pushed[0] = Pushed(7, 100.2, 0.2, 3, False, None, ("HTTP 503",) * 3)


def _be_late(ledger, _tables):
    ledger.pushed[0] = Pushed(7, 120.0, 16.0, 3, True, answer(7))


def _answer_another(ledger, _tables):
    ledger.pushed[0] = Pushed(7, 100.2, 0.2, 1, True, answer(8))


def _forget(_ledger, tables):
    del tables.stored[7]


def _store_twice(_ledger, tables):
    tables.stored[7] = 2


def _count_twice(_ledger, tables):
    tables.counted["t1"] = 2


def _invent(_ledger, tables):
    tables.stored[8] = 1


def _never_say(ledger, _tables):
    ledger.heard[7] = 0


def _leave_open(_ledger, tables):
    tables.follow_ups[7] = [Promised("queued", 1, None)]


def _promise_twice(_ledger, tables):
    tables.follow_ups[7] *= 2


def _die(_ledger, tables):
    tables.dead.append("tags.sync: refused")


@pytest.mark.parametrize(
    "spoil",
    [
        _lose_answer,
        _be_late,
        _answer_another,
        _forget,
        _store_twice,
        _count_twice,
        _invent,
        _never_say,
        _leave_open,
        _promise_twice,
        _die,
    ],
)
def test_whatever_is_lost_doubled_or_late_is_a_violation(sides, spoil):
    spoil(*sides)

    assert judge(*sides, [KILLING]).violations


def test_a_follow_up_heard_twice_is_unsure_only_where_a_step_says_why(sides):
    ledger, tables = sides
    ledger.heard[7] = 2
    ledger.calls.append(Call(116.0, 7, 0))

    excused = judge(ledger, tables, [KILLING])
    doubled = judge(ledger, tables, [Step("restart-database", 90.0, 110.0)])

    assert (excused.violations, len(excused.unsure)) == ([], 1)
    assert (len(doubled.violations), doubled.unsure) == (1, [])


def report_of(sides, crashes):
    report = Report(7, [KILLING], crashes=crashes)
    report.close(sides[0], judge(*sides, [KILLING]), 20.0)
    return report


def test_what_falls_over_by_itself_is_a_fault_though_it_was_started_again(sides, tmp_path, capsys):
    assert report_of(sides, {}).tell(tmp_path) == 0
    assert report_of(sides, {"work1/worker": 1}).tell(tmp_path) == 1
    assert "VIOLATION work1/worker ended by itself, 1 x" in capsys.readouterr().out


def test_a_step_excuses_only_what_it_did_and_only_as_often(sides):
    report = report_of(sides, {"data/postgresql": 2, "web1/web": 1})

    report.excuse({"data/postgresql": 1, "web1/web": 1}, {"postgresql"})

    assert report.faults == {"data/postgresql": 1, "web1/web": 1}
    assert not report.is_green


def test_processes_that_end_by_themselves_are_counted_their_children_too(tmp_path, monkeypatch):
    monkeypatch.setattr(network, "on", lambda _host: [])
    machines = Machines(tmp_path)
    try:
        machines.add("web1", "web", ["sh", "-c", f"echo {CHILD_ENDED.decode()}-1; exec sleep 60"], tmp_path)
        machines.add("work1", "worker", ["true"], tmp_path)
        machines.add("work1", "clock", ["sleep", "60"], tmp_path)
        await_("both are seen", lambda: len(machines.crashes()) == 2, 120)
        machines.stop("work1", "clock")
        machines.kill("web1")

        assert machines.crashes().keys() == {"web1/web", "work1/worker"}
    finally:
        machines.close()


def test_a_step_is_told_what_its_messages_met_with(sides):
    ledger, _ = sides
    ledger.pushed += [Pushed(8, 108.0, 6.0, 2, True, answer(8)), Pushed(9, 130.0, 0.1, 1, True, answer(9))]

    seen = observe(ledger, KILLING)

    assert (seen.messages, seen.longest, seen.attempts, seen.unsettled) == (2, 6.0, {1: 1, 2: 1}, 18.0)
    assert seen.follow_up == pytest.approx(0.3)


def test_the_hosts_settings_are_ours_and_nginx_reads_its_own(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text(settings.bot(tmp_path), encoding="utf-8")
    config = load(file, environ={})
    documented = (DEPLOY / "nginx" / "yizhan.conf").read_text("utf-8")
    (tmp_path / "conf.d").mkdir()
    for name, text in (
        ("conf.d/upstream.conf", settings.upstream((DEPLOY / "nginx" / "upstream.conf").read_text("utf-8"))),
        ("conf.d/yizhan.conf", settings.site(documented, (1, 22, 1))),
        ("nginx.conf", settings.NGINX.replace("/etc/nginx", str(tmp_path))),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")

    read = crossplane.parse(str(tmp_path / "nginx.conf"), combine=True)

    assert len(connect(config.redis.url).connection_pool.sentinel_manager.sentinels) == 3
    assert read["status"] == "ok", read["errors"]
    assert (
        settings.upstream((DEPLOY / "nginx" / "upstream.conf").read_text("utf-8")).count("server 10.77.0.")
        == 4
    )
    assert settings.site(documented, (1, 26, 0)) == documented


def test_the_newer_release_is_whole(tmp_path):
    made = release.make(tmp_path / "newer")

    assert {one.name for one in release.ROOT.glob("*.py")} <= {one.name for one in made.glob("*.py")}
    assert set(PACKAGES) - {"simulator"} <= {one.parent.name for one in made.glob("*/__init__.py")}


def test_the_newer_releases_migration_only_adds():
    source = release.migration()

    assert narrowings(source) == []
    assert "down_revision" in {
        one.targets[0].id for one in ast.parse(source).body if isinstance(one, ast.Assign)
    }
