"""My poster: choosing a design, the picture itself, and whose picture is on it (brief, journey 4)."""

import logging
from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound, ServiceUnavailable, TooManyRequests

import posters
from bot.posters import portraits
from h5 import limits, mine
from h5.access import staff_only, takes
from h5.visit import account, guest, runtime

log = logging.getLogger(__name__)
pages = Blueprint("poster", __name__, url_prefix="/staff/poster")
DRAWN, DRAWN_SECONDS = 240, 60  # pictures one person may ask for: a page shows a dozen
MOST_KILOBYTES = 9 * 1024
SIZES = "<any(large, small):size>"
SAID = {
    "saved": "头像换好了，海报已经更新。",
    "removed": "头像已取下，海报上显示您的姓氏。",
    "none": "请先选一张照片，再点“用这张照片”。",
    "too_large": "照片太大了，请选 8 MB 以内的。",
    "too_many_pixels": "照片的尺寸太大了，请先裁剪一下再传。",
    "not_a_picture": "这个文件不是照片，请选 JPEG、PNG 或 WebP。",
    "wechat": "没有取到微信头像，您可以从手机里选一张照片。",
}


@pages.get("")
@staff_only
def show() -> Any:
    """Show the poster of the design that was chosen last, and the others to choose from."""
    mine.note_read()
    said = request.args.get("said", "")
    return render_template(
        "h5/poster.html",
        mine=mine.look(),
        note=SAID.get(said, ""),
        is_wrong=said not in {"saved", "removed"},
    )


@pages.post("")
@staff_only
def choose() -> Any:
    """Take another design; sent twice it is the same."""
    key = request.form.get("design", "")[:32]
    mine.choose(key)
    return render_template("h5/poster.html", mine=mine.look(), note="", is_wrong=False)


@pages.get(f"/<key>/<digest>/{SIZES}.jpg")
@staff_only
def picture(key: str, digest: str, size: str) -> Response:
    """Hand out the visitor's own poster, whoever's address it was."""
    if limits.count(runtime.redis, f"posters:{guest.fan_id}", seconds=DRAWN_SECONDS) > DRAWN:
        raise TooManyRequests
    assert guest.staff_id is not None
    return sent(guest.staff_id, key, size, digest=digest)


@pages.post("/portrait")
@takes(kilobytes=MOST_KILOBYTES)
@staff_only
def put_portrait() -> Any:
    """Keep a picture for the visitor's posters."""
    assert guest.staff_id is not None
    file = request.files.get("picture")
    content = file.read(portraits.LARGEST_FILE + 1) if file is not None and file.filename else b""
    if not content:
        return _back("none")
    try:
        mine.put_portrait(guest.staff_id, content)
    except posters.BadPicture as error:
        return _back(error.code if error.code in SAID else "not_a_picture")
    return _back("saved")


@pages.post("/portrait/remove")
@staff_only
def remove_portrait() -> Any:
    """Take the picture away; done twice it is gone."""
    assert guest.staff_id is not None
    mine.remove_portrait(guest.staff_id)
    return _back("removed")


def sent(staff_id: int, key: str | None, size: str, *, digest: str = "") -> Response:
    """Return the picture, or that the browser has it; 404 where there is none, 503 where it cannot be drawn.

    It may be kept if it is what its address says: that changes with every fact on it.
    """
    try:
        found = mine.picture(staff_id, key, size, is_known=request.if_none_match.contains_weak)
    except posters.PosterError as error:
        log.exception("poster_not_drawn", extra={"account": account.name, "reason": str(error)})
        raise ServiceUnavailable from error
    if found is None:
        raise NotFound
    name, content = found
    response = Response(content, 200 if content is not None else 304, mimetype="image/jpeg")
    response.set_etag(name)
    g.h5_may_be_kept = name == f"{digest}-{size}"
    return response


def _back(said: str) -> Any:
    return redirect(url_for("h5.poster.show", said=said), 303)
