"""What our checks let pass the platform takes, and what they refuse it refuses."""

import itertools

import pytest

from bot.menus import books, checks
from bot.menus.checks import Wrong
from simulator.server import Server
from tests import make
from tests.menus.make_menus import book, click, group, view
from tests.support.wechat_side import WeChatSide


@pytest.fixture(scope="module")
def side():
    with Server() as server:
        made = WeChatSide(server, make.config("sqlite://"))
        yield made
        made.close()


APP = {"type": "miniprogram", "appid": "wx00000000000000aa", "pagepath": "pages/index"}
RIGHT = {
    "one button": [click("a", "k")],
    "three buttons": [click(name) for name in "abc"],
    "five in a group": [group("g", *(click(name) for name in "abcde"))],
    "16 bytes on the bar": [click("一二三四五a")],
    "60 bytes in a group": [group("g", click("字" * 20))],
    "128 bytes of key": [click("a", "字" * 42 + "ab")],
    "1024 bytes of address": [view("a", "https://a.example/" + "x" * 1006)],
    "a plain address": [view("a", "http://127.0.0.1:8000/h5?a=1#b")],
    "a mini-program": [{"name": "a", "url": "https://a.example/", **APP}],
    **{kind: [{"name": "a", "type": kind, "key": "k"}] for kind in books.WITH_KEY},
}
WRONG = {
    "no button": ([], Wrong.NO_BUTTONS),
    "four buttons": ([click(name) for name in "abcd"], Wrong.TOO_MANY_BUTTONS),
    "six in a group": ([group("g", *(click(name) for name in "abcdef"))], Wrong.TOO_MANY_SUBS),
    "a group in a group": ([group("g", group("h", click("a")))], Wrong.TOO_DEEP),
    "no name": ([click("", "k")], Wrong.MISSING),
    "17 bytes on the bar": ([click("一二三四五ab")], Wrong.TOO_LONG),
    "61 bytes in a group": ([group("g", click("字" * 20 + "a"))], Wrong.TOO_LONG),
    "no key": ([{"name": "a", "type": "click", "key": ""}], Wrong.MISSING),
    "129 bytes of key": ([click("a", "字" * 43)], Wrong.TOO_LONG),
    "no address": ([view("a", "")], Wrong.MISSING),
    "1025 bytes of address": ([view("a", "https://a.example/" + "x" * 1007)], Wrong.TOO_LONG),
    "another scheme": ([view("a", "ftp://a.example/")], Wrong.URL),
    "a script": ([view("a", "javascript:alert(1)")], Wrong.URL),
    "no host": ([view("a", "https:///page")], Wrong.URL),
    "no kind": ([{"name": "a", "type": ""}], Wrong.KIND),
    "another kind": ([{"name": "a", "type": "dance"}], Wrong.KIND),
    "a console kind": ([{"name": "a", "type": "text", "value": "x"}], Wrong.CONSOLE_KIND),
    "no app": ([{"name": "a", "url": "https://a.example/", **APP, "appid": ""}], Wrong.MISSING),
    "no app id": ([{"name": "a", "url": "https://a.example/", **APP, "appid": "aa"}], Wrong.APP_ID),
    "no media": ([{"name": "a", "type": "media_id", "media_id": ""}], Wrong.MISSING),
    "no media id": ([{"name": "a", "type": "media_id", "media_id": "图"}], Wrong.THING_ID),
    "no article id": ([{"name": "a", "type": "article_id", "article_id": "a b"}], Wrong.THING_ID),
}


GROUPED = {
    f"{name}, in a group": [group("g", *buttons)]
    for name, buttons in RIGHT.items()
    if not any("sub_button" in button for button in buttons)
}


@pytest.mark.parametrize("buttons", [*RIGHT.values(), *GROUPED.values()], ids=[*RIGHT, *GROUPED])
def test_what_passes_is_taken(side, buttons):
    made = book(*buttons)

    assert checks.errors(checks.check(made)) == []
    answer = side.call("/cgi-bin/menu/create", {"button": books.to_wechat(made["default"])})
    assert answer["errcode"] == 0, answer


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused_is_refused(side, name):
    buttons, wrong = WRONG[name]
    made = book(*buttons)

    [problem] = checks.errors(checks.check(made))
    assert problem.wrong is wrong
    raw = [_raw(button) for button in buttons]
    assert side.call("/cgi-bin/menu/create", {"button": raw})["errcode"] != 0


def _raw(button):
    made = {name: value for name, value in button.items() if name != "id"}
    if "sub_button" in made:
        made["sub_button"] = [_raw(sub) for sub in made["sub_button"]]
    return made


def test_every_length_around_the_limits_is_judged_alike(side):
    """Names of every length by both letters, on the bar and in a group."""
    for letter, n, is_sub in itertools.product(
        "a字", (1, 5, 6, 15, 16, 17, 20, 21, 59, 60, 61), (False, True)
    ):
        button = click(letter * n, "k")
        made = book(group("g", button) if is_sub else button)
        passes = not checks.errors(checks.check(made))
        answer = side.call("/cgi-bin/menu/create", {"button": books.to_wechat(made["default"])})
        assert passes == (answer["errcode"] == 0), (letter, n, is_sub, answer)


def test_conditional_menus_share_three_domains(side):
    side.call("/cgi-bin/menu/create", {"button": [click("a", "k")]})
    pages = [view(name, f"https://{name}.example/") for name in "abcd"]
    right = book(click("a", "k"), one=(1, *pages[:3]), two=(2, pages[0]))
    wrong = book(click("a", "k"), one=(1, *pages[:3]), two=(2, pages[3]))

    assert checks.check(right) == []
    [problem] = checks.check(wrong)
    assert (problem.wrong, problem.menu, problem.n) == (Wrong.TOO_MANY_DOMAINS, "two", 4)
    tag = side.call("/cgi-bin/tags/create", {"tag": {"name": "会员"}})["tag"]["id"]
    codes = []
    for buttons in (pages[:3], pages[:1], pages[3:]):
        rule = {"tag_id": str(tag)}
        codes.append(
            side.call("/cgi-bin/menu/addconditional", {"button": buttons, "matchrule": rule}).get(
                "errcode", 0
            )
        )
    assert codes == [0, 0, 65316]


def test_a_menu_by_tag_needs_a_tag_of_its_own():
    made = book(click("a"), one=(7, click("b")), two=(7, click("c")), three=(None, click("d")))

    assert [(one.wrong, one.menu) for one in checks.check(made)] == [
        (Wrong.TAG_TWICE, "two"),
        (Wrong.NO_TAG, "three"),
    ]
    assert [one.wrong for one in checks.check(book(click("a"), one=(8, click("b"))), tags={7})] == [
        Wrong.NO_TAG
    ]


def test_a_name_phones_cut_off_is_a_warning_and_no_error():
    made = book(click("一二三四五"), group("四字以内", click("一二三四五六七八九")), click("abcdefgh"))

    problems = checks.check(made)

    assert [(one.wrong, one.n, one.most) for one in problems] == [
        (Wrong.CUT_OFF, 5, 4),
        (Wrong.CUT_OFF, 9, 8),
    ]
    assert checks.errors(problems) == []
