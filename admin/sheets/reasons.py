"""What an export of people is for: asked for before it is handed over, and kept in the audit beside it."""

from flask_babel import gettext as _

from admin.cookies import say
from admin.forms import Form

LONGEST = 200


def of(form: Form) -> str:
    """Return what the export is for; empty, with a note on the next page, if the form does not say it."""
    reason = form.text("reason", longest=LONGEST)
    if form.is_right:
        return reason
    say(_("Say what the export is for; it stands in the audit."), "danger")
    return ""
