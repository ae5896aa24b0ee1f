"""The project keeps its own promises: tables, imports, documents."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot import cli, schema
from bot.db import Database
from bot.jobs import JOBS
from bot.tables import METADATA

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("bot", "handlers", "h5", "admin", "api", "posters", "simulator")


def test_migrations_build_exactly_the_models_and_take_them_away_again(db: Database):
    with db.connection() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []

    command.downgrade(schema.alembic_config(db), "base")
    down = schema.unapplied(db)
    schema.migrate(db)

    assert down
    assert schema.unapplied(db) == []


def test_there_is_one_newest_migration(db: Database):
    assert len(ScriptDirectory.from_config(schema.alembic_config(db)).get_heads()) == 1


IMPORT_ALL = """
import importlib, pkgutil, sys
from pathlib import Path
packages, root = sys.argv[2:], Path(sys.argv[1])
sys.path.insert(0, str(root))

def watch(event, arguments):
    if event in {"socket.connect", "sqlite3.connect", "subprocess.Popen"}:
        raise SystemExit(f"{event} {arguments}")
    if event == "open" and isinstance(arguments[0], str):
        path = Path(arguments[0]).absolute()
        if root in path.parents and ".venv" not in path.parts and path.suffix not in {".py", ".pyc"} and path.is_file():
            raise SystemExit(f"open {path}")

sys.addaudithook(watch)
for package in packages:
    for module in pkgutil.walk_packages([str(root / package)], package + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
print(len(sys.modules))
"""


def test_importing_any_module_opens_no_connection_and_reads_no_file(tmp_path):
    done = subprocess.run(
        [sys.executable, "-B", "-c", IMPORT_ALL, ROOT, *PACKAGES],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_every_job_says_what_happens_when_it_runs_twice():
    silent = [name for name, job in JOBS.items() if "Run twice" not in (job.__doc__ or "")]

    assert silent == []


def test_every_command_is_in_the_operations_manual(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    commands = re.search(r"\n    (\w.*?)\n\n|\Z", capsys.readouterr().out, re.DOTALL)
    names = re.findall(r"^    (\w+)", commands[0] if commands else "", re.MULTILINE)
    manual = (ROOT / "docs" / "operations.md").read_text("utf-8")

    assert len(names) > 6
    assert [name for name in names if f"`{name}" not in manual] == []


def test_every_metric_is_in_the_operations_manual():
    source = (ROOT / "bot" / "metrics.py").read_text("utf-8") + (ROOT / "bot" / "health.py").read_text(
        "utf-8"
    )
    manual = (ROOT / "docs" / "operations.md").read_text("utf-8")

    assert [name for name in set(re.findall(r'"(yizhan_\w+)"', source)) if name not in manual] == []


def test_every_decision_that_is_cited_exists():
    cited = set()
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            cited |= set(re.findall(r"docs/decisions/[\w-]+\.md", file.read_text("utf-8")))

    assert cited
    assert [name for name in sorted(cited) if not (ROOT / name).exists()] == []


def test_no_module_grows_past_three_hundred_lines_by_much():
    long = {
        str(file.relative_to(ROOT)): lines
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
        if (lines := len(file.read_text("utf-8").splitlines())) > 320
    }

    assert long == {}


def test_the_version_stands_in_one_place_and_its_copies():
    from bot import __version__

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert project["version"] == __version__
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_three_faces_wear_the_same_colours():
    """They share no file, since the simulator is to stand alone (design §8)."""
    sheets = ("admin/static/identity.css", "h5/static/h5.css", "simulator/faces/static/base.css")
    colour = re.compile(r"^ *(--[a-z-]+): (light-dark\(#[^;]+\));", re.MULTILINE)
    admin, h5, simulator = (dict(colour.findall((ROOT / sheet).read_text())) for sheet in sheets)

    assert len(h5) > 10
    assert {name: admin.get(name) for name in simulator} == simulator
    shared = h5.keys() & admin.keys()
    assert len(shared) >= 15
    assert {name: admin[name] for name in shared} == {name: h5[name] for name in shared}


@pytest.mark.parametrize(("page", "column", "rows"), [("comparison", 1, 45), ("threat-model", 3, 30)])
def test_every_place_that_is_to_prove_something_exists(page, column, rows):
    text = (ROOT / "docs" / f"{page}.md").read_text("utf-8")
    cells = [
        line.strip("|").split("|")[column]
        for line in text.splitlines()
        if line.startswith("|") and line.count("|") > 4
    ]
    proofs = [cell for cell in cells if "`" in cell]
    named = {place for cell in proofs for place in re.findall(r"`([\w./-]+/[\w./-]*)`", cell)}

    assert len(proofs) > rows
    assert [place for place in sorted(named) if not (ROOT / place).exists()] == []
