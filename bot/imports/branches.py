from typing import Any

from sqlalchemy import select

from bot.db.revisions import bump
from bot.imports.looking import Cells, Kind, Look, Problem
from bot.organisation.models import Branch
from bot.sheets import Column

ID = Column("id", "编号", "ID", "导出时带上；新增的行留空。", "As exported; empty for new rows.", width=8)


class Branches(Kind[Branch]):
    """分公司: by id, else by name. Only the head office adds one."""

    name = "branches"
    model = Branch

    def make_columns(self) -> tuple[Column, ...]:
        """Return the columns."""
        return (
            ID,
            Column(
                "name",
                "分公司名称",
                "Branch name",
                "全公司唯一。",
                "Unique in the group.",
                ("分公司", "branch"),
                example="上海分公司",
                width=24,
                is_needed=True,
            ),
            Column(
                "city",
                "城市",
                "City",
                "按它找门店。",
                "Shops are found by it.",
                example="上海",
                is_needed=True,
            ),
        )

    def load(self) -> None:
        """Remember the branches in sight."""
        rows = list(self.session.scalars(select(Branch).order_by(Branch.id)))
        self._by_id = {row.id: row for row in rows}
        self._by_name = {row.name: row for row in rows}

    def match(self, cells: Cells) -> Branch | None:
        """Return the branch with that id, else with that name."""
        is_named, row = self.by_id(cells, self._by_id)
        if not is_named:
            row = self._by_name.get(cells.get("name"))
        scope = self.around.scope
        if row is None and not scope.everything and not cells.problems:
            cells.wrong("name", "not_yours")
        if row is not None and not scope.everything and row.id not in scope.branches:
            cells.wrong("name", "not_yours")
        return row

    def read(self, cells: Cells, row: Branch | None) -> tuple[dict[str, Any], dict[str, str]]:
        """Return name and city."""
        del row
        facts = {"name": cells.text("name", longest=64), "city": cells.text("city", longest=64)}
        self.once(("name", facts["name"]), cells, "name")
        return facts, dict(facts)

    def shown(self, row: Branch) -> dict[str, str]:
        """Return the columns of a branch."""
        return {"id": str(row.id), "name": row.name, "city": row.city}

    def put(self, look: Look) -> Branch:
        """Write it."""
        row = self.session.get_one(Branch, look.key) if look.key else Branch()
        with self.session.begin_nested():
            row.name, row.city = look.facts["name"], look.facts["city"]
            self.session.add(row)
            self.session.flush()
        bump(self.session, "shops")  # replies say the branch's name
        return row

    def said(self, row: Branch) -> dict[str, Any]:
        """Return the facts for the audit."""
        return {"name": row.name, "city": row.city}

    def taken(self) -> Problem:
        """Two branches of one name."""
        return Problem("name_taken", self.columns[1])
