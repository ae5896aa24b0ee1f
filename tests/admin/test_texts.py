"""Two languages, and the files browsers load."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask

from admin import assets, formats
from admin.languages import FOLDER
from admin.pages import register
from bot.db import utc_now

ROOT = Path(__file__).parents[2]


def test_every_text_is_translated(tmp_path):
    template = tmp_path / "messages.pot"
    command = [
        "-m",
        "babel.messages.frontend",
        "--quiet",
        "extract",
        "--keywords=_l",
        "--keywords=told",
        f"--output-file={template}",
    ]
    mapping = "--mapping-file=admin/translations/mapping.cfg"
    subprocess.run(
        [sys.executable, *command, mapping, "admin", "bot/doctor", "bot/earning"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    with template.open("rb") as file:
        wanted = {message.id: message for message in read_po(file) if message.id}
    with (FOLDER / "zh_CN" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale="zh_CN")

    assert len(wanted) > 100
    assert [key for key in wanted if key not in catalogue or not catalogue[key].string] == []
    assert [message.id for message in catalogue if message.fuzzy and message.id] == []
    for key in wanted:
        if isinstance(key, str):
            assert set(re.findall(r"%\(\w+\)s", key)) == set(
                re.findall(r"%\(\w+\)s", catalogue[key].string)
            ), key


def test_chinese_copy_is_calm():
    with (FOLDER / "zh_CN" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        texts = [
            message.string
            for message in read_po(file, locale="zh_CN")
            if message.id and isinstance(message.string, str)
        ]

    assert [text for text in texts if re.search("[!！你]|系统错误", text)] == []


def test_the_language_is_chosen_by_the_visitor(office):
    alice = office.inside("alice")
    assert '<html lang="zh-CN">' in alice.get("/admin/").text

    answer = alice.post("/admin/language", language="en", back="/admin/users/?role=auditor")

    assert answer.location == "/admin/users/?role=auditor"
    assert "Two-step" in alice.get("/admin/users/").text
    alice.post("/admin/language", language="xx", back="//evil.example")
    assert '<html lang="en">' in alice.get("/admin/").text


@pytest.mark.parametrize(
    "path", ["../../bot/config.py", "%2e%2e/config.toml", "echarts/package.json", "nothing.js", "messages.po"]
)
def test_only_the_files_named_are_served(office, path):
    assert office.app.test_client().get(f"/assets/x/{path}").status_code == 404


def test_files_are_kept_for_ever_under_their_hash_and_not_under_another(office):
    client = office.app.test_client()
    page = client.get("/admin/login").text
    for address in re.findall(r'(?:href|src)="(/assets/[^"]+)"', page):
        with client.get(address) as answer:
            assert answer.status_code == 200, address
            assert "immutable" in answer.headers["Cache-Control"]
    with client.get("/assets/0000/office.js") as old:
        assert (old.status_code, old.headers["Cache-Control"]) == (200, "no-cache")


def test_without_the_modules_pages_work_and_say_what_is_missing(office, tmp_path):
    bare = assets.Assets(tmp_path)
    app = Flask("bare")
    register(app, office.runtime, bare)

    assert "make setup" in app.test_client().get("/admin/login").text
    assert not bare.is_complete
    assert bare.url("tabler.css") == "/assets/-/tabler.css"
    assert bare.has("office.css")


def test_the_lock_names_no_registry():
    lock = (ROOT / "package-lock.json").read_text("utf-8")

    assert "http" not in re.sub(r'"(?:url|funding)": "[^"]*"', "", lock)
    assert lock.count('"integrity": "sha512-') >= 3


def test_figures_are_said_as_people_say_them(office):
    with office.app.test_request_context("/admin/"):
        assert formats.moment(utc_now()).startswith("今天 ")
        assert formats.moment(None) == ""
        assert formats.yuan(-128050) == "-¥1,280.50"
        assert formats.masked("13812345678") == "138****5678"
        assert formats.masked("12345") == "*****"
