"""Reading a CSV or Excel file of customers somebody uploaded, a row at a time (`bot.sheets`)."""

from collections.abc import Iterator, Mapping

from bot import sheets
from bot.errors import YizhanError
from bot.sheets import Column, Limits

LARGEST = 10 * 1024 * 1024
UNPACKED = 200 * 1024 * 1024
MOST_ROWS = 200_000
LIMITS = Limits(size=LARGEST, inflated=UNPACKED, rows=MOST_ROWS, cell=200)
COLUMNS = (
    Column(
        "phone",
        "手机号",
        "phone",
        others=("手机", "手机号码", "电话", "联系电话", "mobile"),
        is_needed=True,
    ),
    Column("name", "姓名", "name", others=("名字", "客户姓名")),
    Column("birthday", "生日", "birthday", others=("出生日期",)),
    Column("shop", "门店", "shop", others=("店铺",)),
    Column("customer", "客户号", "customer", others=("客户编号", "会员号")),
)
WHY: Mapping[str, str] = {
    "too_large": "large",
    "bomb": "large",
    "too_many_rows": "rows",
    "no_header": "head",
    "missing_columns": "head",
    "empty": "head",
}


class NotASheet(YizhanError):
    """The uploader's move. `why` is one of: kind, large, rows, head."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def rows(content: bytes) -> Iterator[dict[str, str]]:
    """Return each row below the head as text by field, with its `line`; raise `NotASheet`.

    A list of a till may name its telephone twice, 手机 and 电话: the first counts.
    """
    try:
        for line in sheets.read(content, COLUMNS, LIMITS, takes_first=True).lines():
            if any(line.cells.values()):
                yield {**line.cells, "line": str(line.number)}
    except sheets.NotASheet as error:
        raise NotASheet(WHY.get(error.code, "kind")) from None
