"""What a version of a template says. Frozen, as it is; money in fen, days and hours are Shanghai's."""

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from bot.moments import HERE

MOST_FEN = 100_000_000_00
LONGEST_DAYS = 3650


def end_of(day: date, days: int = 0) -> datetime:
    """Return the midnight after the day, or after that so many days later."""
    return datetime.combine(day + timedelta(days=days + 1), time(), HERE)


class Kind(enum.StrEnum):
    """What a coupon is worth."""

    AMOUNT = "amount"
    PERCENT = "percent"
    GIFT = "gift"


@dataclass(frozen=True, slots=True)
class Goods:
    """What is named by category, brand or article; any one of them is enough. Empty names nothing."""

    categories: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()

    def names(self, *, category: str, brand: str, product: str) -> bool:
        """Tell whether a line is among what is named."""
        return category in self.categories or brand in self.brands or product in self.products

    def __bool__(self) -> bool:
        return bool(self.categories or self.brands or self.products)


@dataclass(frozen=True, slots=True)
class Scope:
    """For which goods, in which shops. What is excluded is out, whatever includes it; empty is all."""

    include: Goods = Goods()
    exclude: Goods = Goods()
    shops: frozenset[int] = frozenset()
    not_shops: frozenset[int] = frozenset()

    def takes(self, *, category: str, brand: str, product: str) -> bool:
        """Tell whether the coupon goes for a line."""
        said = {"category": category, "brand": brand, "product": product}
        return (not self.include or self.include.names(**said)) and not self.exclude.names(**said)

    def opens(self, shop_id: int) -> bool:
        """Tell whether the coupon goes in a shop."""
        return (not self.shops or shop_id in self.shops) and shop_id not in self.not_shops


@dataclass(frozen=True, slots=True)
class Dates:
    """When a coupon is good: to a last day, or for `days` from the day it was issued, what is first.

    `begins` is the first day; `wait` so many days after issuing it begins.
    """

    begins: date | None = None
    ends: date | None = None
    days: int | None = None
    wait: int = 0

    def span(self, now: datetime) -> tuple[datetime, datetime] | None:
        """Return from when and until before when a coupon issued now is good; None if that is never."""
        today = now.astimezone(HERE).date()
        first = today + timedelta(days=self.wait)
        if self.begins is not None:
            first = max(first, self.begins)
        last = self.ends
        if self.days is not None:
            counted = first + timedelta(days=self.days - 1)
            last = min(last, counted) if last else counted
        if last is None or last < first or last < today:
            return None
        since = now if first == today else datetime.combine(first, time(), HERE)
        return since, end_of(last)


@dataclass(frozen=True, slots=True)
class Hours:
    """On which weekdays (0 is Monday), between which hours (`HH:MM`), and not on which days."""

    weekdays: frozenset[int] = frozenset()
    since: str = ""
    until: str = ""
    not_days: tuple[tuple[date, date], ...] = ()


@dataclass(frozen=True, slots=True)
class Circle:
    """A segment as it was when the terms were written: its number, its name, and its conditions as JSON.

    What becomes of the segment later changes no coupon and no rule; who fits is asked anew each time.
    """

    id: int
    name: str
    conditions: str

    @property
    def mark(self) -> str:
        """What tells these conditions from others."""
        return hashlib.sha256(self.conditions.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Who:
    """Which members: of one of these levels, with one of these tags, of a segment, yet without a purchase."""

    levels: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    first_purchase: bool = False
    circle: Circle | None = None

    def __bool__(self) -> bool:
        return bool(self.levels or self.tags or self.first_purchase or self.circle)


@dataclass(frozen=True, slots=True)
class Terms:
    """All a coupon is.

    `amount` is what it takes off (amount); `percent` of what it goes for is
    taken off, `cap` at most (percent); `gift` is what is handed over (gift).
    `least` is what the goods it goes for must come to.  Of one `group` a receipt
    takes one coupon; `alone` goes with no other.  `grace` days at least are left
    when it comes back from a cancelled order.
    """

    kind: Kind
    amount: int = 0
    percent: int = 0
    cap: int | None = None
    gift: str = ""
    least: int = 0
    scope: Scope = field(default_factory=Scope)
    dates: Dates = field(default_factory=Dates)
    hours: Hours = field(default_factory=Hours)
    gets: Who = field(default_factory=Who)
    uses: Who = field(default_factory=Who)
    transferable: bool = False
    group: str = ""
    alone: bool = False
    grace: int = 0
    note: str = ""


def write(terms: Terms) -> dict[str, Any]:
    """Return the terms as a version keeps them; what is so by default is left out."""
    found: dict[str, Any] = _plain(asdict(terms))
    return found


def read(kept: Mapping[str, Any]) -> Terms:
    """Return the terms a version keeps."""
    scope, dates, hours = kept.get("scope", {}), kept.get("dates", {}), kept.get("hours", {})
    return Terms(
        kind=Kind(kept["kind"]),
        **{name: kept[name] for name in _PLAIN if name in kept},
        scope=Scope(
            include=_goods(scope.get("include", {})),
            exclude=_goods(scope.get("exclude", {})),
            shops=frozenset(scope.get("shops", ())),
            not_shops=frozenset(scope.get("not_shops", ())),
        ),
        dates=Dates(_day(dates, "begins"), _day(dates, "ends"), dates.get("days"), dates.get("wait", 0)),
        hours=Hours(
            weekdays=frozenset(hours.get("weekdays", ())),
            since=hours.get("since", ""),
            until=hours.get("until", ""),
            not_days=tuple(
                (date.fromisoformat(first), date.fromisoformat(last))
                for first, last in hours.get("not_days", ())
            ),
        ),
        gets=_who(kept.get("gets", {})),
        uses=_who(kept.get("uses", {})),
    )


_PLAIN = ("amount", "percent", "cap", "gift", "least", "transferable", "group", "alone", "grace", "note")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: found for name, one in value.items() if (found := _plain(one)) or found is True}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, enum.StrEnum) else value


def _goods(kept: Mapping[str, Any]) -> Goods:
    return Goods(*(frozenset(kept.get(name, ())) for name in ("categories", "brands", "products")))


def _who(kept: Mapping[str, Any]) -> Who:
    return Who(
        frozenset(kept.get("levels", ())),
        frozenset(kept.get("tags", ())),
        kept.get("first_purchase", False),
        Circle(**kept["circle"]) if "circle" in kept else None,
    )


def _day(kept: Mapping[str, Any], name: str) -> date | None:
    return date.fromisoformat(kept[name]) if name in kept else None
