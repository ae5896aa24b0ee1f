"""What a section says of its sheet, and the page from which one is sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import render_template, url_for
from flask_babel import LazyString
from sqlalchemy import Select

from admin.forms import Form
from admin.office import reading, runtime, visitor
from admin.sheets import handing
from bot.db.scoped import ScopedSession
from bot.imports import jobs
from bot.imports.kinds import KINDS
from bot.imports.looking import Around, Kind
from bot.imports.plan import LIMITS
from bot.imports.purchases import Purchases
from bot.imports.staff import StaffSheet
from bot.users.roles import Permission

MEGABYTES = LIMITS.size // (1024 * 1024)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a section's sheet is about, who may send one and take one, and which rows the filters leave."""

    kind: str
    title: LazyString
    change: Permission
    export: Permission
    wanted: Callable[[Mapping[str, Any]], Select[Any]]
    pages: str  # the section's blueprint

    def url(self, view: str, **values: Any) -> str:
        """Return the address of one of the section's views."""
        return url_for(f"admin.{self.pages}.{view}", **values)

    @property
    def has_numbers(self) -> bool:
        """Whether its rows hold telephones that are masked."""
        return self.kind == StaffSheet.name

    @property
    def has_people(self) -> bool:
        """Whether its rows are of people, so that an export needs a reason."""
        return self.has_numbers or self.kind == Purchases.name

    def made(self, session: ScopedSession) -> Kind[Any]:
        """Return what reads and writes its rows, within the visitor's scope."""
        return KINDS[self.kind](session, around())


def around() -> Around:
    """Return what looks need to know of the visitor."""
    return jobs.around_of(runtime, visitor.scope)


def form_page(sheet: Sheet, form: Form) -> str:
    """Show where to send a sheet, and what it should look like."""
    with reading() as session:
        columns = sheet.made(session).columns
    return render_template(
        "admin/sheets/form.html",
        form=form,
        sheet=sheet,
        columns=columns,
        chinese=handing.in_chinese(),
        megabytes=MEGABYTES,
        most_rows=LIMITS.rows,
    )
