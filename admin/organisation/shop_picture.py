"""The picture of a shop: sent, shown, taken away."""

from flask import Response, abort, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import update
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed, takes
from admin.cookies import say
from admin.office import changing, find, reading, record
from admin.organisation.shops import pages
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.files import pictures, store
from bot.files.pictures import NotAPicture
from bot.organisation.models import Shop
from bot.users.roles import Permission

__all__ = ["pages"]

WRONG = {
    "too_large": _l("The picture is larger than 8 MB. Choose a smaller one."),
    "not_a_picture": _l("This is no picture we can read. Send a JPEG, PNG, WebP or GIF."),
    "too_many_pixels": _l("The picture has more than 40 million pixels. Choose a smaller one."),
    "too_small": _l("The picture is smaller than 200 pixels. Choose a larger one."),
}


@pages.get("/<int:key>/picture")
@allowed(Permission.ORGANISATION_SEE)
def picture(key: int) -> Response:
    """Hand the shop's picture over."""
    with reading() as session:
        shop = find(session, Shop, key)
        file = store.about(session, shop.picture_id) if shop.picture_id else None
        content = store.content(session, file.id) if file is not None else None
    if content is None:
        abort(404)
    return Response(content, mimetype=pictures.MEDIA_TYPE)


@pages.post("/<int:key>/picture")
@takes(megabytes=9)
@allowed(Permission.ORGANISATION_CHANGE)
def put_picture(key: int) -> AnyResponse:
    """Keep a new picture, made anew; the old one goes."""
    sent = request.files.get("picture")
    content = b""
    try:
        content = pictures.renewed(sent.read(pictures.LARGEST_FILE + 1)) if sent and sent.filename else b""
        problem = "" if content else _("Choose a file.")
    except NotAPicture as error:
        problem = str(WRONG[error.code])
    with changing() as session:
        shop = find(session, Shop, key)
        if content:
            _change(session, shop, content)
    say(problem or _("The picture is saved."), "danger" if problem else "success")
    return redirect(url_for("admin.shops.show", key=key), 303)


@pages.post("/<int:key>/picture/remove")
@allowed(Permission.ORGANISATION_CHANGE)
def remove_picture(key: int) -> AnyResponse:
    """Take the picture away."""
    with changing() as session:
        shop = find(session, Shop, key)
        if shop.picture_id is not None:
            _change(session, shop, None)
    say(_("The picture is gone."))
    return redirect(url_for("admin.shops.show", key=key), 303)


def _change(session: ScopedSession, shop: Shop, content: bytes | None) -> None:
    """Give the shop that picture, or none. Its version stays: nobody's open form is about it."""
    session.refresh(shop, with_for_update=True)  # of two at once the second sees what the first put there
    old, new = shop.picture_id, None
    if content is not None:
        name = f"shop-{shop.id}.jpg"
        new = store.put(session, content, name=name, media_type=pictures.MEDIA_TYPE, now=utc_now()).id
    session.execute(update(Shop).where(Shop.id == shop.id).values(picture_id=new))
    if old is not None:
        store.remove(session, old)
    action = "shop.picture_changed" if new else "shop.picture_removed"
    record(session, action, shop, before={"picture_id": old}, after={"picture_id": new})
