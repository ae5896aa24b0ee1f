"""A key is replaced while the server runs: everything is sealed anew, and the old key may go."""

import base64
import importlib
import re
from pathlib import Path

import pytest
from sqlalchemy import select, update

import bot
from bot import cli, sealed
from bot.config import PrivacyConfig
from bot.db import utc_now
from bot.organisation import phones
from bot.organisation.models import Staff
from bot.privacy import Vault
from bot.users import passwords, totp
from bot.users.models import User
from bot.users.roles import Role
from tests import make

ROOT = Path(bot.__file__).parents[1]
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def key(letter):
    return base64.b64encode(letter * 32).decode()


INDEX = key(b"i")
OLD = Vault(PrivacyConfig(f"2026a:{key(b'a')}", INDEX))
BOTH = f"2027a:{key(b'b')} 2026a:{key(b'a')}"
NEW = Vault(PrivacyConfig(f"2027a:{key(b'b')}", INDEX))


@pytest.fixture
def people(db, monkeypatch):
    """Many numbers under the old key, more than a slice, a two-step secret nobody sealed, and one that is."""
    monkeypatch.setattr(sealed, "SLICE", 7)
    shop_id = make.shop(db)
    with db.transaction() as session:
        for number in range(30):
            one = Staff(shop_id=shop_id, name=f"员工{number}", role="店员", active=True)
            phones.put(one, f"+861380000{number:04}", OLD)
            session.add(one)
        session.add(Staff(shop_id=shop_id, name="无电话", role="店员", active=True))
        for name, kept in (("alice", SECRET), ("bob", OLD.seal(SECRET, totp.PLACE)), ("carol", None)):
            passwords.put(session, name=name, role=Role.AUDITOR, password="a-long-password", now=utc_now())
            session.execute(update(User).where(User.name == name).values(totp_secret=kept))


@pytest.fixture
def run(tmp_path, database_url, capsys):
    def reseal(keys):
        file = tmp_path / "config.toml"
        file.write_text(
            f'[database]\nurl = "{database_url}"\n[privacy]\nkeys = "{keys}"\nindex_key = "{INDEX}"\n'
        )
        status = cli.main(["privacy", "reseal", "--config", str(file)])
        return status, capsys.readouterr().out

    return reseal


def numbers(db, vault):
    with db.reading() as session:
        rows = session.scalars(select(Staff).where(Staff.phone.is_not(None)).order_by(Staff.id)).all()
        return [phones.number_of(row, vault) for row in rows], {row.version for row in rows}


def test_everything_opens_with_the_new_key_alone_and_a_second_run_finds_nothing(db, people, run):
    status, said = run(BOTH)
    again, nothing = run(BOTH)

    assert status == again == 0
    assert "staff.phone: 30 sealed texts, 30 of them sealed anew" in said
    assert "user.totp_secret: 2 sealed texts, 2 of them sealed anew" in said
    assert "keys still named: 2027a;" in said
    assert "30 sealed texts, 0 of them sealed anew" in nothing
    assert numbers(db, NEW) == ([f"+861380000{number:04}" for number in range(30)], {1})
    with db.reading() as session:
        secrets = [row.totp_secret for row in session.scalars(select(User).order_by(User.id))]
        assert phones.find(session, "+8613800000007", NEW).name == "员工7"
    assert [one and totp.secret_of(one, NEW) for one in secrets] == [SECRET, SECRET, None]


def test_what_does_not_open_is_named_and_left_as_it_is(db, people, run):
    with db.transaction() as session:
        session.execute(update(Staff).where(Staff.name == "员工3").values(phone="2019x.AAAA"))

    status, said = run(BOTH)

    assert status == 1
    assert "1 do not open with these keys, rows" in said
    assert "keys still named: 2019x, 2027a;" in said


def test_a_row_that_is_saved_meanwhile_is_left_as_it_was_saved(db, people):
    with db.reading() as session:
        rows = sealed._slice(session, sealed.SEALED[0], 0)
    changed = OLD.seal("+8613911112222", phones.PLACE)
    with db.transaction() as session:
        session.execute(update(Staff).where(Staff.id == rows[0][0]).values(phone=changed))

    report = sealed.Report(sealed.SEALED[0])
    both = Vault(PrivacyConfig(BOTH, INDEX))
    with db.transaction() as session:
        sealed._reseal(session, sealed.SEALED[0], both, *rows[0], report)

    assert report.resealed == 0
    with db.reading() as session:
        assert phones.number_of(session.get_one(Staff, rows[0][0]), both) == "+8613911112222"


def test_without_keys_the_command_says_what_is_missing(run, capsys):
    status, _said = run("")

    assert status == 2


def test_every_place_that_is_sealed_is_sealed_anew():
    places = set()
    for file in Path(bot.__file__).parent.rglob("*.py"):
        named = re.findall(r"(?:vault\.seal|\bmake)\(.*?\b([A-Z_]*PLACE)\)", file.read_text("utf-8"))
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        places |= {getattr(importlib.import_module(name), one) for one in named}

    # An import that is under way is over long before a key may go.
    assert places - {"batch:import"} == {column.place for column in sealed.SEALED}
