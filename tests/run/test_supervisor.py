"""The supervisor with small children: what it does when they end, and when it is asked to."""

import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from bot.supervisor import plans, ports, run_lock
from bot.supervisor.child import Child, Plan
from bot.supervisor.log_files import LARGEST, LogFile, is_loud, shown
from bot.supervisor.supervisor import DidNotStart, Supervisor
from tests.run.running import wait_for

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)",
]
PARENT = [
    sys.executable,
    "-c",
    "import subprocess, time; subprocess.Popen(['sleep', '601']); time.sleep(600)",
]


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(tmp_path, said):
    with run_lock.hold(tmp_path / "run.lock") as lock:
        yield Supervisor(tmp_path / "log", lock, said.append)


def pid_of(supervisor, place=0):
    return supervisor._children[place].pid


def ask_to_end_after(seconds, number=signal.SIGTERM):
    timer = threading.Timer(seconds, os.kill, (os.getpid(), number))
    timer.start()
    return timer


def test_a_child_that_dies_is_started_again_and_its_own_children_go_with_it(supervisor, said):
    with supervisor:
        supervisor.start(Plan("parent", PARENT))
        first = pid_of(supervisor)
        wait_for(lambda: psutil.Process(first).children())
        [grandchild] = psutil.Process(first).children()
        os.kill(first, signal.SIGKILL)

        assert supervisor.wait_until(lambda: pid_of(supervisor) not in {None, first}, 120)
        wait_for(lambda: not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE)
        second = pid_of(supervisor)

    assert said == ["parent    ended (killed by SIGKILL); started again in 0.5 s"]
    assert not psutil.pid_exists(second)


def test_who_ends_at_once_three_times_stops_the_start_with_their_last_words(supervisor):
    words = "print('no such table'); raise SystemExit(7)"

    with supervisor:
        supervisor.start(Plan("sleeper", SLEEPER))
        sleeper = pid_of(supervisor)
        supervisor.start(Plan("hasty", [sys.executable, "-c", words]))
        with pytest.raises(DidNotStart) as raised:
            supervisor.wait_until(lambda: False, 120)

    assert "hasty ends as soon as it is started (exit status 7)" in str(raised.value)
    assert "no such table" in str(raised.value)
    assert not psutil.pid_exists(sleeper)


def test_after_the_start_a_failing_child_is_tried_for_ever_with_growing_pauses(tmp_path):
    child = Child(Plan("hasty", [sys.executable, "-c", ""]), tmp_path)
    pauses, now = [], 0.0

    for _ in range(7):
        child.start(now)
        wait_for(lambda: child.has_ended(now))
        pauses.append(child.restarts_at - now)
        now = child.restarts_at
    child.start(now)
    wait_for(lambda: child._process.poll() is not None)
    assert child.has_ended(now + 31)

    assert pauses == [0.5, 1, 2, 4, 8, 10, 10]
    assert child.restarts_at == now + 31 + 0.5


def test_one_request_ends_everything_stage_by_stage(supervisor, tmp_path):
    note = f"open({str(tmp_path / 'order')!r}, 'a').write"
    telling = (
        "import signal, sys, time\n"
        "def end(*_):\n    {note}({name!r} + ' ')\n    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)\n"
    )

    with supervisor:
        for name, stage in (("redis", plans.LAST), ("web", plans.FIRST), ("worker", plans.MIDDLE)):
            code = telling.format(note=note, name=name)
            supervisor.start(Plan(name, [sys.executable, "-c", code], stage))
            wait_for(lambda name=name: "ready" in (tmp_path / f"log/{name}.log").read_text("utf-8"))
        ask_to_end_after(0.2)
        supervisor.watch()

    assert (tmp_path / "order").read_text("utf-8").split() == ["web", "worker", "redis"]


def test_a_second_ctrl_c_does_not_wait(supervisor, tmp_path, monkeypatch):
    monkeypatch.setattr("bot.supervisor.supervisor.SECONDS_TO_STOP", 60.0)  # far longer than it takes
    with supervisor:
        supervisor.start(Plan("stubborn", STUBBORN))
        pid = pid_of(supervisor)
        wait_for(lambda: "deaf" in (tmp_path / "log/stubborn.log").read_text("utf-8"))
        ask_to_end_after(0.2, signal.SIGINT)
        ask_to_end_after(1.0, signal.SIGINT)
        began = time.monotonic()
        supervisor.watch()

    assert time.monotonic() - began < 30
    assert not psutil.pid_exists(pid)


def test_who_does_not_listen_is_killed_after_six_seconds(supervisor, tmp_path):
    with supervisor:
        supervisor.start(Plan("stubborn", STUBBORN))
        pid = pid_of(supervisor)
        wait_for(lambda: "deaf" in (tmp_path / "log/stubborn.log").read_text("utf-8"))
        ask_to_end_after(0.1)
        began = time.monotonic()
        supervisor.watch()

    assert 5.5 < time.monotonic() - began < 30
    assert not psutil.pid_exists(pid)


def test_a_failing_preparation_says_why(supervisor):
    complaint = "import sys; sys.exit('error: [database] url: no such host')"

    with pytest.raises(DidNotStart, match="no such host"), supervisor:
        supervisor.run_once("migrate", [sys.executable, "-c", complaint], {})


def test_a_second_holder_of_the_folder_is_refused(tmp_path):
    first, second = run_lock.hold(tmp_path / "run.lock"), run_lock.hold(tmp_path / "run.lock")
    with first, pytest.raises(run_lock.AlreadyRunning, match=f"pid {os.getpid()}"), second:
        pass

    with run_lock.hold(tmp_path / "run.lock"):
        pass


def test_what_a_crash_left_running_is_ended_and_a_strangers_process_is_not(tmp_path):
    left = subprocess.Popen(SLEEPER, start_new_session=True)
    stranger = subprocess.Popen(SLEEPER, start_new_session=True)
    try:
        created = psutil.Process(left.pid).create_time()
        (tmp_path / "run.lock").write_text(
            f'{{"pid": 1, "children": {{"{left.pid}": {created}, "{stranger.pid}": 1.0}}}}'
        )

        with run_lock.hold(tmp_path / "run.lock"):
            assert not psutil.pid_exists(left.pid)
            assert stranger.poll() is None
    finally:
        for process in (left, stranger):
            process.kill()
            process.wait()


def test_a_large_log_is_put_aside_at_the_start(tmp_path):
    (tmp_path / "web.log").write_bytes(b"x" * (LARGEST + 1))

    log = LogFile(tmp_path / "web.log")

    assert (tmp_path / "web.log.1").stat().st_size == LARGEST + 1
    with log.open() as file:
        file.write(b"12:00:00 warning bot.clock: redis away\n12:00:01 info    bot: fine\n12:00:02 err")
    assert list(log.loud_lines()) == ["12:00:00 warning bot.clock: redis away"]
    with log.open() as file:
        file.write(b"or   bot: lost\n")
    assert list(log.loud_lines()) == ["12:00:02 error   bot: lost"]


@pytest.mark.parametrize(
    ("line", "loud"),
    [
        ('{"at": "2026-11-21", "level": "warning", "event": "redis away"}', True),
        ('{"at": "2026-11-21", "level": "info", "event": "an error was mended"}', False),
        ("{not json", False),
        ("12:00:00 error   bot.intake: handler failed account=head", True),
        ("12:00:00 info    bot.worker: promise kept job=channels.make_code job_id=1 reason=error", False),
        ("[WARNING] Configuration allows spawning up to 64 Python threads, which seems quite high", False),
        ("123:M 21 Nov 2026 # WARNING Memory overcommit must be enabled!", False),
    ],
)
def test_warnings_and_errors_reach_the_terminal_and_nothing_else(line, loud):
    assert is_loud(line) is loud


def test_a_free_port_is_free_and_an_ended_connection_does_not_count():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert not ports.is_free("127.0.0.1", port)
        assert f"pid {os.getpid()} (" in ports.holder(port)
        client = socket.create_connection(("127.0.0.1", port))
        server, _ = listener.accept()
        server.close()  # the side that closes first keeps the port in TIME_WAIT
        client.close()

    assert ports.is_free("127.0.0.1", port)


def test_a_json_line_is_shortened_for_the_terminal():
    line = (
        '{"at": "2026-11-21T23:25:16.334+00:00", "level": "warning", "logger": "bot.clock", '
        '"event": "redis away", "reason": "ConnectionError", "traceback": "a\\nb"}'
    )

    assert shown(line) == "23:25:16 warning bot.clock: redis away reason=ConnectionError"
    assert len(shown("x" * 1000)) < 250
