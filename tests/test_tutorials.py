"""The tutorials, followed: their commands, words and settings exist, and their code is put into a checkout and run.

What the first one has its reader do with phone and back office is done in `tests/run/tutorial.py`, on a running demo.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from bot import config
from tests.deploy.reading import SECRETS, commands_in, secret_files, understood

ROOT = Path(__file__).resolve().parents[1]
TUTORIALS = ROOT / "docs" / "tutorials"
PAGES = sorted(TUTORIALS.glob("*.md"))
ENDINGS = {"en": ".md", "zh": ".zh.md"}
NAMES = sorted(path.name.removesuffix(".zh.md") for path in TUTORIALS.glob("*.zh.md"))
BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
# What the pages tell the reader to look for, in English and in Chinese.
WORDS = {
    "Auto-replies": "自动回复",
    "Keywords": "关键词",
    "Add a rule": "添加规则",
    "Try it": "试一试",
    "Messages": "消息",
    "Outbox": "发件箱",
    "Menus": "自定义菜单",
    "From the console": "接管后台回复",
    "Health": "健康",
    "Publish": "发布",
}
# The lines a reader is told to add, and before which line of which file.
INSERTED = {
    "handlers/__init__.py": [("    nearest.router,", "    service.router,")],
    "h5/pages.py": [("    shops.pages,", "    signing.pages,")],
    "bot/tables.py": [("    Callback,", "    Channel,\n    ChannelDay,")],
}
IMPORTED = {
    "handlers/__init__.py": "from handlers import nearest",
    "h5/pages.py": "from h5 import shops",
    "bot/tables.py": "from bot.callbacks.models import Callback",
}
THE_PAGE = """
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bot.tables import METADATA
from bot.app import pages
from bot.runtime import open_runtime
from tests import make


def test_the_page_and_the_migration(empty_sqlite):
    runtime = open_runtime(make.config(empty_sqlite))
    make.shop(runtime.db, "上海人民广场店")
    answer = pages(runtime).test_client().get("/h5/head/shops")
    assert answer.status_code == 200
    assert "上海人民广场店" in answer.text
    with runtime.db.connection() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    runtime.close()
"""


def blocks(path, *languages):
    return [code for language, code in BLOCK.findall(path.read_text("utf-8")) if language in languages]


def test_both_languages_have_the_reader_type_the_same():
    typed = [
        re.findall(r"(?<!`)`([^`\n]+)`", (TUTORIALS / f"first-bot{ending}").read_text("utf-8"))
        for ending in ENDINGS.values()
    ]

    assert set(typed[0]) == set(typed[1])
    assert len(typed[0]) == len(typed[1]) > 10


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_command_exists(path):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    code = "\n".join(blocks(path, "sh")) + "\n".join(re.findall(r"`(make [^`]+)`", path.read_text("utf-8")))

    for words in commands_in(path.read_text("utf-8")):
        understood(words)
    assert set(re.findall(r"\bmake ([a-z]+)", code)) <= targets
    for file in re.findall(r"pytest ([^\n]+)", code):
        for one in file.split():
            assert (ROOT / one).exists() or f"# {one}" in path.read_text("utf-8")


def test_the_words_to_look_for_are_those_of_the_back_office():
    with (ROOT / "admin/translations/zh_CN/LC_MESSAGES/messages.po").open("rb") as source:
        catalogue = read_po(source, locale="zh_CN")
    text = {
        language: "\n".join((TUTORIALS / f"{name}{ending}").read_text("utf-8") for name in NAMES)
        for language, ending in ENDINGS.items()
    }

    for english, chinese in WORDS.items():
        assert catalogue.get(english).string == chinese
        assert f"*{english}*" in text["en"], english
        assert chinese in text["zh"], chinese


def test_the_settings_of_going_live_are_taken(tmp_path):
    [settings] = blocks(TUTORIALS / "going-live.md", "toml")
    (tmp_path / "secrets").mkdir()
    for file in secret_files(settings):
        (tmp_path / file).write_text(SECRETS[Path(file).name])
    (tmp_path / "config.toml").write_text(settings)

    read = config.load(tmp_path / "config.toml", environ={})

    assert read.accounts[0].name == "head"
    assert tomllib.loads(settings)["server"]["proxies"] == read.server.proxies == 1


@pytest.fixture
def checkout(tmp_path):
    """A checkout in which what the tutorial changes may be changed."""
    for name in ("bot", "handlers", "h5", "migrations"):
        # Not what a process beside us is compiling: that is gone under its name in a moment.
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.pyc.*"))
    for name in ("admin", "api", "posters", "pyproject.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    for name in ("tests", "tests/nouns"):
        (tmp_path / name).mkdir()
        for path in (ROOT / name).iterdir():
            if path.name not in {"nouns", "__pycache__"}:
                (tmp_path / name / path.name).symlink_to(path)
    return tmp_path


def test_the_code_does_what_the_page_says(checkout):
    page = TUTORIALS / "adding.md"
    newest = max(path.name[:4] for path in (ROOT / "migrations" / "versions").glob("*.py"))
    written = []
    for code in blocks(page, "python", "html"):
        if found := re.match(r"(?:#|\{#) ([\w./]+)", code):
            target = checkout / found.group(1)
            target.parent.mkdir(exist_ok=True)
            target.write_text(code.replace('down_revision = "0023"', f'down_revision = "{newest}"'))
            written.append(found.group(1))
    for name, lines in INSERTED.items():
        source = (checkout / name).read_text("utf-8")
        for line, before in lines:
            assert f"```python\n{line}\n```" in page.read_text("utf-8")
            assert source.count(f"\n{before}") == 1, name
            source = source.replace(f"\n{before}", f"\n{line}\n{before}")
        (checkout / name).write_text(f"{IMPORTED[name]}\n{source}")
    (checkout / "tests" / "test_the_page.py").write_text(THE_PAGE)
    tests = [name for name in written if name.startswith("tests/")]
    assert len(written) == 9
    assert len(tests) == 2

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *tests, "tests/test_the_page.py"],
        cwd=checkout,
        env={
            name: value
            for name, value in os.environ.items()
            if name not in {"DATABASE_URLS", "PYTEST_ADDOPTS"}
        },
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "3 passed" in done.stdout
    ruff = [sys.executable, "-m", "ruff"]
    code = [name for name in written if name.endswith(".py")]
    style = subprocess.run([*ruff, "check", *code], cwd=checkout, capture_output=True, text=True, check=False)
    form = subprocess.run(
        [*ruff, "format", "--check", *code], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert style.returncode == form.returncode == 0, style.stdout + form.stdout + form.stderr
