"""Settings: what is wrong stops the start with one line that helps, and the example is complete."""

import dataclasses
import tomllib
from pathlib import Path

import pytest

from bot import config
from bot.db import engines
from bot.errors import ConfigError

EXAMPLE = Path(__file__).resolve().parents[2] / "config.example.toml"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ACCOUNT = f"""
[[accounts]]
name = "head"
app_id = "wx0123456789abcdef"
app_secret = "0123456789abcdef-hush"
token = "hushtoken"
encoding_aes_key = "{KEY}"
"""


def load(tmp_path, text, **environ):
    path = tmp_path / "config.toml"
    path.write_text(text, "utf-8")
    return config.load(path, environ)


@pytest.mark.parametrize(
    ("text", "place", "reason", "remedy"),
    [
        ("[server]\nprot = 1", "[server]: prot", "unknown key", 'did you mean "port"?'),
        ("[server]\ncolour = 1", "[server]: colour", "unknown key", "the keys are host, port"),
        ("[serve]\nport = 1", "[serve]", "unknown section", "the sections are server, database"),
        ("[server]\nport = '8000'", "[server]: port", "not a whole number", "mend it"),
        ("[server]\nport = true", "[server]: port", "not a whole number", "mend it"),
        ("[server]\nport = 70000", "[server]: port", "outside 1 to 65535", "choose a number"),
        ("[server]\nhost = 7", "[server]: host", "not a text in quotes", "mend it"),
        ("[webhook]\nbudget_seconds = 9", "[webhook]: budget_seconds", "outside 0.1 to 4.8", "choose"),
        ("[log]\nlevel = 'loud'", "[log]: level", "not one of debug, info", "choose one"),
        ("[wechat]\napi_base = 'localhost:1'", "[wechat]: api_base", "not a base address", "https://"),
        ("server = 1", "[server]", "not a table", "write its keys"),
        ("[accounts]\nname = 'x'", "accounts", "not a list of tables", "[[accounts]]"),
        (ACCOUNT.replace('token = "hushtoken"', ""), "head: token", "missing", "config.example.toml"),
        (ACCOUNT.replace('"head"', '"Head Office"'), "name", "does not look right", "must match"),
        (ACCOUNT.replace(KEY, "hush"), "head: encoding_aes_key", "does not look right", "must match"),
        (ACCOUNT.replace(f'"{KEY}"', '""'), "head: encoding_aes_key", "missing while mode is safe", "plain"),
        (ACCOUNT + ACCOUNT, "head: name", "used by two accounts", "needs its own"),
        (ACCOUNT + ACCOUNT.replace("head", "two"), "two: app_id", "used by two accounts", "needs its own"),
        (ACCOUNT + 'token_file = "t"', "head: token_file", "given beside token", "keep one"),
        ("[redis]\nurl_file = 'nowhere'", "[redis]: url_file", "cannot be read", "check the path"),
        ("[server", "config.toml", "not valid TOML", "mend that line"),
    ],
)
def test_a_wrong_setting_is_one_line_with_place_reason_and_remedy(tmp_path, text, place, reason, remedy):
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, text)

    line = str(raised.value)
    assert "\n" not in line
    assert "config.toml" in line
    assert line.index(place) < line.index(reason) < line.index(remedy)
    assert "hush" not in line.replace("hushtoken_file", "")


@pytest.mark.parametrize(
    ("url", "replica", "reason"),
    [
        ("sqlite:///x.db", "postgresql://db/yizhan", "SQLite has no replicas"),
        ("postgresql://db/yizhan", "mysql://db/yizhan", "mysql, while url is postgresql"),
        ("mysql://db/yizhan", "sqlite:///x.db", "sqlite, while url is mysql"),
        ("postgresql://db/yizhan", "db.example.com", "not a database address"),
        ("postgresql://db/yizhan", "oracle://db/yizhan", "oracle is not supported"),
    ],
)
def test_a_replica_that_cannot_be_one_stops_the_start(url, replica, reason):
    settings = config.DatabaseConfig(url=url, replica_url=replica)

    with pytest.raises(ConfigError, match=rf"\[database\] replica_url: {reason}"):
        engines.replica_address(settings)


def test_a_missing_file_says_what_to_copy(tmp_path):
    with pytest.raises(ConfigError, match=r"no such file; copy config\.example\.toml"):
        config.load(tmp_path / "config.toml", {})


def test_secrets_may_come_from_a_file_and_the_environment_wins(tmp_path):
    (tmp_path / "secret").write_text("from-the-file\n", "utf-8")
    text = ACCOUNT.replace('app_secret = "0123456789abcdef-hush"', 'app_secret_file = "secret"')

    from_file = load(tmp_path, text)
    from_environment = load(tmp_path, text, YIZHAN_ACCOUNTS_HEAD_APP_SECRET="from-the-environment")

    assert from_file.accounts[0].app_secret == "from-the-file"
    assert from_environment.accounts[0].app_secret == "from-the-environment"


def test_the_environment_sets_numbers_and_is_checked_like_the_file(tmp_path):
    assert load(tmp_path, ACCOUNT, YIZHAN_SERVER_PORT="8123").server.port == 8123
    with pytest.raises(ConfigError, match=r"\[server\]: port: 'many' is not a whole number"):
        load(tmp_path, ACCOUNT, YIZHAN_SERVER_PORT="many")


def test_the_example_shows_every_setting_with_its_default():
    document = tomllib.loads(EXAMPLE.read_text("utf-8"))

    assert list(document) == [*config.SECTIONS, "accounts"]
    for name, section in config.SECTIONS.items():
        defaults = {field.name: field.default for field in dataclasses.fields(section)}
        assert document[name] == defaults, name
    [account] = document["accounts"]
    fields = {field.name: field.default for field in dataclasses.fields(config.AccountConfig)}
    assert set(account) == set(fields)
    assert account["kind"] == fields["kind"]
    assert account["mode"] == fields["mode"]


def test_the_example_works_once_it_is_filled_in(tmp_path):
    text = EXAMPLE.read_text("utf-8")
    with pytest.raises(ConfigError, match="app_id"):
        load(tmp_path, text)

    text = text.replace('app_id = "FILL-IN"', 'app_id = "wx0123456789abcdef"')
    text = text.replace('encoding_aes_key = "FILL-IN"', f'encoding_aes_key = "{KEY}"')
    filled = load(
        tmp_path, text.replace('token = "FILL-IN"', 'token = "abc123"').replace("FILL-IN", "secret")
    )

    assert filled.accounts[0].name == "head"
    assert dataclasses.replace(filled, accounts=()) == config.Config()


def test_each_line_of_the_example_says_why_one_would_change_it():
    lines = EXAMPLE.read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        if " = " in line and not line.startswith("#"):
            above = lines[number - 1]
            assert "  # " in line or above.startswith("#"), line


def test_secrets_are_shown_in_all_three_ways():
    text = EXAMPLE.read_text("utf-8")
    for section, kind in {**config.SECTIONS, "accounts_head": config.AccountConfig}.items():
        for field in dataclasses.fields(kind):
            if field.metadata.get("secret"):
                assert f"{field.name} = " in text
                assert f"{field.name}_file" in text
                assert f"YIZHAN_{section.upper()}_{field.name.upper()}" in text
