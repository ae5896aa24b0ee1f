"""From a row as people type it to facts, or to the reason why not, in words for whoever imports."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.privacy import NotANumber, parse

EARLIEST = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Facts:
    """One person, as a row tells of them."""

    line: str
    phone: str
    name: str | None
    birthday: date | None
    shop_id: int | None
    customer: str | None


def clean(
    row: Mapping[str, str], shops: Mapping[str, int], *, shop_id: int | None, today: date
) -> Facts | str:
    """Return the facts of a row, or why it cannot be taken in. `shops` are those the importer may name."""
    try:
        phone = parse(row.get("phone", "").removesuffix(".0"))
    except NotANumber:
        return "手机号不对" if row.get("phone") else "没有手机号"
    name = re.sub(r"\s+", " ", row.get("name", "")).strip() or None
    if name and (len(name) > 32 or re.search(r"[\x00-\x1f<>]", name)):
        return "姓名不对"
    birthday = None
    if row.get("birthday"):
        birthday = _date(row["birthday"])
        if birthday is None or not EARLIEST <= birthday <= today:
            return "生日不对"
    if row.get("shop"):
        shop_id = shops.get(row["shop"])
        if shop_id is None:
            return "没有这家门店，或不在您的范围内"
    customer = row.get("customer") or None
    return Facts(row["line"], phone, name, birthday, shop_id, customer[:64] if customer else None)


def _date(text: str) -> date | None:
    found = re.fullmatch(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?", text.strip())
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
