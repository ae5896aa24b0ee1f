"""The editor's rows: conditions in three blocks, from a document to a form and back.

All of the first, at least one of the second, none of the third.  A row without a
field is no condition, so that one is taken away without a script by emptying it.
"""

import dataclasses
import secrets
from collections.abc import Mapping
from typing import Any

from admin.forms import Form
from admin.segments import words
from bot.keys import key_in
from bot.segments import conditions
from bot.segments.conditions import BadConditions
from bot.segments.fields import FIELDS, Ask, Kind

BLOCKS = ("all", "any", "none")
Document = dict[str, Any]


@dataclasses.dataclass
class Row:
    """One row as it stands in the form."""

    id: str
    block: str
    field: str = ""
    ask: str = ""
    values: list[str] = dataclasses.field(default_factory=list)
    days: str = ""
    since: str = ""
    until: str = ""
    error: str = ""

    @property
    def about(self) -> Any:
        """The field it asks about; None while there is none."""
        return FIELDS.get(self.field)

    def settled(self) -> "Row":
        """Return it with an ask that fits its field."""
        if self.about and self.ask not in {one.value for one in self.about.asks}:
            self.ask = self.about.asks[0].value
        return self


def new(block: str) -> Row:
    """Return an empty row."""
    return Row(secrets.token_hex(3), block if block in BLOCKS else "all")


def sent(form: Form) -> list[Row]:
    """Return the rows of the form that was sent."""
    found = form.values.get("row", [])
    rows = []
    for one in found if isinstance(found, list) else [found]:
        block, _sign, key = str(one).partition(":")
        if block in BLOCKS and key.isalnum() and len(key) <= 12:
            rows.append(_read(form, block, key))
    return rows


def _read(form: Form, block: str, key: str) -> Row:
    def one(name: str) -> str:
        value = form.values.get(f"{key}-{name}", "")
        return str(value[0] if isinstance(value, list) else value).strip()

    values = form.values.get(f"{key}-value", [])
    chosen = [str(each) for each in (values if isinstance(values, list) else [values]) if each != ""]
    return Row(
        key, block, one("field"), one("ask"), chosen, one("days"), one("since"), one("until")
    ).settled()


def document_of(rows: list[Row]) -> Document:
    """Return the document of the rows; what is wrong with one stands in its `error`.

    A right document all the same, once no row has an error.
    """
    by_block = {block: [row for row in rows if row.block == block and row.field] for block in BLOCKS}
    places: dict[str, Row] = {}
    document: Document = {"all": []}
    for row in by_block["all"]:
        places[f"all[{len(document['all'])}]"] = row
        document["all"].append(_leaf(row))
    for block in ("any", "none"):
        if by_block[block]:
            place = f"all[{len(document['all'])}].{block}"
            places |= {f"{place}[{number}]": row for number, row in enumerate(by_block[block])}
            document["all"].append({block: [_leaf(row) for row in by_block[block]]})
    try:
        conditions.read(document)
    except BadConditions as error:
        for one in error.problems:
            where = next((row for place, row in places.items() if one.path.startswith(place)), None)
            for row in [where] if where else rows[-1:]:
                row.error = row.error or words.problem(one)
    return document


def _leaf(row: Row) -> Document:
    return {"field": row.field, "ask": row.ask, "value": _value(row)}


def _value(row: Row) -> Any:
    about = row.about
    if about is None:
        return None
    if about.kind is Kind.FLAG:
        return {"yes": True, "no": False}.get(row.values[0] if row.values else "")
    if about.kind is Kind.MOMENT and row.ask == Ask.BETWEEN:
        return {name: value for name, value in (("since", row.since), ("until", row.until)) if value}
    if about.kind in {Kind.MOMENT, Kind.NUMBER}:
        return int(row.days) if row.days.isascii() and row.days.isdigit() and len(row.days) < 8 else None
    if about.kind is Kind.KEYS:
        return [key for one in row.values if (key := key_in(one)) is not None]
    return row.values


def rows_of(document: Mapping[str, Any]) -> list[Row] | None:
    """Return the rows that show `document`; None for one with groups the editor does not know."""
    rows: list[Row] = []
    [(junction, parts)] = document.items()
    for part in parts:
        if "field" in part:
            rows.append(_shown(junction, part))
            continue
        [(inner, leaves)] = part.items()
        is_plain = junction == "all" and inner in {"any", "none"} and all("field" in one for one in leaves)
        if not is_plain or (inner == "any" and any(row.block == "any" for row in rows)):
            return None
        rows += [_shown(inner, leaf) for leaf in leaves]
    return rows


def _shown(block: str, leaf: Mapping[str, Any]) -> Row:
    row, value = new(block), leaf["value"]
    row.field, row.ask = leaf["field"], leaf["ask"]
    if isinstance(value, bool):
        row.values = ["yes" if value else "no"]
    elif isinstance(value, int):
        row.days = str(value)
    elif isinstance(value, dict):
        row.since, row.until = value.get("since", ""), value.get("until", "")
    else:
        row.values = [str(one) for one in value]
    return row
