"""The rows of a list as a sheet, with the filters of the page."""

from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from admin.forms import Form
from admin.hiding import hide
from admin.office import changing, reading, record, visitor
from admin.sheets import handing
from admin.sheets.sheet import Sheet, form_page
from bot.audit import Subject
from bot.imports.staff import StaffSheet
from bot.users.roles import Permission

MOST = 50_000


def sheet_export(sheet: Sheet) -> AnyResponse | tuple[str, int]:
    """Hand over the rows that the filters leave, those of people for a reason. Telephones are masked."""
    form = Form.sent()
    whole = sheet.has_numbers and form.ticked("whole")
    reason = form.text("reason", longest=200, required=sheet.has_people)
    if whole and not visitor.may(Permission.STAFF_SEE_PHONE):
        form.wrong("reason", _("Your role does not see whole numbers."))
    if not form.is_right:
        return form_page(sheet, form), 422
    with reading() as session:
        kind = sheet.made(session)
        found = session.scalars(sheet.wanted(form.values).limit(MOST)).all()
        is_whole = whole and isinstance(kind, StaffSheet)
        rows = [kind.with_number(one) if is_whole else kind.shown(one) for one in found]  # type: ignore[attr-defined]
    title = handing.dated(str(sheet.title))
    hand = handing.csv if form.values.get("as") == "csv" else handing.excel
    response = hand(kind.columns, rows, title=title)
    hidden = {"csrf", "reason", "as", "whole"}
    # One may search by a whole number; the audit is no place for it.
    filters = {name: hide(str(value)) for name, value in form.values.items() if value and name not in hidden}
    said = {"rows": len(rows), "filters": filters}
    if sheet.has_numbers:
        said["phones"] = "whole" if whole else "masked"
    with changing() as session:
        subject = Subject(kind.model.__tablename__)
        record(session, f"{sheet.kind}.exported", subject, after=said, reason=reason or None)
    return response
