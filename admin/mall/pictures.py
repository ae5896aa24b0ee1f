"""Pictures of goods: sent, shown, taken away."""

from flask import Response, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed, takes
from admin.cookies import say
from admin.head_office import head_office_only
from admin.mall.blueprint import pages
from admin.office import changing, find, reading, record
from admin.organisation.shop_picture import WRONG
from bot.db import utc_now
from bot.files import pictures, store
from bot.files.pictures import NotAPicture
from bot.mall import catalogue
from bot.mall.catalogue import TooManyPictures
from bot.mall.models import MallItem, MallPicture
from bot.users.roles import Permission


@pages.get("/pictures/<int:key>")
@allowed(Permission.MALL_SEE)
def picture(key: int) -> Response:
    """Hand a picture of the visitor's goods over; it never changes under its number."""
    with reading() as session:
        content = store.content(session, find(session, MallPicture, key).small_id)
    g.kept_by_browser = True
    return Response(content, mimetype=pictures.MEDIA_TYPE)


@pages.post("/items/<int:key>/pictures")
@takes(megabytes=9)
@allowed(Permission.MALL_CHANGE)
@head_office_only
def add_picture(key: int) -> AnyResponse:
    """Keep a picture, made anew; the first one stands on the shelf."""
    sent = request.files.get("picture")
    content = sent.read(pictures.LARGEST_FILE + 1) if sent and sent.filename else b""
    problem = "" if content else _("Choose a file.")
    with changing() as session:
        item = find(session, MallItem, key)
        if content:
            try:
                with session.begin_nested():
                    row = catalogue.add_picture(session, item, content, now=utc_now())
                    record(session, "mall_item.pictured", item, after={"picture": row.id})
            except NotAPicture as error:
                problem = str(WRONG[error.code])
            except TooManyPictures:
                problem = _("There are %(n)s pictures already; remove one first.", n=catalogue.MOST_PICTURES)
    say(problem or _("The picture is saved."), "danger" if problem else "success")
    return redirect(url_for("admin.mall.item", key=key), 303)


@pages.post("/pictures/<int:key>/remove")
@allowed(Permission.MALL_CHANGE)
@head_office_only
def remove_picture(key: int) -> AnyResponse:
    """Take a picture away."""
    with changing() as session:
        row = find(session, MallPicture, key)
        item = find(session, MallItem, row.item_id)
        catalogue.remove_picture(session, row)
        record(session, "mall_item.picture_removed", item, before={"picture": key})
    say(_("The picture is gone."))
    return redirect(url_for("admin.mall.item", key=item.id), 303)
