"""Pictures of one code, drawn while one waits: PNG, SVG, or a sheet for the printer."""

from urllib.parse import quote

from flask import Response, abort, request

from admin.access import allowed
from admin.channels.blueprint import pages
from admin.office import OutOfSight, changing, reading, record
from bot.audit import Subject
from bot.channels import facts as channel_facts
from bot.channels.facts import Facts
from bot.channels.models import Channel
from bot.channels.packing import file_name
from bot.db import utc_now
from bot.keys import key_in
from bot.prints import logo, pictures, sheets
from bot.prints.sheets import Label, Layout
from bot.users.roles import Permission

WIDTHS = (430, 860, 1280, 2560)
PREVIEW = 344


@pages.get("/<int:key>/code")
@allowed(Permission.CHANNELS_SEE)
def preview(key: int) -> Response:
    """Return the small picture that stands on the channel's page."""
    one = _facts(key)
    response = Response(pictures.png(one.url, width=PREVIEW, whose=one.title), mimetype="image/png")
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@pages.post("/<int:key>/download/<form>")
@allowed(Permission.CHANNELS_EXPORT)
def picture(key: int, form: str) -> Response:
    """Hand over one code as `png`, `svg` or `pdf`, read back from the very bytes that are sent."""
    one = _facts(key)
    mark = logo.lantern() if request.form.get("logo") == "ours" else None
    if form == "png":
        asked = key_in(request.form.get("width")) or WIDTHS[1]
        width = min(max(asked, pictures.LEAST), pictures.MOST)
        content, kind = pictures.png(one.url, width=width, whose=one.title, logo=mark), "image/png"
    elif form == "svg":
        content, kind = pictures.svg(one.url, whose=one.title, logo=mark), "image/svg+xml"
    elif form == "pdf":
        layout = request.form.get("layout", Layout.ONE.value)
        if layout not in set(Layout):
            abort(400)
        columns, rows = sheets.GRIDS[Layout(layout)]
        labels = [Label(one.url, one.name, one.detail, one.title)] * (columns * rows)
        foot = request.form.get("foot", "").strip()[:40]
        content = sheets.pdf(labels, layout=Layout(layout), foot=foot, title=one.name, logo=mark)
        kind = "application/pdf"
    else:
        abort(404)
    with changing() as session:
        record(session, "channel.exported", Subject("channel", str(key), one.name), after={"form": form})
    response = Response(content, mimetype=kind)
    name = quote(f"{file_name(one)}.{form}", safe="")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response


def _facts(key: int) -> Facts:
    """Return the channel, of the visitor's scope, whose code WeChat has made and which has not ended."""
    with reading() as session:
        one = channel_facts.of(session, [key]).get(key)
    if one is None:
        raise OutOfSight(Subject(Channel.__tablename__, str(key)))
    has_ended = one.expires_at is not None and one.expires_at <= utc_now()
    if not one.url or has_ended:
        abort(404)
    return one
