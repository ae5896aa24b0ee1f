"""What codes a batch shall make: one row for each, before any of them exists."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bot.channels.models import CodeKind

MOST = 10_000  # rows of one batch
LONGEST = 64


@dataclass(frozen=True, slots=True)
class Row:
    """One code to be made. What is empty here is as the batch says for all."""

    name: str
    shop_id: int | None = None
    staff_id: int | None = None
    group_id: int | None = None
    campaign_id: int | None = None
    purpose: str = ""
    place: str = ""
    note: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Common:
    """What all codes of a batch share."""

    account_id: int
    kind: str = CodeKind.PERMANENT.value
    group_id: int | None = None
    campaign_id: int | None = None
    desk_shop_id: int | None = None
    purpose: str = ""
    place: str = ""
    note: str = ""
    is_test: bool = False
    welcome: dict[str, Any] | None = None
    welcomes: list[dict[str, Any]] | None = None
    fan_tags: list[int] = field(default_factory=list)
    member_tags: list[int] = field(default_factory=list)
    language: str = "zh"


def document(common: Common, rows: Sequence[Row]) -> dict[str, Any]:
    """Return the plan as the JSON a batch carries."""
    short = [{name: value for name, value in asdict(row).items() if value not in {None, ""}} for row in rows]
    return {"common": asdict(common), "rows": short}


def common_of(arguments: Mapping[str, Any]) -> Common:
    """Return what all codes of the plan share."""
    return Common(**arguments["common"])


def row_of(found: Mapping[str, Any]) -> Row:
    """Return one row of the plan."""
    return Row(**found)


def named(name: str, suffix: str) -> str:
    """Return a channel's name: whose it is and what it is for, cut where the table ends."""
    return (f"{name}·{suffix}" if suffix else name)[:LONGEST]


def by_shop(shops: Iterable[tuple[int, str]], suffix: str) -> list[Row]:
    """Return a row for each shop (id, name)."""
    return [Row(named(name, suffix), shop_id=key) for key, name in shops]


def by_staff(people: Iterable[tuple[int, str, int, str]], suffix: str) -> list[Row]:
    """Return a row for each of the staff (id, name, shop id, shop's name)."""
    return [
        Row(named(f"{name}·{shop}", suffix), shop_id=shop_id, staff_id=key)
        for key, name, shop_id, shop in people
    ]


def by_names(text: str, *, shop_id: int | None) -> list[Row]:
    """Return a row for each line of `text` that is not empty, each name once."""
    lines = dict.fromkeys(line.strip()[:LONGEST] for line in text.splitlines())
    return [Row(line, shop_id=shop_id) for line in lines if line]


def permanent(common: Common, rows: Iterable[Row]) -> int:
    """Return how many of the rows will be permanent codes."""
    return sum((row.kind or common.kind) == CodeKind.PERMANENT for row in rows)
