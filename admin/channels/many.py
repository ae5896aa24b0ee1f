"""Many codes at once: one for each shop, for each of the staff, for each name of a list, or from Excel."""

import enum
from collections.abc import Iterable, Mapping
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from admin import languages
from admin.access import allowed, takes
from admin.channels import fields, words
from admin.channels.blueprint import pages
from admin.channels.editing import used_first
from admin.channels.fields import SLOTS
from admin.channels.names import Names, names_in
from admin.choices import account
from admin.forms import Form
from admin.materials.choosing import shelves
from admin.office import actor, changing, reading, record, visitor
from admin.replies import messages
from admin.replies import words as reply_words
from admin.replies.editing import shops_of_all
from bot.channels import making, plan_sheet, plans, quota
from bot.channels.models import CodeKind, Purpose
from bot.channels.plan_sheet import BadSheet, Line
from bot.channels.plans import Common, Row
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.organisation.models import Shop
from bot.users.roles import Permission

SHOWN = 30  # bad rows on the page
SEVERAL = object()


class By(enum.StrEnum):
    """What there is to be one code for."""

    SHOP = "shop"
    STAFF = "staff"
    LIST = "list"
    EXCEL = "excel"


@pages.get("/many")
@allowed(Permission.CHANNELS_CHANGE)
def many() -> str:
    """Show the empty form of a batch."""
    with reading() as session:
        return _page(session, fields.empty(by=By.SHOP.value))


@pages.post("/many")
@allowed(Permission.CHANNELS_CHANGE)
@takes(megabytes=6)
def make() -> AnyResponse | tuple[str, int]:
    """Begin a batch; nothing is made while any row is wrong, unless asked to leave those out."""
    form = Form.sent()
    shops = shops_of_all()
    with changing() as session:
        names = names_in(session)
        by, kind = form.choice("by", By), form.choice("kind", CodeKind)
        common = fields.read_common(form, names)
        welcome, welcomes = fields.read_welcomes(form, session, None, shops)
        rows, bad = _rows(form, by, names)
        current = account()
        if current is None:
            form.wrong("by", _("There is no official account in the settings."))
        if form.is_right and bad and not form.ticked("skip_bad"):
            form.wrong("file", _("Nothing was made. Mend these rows, or have them left out."))
        if form.is_right and not rows:
            form.wrong("by", _("There is nothing to make a code for."))
        if not form.is_right or current is None or kind is None:
            return _page(session, form, bad), 422
        plan = Common(
            account_id=current.id,
            kind=kind.value,
            welcome=welcome,
            welcomes=welcomes or None,
            language=languages.chosen(),
            **common,
        )
        try:
            title = _("Make %(n)s codes", n=len(rows))
            batch = making.begin(session, plan, rows, title=title, maker=actor(), now=utc_now())
        except quota.NoCodesLeft as error:
            said = _(
                "The account has only %(left)s permanent codes left. Make temporary ones, or give "
                "retired codes new owners.",
                left=f"{error.left:,}",
            )
            form.wrong("kind", said)
            return _page(session, form, bad), 422
        record(session, "channel.batch_begun", batch, after={"by": by, "rows": len(rows), "kind": kind.value})
    return redirect(url_for("admin.batches.show", key=batch.id), 303)


def _rows(form: Form, by: By | None, names: Names) -> tuple[list[Row], list[tuple[int, str]]]:
    """Return the rows of the plan, and what is wrong with rows of the sheet (number, words)."""
    suffix = form.text("suffix", longest=30, required=False)
    if by is By.SHOP:
        chosen = form.ids("shops", among=names.shops, of=Shop)
        if not chosen:
            form.wrong("shops", _("Please choose at least one shop."))
        return plans.by_shop([(key, names.shops[key]) for key in chosen], suffix), []
    if by is By.STAFF:
        chosen = form.ids("shops", among=names.shops, of=Shop)
        people = [one for one in names.staff.values() if one.shop_id in chosen]
        if not people:
            form.wrong("shops", _("Nobody works in the chosen shops."))
        return plans.by_staff([(one.id, one.name, one.shop_id, one.shop) for one in people], suffix), []
    if by is By.LIST:
        shop_id = fields.owner_shop(form, names, None, None)
        text = form.text("names", longest=200_000)
        rows = plans.by_names(text, shop_id=shop_id)
        if len(rows) > plans.MOST:
            form.wrong("names", _("At most 10,000 rows at a time."))
        return rows, []
    return _from_sheet(form, names) if by is By.EXCEL else ([], [])


def _from_sheet(form: Form, names: Names) -> tuple[list[Row], list[tuple[int, str]]]:
    file = request.files.get("file")
    if file is None or not file.filename:
        form.wrong("file", _("Please choose a file."))
        return [], []
    try:
        lines = plan_sheet.read(file.read(plan_sheet.LARGEST + 1))
    except BadSheet as error:
        form.wrong("file", str(words.BAD_SHEET[error.reason]))
        return [], []
    reader = _Lines(names)
    rows, bad = [], []
    for line in lines:
        row, wrong = reader.row(line)
        if wrong:
            bad.append((line.number, wrong))
        else:
            rows.append(row)
    return rows, bad


class _Lines:
    """Reads the lines of a sheet by the names the visitor may know."""

    def __init__(self, names: Names) -> None:
        self._shops = {name: key for key, name in names.shops.items()}
        self._campaigns = {name: key for key, name in names.campaigns.items()}
        # A whole path says which is meant, also where a group elsewhere has the same name.
        self._groups = _by_name((one.name, one.id) for one in names.groups) | _by_name(
            (one.path, one.id) for one in names.groups
        )
        self._staff = _by_name(((one.name, one.shop_id), one.id) for one in names.staff.values())
        self._purposes: dict[str, str] = {one.value: one.value for one in Purpose}
        self._purposes.update({str(said): code for code, said in words.PURPOSES.items()})
        self._kinds = {"永久": "permanent", "临时": "temporary", **{one.value: one.value for one in CodeKind}}

    def row(self, line: Line) -> tuple[Row, str]:
        """Return the row, and what is wrong with it; empty where nothing is."""
        cells, wrong = line.cells, list[str]()

        def known(name: str, among: Mapping[Any, Any], label: Any) -> Any:
            said = cells.get(name, "")
            if said and said not in among:
                wrong.append(str(_("%(label)s: there is no %(said)s", label=label, said=said)))
            found = among.get(said) if said else None
            if found is SEVERAL:
                wrong.append(
                    str(_("%(label)s: several are called %(said)s; write its path", label=label, said=said))
                )
            return found

        name = cells.get("name", "")
        if not name:
            wrong.append(str(_("The name is missing.")))
        if len(name) > plans.LONGEST:
            wrong.append(str(_("The name is longer than 64 characters.")))
        shop_id = known("shop", self._shops, words.FIELDS["shop_id"])
        if shop_id is None and not wrong and visitor.scope.needs_shop:
            wrong.append(str(_("Please choose a shop: a code of no shop is the head office's.")))
        staff_id = None
        if person := cells.get("staff", ""):
            staff_id = self._staff.get((person, shop_id or 0))
            if staff_id is None:
                wrong.append(str(_("%(name)s does not work in that shop.", name=person)))
            elif staff_id is SEVERAL:
                said = _("Several in that shop are called %(name)s; make this code on a page.", name=person)
                wrong.append(str(said))
        row = Row(
            name[: plans.LONGEST],
            shop_id,
            staff_id,
            known("group", self._groups, words.FIELDS["group_id"]),
            known("campaign", self._campaigns, words.FIELDS["campaign_id"]),
            known("purpose", self._purposes, words.FIELDS["purpose"]) or "",
            cells.get("place", "")[:200],
            cells.get("note", "")[:400],
            known("kind", self._kinds, _("Kind")) or "",
        )
        return row, " ".join(wrong)


def _by_name(named: Iterable[tuple[Any, int]]) -> dict[Any, Any]:
    """Return the ids by name, `SEVERAL` where a name is that of several."""
    found: dict[Any, Any] = {}
    for name, key in named:
        found[name] = SEVERAL if name in found else key
    return found


def _page(session: ScopedSession, form: Form, bad: list[tuple[int, str]] | None = None) -> str:
    with session.no_autoflush:
        names = names_in(session)
        current = account()
        left = quota.quota(session, current.id) if current else None
    return render_template(
        "admin/channels/many.html",
        form=form,
        row=None,
        names=names,
        words=words,
        reply_words=reply_words,
        messages=messages,
        slots=used_first(form, SLOTS),
        shelves=shelves(session, messages.chosen(form, (messages.REPLY, *SLOTS))),
        bad=(bad or [])[:SHOWN],
        bad_count=len(bad or []),
        quota=left,
    )
