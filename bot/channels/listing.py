"""The spreadsheet beside an archive: what is what."""

import io
import zipfile
from collections.abc import Iterable
from datetime import datetime

from openpyxl import Workbook

from bot.channels.facts import Facts
from bot.moments import HERE

COLUMNS = {
    "zh": "文件,编号,场景值,名称,门店,员工,活动,分组,类型,有效期至,用途,位置,备注,二维码内容",
    "en": "File,Number,Scene,Name,Shop,Staff,Campaign,Group,Kind,Ends,Purpose,Place,Note,Code",
}
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
EPOCH = datetime(2020, 1, 1)  # noqa: DTZ001 - a spreadsheet knows no zones
KINDS = {"zh": {"permanent": "永久", "temporary": "临时"}, "en": {}}


def spreadsheet(rows: Iterable[tuple[Facts, str]], *, language: str) -> bytes:
    """Return the codes, each with the name of its file, as .xlsx; no cell is run as a formula.

    The same rows give the same bytes.
    """
    language = language if language in COLUMNS else "zh"
    book = Workbook(write_only=True)
    book.properties.created = book.properties.modified = EPOCH
    sheet = book.create_sheet("codes")
    sheet.append(COLUMNS[language].split(","))
    for one, file in rows:
        ends = f"{one.expires_at.astimezone(HERE):%Y-%m-%d %H:%M}" if one.expires_at else ""
        texts = (one.scene, one.name, one.shop, one.staff, one.campaign, one.group)
        kind = KINDS[language].get(one.kind, one.kind)
        after = (kind, ends, one.purpose, one.place, one.note, one.url)
        sheet.append([file, one.id, *map(_shown, texts), *map(_shown, after)])
    out = io.BytesIO()
    book.save(out)
    return _without_clock(out.getvalue())


def _shown(text: str) -> str:
    """Return a text that spreadsheets only show."""
    return f"'{text}" if text.lstrip(" ").startswith(DANGEROUS) else text


def _without_clock(book: bytes) -> bytes:
    """Return the same workbook with the moment of its writing left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as source, zipfile.ZipFile(out, "w") as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "docProps/core.xml":
                head, _, rest = content.partition(b"<dcterms:modified")
                end = rest.partition(b"</dcterms:modified>")[2] if rest else b""
                content = head + end if rest else content
            target.writestr(
                zipfile.ZipInfo(entry.filename, (2020, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED
            )
    return out.getvalue()
