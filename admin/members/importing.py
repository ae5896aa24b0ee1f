"""Lists of members coming in, as long work with its progress and a report."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed, takes
from admin.forms import Form
from admin.members.people import pages
from admin.office import actor, changing, find, reading, record, vault, visitor
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.members.importing import batch as importing
from bot.members.importing import sheets
from bot.organisation.models import Shop
from bot.users.roles import Permission


@pages.get("/import")
@allowed(Permission.MEMBERS_CHANGE)
def choose() -> str:
    """Ask for the file."""
    with reading() as session:
        return _page(session, Form({"source": ""}))


@pages.post("/import")
@allowed(Permission.MEMBERS_CHANGE)
@takes(megabytes=11)
def take() -> AnyResponse | tuple[str, int]:
    """Begin the import; what is wrong with rows stands in its report."""
    form = Form.sent()
    source = form.text("source", longest=40)
    sent = request.files.get("file")
    content = sent.read(sheets.LARGEST + 1) if sent else b""
    keys = vault()
    if not content:
        form.wrong("file", _("Please choose a file."))
    elif len(content) > sheets.LARGEST:
        form.wrong("file", _("The file is larger than 10 MB. Please split it."))
    if keys is None:
        form.wrong("file", _("Members cannot be kept yet: the operator has to set [privacy] keys."))
    now = utc_now()
    with changing() as session:
        shop = _shop(session, form)
        if not form.is_right or keys is None or sent is None:
            return _page(session, form), 422
        allowed_shops = None if visitor.scope.everything else sorted(visitor.scope.shops)
        batch = importing.begin(
            session,
            keys,
            content,
            name=(sent.filename or "")[:60],
            source=source,
            shop_id=shop.id if shop else None,
            shop_ids=allowed_shops,
            maker=actor(),
            now=now,
        )
        record(session, "member.import_begun", batch, after={"source": source, "bytes": len(content)})
        key = batch.id
    return redirect(url_for("admin.batches.show", key=key), 303)


def _shop(session: ScopedSession, form: Form) -> Shop | None:
    """Return the chosen shop; who does not see the whole group has to choose one."""
    typed = str(form.values.get("shop_id", ""))
    if not typed and visitor.scope.everything:
        return None
    key = key_in(typed)
    if key is None:
        form.wrong("shop_id", _("Please choose one of these."))
        return None
    return find(session, Shop, key)


def _page(session: ScopedSession, form: Form) -> str:
    shops = [(row.id, row.name) for row in session.scalars(select(Shop).order_by(Shop.branch_id, Shop.id))]
    return render_template(
        "admin/members/import.html", form=form, shops=shops, everything=visitor.scope.everything
    )
