"""What an upgrade under load leans on: migrations that only add, and figures of processes without a web beside them."""

import ast
import re
import urllib.request

from bot import config
from bot.cli import processes
from tests.deploy.reading import DEPLOY, ROOT, commands_in, understood
from tests.run.running import free_ports

LAST_NARROWING = "0017"
NARROWING = {
    "alter_column",
    "drop_column",
    "drop_constraint",
    "drop_table",
    "rename_table",
}


def narrowings(source):
    """What a migration's way up takes away or narrows, with all the functions of the file that it calls."""
    functions = {one.name: one for one in ast.parse(source).body if isinstance(one, ast.FunctionDef)}
    found, met, waiting = [], set(), ["upgrade"]
    while waiting:
        name = waiting.pop()
        if name in met or name not in functions:
            continue
        met.add(name)
        for call in ast.walk(functions[name]):
            if not isinstance(call, ast.Call):
                continue
            if isinstance(call.func, ast.Name):
                waiting.append(call.func.id)
            elif isinstance(call.func, ast.Attribute) and _narrows(call.func.attr, ast.unparse(call)):
                found.append(ast.unparse(call))
    return found


def _narrows(verb, said):
    if verb == "add_column":
        return "nullable=True" not in said and "server_default" not in said
    return verb in NARROWING


def test_migrations_only_add_or_the_manual_says_to_stop_first():
    manual = (DEPLOY / "README.md").read_text("utf-8")
    told = set(re.findall(r"^\| (\d{4}) \| \S", manual, re.MULTILINE))
    unsaid = {}
    for path in sorted((ROOT / "migrations" / "versions").glob("*.py")):
        number = path.name[:4]
        if number > LAST_NARROWING and number not in told and (found := narrowings(path.read_text("utf-8"))):
            unsaid[path.name] = found

    assert unsaid == {}, (
        "put the number and the reason into the table of docs/deploy/README.md (decision 0037)"
    )
    assert narrowings("def upgrade():\n    _change()\ndef _change():\n    op.drop_column('fan', 'name')")


def test_every_command_of_the_page_is_one():
    calls = list(commands_in((DEPLOY / "README.md").read_text("utf-8")))
    # `docker compose run --rm web …` gives its words to the same entry point.
    page = (DEPLOY / "README.md").read_text("utf-8")
    calls += [line.split() for line in re.findall(r"compose run --rm (?:web|migrate) (\w[^`\n]+)", page)]

    assert len(calls) >= 2
    for words in calls:
        understood(words)


def test_a_process_alone_answers_for_itself(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    [port] = free_ports(1)

    processes._answer_metrics(config.Config(), port)

    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        assert answer.status == 200
        assert "text/plain" in answer.headers["Content-Type"]
