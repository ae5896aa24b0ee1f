from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from bot.audit import Subject
from bot.db.revisions import bump
from bot.imports.branches import ID
from bot.imports.looking import Cells, Kind, Look, Problem
from bot.organisation import hours, opening, places
from bot.organisation.hours import NotHours, Schedule
from bot.organisation.models import Branch, Shop, ShopState
from bot.sheets import Column

STATES = {
    "营业": "open",
    "营业中": "open",
    "open": "open",
    "in business": "open",
    "停业": "closed",
    "已停业": "closed",
    "关闭": "closed",
    "closed": "closed",
    "closed down": "closed",
}
SAID = {"open": "营业", "closed": "停业"}
DAYS = tuple(f"day{number}" for number in range(7))
ENGLISH = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = (
    "09:00-18:00，可写多段：09:00-12:00 13:30-18:00；留空为休息。",
    "09:00-18:00, several with blanks between; empty: closed.",
)
AUDITED = ("name", "branch_id", "address", "phone", "hours", "latitude", "longitude", "state")


class Shops(Kind[Shop]):
    """门店: by id, else by name."""

    name = "shops"
    model = Shop

    def make_columns(self) -> tuple[Column, ...]:
        """Return the columns; the branches are those in sight."""
        self._branches = {row.name: row for row in self.session.scalars(select(Branch).order_by(Branch.id))}
        days = tuple(
            Column(key, title, english, *HOURS, width=14, example="09:00-18:00")
            for key, title, english in zip(DAYS, hours.WEEKDAYS, ENGLISH, strict=True)
        )
        return (
            ID,
            Column(
                "name",
                "门店名称",
                "Shop name",
                "客人看到的名称，城市在前；全公司唯一。",
                "As travellers know it; unique in the group.",
                ("门店", "shop"),
                example="上海人民广场店",
                width=24,
                is_needed=True,
            ),
            Column(
                "branch",
                "分公司",
                "Branch",
                "已有的分公司名称。",
                "A branch that is there.",
                ("所属分公司",),
                tuple(self._branches),
                "上海分公司",
                18,
                True,
            ),
            Column(
                "address",
                "地址",
                "Address",
                "",
                "",
                ("门店地址",),
                example="黄浦区栖云路 188 号",
                width=36,
                is_needed=True,
            ),
            Column(
                "phone",
                "电话",
                "Phone",
                "公开的门店电话。",
                "Public.",
                ("门店电话", "联系电话"),
                example="021-55501000",
                width=18,
                is_needed=True,
            ),
            Column(
                "latitude",
                "纬度",
                "Latitude",
                "如 31.2304；也可把“纬度,经度”一起填在这里。",
                "Such as 31.2304.",
                example="31.2304",
                width=12,
                is_needed=True,
            ),
            Column(
                "longitude",
                "经度",
                "Longitude",
                "如 121.4737",
                "Such as 121.4737.",
                example="121.4737",
                width=12,
            ),
            *days,
            Column(
                "holidays",
                "节假日",
                "Holidays",
                "2026-10-01至2026-10-03 休息；2026-10-04 10:00-16:00",
                "2026-10-01至2026-10-03 休息; 2026-10-04 10:00-16:00",
                ("节假日安排",),
                example="2026-10-01至2026-10-03 休息",
                width=32,
            ),
            Column(
                "state",
                "状态",
                "State",
                "留空不改，新门店为营业。",
                "Empty: unchanged.",
                (),
                tuple(SAID.values()),
                "营业",
                8,
            ),
        )

    def load(self) -> None:
        """Remember the shops in sight."""
        rows = list(self.session.scalars(select(Shop).order_by(Shop.id)))
        self._by_id = {row.id: row for row in rows}
        self._by_name = {row.name: row for row in rows}
        self._branch_names = {row.id: name for name, row in self._branches.items()}

    def match(self, cells: Cells) -> Shop | None:
        """Return the shop with that id, else with that name."""
        is_named, row = self.by_id(cells, self._by_id)
        return row if is_named else self._by_name.get(cells.get("name"))

    def read(self, cells: Cells, row: Shop | None) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the facts of the shop that the sheet gives."""
        facts: dict[str, Any] = {"name": cells.text("name", longest=64)}
        facts["address"] = cells.text("address", longest=200)
        facts["phone"] = cells.text("phone", longest=32)
        if facts["phone"] and not places.PUBLIC_PHONE.fullmatch(facts["phone"]):
            cells.wrong("phone", "not_a_public_phone")
        facts["branch_id"] = self._branch(cells, row)
        facts["latitude"], facts["longitude"] = _place(cells)
        schedule = self._schedule(cells, row)
        facts["schedule"] = hours.to_document(schedule) if schedule else None
        facts["state"] = cells.choice("state", STATES, row.state if row else ShopState.OPEN.value)
        self.once(("name", facts["name"]), cells, "name")
        after = {name: str(facts[name]) for name in ("name", "address", "phone", "latitude", "longitude")}
        after["branch"] = cells.get("branch")
        if cells.get("state"):
            after["state"] = SAID[facts["state"]]
        after |= {key: text for key, text in _hours(schedule).items() if cells.has(key)}
        return facts, after

    def shown(self, row: Shop) -> dict[str, str]:
        """Return the columns of a shop."""
        said = {
            name: getattr(row, name) for name in ("id", "name", "address", "phone", "latitude", "longitude")
        }
        found = {name: str(value) for name, value in said.items()}
        found["branch"] = self._branch_names.get(row.branch_id, "")
        found["state"] = SAID[row.state]
        return {**found, **_hours(opening.schedule_of(row))}

    def put(self, look: Look) -> Shop:
        """Write it, and say its hours anew."""
        row = self.session.get_one(Shop, look.key) if look.key else Shop(hours="")
        facts = dict(look.facts)
        state = ShopState(facts.pop("state"))
        schedule = facts.pop("schedule")
        with self.session.begin_nested():
            for name, value in facts.items():
                setattr(row, name, value)
            if schedule is not None:
                row.schedule = schedule
            was_closed = row.state == ShopState.CLOSED
            if schedule is not None or state is ShopState.CLOSED or was_closed:
                opening.set_state(row, state, today=self.around.today)
            else:
                row.state = state.value
            self.session.add(row)
            self.session.flush()
        bump(self.session, "shops")
        return row

    def said(self, row: Shop) -> dict[str, Any]:
        """Return the facts for the audit."""
        return {name: getattr(row, name) for name in AUDITED}

    def taken(self) -> Problem:
        """Two shops of one name, one of them out of sight perhaps."""
        return Problem("name_taken", self.columns[1])

    def _branch(self, cells: Cells, row: Shop | None) -> int:
        name = cells.text("branch", longest=64)
        branch = self._branches.get(name)
        if branch is None:
            if name:
                cells.wrong("branch", "no_such_branch", text=name[:40])
                self.outside.append(Subject("branch", name=name))
            return 0
        scope = self.around.scope
        stays = row is not None and row.branch_id == branch.id
        if not stays and not scope.everything and branch.id not in scope.branches:
            cells.wrong("branch", "not_yours")
        return branch.id

    def _schedule(self, cells: Cells, row: Shop | None) -> Schedule | None:
        """Return the schedule: the sheet's where it has the columns, else what the shop has."""
        if not any(cells.has(key) for key in (*DAYS, "holidays")):
            return None
        kept = opening.schedule_of(row) if row is not None else None
        if kept is None and row is not None and not any(cells.get(key) for key in DAYS):
            return None  # a shop from before schedules, whose row says nothing of them
        week = [_day(cells, number, kept) for number in range(7)]
        exceptions = kept.exceptions if kept else ()
        try:
            if cells.has("holidays"):
                exceptions = hours.parse_exceptions(cells.get("holidays"))
        except NotHours as error:
            cells.wrong("holidays", f"hours_{error.problem}", text=error.text[:60])
            return None
        if any(day is None for day in week):
            return None
        try:
            return hours.schedule([day or () for day in week], exceptions)
        except NotHours as error:
            where = "day0" if error.problem == "never" else "holidays"
            cells.wrong(where, f"hours_{error.problem}", text=error.text[:60])
            return None


def _day(cells: Cells, number: int, kept: Schedule | None) -> hours.Day | None:
    key = DAYS[number]
    if not cells.has(key):
        return kept.week[number] if kept else ()
    try:
        return hours.parse_day(cells.get(key))
    except NotHours as error:
        cells.wrong(key, f"hours_{error.problem}", text=error.text[:60])
        return None


def _hours(schedule: Schedule | None) -> Mapping[str, str]:
    if schedule is None:
        return dict.fromkeys((*DAYS, "holidays"), "")
    week = {key: hours.type_day(day) for key, day in zip(DAYS, schedule.week, strict=True)}
    return {**week, "holidays": hours.type_exceptions(schedule)}


def _place(cells: Cells) -> tuple[float, float]:
    """Return where it is: two columns of degrees, or both in the first."""
    first, second = cells.text("latitude", longest=2000), cells.get("longitude")
    if first and not second:
        pair = places.from_text(first)
        if pair is None:
            cells.wrong("latitude", "not_degrees")
            return 0.0, 0.0
        return pair
    for key, value in (("latitude", first), ("longitude", second)):
        if value and not places.DEGREES.fullmatch(value):
            cells.wrong(key, "not_degrees")
            return 0.0, 0.0
    if not first:
        return 0.0, 0.0
    latitude, longitude = round(float(first), 6), round(float(second), 6)
    if (wrong := places.problem(latitude, longitude)) is not None:
        cells.wrong("longitude" if wrong == "longitude" else "latitude", f"place_{wrong}")
    return latitude, longitude
