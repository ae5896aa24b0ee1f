"""The sheet of auto-replies: its columns, and the words that stand in them."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from bot.imports.branches import ID
from bot.imports.looking import Cells
from bot.materials.models import Kind as MaterialKind
from bot.replies.bounds import MOST_FOLLOW_UPS, MOST_VARIANTS
from bot.replies.models import Choosing, Match, Trigger
from bot.sheets import Column

# The first word for each is the one we write.
TRIGGERS = {"关键词": "keyword", "关注": "follow", "菜单按钮": "event_key", "默认": "default"}
MATCHES = {"全匹配": "exact", "完全匹配": "exact", "包含": "contains", "半匹配": "contains", "正则": "regex"}
CHOOSINGS = {"随机": "random", "依次": "sequence", "轮流": "sequence"}
YES, NO = ("是", "启用", "yes", "on", "true"), ("否", "停用", "no", "off", "false")
SWITCH = {**dict.fromkeys(YES, True), **dict.fromkeys(NO, False)}
WEEK = "一二三四五六日"
# What a material of the library has to be for each kind of reply.
KINDS = {
    "image": MaterialKind.IMAGE,
    "voice": MaterialKind.VOICE,
    "video": MaterialKind.VIDEO,
    "music": MaterialKind.THUMB,
    "news": MaterialKind.ARTICLE,
}
VARIANTS = tuple(f"variant{number}" for number in range(1, MOST_VARIANTS + 1))
FOLLOW_UPS = tuple(f"follow_up{number}" for number in range(1, MOST_FOLLOW_UPS + 1))
FORMS = "文字直接写；其他写成 [图片] 素材 7（或 media_id）、[图文] 标题 | 描述 | 图片地址 | 链接、[转客服]。"
FORMS_ENGLISH = (
    "Words as they are; else [image] material 7 (or a media id), [news] title | description | picture | link."
)


def read_as(words: dict[str, Any], kind: Any) -> dict[str, Any]:
    """Return what people may write, the code's own words among it."""
    return {**{one.value: one.value for one in kind}, **words}


def written_as(words: dict[str, Any]) -> dict[Any, str]:
    """Return the word we write for each."""
    found: dict[Any, str] = {}
    for word, value in words.items():
        found.setdefault(value, word)
    return found


TRIGGERS_READ, MATCHES_READ = read_as(TRIGGERS, Trigger), read_as(MATCHES, Match)
CHOOSINGS_READ = read_as(CHOOSINGS, Choosing)
TRIGGERS_SAID, MATCHES_SAID, CHOOSINGS_SAID = (written_as(one) for one in (TRIGGERS, MATCHES, CHOOSINGS))


def columns(accounts: Iterable[str], shops: Iterable[str]) -> tuple[Column, ...]:
    """Return the columns, with these accounts and shops to choose from."""
    return (*_what(), *_answers(), *_asks(), *_whom(accounts, shops), *_when())


def _what() -> Iterable[Column]:
    yield ID
    yield Column(
        "title", "规则名称", "Title", others=("标题", "名称"), example="问营业时间", width=20, is_needed=True
    )
    yield Column(
        "trigger", "触发方式", "Trigger", others=("触发",), choices=tuple(TRIGGERS), example="关键词",
        width=10, is_needed=True,
    )  # fmt: skip
    yield Column(
        "match", "匹配方式", "Match", "关键词才要填；空为全匹配。", "For keywords; empty: the whole message.",
        others=("匹配",), choices=tuple(MATCHES_SAID.values()), example="包含", width=10,
    )  # fmt: skip
    yield Column(
        "words", "关键词", "Keywords", "每行一个；菜单按钮写按钮的 key。", "One a line; a button's key.",
        others=("关键字", "按钮key"), example="几点开门\n营业时间", width=24,
    )  # fmt: skip


def _answers() -> Iterable[Column]:
    yield Column(
        "reply", "回复内容", "Answer", FORMS, FORMS_ENGLISH,
        others=("回复",), example="{门店}营业时间：{营业时间}", width=40,
    )  # fmt: skip
    for key in VARIANTS:
        yield Column(key, f"备选回复{key[-1]}", f"Other answer {key[-1]}", FORMS, FORMS_ENGLISH, width=32)
    yield Column(
        "choosing", "多条回复", "Which answer", "有备选回复时填。", "With other answers.",
        choices=tuple(CHOOSINGS_SAID.values()), example="随机", width=10,
    )  # fmt: skip
    for key in FOLLOW_UPS:
        yield Column(key, f"后续消息{key[-1]}", f"Sent after it {key[-1]}", FORMS, FORMS_ENGLISH, width=32)


def _asks() -> Iterable[Column]:
    for key, chinese, english in (
        ("notify_desk", "通知客服", "Also notify the desk"),
        ("asks_helped", "询问是否有帮助", "Ask whether it helped"),
    ):
        yield Column(
            key, chinese, english, "留空不改，新规则为否；关注时不问。", "Empty: unchanged; new ones: no.",
            choices=("是", "否"), example="否", width=10,
        )  # fmt: skip


def _whom(accounts: Iterable[str], shops: Iterable[str]) -> Iterable[Column]:
    yield Column(
        "account", "公众号", "Account", "空为所有公众号。", "Empty: all.",
        others=("账号",), choices=tuple(accounts), width=14,
    )  # fmt: skip
    yield Column(
        "shop", "门店", "Shop", "空为所有粉丝。", "Empty: all fans.",
        others=("门店名称",), choices=tuple(shops), width=20,
    )  # fmt: skip
    yield Column(
        "channel", "渠道码", "Channel", "写场景值，如 c:12；空为所有渠道。", "Its scene: c:12; empty: all.",
        others=("渠道", "场景值"), width=12,
    )  # fmt: skip


def _when() -> Iterable[Column]:
    yield Column(
        "weekdays", "星期", "Weekdays", "如 一二三四五；空为每天。", "1 is Monday: 12345; empty: all.",
        example="六日", width=12,
    )  # fmt: skip
    yield Column("from_time", "开始时间", "From this time", "如 09:00", "Such as 09:00", example="18:00")
    yield Column(
        "until_time",
        "结束时间",
        "Until this time",
        "可以跨过零点。",
        "May go over midnight.",
        example="09:00",
    )
    yield Column("valid_from", "开始日期", "First day", "如 2026-10-01", "Such as 2026-10-01")
    yield Column("valid_until", "结束日期", "Last day")
    yield Column(
        "enabled", "启用", "On", "留空不改，新规则为是。", "Empty: unchanged; new ones are on.",
        others=("状态",), choices=("是", "否"), example="是", width=8,
    )  # fmt: skip
    yield Column(
        "priority", "优先级", "Priority", "数大的先问；新规则留空排在最前。", "Higher is asked first.",
        others=("顺序",), width=8, is_text=False,
    )  # fmt: skip


def weekdays(cells: Cells) -> str | None:
    """Return the days of the week as digits, 1 is Monday; None for every day, wrong for anything else."""
    text = re.sub(r"[周星期、,，\s]", "", cells.get("weekdays")).replace("天", "日")
    digits = sorted({str(WEEK.index(one) + 1) if one in WEEK else one for one in text})
    if any(one not in "1234567" for one in digits):
        cells.wrong("weekdays", "not_weekdays", text=text[:20])
        return None
    return None if len(digits) == 7 else "".join(digits) or None


def day(cells: Cells, key: str) -> date | None:
    """Return a day; None for an empty cell, and wrong for anything else."""
    text = cells.get(key).replace("/", "-")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        cells.wrong(key, "not_a_day", text=text[:20])
        return None
