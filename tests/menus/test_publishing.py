"""Publishing against a platform that refuses, forgets and breaks off; going back; a menu made elsewhere."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.audit.models import AuditEntry
from bot.db import utc_now
from bot.errors import WeChatUnavailable
from bot.materials import uses
from bot.materials.models import Material, MaterialAtWeChat
from bot.menus import books, importing, strangers, versions
from bot.menus.importing import Theirs
from bot.menus.jobs import publish as job
from bot.menus.models import Menu
from bot.replies.models import AutoReply
from tests.menus.make_menus import book, click, group, publish, view

CREATE, ADD, DELETE = "/cgi-bin/menu/create", "/cgi-bin/menu/addconditional", "/cgi-bin/menu/delconditional"


def states(db):
    with db.reading() as session:
        return [row.state for row in session.scalars(select(Menu).order_by(Menu.id))]


def tag_fan(wechat, tags_by_name, openid, *names):
    for name in names:
        rows = wechat.http.get(
            f"{wechat.server.url}/cgi-bin/tags/get", params={"access_token": wechat.token()}, timeout=30
        ).json()["tags"]
        [tag] = [row["id"] for row in rows if row["name"] == name]
        answer = wechat.call("/cgi-bin/tags/members/batchtagging", {"openid_list": [openid], "tagid": tag})
        assert answer["errcode"] == 0


def test_a_version_reaches_the_phone_and_the_one_before_is_replaced(runtime, wechat, db):
    wechat.follow()
    publish(runtime, book(click("一")))
    job(runtime, "head")
    publish(runtime, book(group("二", click("里", "IN"), view("页"))))
    job(runtime, "head")

    assert wechat.menu("alice") == ["二", "  里 IN", "  页 https://www.example.com/page"]
    assert states(db) == ["replaced", "published"]
    with db.reading() as session:
        assert [row.number for row in session.scalars(select(Menu).order_by(Menu.id))] == [1, 2]


def test_menus_by_tag_are_shown_by_the_tag_put_on_last(runtime, wechat, tags):
    openid = wechat.follow()
    publish(runtime, book(click("众"), m=(tags["会员"], click("会")), s=(tags["员工"], click("员"))))
    job(runtime, "head")

    assert wechat.menu("alice") == ["众 KEY_众"]
    tag_fan(wechat, tags, openid, "员工", "会员")
    assert wechat.menu("alice") == ["会 KEY_会"]


def test_what_has_not_changed_is_left_alone(runtime, wechat, tags, db):
    one, two, three = ((tags[name], click(name[0])) for name in ("会员", "员工", "新客"))
    publish(runtime, book(click("众"), one=one, two=two, three=three))
    job(runtime, "head")
    assert wechat.calls(ADD) == 3

    publish(runtime, book(click("新"), one=one, two=two, three=three))
    job(runtime, "head")
    job(runtime, "head")
    assert (wechat.calls(ADD), wechat.calls(DELETE)) == (3, 0)

    changed = (tags["会员"], click("改"))
    publish(runtime, book(click("新"), one=changed, two=two, three=three))
    job(runtime, "head")  # the first is the youngest at WeChat: it alone has to go
    assert (wechat.calls(ADD), wechat.calls(DELETE)) == (4, 1)

    publish(runtime, book(click("新"), three=three, two=two, one=changed))
    job(runtime, "head")
    account = wechat.server.platform.account(wechat.app_id)
    names = [each.button[0]["name"] for each in reversed(account.menu.conditional)]
    assert names == ["新", "员", "改"]
    publish(runtime, book(click("新")))
    job(runtime, "head")
    assert account.menu.conditional == []


@pytest.mark.parametrize("fault", ["api_answer_lost", "api_error"])
@pytest.mark.parametrize("path", [CREATE, ADD, DELETE, "/cgi-bin/tags/create"])
def test_broken_off_anywhere_the_next_run_finishes(runtime, wechat, tags, db, path, fault):
    publish(runtime, book(click("旧"), m=(tags["员工"], click("员"))))
    job(runtime, "head")
    wechat.fails(path, kind=fault, count=4)  # longer than the gateway's own patience
    publish(runtime, book(click("众"), m=(tags["会员"], click("会")), s=(tags["新客"], click("客"))))

    with pytest.raises(WeChatUnavailable):
        for _ in range(4):
            job(runtime, "head")
    assert states(db) == ["published", "wanted"]
    wechat.sim("DELETE", "faults")
    job(runtime, "head")

    account = wechat.server.platform.account(wechat.app_id)
    assert [each.button[0]["name"] for each in reversed(account.menu.conditional)] == ["会", "客"]
    assert wechat.menu() == ["众 KEY_众"]
    assert states(db) == ["replaced", "published"]


def test_an_older_run_that_ends_last_does_not_win(runtime, wechat, db, tags):
    publish(runtime, book(click("旧"), m=(tags["会员"], click("旧会"))))
    wechat.fails(CREATE, kind="api_hang", seconds=1.5)
    slow = threading.Thread(target=job, args=(runtime, "head"))
    slow.start()
    time.sleep(0.5)
    publish(runtime, book(click("新"), m=(tags["会员"], click("新会"))))
    job(runtime, "head")
    slow.join()

    account = wechat.server.platform.account(wechat.app_id)
    assert wechat.menu() == ["新 KEY_新"]
    assert [each.button[0]["name"] for each in account.menu.conditional] == ["新会"]
    assert states(db) == ["replaced", "published"]


def test_a_refused_version_is_told_and_what_was_there_stays(runtime, wechat, db):
    publish(runtime, book(click("好")))
    job(runtime, "head")
    before = wechat.calls(CREATE)
    publish(runtime, book({"name": "图", "type": "media_id", "media_id": "nobody-has-it"}))
    job(runtime, "head")

    assert states(db) == ["published", "refused"]
    assert wechat.menu() == ["好 KEY_好"]
    assert wechat.calls(CREATE) == before + 1
    with db.reading() as session:
        row = session.scalars(select(Menu).filter_by(state="refused")).one()
        assert row.code == 40007
        assert "media_id" in row.reason


def test_refused_in_the_middle_the_version_before_is_put_back(runtime, wechat, db, tags):
    old = book(click("好"), m=(tags["会员"], click("会")))
    publish(runtime, old)
    job(runtime, "head")
    missing = {"name": "图", "type": "media_id", "media_id": "nobody-has-it"}
    publish(runtime, book(click("新"), m=(tags["会员"], click("新会")), s=(tags["员工"], missing)))
    job(runtime, "head")

    account = wechat.server.platform.account(wechat.app_id)
    assert states(db) == ["published", "refused"]
    assert wechat.menu() == ["好 KEY_好"]
    assert [each.button[0]["name"] for each in account.menu.conditional] == ["会"]


def test_a_first_version_refused_in_the_middle_leaves_nothing_half(runtime, wechat, db, tags):
    missing = {"name": "图", "type": "media_id", "media_id": "nobody-has-it"}
    publish(runtime, book(click("新"), s=(tags["员工"], missing)))
    job(runtime, "head")

    assert states(db) == ["refused"]
    assert wechat.menu() == []


def test_an_unlinked_mini_program_is_an_answer_and_not_a_dead_promise(runtime, wechat, db):
    app = {"name": "小", "type": "miniprogram", "appid": "wxffffffffffffffff", "pagepath": "a"}
    publish(runtime, book({**app, "url": "https://a.example/"}))
    job(runtime, "head")

    with db.reading() as session:
        assert [(row.state, row.code) for row in session.scalars(select(Menu))] == [("refused", 45064)]


def test_a_scheduled_version_waits_can_be_called_off_and_goes_out_in_time(runtime, wechat, db):
    publish(runtime, book(click("今")))
    later = utc_now() + timedelta(hours=2)
    off = publish(runtime, book(click("不")), due_at=later)
    on = publish(runtime, book(click("明")), due_at=later)
    job(runtime, "head")
    assert wechat.menu() == ["今 KEY_今"]

    with db.transaction() as session:
        assert versions.cancel(session, session.get(Menu, off))
        assert not versions.cancel(session, session.get(Menu, off))
    with db.transaction() as session:
        session.get(Menu, on).due_at = utc_now()
    job(runtime, "head")

    assert wechat.menu() == ["明 KEY_明"]
    assert states(db) == ["replaced", "cancelled", "published"]


def test_what_was_made_in_the_console_after_scheduling_is_kept_and_comes_back(runtime, wechat, db, tags):
    publish(runtime, book(click("今"), m=(tags["会员"], click("会"))))
    job(runtime, "head")
    planned = publish(runtime, book(click("明")), due_at=utc_now() + timedelta(hours=2))
    wechat.has_from_the_console([{"type": "text", "name": "急", "value": "今日停运"}])
    with db.transaction() as session:
        session.get(Menu, planned).due_at = utc_now()
    job(runtime, "head")
    job(runtime, "head")

    assert wechat.menu() == ["明 KEY_明"]
    assert states(db) == ["replaced", "published", "replaced"]
    with db.reading() as session:
        kept = session.scalars(select(Menu).filter_by(author="")).one()
    assert list(books.texts(kept.document).values()) == ["今日停运"]
    assert [one["name"] for one in kept.document["default"]] == ["急"]
    assert kept.note


def test_a_refused_version_gives_way_to_what_the_console_made(runtime, wechat, db, tags):
    publish(runtime, book(click("今")))
    job(runtime, "head")
    publish(
        runtime, book(click("明"), m=(tags["会员"], {**click("图"), "type": "media_id", "media_id": "no"}))
    )
    wechat.has_from_the_console([{"type": "click", "name": "急", "key": "URGENT"}])

    job(runtime, "head")

    assert wechat.menu() == ["急 URGENT"]


def test_texts_of_the_consoles_menu_are_answered_once_it_is_put_back(runtime, wechat, db, tags):
    publish(runtime, book(click("今")))
    job(runtime, "head")
    refused = {**click("图"), "type": "media_id", "media_id": "no"}
    wechat.has_from_the_console([{"type": "text", "name": "急", "value": "今日停运"}])

    for _again in range(2):
        publish(runtime, book(click("明"), m=(tags["会员"], refused)))
        job(runtime, "head")

    [shown] = wechat.menu()
    with db.reading() as session:
        [rule] = session.scalars(select(AutoReply))
        assert session.scalars(select(AuditEntry.action)).all() == ["auto_reply.added"]
    assert shown == f"急 {rule.words[0]}"
    assert (rule.trigger, rule.reply["content"], rule.title) == ("event_key", "今日停运", "菜单：今日停运")


def test_menus_that_cannot_be_kept_are_in_the_log(runtime, db, caplog):
    key = publish(runtime, book(click("今")))
    buttons = books.to_wechat([click("今")])
    android = {"button": buttons, "matchrule": {"client_platform_type": "2"}, "menuid": 9}
    theirs = Theirs(
        {"is_menu_open": 1, "selfmenu_info": {"button": buttons}},
        {"menu": {"button": buttons, "menuid": 8}, "conditionalmenu": [android]},
        {},
    )

    with db.transaction() as session:
        assert strangers.keep(session, session.get_one(Menu, key), theirs, now=utc_now()) is None

    [said] = [one for one in caplog.records if one.getMessage() == "stranger_menus_lost"]
    assert said.menus == 1


def test_what_a_menu_sends_is_not_archived_until_no_version_may_send_it(runtime, db):
    account_id, now = runtime.accounts["head"].id, utc_now()
    with db.transaction() as session:
        material = Material(kind="image", title="云海", created_at=now)
        session.add(material)
        session.flush()
        place = {"account_id": account_id, "material_id": material.id, "changed_at": now, "state": "there"}
        session.add(MaterialAtWeChat(lifetime="permanent", media_id="MEDIA-1", **place))
        key = material.id
    sends = {"name": "图", "type": "media_id", "media_id": "MEDIA-1"}
    first = publish(runtime, book(group("更多", sends, click("问"))))
    planned = publish(runtime, book(sends), due_at=now + timedelta(hours=2))

    def archived():
        with db.transaction() as session:
            return uses.archive(session, key, now=now)

    with db.reading() as session:
        found = uses.of(session, key)
    assert [(one.user, one.user_id, one.lifetime) for one in found] == [
        ("menu", first, "permanent"),
        ("menu", planned, "permanent"),
    ]
    assert not archived()
    publish(runtime, book(click("不")))
    job(runtime, "head")
    assert not archived()  # the scheduled one sends it
    with db.transaction() as session:
        assert versions.cancel(session, session.get(Menu, planned))
    assert archived()


def test_one_published_after_another_was_scheduled_gives_way_at_its_time(runtime, db):
    later = utc_now() + timedelta(hours=1)
    planned = publish(runtime, book(click("明")), due_at=later)
    now = publish(runtime, book(click("今")))

    with db.reading() as session:
        account_id = runtime.accounts["head"].id
        assert versions.wanted(session, account_id, now=utc_now()).id == now
        assert versions.wanted(session, account_id, now=later).id == planned


def test_an_account_without_a_version_is_left_alone(runtime, wechat):
    wechat.has_from_the_console([{"type": "text", "name": "旧", "value": "您好"}])

    job(runtime, "head")

    assert wechat.calls(CREATE) == 0
    assert wechat.menu() == ["旧"]


def test_the_keys_of_what_phones_may_still_show_are_known(runtime, db):
    publish(runtime, book(click("旧", "OLD")))
    with db.transaction() as session:
        row = session.scalars(select(Menu)).one()
        versions.succeed(session, row, now=utc_now() - timedelta(days=40))
    with db.transaction() as session:
        assert versions.keys_since(session, utc_now() - timedelta(days=30)) == {"OLD"}  # it is in force
    publish(runtime, book(click("新", "NEW")))
    with db.transaction() as session:
        row = session.scalars(select(Menu).filter_by(number=2)).one()
        versions.succeed(session, row, now=utc_now())
    with db.transaction() as session:
        assert versions.keys_since(session, utc_now() - timedelta(days=30)) == {"NEW"}
        assert versions.keys_since(session, utc_now() - timedelta(days=60)) == {"OLD", "NEW"}


def test_an_import_takes_over_what_the_console_made(runtime, wechat, db, tags):
    wechat.call("/cgi-bin/menu/create", {"button": [click("x", "x")]})
    tag = wechat.call("/cgi-bin/tags/create", {"tag": {"name": "会员"}})["tag"]["id"]
    unknown = wechat.call("/cgi-bin/tags/create", {"tag": {"name": "老客"}})["tag"]["id"]
    for one in (tag, unknown):
        rule = {"button": [click("会", "VIP")], "matchrule": {"tag_id": str(one)}}
        wechat.call("/cgi-bin/menu/addconditional", rule)
    news = {"type": "news", "name": "图文", "news_info": {"list": [{"title": "秋游"}]}}
    wechat.has_from_the_console(
        [
            {"type": "text", "name": "问好", "value": "您好，欢迎"},
            {"name": "更多", "sub_button": [{"type": "img", "name": "图", "value": "MEDIA-1"}, news]},
            {"type": "view", "name": "官网", "url": "https://www.example.com/"},
        ]
    )
    theirs = importing.ask(runtime.wechat.of("head"))
    with db.transaction() as session:
        account_id = runtime.accounts["head"].id
        known = importing.learn_tags(session, account_id, theirs, now=utc_now())
        assert importing.learn_tags(session, account_id, theirs, now=utc_now()) == known
    found = importing.read(theirs, known)

    [(key, text)] = found.answers.items()
    assert text == "您好，欢迎"
    first, more, site = found.book["default"]
    assert (first["type"], first["key"]) == ("click", key)
    assert more["sub_button"][0] == {"name": "图", "type": "media_id", "media_id": "MEDIA-1"}
    assert more["sub_button"][1]["news_info"] == news["news_info"]
    assert site["url"] == "https://www.example.com/"
    assert found.kept == ["图文"]
    assert known[tag] == tags["会员"]
    assert books.tag_ids(found.book) == [known[unknown], known[tag]]
    assert found.left_out == 0


def test_what_was_published_is_read_back_as_the_same(runtime, wechat, db, tags):
    made = book(
        group("去旅行", click("本周"), view("官网")),
        click("找客服"),
        m=(tags["会员"], click("会")),
        s=(tags["员工"], click("员")),
    )
    publish(runtime, made)
    job(runtime, "head")

    theirs = importing.ask(runtime.wechat.of("head"))
    with db.reading() as session:
        known = importing.known_tags(session, runtime.accounts["head"].id)
    assert books.same(importing.read(theirs, known).book, made)
