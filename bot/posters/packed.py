"""What an archive of posters says about them: the sheet beside them, and why somebody has none."""

import io
from collections.abc import Iterable, Mapping

from bot.posters.designs import NoSuchDesign
from bot.posters.making import CodeRetired, NotAtWork, Poster
from bot.sheets import writing
from bot.sheets.columns import Column

COLUMNS = (
    Column("file", "文件", "File", width=44),
    Column("shop", "门店", "Shop", width=24),
    Column("name", "姓名", "Name"),
    Column("title", "职务", "Title"),
    Column("design", "样式", "Design"),
    Column("code", "二维码内容", "Code", width=48),
)
SAID = {
    "gone": ("已不在所选门店在职", "Does not work in the chosen shops any more"),
    "retired": (
        "二维码已停用；请在渠道页恢复后再生成",
        "Their code is out of use; bring it back on the channel's page, then draw again",
    ),
    "not_offered": (
        "所选样式没有开放给这家门店，或不在使用日期内",
        "The design is not offered to this shop, or not on this day",
    ),
    "no_codes_left": ("永久二维码额度已用完", "The account has no permanent codes left"),
    "not_made": (
        "微信还没有生成二维码；请稍后再生成一次",
        "WeChat has not made their code yet; draw again in a while",
    ),
    "unreadable": (
        "成品上的二维码识别不了，没有放进文件；请修改样式",
        "The code on the finished poster cannot be read, so it was left out; mend the design",
    ),
}


def say(code: str, language: str) -> str:
    """Return why somebody has no poster, in Chinese unless `language` is `en`."""
    chinese, english = SAID[code]
    return english if language == "en" else chinese


def code_of(error: Exception) -> str:
    """Return the word for what kept a poster from being drawn."""
    known: dict[type[Exception], str] = {
        NotAtWork: "gone",
        CodeRetired: "retired",
        NoSuchDesign: "not_offered",
    }
    return known.get(type(error), "unreadable")


def row(one: Poster, file: str) -> dict[str, str]:
    """Return what the sheet says of a poster. No telephone stands in it."""
    whose = one.subject
    return {
        "file": file,
        "shop": whose.shop,
        "name": whose.name,
        "title": whose.title,
        "design": one.design.title,
        "code": whose.code,
    }


def spreadsheet(rows: Iterable[Mapping[str, str]], *, language: str) -> bytes:
    """Return the sheet as .xlsx; no cell of it is run as a formula."""
    out = io.BytesIO()
    title = "posters" if language == "en" else "海报"
    writing.excel(out, COLUMNS, rows, title=title, explained=False, in_chinese=language != "en")
    return out.getvalue()
