from collections import defaultdict
from typing import Any

from sqlalchemy import select

from bot.audit import Subject
from bot.db import utc_now
from bot.imports.branches import ID
from bot.imports.looking import Cells, Kind, Look, Problem
from bot.members import staff as colleagues
from bot.organisation import phones
from bot.organisation.models import Shop, Staff
from bot.privacy import NotANumber, NotOurs, masked, parse, spoken
from bot.sheets import Column
from bot.sheets.cells import is_rounded

STATES = {"在职": True, "active": True, "works here": True, "离职": False, "left": False, "has left": False}
SAID = {True: "在职", False: "离职"}
OTHER = "（另一个号码）"


class StaffSheet(Kind[Staff]):
    """员工: by id, else by telephone, else by name within the shop.

    A name finds only someone without a telephone, or someone of whom the sheet
    says none: two people of a shop may have one name.
    """

    name = "staff"
    model = Staff

    def make_columns(self) -> tuple[Column, ...]:
        """Return the columns; the shops are those in sight."""
        self._shops = {row.name: row.id for row in self.session.scalars(select(Shop).order_by(Shop.id))}
        return (
            ID,
            Column(
                "name",
                "姓名",
                "Full name",
                "",
                "",
                ("员工姓名", "名字", "name"),
                example="王珊",
                is_needed=True,
            ),
            Column(
                "shop",
                "门店",
                "Shop",
                "已有的门店名称。",
                "A shop that is there.",
                ("所属门店", "门店名称", "shop name"),
                tuple(self._shops),
                "上海人民广场店",
                24,
                True,
            ),
            Column(
                "role",
                "职务",
                "Position held",
                "客人怎么称呼：旅行顾问、店长、导游。",
                "As travellers would say it.",
                ("岗位", "职位", "role", "position"),
                example="旅行顾问",
                is_needed=True,
            ),
            Column(
                "phone",
                "手机号",
                "Phone",
                "留空不改；境外号码以 + 开头。在职员工的号码不能重复。",
                "Empty: unchanged. One number is one person's.",
                ("电话", "手机", "联系电话", "手机号码", "mobile"),
                example="13812345678",
                width=18,
            ),
            Column(
                "state",
                "状态",
                "State",
                "留空不改，新员工为在职。",
                "Empty: unchanged.",
                ("在职状态", "status"),
                tuple(SAID.values()),
                "在职",
                8,
            ),
        )

    def load(self) -> None:
        """Remember the staff in sight."""
        rows = list(self.session.scalars(select(Staff).order_by(Staff.id)))
        self._by_id = {row.id: row for row in rows}
        self._by_index = {row.phone_index: row for row in rows if row.phone_index}
        self._by_name: dict[tuple[int, str], list[Staff]] = defaultdict(list)
        for row in rows:
            self._by_name[row.shop_id, row.name].append(row)
        self._shop_names = {key: name for name, key in self._shops.items()}

    def match(self, cells: Cells) -> Staff | None:
        """Return whom the line is about."""
        shop, name = self._shops.get(cells.get("shop"), 0), cells.get("name")
        is_named, row = self.by_id(cells, self._by_id)
        if is_named:
            return row
        typed = cells.get("phone")
        if index := self._index(typed):
            return self._by_index.get(index) or self._without_number(shop, name)
        found = self._by_name.get((shop, name), [])
        if typed and "*" in typed:  # as we export it
            found = [one for one in found if self._mask(one) == typed]
        elif len(found) > 1:
            found = [one for one in found if one.phone is None] or found
        if len(found) > 1:
            cells.wrong("name", "several", text=name)
        return found[0] if found else None

    def read(self, cells: Cells, row: Staff | None) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the facts of someone; `number` None leaves theirs as it is."""
        name, role = cells.text("name", longest=64), cells.text("role", longest=64)
        shop = cells.text("shop", longest=64)
        if shop and shop not in self._shops:
            cells.wrong("shop", "no_such_shop", text=shop[:40])
            self.outside.append(Subject("shop", name=shop))
        active = cells.choice("state", STATES, row.active if row else True)
        number = self._number(cells, row)
        self._unique(cells, row, number, shop, name)
        facts = {
            "name": name,
            "role": role,
            "shop_id": self._shops.get(shop, 0),
            "active": active,
            "number": number,
        }
        after = {"name": name, "role": role, "shop": shop}
        if cells.get("state"):
            after["state"] = SAID[active]
        if number:
            after["phone"] = self._said(number, row)
        return facts, after

    def shown(self, row: Staff) -> dict[str, str]:
        """Return the columns of someone, the number masked."""
        return {
            "id": str(row.id),
            "name": row.name,
            "shop": self._shop_names.get(row.shop_id, ""),
            "role": row.role,
            "phone": self._mask(row),
            "state": SAID[row.active],
        }

    def with_number(self, row: Staff) -> dict[str, str]:
        """Return the columns of someone, the number whole: for an export with a reason."""
        number = self._open(row)
        return {**self.shown(row), "phone": spoken(number) if number else self._mask(row)}

    def put(self, look: Look) -> Staff:
        """Write them; their number is sealed."""
        facts = look.facts
        row = self.session.get_one(Staff, look.key) if look.key else Staff()
        with self.session.begin_nested():
            row.name, row.role, row.shop_id = facts["name"], facts["role"], facts["shop_id"]
            vault = self.around.vault
            if facts["number"] and vault is not None:
                row.active = facts["active"]
                phones.put(row, facts["number"], vault)
            else:
                phones.set_active(row, active=facts["active"], vault=vault)
            self.session.add(row)
            self.session.flush()
            colleagues.look_again(self.session, staff_id=row.id, now=utc_now())
        return row

    def said(self, row: Staff) -> dict[str, Any]:
        """Return the facts for the audit, the number masked."""
        said = {name: getattr(row, name) for name in ("name", "shop_id", "role", "active")}
        return {**said, "phone": self._mask(row)}

    def taken(self) -> Problem:
        """Somebody who works here has the number, in another shop perhaps."""
        return Problem("phone_taken", next(one for one in self.columns if one.key == "phone"))

    def _index(self, typed: str) -> bytes | None:
        vault = self.around.vault
        try:
            return vault.index(parse(typed), phones.PLACE) if vault and typed else None
        except NotANumber:
            return None

    def _without_number(self, shop: int, name: str) -> Staff | None:
        found = [one for one in self._by_name.get((shop, name), []) if one.phone is None]
        return found[0] if len(found) == 1 else None

    def _number(self, cells: Cells, row: Staff | None) -> str | None:
        """Return the number that is to be theirs; None where it stays as it is."""
        typed = cells.get("phone")
        if not typed or (row is not None and typed == self._mask(row)):
            return None
        if "*" in typed:
            cells.wrong("phone", "masked")
        elif is_rounded(typed):
            cells.wrong("phone", "rounded", text=typed)
        elif self.around.vault is None:
            cells.wrong("phone", "no_keys")
        else:
            try:
                number = parse(typed)
            except NotANumber:
                cells.wrong("phone", "not_a_phone")
                return None
            return None if row is not None and self._open(row) == number else number
        return None

    def _unique(self, cells: Cells, row: Staff | None, number: str | None, shop: str, name: str) -> None:
        """Say where two lines of the sheet are about one person, or about two that cannot be told apart."""
        if index := self._index(cells.get("phone")):
            self.once(("phone", index), cells, "phone")
            other = self._by_index.get(index)
            if number and other is not None and (row is None or other.id != row.id):
                cells.wrong("phone", "phone_taken")
        if row is None:
            # Next time a name alone would find either of two, so one of them may not be without a number.
            mine, other_kind = ("numbered", "bare") if cells.get("phone") else ("bare", "numbered")
            if mine == "bare":
                self.once((mine, shop, name), cells, "name")
            self._seen.setdefault((mine, shop, name), cells.line.number)
            if first := self._seen.get((other_kind, shop, name)):
                cells.wrong("name", "twice", n=first)

    def _said(self, number: str, row: Staff | None) -> str:
        """Return the new number masked, told apart from an old one that looks the same so."""
        said = masked(number)
        return f"{said}{OTHER}" if row is not None and said == self._mask(row) else said

    def _open(self, row: Staff) -> str | None:
        try:
            return phones.number_of(row, self.around.vault) if self.around.vault else None
        except NotOurs:
            return None

    def _mask(self, row: Staff) -> str:
        return phones.masks([row], self.around.vault).get(row.id, "")
