"""The one command: up, played with, hurt, and gone without a trace."""

import contextlib
import os
import shutil
import signal
import socket
import tempfile
from pathlib import Path

import pytest

from tests.run import tutorial
from tests.run.running import Running, command, free_ports, wait_for


@pytest.fixture
def folder():
    # Not tmp_path, whose name may be too long for the socket of the embedded Redis to lie in it.
    path = Path(tempfile.mkdtemp(prefix="yizhan-run-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def start(folder):
    """A way to start the demo in the folder; whatever still runs at the end is ended."""
    started = []

    def begin():
        run = Running(folder)
        started.append(run)
        return run

    yield begin
    for run in started:
        run.clean_up()


def test_a_demo_is_played_hurt_ended_begun_again_killed_and_told_everything_again(start, folder):
    """One folder's life, in one test, because every start costs many seconds."""
    run = start()
    password = next(line for line in run.said().splitlines() if "password" in line).split()[3]
    _a_second_run_names_the_first(run)
    tutorial.follow(run)
    _it_tells_its_story_and_heals(run)
    _what_it_keeps_is_its_owners(folder)
    assert len(run.members()) >= 6
    assert run.end() == 0, run.said()
    wait_for(lambda: run.members() == [], 20)  # who was killed takes a moment to be gone
    assert "Stopped" in run.said()

    again = start()
    assert "nothing changed" in again.said()
    assert "password" not in again.said()
    logs = "".join(path.read_text("utf-8", "replace") for path in (folder / "var/log").iterdir())
    assert password not in logs
    again.process.kill()
    again.process.wait()
    wait_for(lambda: again.members() == [])  # a killed supervisor leaves nothing

    for path in (folder / "var").glob("simulator*"):
        path.unlink() if path.is_file() else shutil.rmtree(path)
    afresh = start()
    assert afresh.is_ready()
    _it_tells_its_story(afresh)  # a platform that begins afresh is told everything again
    assert afresh.end(signal.SIGINT) == 0
    wait_for(lambda: afresh.members() == [], 20)


def _it_tells_its_story(run):
    story = command(run.folder, "demo", "--story")
    assert story.returncode == 0, story.stdout + story.stderr
    assert "上海人民广场店的营业时间是" in story.stdout
    assert "想带父母去看银杏" in story.stdout
    assert "promises kept, 0 dead" in story.stdout


def _it_tells_its_story_and_heals(run):
    _it_tells_its_story(run)
    for name in (("bot", "web"), ("bot", "worker"), ("bot", "clock"), ("valkey",), ("simulator", "--state")):
        pid = run.child(*name)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda pid=pid, name=name: run.child(*name) not in {None, pid})
    wait_for(run.is_ready)
    wait_for(run.has_platform)
    _it_tells_its_story(run)


def _what_it_keeps_is_its_owners(folder):
    modes = {}
    for path in (folder / "var", *(folder / "var").rglob("*")):
        with contextlib.suppress(FileNotFoundError):  # it was written beside another, and has its place now
            modes[str(path)] = path.lstat().st_mode
    assert len(modes) > 15
    assert [path for path, mode in modes.items() if mode & 0o077] == []


def _a_second_run_names_the_first(run):
    second = command(run.folder, "run", *run.ports)

    assert second.returncode == 2
    assert f"pid {run.process.pid}" in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1
    assert run.is_ready()


def test_a_story_without_a_running_demo_says_how_to_start_one(folder):
    refused = command(folder, "demo", "--story", "--simulator-port", str(free_ports(1)[0]))

    assert refused.returncode == 2
    assert "make run" in refused.stderr


def test_a_taken_port_is_named_with_its_holder_and_the_remedy(folder):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, other = listener.getsockname()[1], free_ports(1)[0]

        refused = command(folder, "run", "--port", str(port), "--simulator-port", str(other))

    assert refused.returncode == 2
    assert f"port {port} is taken by pid {os.getpid()} (" in refused.stderr
    assert "[server] port in var/demo.toml" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    assert not (folder / "var/log").exists()


def test_the_settings_of_the_demo_are_private_and_kept(folder):
    from bot.demo import settings

    here = Path.cwd()
    os.chdir(folder)
    try:
        first = settings.ensure().read_text("utf-8")
        second = settings.ensure(port=8123, simulator_port=8124).read_text("utf-8")
        assert settings.FILE.stat().st_mode & 0o777 == 0o600
    finally:
        os.chdir(here)

    moved = first.replace(":8000", ":8123").replace("port = 8000", "port = 8123").replace(":8090", ":8124")
    assert second == moved


def test_a_settings_file_that_was_named_and_is_missing_starts_no_demo(folder):
    refused = command(folder, "run", "--config", "config.toml")

    assert refused.returncode == 2
    assert "config.toml: no such file" in refused.stderr
    assert list(folder.iterdir()) == []
