"""The one command: up, played with, hurt, and gone without a trace."""

import os
import shutil
import signal
import socket
import tempfile
from pathlib import Path

import pytest

from tests.run.running import Running, command, free_ports, wait_for


@pytest.fixture
def folder():
    # Not tmp_path, whose name may be too long for the socket of the embedded Redis to lie in it.
    path = Path(tempfile.mkdtemp(prefix="yizhan-run-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def running(folder):
    run = Running(folder)
    yield run
    run.clean_up()


def test_the_demo_runs_tells_its_story_heals_and_ends(running):
    story = command(running.folder, "demo", "--story")
    assert story.returncode == 0, story.stdout + story.stderr
    assert "上海人民广场店的营业时间是" in story.stdout
    assert "想带父母去看银杏" in story.stdout
    assert "promises kept, 0 dead" in story.stdout

    for name in (("bot", "web"), ("bot", "worker"), ("bot", "clock"), ("valkey",), ("simulator", "--state")):
        pid = running.child(*name)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda pid=pid, name=name: running.child(*name) not in {None, pid})
    wait_for(running.is_ready)
    wait_for(running.has_platform)
    again = command(running.folder, "demo", "--story")
    assert again.returncode == 0, again.stdout + again.stderr

    members = running.members()
    assert len(members) >= 6
    assert running.end() == 0, running.said()
    assert running.members() == []
    assert "Stopped" in running.said()


def test_ctrl_c_leaves_no_process_and_the_next_start_is_quick(running):
    assert running.end(signal.SIGINT) == 0
    assert running.members() == []
    password = next(line for line in running.said().splitlines() if "password" in line)

    again = Running(running.folder)
    try:
        assert again.seconds_to_ready < 8
        assert "nothing changed" in again.said()
        assert "password" not in again.said()
        secret = password.split()[3]
        logs = "".join(path.read_text("utf-8", "replace") for path in (running.folder / "var/log").iterdir())
        assert secret not in logs
    finally:
        again.end()
        again.clean_up()


def test_a_simulator_that_begins_afresh_is_told_everything_again(running):
    running.end()
    for path in (running.folder / "var").glob("simulator*"):
        path.unlink() if path.is_file() else shutil.rmtree(path)

    again = Running(running.folder)
    try:
        story = command(again.folder, "demo", "--story")
        assert story.returncode == 0, story.stdout + story.stderr
    finally:
        again.end()
        again.clean_up()


def test_a_story_without_a_running_demo_says_how_to_start_one(folder):
    refused = command(folder, "demo", "--story", "--simulator-port", str(free_ports(1)[0]))

    assert refused.returncode == 2
    assert "make run" in refused.stderr


def test_a_killed_supervisor_leaves_nothing_and_the_next_one_starts(running):
    running.process.kill()
    running.process.wait()

    wait_for(lambda: running.members() == [])

    again = Running(running.folder)
    try:
        assert again.is_ready()
    finally:
        again.end()
        again.clean_up()


def test_a_second_run_in_the_folder_names_the_first(running):
    second = command(running.folder, "run", *running.ports)

    assert second.returncode == 2
    assert f"pid {running.process.pid}" in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1
    assert running.is_ready()


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
