"""`python -m bot staff import`: the same sheet, the same looks, from the command line."""

import base64

import pytest
from sqlalchemy import select

from bot import cli
from bot.audit.models import AuditEntry
from bot.organisation.models import Staff
from tests import make
from tests.support.sheets import excel

KEY = base64.b64encode(b"k" * 32).decode()
SHOP = "上海人民广场店"
HEAD = ["姓名", "门店", "职务", "手机号"]


@pytest.fixture
def config_file(database_url, tmp_path):
    file = tmp_path / "config.toml"
    privacy = f'[privacy]\nkeys = "a:{KEY}"\nindex_key = "{KEY}"\n'
    file.write_text(f'[database]\nurl = "{database_url}"\n{privacy}')
    return str(file)


@pytest.fixture
def imported(db, config_file, tmp_path):
    make.shop(db)

    def run(*rows, options=()):
        file = tmp_path / "staff.xlsx"
        file.write_bytes(excel(HEAD, *rows))
        return cli.main(["staff", "import", str(file), *options, "--config", config_file])

    return run


def names(db):
    with db.reading() as session:
        return list(session.scalars(select(Staff.name).order_by(Staff.id)))


def test_a_dry_run_says_what_would_change_and_changes_nothing(db, imported, capsys):
    assert imported(["王珊", SHOP, "店长", "13812345678"], options=["--dry-run"]) == 0

    assert "new 1  changed 0  same 0  wrong 0" in capsys.readouterr().out
    assert names(db) == []


def test_one_wrong_row_keeps_all_out_unless_one_says_otherwise(db, imported, capsys):
    rows = (["王珊", SHOP, "店长", "13812345678"], ["李雷", "没有的店", "导游", ""])

    assert imported(*rows) == 1
    assert names(db) == []
    assert "row 3, Shop: No shop within your scope is called “没有的店”." in capsys.readouterr().err
    assert imported(*rows, options=["--only-right"]) == 1
    assert names(db) == ["王珊"]


def test_the_second_time_nothing_is_left_to_do_and_no_number_is_printed(db, imported, capsys):
    rows = [[f"员工{n}", SHOP, "导游", f"137{n:08}"] for n in range(120)]

    assert imported(*rows) == 0
    assert imported(*rows) == 0

    said = capsys.readouterr()
    assert "imported: 120" in said.out
    assert "same 120" in said.out
    assert "13700000001" not in said.out + said.err
    assert len(names(db)) == 120
    with db.reading() as session:
        actors = set(session.scalars(select(AuditEntry.actor)))
        assert len(actors) == 1
        assert actors.pop().startswith("cli:")


def test_what_cannot_be_read_is_one_line(db, config_file, tmp_path, capsys):
    junk = tmp_path / "x.xlsx"
    junk.write_bytes(b"PK\x03\x04junk")

    assert cli.main(["staff", "import", str(junk), "--config", config_file]) == 2
    assert cli.main(["staff", "import", str(tmp_path / "none.xlsx"), "--config", config_file]) == 2

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "The file is broken" in lines[0]
