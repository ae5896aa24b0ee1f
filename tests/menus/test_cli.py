"""`menu pull`, `push` and `diff` before a simulated WeChat."""

import json

import pytest
from sqlalchemy import select

from bot import cli
from bot.audit.models import AuditEntry
from bot.menus import books
from bot.menus.jobs import publish as job
from bot.menus.models import Menu
from tests import make
from tests.menus.make_menus import book, click, publish


@pytest.fixture
def settings(tmp_path, database_url, platform, runtime):
    file = tmp_path / "config.toml"
    file.write_text(
        f"""
[database]
url = "{database_url}"
[redis]
url = "unix:///nonexistent/redis.sock"
[wechat]
api_base = "{platform.url}"
[[accounts]]
name = "head"
app_id = "wx_head_0001"
app_secret = "{"s" * 32}"
token = "simtoken2026"
encoding_aes_key = "{make.AES_KEY}"
mode = "plain"
"""
    )
    return str(file)


@pytest.fixture
def run(settings):
    return lambda *words: cli.main(["menu", *words, "--account", "head", "--config", settings])


def written(tmp_path, document):
    file = tmp_path / "menu.json"
    file.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return str(file)


def test_what_is_pulled_can_be_pushed_and_is_the_same(run, runtime, wechat, tags, tmp_path, capsys):
    publish(runtime, book(click("众"), m=(tags["会员"], click("会"))))
    job(runtime, "head")
    file = tmp_path / "pulled.json"

    assert run("pull", "--file", str(file)) == 0
    document = json.loads(file.read_text("utf-8"))
    assert document == {
        "button": [{"name": "众", "type": "click", "key": "KEY_众"}],
        "conditional": [{"tag": "会员", "button": [{"name": "会", "type": "click", "key": "KEY_会"}]}],
    }
    assert run("diff", str(file)) == 0
    assert run("diff") == 0
    assert "the same" in capsys.readouterr().out

    document["button"][0]["name"] = "大家"
    assert run("diff", written(tmp_path, document)) == 1
    assert "changed 大家: name '众' -> '大家'" in capsys.readouterr().out
    assert run("push", written(tmp_path, document), "--note", "改名") == 0
    job(runtime, "head")
    assert wechat.menu() == ["大家 KEY_众"]


def test_a_file_wechat_would_not_take_is_refused_with_its_places(run, db, tmp_path, wechat, capsys):
    wrong = {
        "button": [click("名字太长的一个按钮")],
        "conditional": [{"tag": "没有", "button": [click("a")]}],
    }

    assert run("push", written(tmp_path, wrong)) == 1
    said = capsys.readouterr().err
    assert "名字太长的一个按钮: name too_long (27 of 16)" in said
    assert "tag no_tag" in said
    with db.reading() as session:
        assert session.query(Menu).count() == 0


def test_a_menu_made_elsewhere_is_replaced_only_when_told_and_kept(
    run, db, tmp_path, wechat, runtime, capsys
):
    wechat.has_from_the_console([{"type": "text", "name": "旧", "value": "您好"}])
    file = written(tmp_path, {"button": [click("新")]})

    assert run("pull") == 0
    assert run("push", file) == 1
    assert "--over" in capsys.readouterr().out
    assert run("push", file, "--over") == 0
    with db.reading() as session:
        [entry] = session.scalars(select(AuditEntry).filter_by(action="menu.published"))
    assert entry.actor.startswith("cli:")
    assert entry.subject_kind == "menu"
    assert json.loads(entry.after) == {"everybody": "新 click KEY_新"}
    job(runtime, "head")
    assert wechat.menu() == ["新 KEY_新"]
    with db.reading() as session:
        assert [(row.number, row.state) for row in session.query(Menu).order_by(Menu.id)] == [
            (1, "replaced"),
            (2, "published"),
        ]
        [text] = books.texts(session.query(Menu).filter_by(number=1).one().document).values()
    assert text == "您好"


@pytest.mark.parametrize("text", ["", "[]", '{"button": 3}', '{"menu": []}'])
def test_what_is_no_menu_is_one_line(run, tmp_path, wechat, text, capsys):
    file = tmp_path / "no.json"
    file.write_text(text)

    assert run("push", str(file)) == 2
    assert "not a menu" in capsys.readouterr().err


def test_an_account_the_settings_do_not_have_is_named(settings, capsys):
    assert cli.main(["menu", "diff", "--account", "nobody", "--config", settings]) == 2
    assert "they have head" in capsys.readouterr().err


@pytest.mark.parametrize("action", ["pull", "push", "diff"])
def test_each_explains_itself(action, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["menu", action, "--help"])
    assert ended.value.code == 0
    assert "--account" in capsys.readouterr().out
