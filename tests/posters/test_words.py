"""Where lines end, what is shrunk, what is cut, and what nobody has a letter for."""

import random

import pytest

from posters import fonts, lettering, lines
from posters.template import Area, Text


def even(piece):
    """Chinese is one wide, the rest a half."""
    return 1.0 if ord(piece[0]) > 0x2E00 else 0.5


def broken(text, width):
    return ["".join(line) for line in lines.broken(text, even, width)]


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("去看海，看山。", 3, ["去看", "海，看", "山。"]),
        ("他说「真好」。", 3, ["他说", "「真", "好」。"]),
        ("价格￥1280起", 4, ["价格", "￥1280起"]),
        ("在Shanghai见", 4, ["在", "Shanghai", "见"]),
        ("Hello brave world", 6, ["Hello brave", "world"]),
        ("Pneumonoultramicroscopic", 4, ["Pneumono", "ultramic", "roscopic"]),
        ("电话021-63408000转3", 6, ["电话", "021-63408000", "转3"]),
        ("一\n二三", 4, ["一", "二三"]),
        ("（上海）店", 4, ["（上海）", "店"]),
    ],
)
def test_lines_end_where_a_typesetter_would_end_them(text, width, expected):
    assert broken(text, width) == expected


@pytest.mark.parametrize("width", range(3, 14))
def test_no_line_of_any_width_begins_or_ends_wrongly(width):
    text = "出发（上海）：去看「大海」、灯塔，还有日出……一路有人照应。含税￥99起！"
    for line in broken(text, width):
        if len(line) > 1 and sum(map(even, line)) <= width:
            assert line[-1] not in lines.OPENING
    assert "".join(broken(text, width)) == text
    if width >= 5:
        assert all(line[0] not in lines.CLOSING for line in broken(text, width))


def test_balanced_lines_leave_no_rest():
    assert ["".join(line) for line in lines.balanced("满山红叶只等一个人", even, 8)] == [
        "满山红叶只",
        "等一个人",
    ]


def test_an_ellipsis_follows_a_word_not_a_sign():
    assert "".join(lines.cut(list("去看海，（看山"), even, 5.5)) == "去看海…"


def box(**how):
    return Text(Area(0, 0, how.pop("width", 200), how.pop("height", 60)), "{x}", how.pop("size", 40), **how)


def test_what_does_not_fit_is_shrunk_to_its_least_and_then_cut():
    fits = lettering.lettered(box(least=20), "五个字刚好", 1)
    shrunk = lettering.lettered(box(least=20), "这里有八个字呢", 1)
    cut = lettering.lettered(box(least=20), "这里有一二三四五六七八九十个字", 1)

    assert fits.size == 40
    assert 20 < shrunk.size < 40
    assert cut.size == 20
    assert cut.lines[0].endswith("…")


def test_fits_wrap_and_ellipsis():
    long = "这一句话比两行还要长，所以要断开"

    wrapped = lettering.lettered(box(fit="wrap", lines=2, height=110), long, 1)
    flat = lettering.lettered(box(fit="ellipsis", lines=2, height=110), long, 1)

    assert wrapped.size == flat.size == 40
    assert wrapped.lines == ("这一句话比", "两行还要…")
    assert flat.lines == ("这一句话…",)


def test_rare_characters_are_drawn_and_unknown_ones_are_never_a_box():
    assert lettering.known("䶮㛃𠅤𫖯") == "䶮㛃𠅤𫖯"
    assert lettering.known("王\U0003fffd珊\u202e\x07") == "王珊"
    assert lettering.known("𓃰") in {"〓", "𓃰"}  # a hieroglyph, if the machine has none of them


def test_emoji_are_coloured_if_the_machine_has_them_and_left_out_if_not(monkeypatch):
    family = "👨‍👩‍👧"
    assert lines.clusters("小" + family + "🇨🇳1️⃣") == ["小", family, "🇨🇳", "1️⃣"]
    if fonts.emoji():
        assert len(lettering.lettered(box(), "小" + family, 1).pictures) == 1

    monkeypatch.setattr(fonts, "emoji", lambda: None)
    assert lettering.known("小" + family + "🇨🇳1️⃣花🌸") == "小1花"


def test_columns_have_upright_signs():
    assert lettering.lettered(box(vertical=True, height=300), "看云，看山。", 1).lines == ("看云︐看山︒",)


def test_no_name_however_strange_stops_a_poster():
    chance = random.Random(1)
    pools = ((0x20, 0x24F), (0x300, 0x36F), (0x600, 0x6FF), (0xE00, 0xFFF), (0x2000, 0x30FF), (0xFE00, 0xFFFF),
             (0x1F1E6, 0x1F1FF), (0x1F300, 0x1FAFF), (0x20000, 0x2A6DF), (0xE0000, 0xE01FF), (0, 0x10FFFF))  # fmt: skip
    for _name in range(200):
        name = "".join(chr(chance.randint(*chance.choice(pools))) for _ in range(chance.randint(1, 20)))
        for how in ({"least": 20}, {"vertical": True, "lines": 2}):
            assert lettering.lettered(box(**how), name + "\u2029", 1).size >= 1, ascii(name)
