"""`fans sync` shows how far it is, and goes on with a run that was killed."""

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select, update

from bot.cli import main
from bot.db import utc_now
from bot.fan_sync import listing, profiles, runs
from bot.fan_sync.models import FanSyncRun
from bot.fan_sync.progress import progress
from bot.fans.models import Fan
from simulator.server import Server
from simulator.world.fans import Fan as SimFan
from tests.support.codes import bench


class Killed(BaseException):
    """What no code of ours catches."""


@pytest.fixture
def room(empty_sqlite, tmp_path):
    with Server() as platform, bench(empty_sqlite, platform) as found:
        mine = found.runtime.config.accounts[0]
        found.file = tmp_path / "config.toml"
        found.file.write_text(
            f'[database]\nurl = "{empty_sqlite}"\n[redis]\nurl = "unix:///nonexistent/redis.sock"\n'
            f'[wechat]\napi_base = "{platform.url}"\n[fan_sync]\ncalls_per_second = 500\n'
            f'[[accounts]]\nname = "{mine.name}"\napp_id = "{mine.app_id}"\napp_secret = "{mine.app_secret}"\n'
            f'token = "{mine.token}"\nencoding_aes_key = "{mine.encoding_aes_key}"\nmode = "plain"\n'
        )
        fans = platform.platform.state.accounts[mine.app_id].fans
        fans.update(
            {f"o{one:027}": SimFan(f"o{one:027}", f"t{one}", True, 1_760_000_000) for one in range(1200)}
        )
        yield found


def test_a_killed_sync_is_gone_on_with_and_progress_is_shown(room, capsys, monkeypatch):
    assert main(["fans", "sync", "--resume", "--config", str(room.file)]) == 2
    assert "no run of head is under way" in capsys.readouterr().err

    written = []

    def killed(turn, part, found):
        if written:
            raise Killed
        written.append(part)
        write(turn, part, found)

    write = profiles._write
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(profiles, "_write", killed)
        main(["fans", "sync", "--config", str(room.file)])
    with room.db.transaction() as session:
        session.execute(update(FanSyncRun).values(held_until=utc_now() - timedelta(seconds=1)))
        assert session.scalar(select(func.count(Fan.id))) == listing.PART_SIZE
    assert main(["fans", "sync", "--resume", "--config", str(room.file)]) == 0
    said = capsys.readouterr().out
    assert "1,200 fans read in 16 calls; 1,200 added" in said
    with room.db.reading() as session:
        assert session.scalar(select(func.count(Fan.id))) == 1200
        assert session.scalar(select(func.count(FanSyncRun.id))) == 1


def test_a_spent_quota_is_waited_for_without_asking(room, monkeypatch):
    with room.db.transaction() as session:
        run = runs.begin(session, room.account.id, asked_by="alice", now=utc_now())
        run.not_before = utc_now() + timedelta(hours=5)
    asked = []

    def sleep(_seconds):
        with room.db.transaction() as session:
            asked.append(session.scalars(select(FanSyncRun.calls)).one())
            session.execute(update(FanSyncRun).values(not_before=None))

    monkeypatch.setattr("bot.cli.fans.time", SimpleNamespace(sleep=sleep, monotonic=time.monotonic))

    assert main(["fans", "sync", "--config", str(room.file)]) == 0

    assert asked == [0]


def test_what_is_left_goes_by_the_pace_and_by_when_a_quota_opens(room):
    now = utc_now()
    with room.db.transaction() as session:
        run = runs.begin(session, room.account.id, asked_by="alice", now=now)
    run.total = run.listed = 100_000
    assert progress(run, per_second=20, now=now).left == timedelta(seconds=50)
    run.phase, run.profiled = "profiles", 25_000
    at = now + timedelta(seconds=50)
    assert progress(run, per_second=20, now=at).left == timedelta(seconds=150)
    run.not_before = at + timedelta(hours=1)
    found = progress(run, per_second=20, now=at)
    assert (found.share, found.left) == (0.25, timedelta(hours=1, seconds=150))
    run.state = "done"
    assert progress(run, per_second=20, now=at).left is None
