"""Many codes as one file: the filters of the list, or the ticked ones, packed by a batch."""

from datetime import timedelta

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from admin import languages
from admin.access import allowed, takes
from admin.channels import pictures, words
from admin.channels.blueprint import pages
from admin.channels.listing import wanted
from admin.channels.names import names_in
from admin.forms import Form
from admin.office import actor, changing, reading, record
from bot.batches import parts
from bot.channels import packing
from bot.channels.models import Channel
from bot.channels.packing import Order
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.files import store
from bot.keys import key_in
from bot.prints import BadLogo, logo
from bot.prints.sheets import Layout
from bot.users.roles import Permission

FILTERS = ("shop", "staff", "campaign", "group", "tag", "kind", "purpose", "state", "q")
LOGO_KEPT = timedelta(days=4)  # longer than the batch that prints it may wait


@pages.get("/download")
@allowed(Permission.CHANNELS_EXPORT)
def choose() -> str:
    """Ask in what form the chosen codes are wanted."""
    usual = {"form": "zip", "layout": Layout.TWELVE.value, "width": 860, "logo": "", "svg": "yes"}
    with reading() as session:
        return _page(session, Form({**usual, "foot": _("Scan with WeChat")}))


@pages.post("/download")
@allowed(Permission.CHANNELS_EXPORT)
@takes(megabytes=2)
def pack() -> AnyResponse | tuple[str, int]:
    """Begin packing. What the visitor may see now is what goes in."""
    form = Form.sent()
    with changing() as session:
        ids = _ids(session)
        kind, layout = form.choice("form", parts.Form), form.choice("layout", Layout)
        width = form.number("width", least=200, most=4000)
        foot = form.text("foot", longest=40, required=False)
        mark = _logo(session, form)
        if not ids:
            form.wrong("form", _("No code fits the filters."))
        if len(ids) > packing.MOST:
            form.wrong("form", _("At most %(most)s codes at a time.", most=f"{packing.MOST:,}"))
        if not form.is_right or kind is None or layout is None:
            return _page(session, form), 422
        order = Order(
            form=kind.value,
            ids=ids,
            width=width or 860,
            svg=form.ticked("svg"),
            layout=layout.value,
            logo=mark,
            foot=foot,
            language=languages.chosen(),
        )
        title = _("Pack %(n)s codes", n=len(ids))
        batch = packing.begin(session, order, title=title, maker=actor(), now=utc_now())
        record(session, "channel.exported", batch, after={"form": kind.value, "codes": len(ids)})
    return redirect(url_for("admin.batches.show", key=batch.id), 303)


def _ids(session: ScopedSession) -> list[int]:
    """Return the ids of the ticked channels, or of those the filters leave, as far as they are in sight."""
    names = names_in(session)
    found = wanted(names, request.args)
    ticked = [key for value in request.args.getlist("id") if (key := key_in(value)) is not None]
    if ticked:
        found = found.where(Channel.id.in_(ticked[: packing.MOST]))
    ids = found.with_only_columns(Channel.id).order_by(Channel.id).limit(packing.MOST + 1)
    return list(session.scalars(ids))


def _logo(session: ScopedSession, form: Form) -> str:
    """Return how the order names the logo; one that was sent is looked into and kept as we would print it."""
    chosen = str(form.values.get("logo", ""))
    if chosen not in words.LOGOS:
        form.wrong("logo", _("Please choose one of these."))
    if chosen != "own":
        return chosen
    file = request.files.get("file")
    if file is None or not file.filename:
        form.wrong("file", _("Please choose a file."))
        return ""
    try:
        picture = logo.opened(file.read(logo.LARGEST + 1))
    except BadLogo as error:
        form.wrong("file", str(words.BAD_LOGO[error.reason]))
        return ""
    now = utc_now()
    content = logo.packed(picture)
    kept = store.put(
        session, content, name="logo.png", media_type="image/png", now=now, keep_until=now + LOGO_KEPT
    )
    return str(kept.id)


def _page(session: ScopedSession, form: Form) -> str:
    with session.no_autoflush:
        count = len(_ids(session))
    return render_template(
        "admin/channels/download.html",
        form=form,
        count=count,
        most=packing.MOST,
        words=words,
        widths=pictures.WIDTHS,
    )
