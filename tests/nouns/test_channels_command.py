"""`channels make` makes codes here and now, and is gone on with."""

import pytest
from sqlalchemy import select

from bot.audit import Actor
from bot.batches.models import Batch
from bot.channels import making
from bot.channels.models import Channel
from bot.channels.plans import Common, Row
from bot.cli import main
from bot.db import utc_now
from simulator.server import Server
from tests import make
from tests.support.codes import bench


@pytest.fixture
def room(empty_sqlite, tmp_path):
    with Server() as platform, bench(empty_sqlite, platform) as found:
        mine = found.runtime.config.accounts[0]
        found.file = tmp_path / "config.toml"
        found.file.write_text(
            f'[database]\nurl = "{empty_sqlite}"\n[redis]\nurl = "unix:///nonexistent/redis.sock"\n'
            f'[wechat]\napi_base = "{platform.url}"\n'
            f'[[accounts]]\nname = "{mine.name}"\napp_id = "{mine.app_id}"\napp_secret = "{mine.app_secret}"\n'
            f'token = "{mine.token}"\nencoding_aes_key = "{mine.encoding_aes_key}"\nmode = "plain"\n'
        )
        yield found


def run(room, *arguments):
    return main(["channels", "make", "--config", str(room.file), *arguments])


def names(room):
    with room.db.reading() as session:
        return [row.name for row in session.scalars(select(Channel).order_by(Channel.id)) if row.ticket]


def test_a_code_for_each_shop_or_line_is_made_with_progress(room, capsys, tmp_path):
    make.shop(room.db, "上海一店")
    make.shop(room.db, "上海二店")
    lines = tmp_path / "names.txt"
    lines.write_text("甲\n乙\n", "utf-8")

    assert run(room, "--by-shop", "--suffix", "门店码") == 0
    assert run(room, "--names", str(lines), "--shop", "上海二店", "--temporary") == 0

    assert names(room) == ["上海一店·门店码", "上海二店·门店码", "甲", "乙"]
    said = capsys.readouterr().out
    assert "2/2" in said
    assert "done: 2 codes made, 0 problems" in said


def test_a_stopped_batch_is_gone_on_with(room):
    rows = [Row(f"码{number}") for number in range(3)]
    with room.db.transaction() as session:
        common = Common(account_id=room.account.id)
        made = making.begin(session, common, rows, title="x", maker=Actor("cli:x"), now=utc_now())
    assert run(room, "--resume", str(made.id)) == 0
    assert names(room) == ["码0", "码1", "码2"]


@pytest.mark.parametrize(
    "arguments",
    [["--by-shop"], ["--by-staff", "--shop", "没有"], ["--resume", "99"], ["--by-shop", "--group", "没有"]],
)
def test_what_is_not_there_is_said_in_a_line(room, capsys, arguments):
    assert run(room, *arguments) == 2
    assert capsys.readouterr().err.startswith("error: ")
    with room.db.reading() as session:
        assert session.scalars(select(Batch)).all() == []
