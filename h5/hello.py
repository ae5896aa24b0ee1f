"""What a shared card leads to: somebody's poster, for everybody. The address is signed and not guessed."""

from typing import Any

from flask import Blueprint, Response, render_template
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound, TooManyRequests

from bot.organisation.models import Shop, Staff
from h5 import limits, mine
from h5.access import open_to_everyone
from h5.poster import SIZES, sent
from h5.visit import runtime

pages = Blueprint("hello", __name__, url_prefix="/hello/<int:channel_id>/<mark>")
DRAWN, DRAWN_SECONDS = 1200, 60  # pictures of one card: a group chat may have five hundred readers


@pages.get("")
@open_to_everyone
def show(channel_id: int, mark: str) -> Any:
    """Show the poster, the shop and who is there."""
    staff_id = mine.shared(channel_id, mark)
    if staff_id is None:
        return render_template("h5/hello_over.html"), 404
    with runtime.db.reading() as session:
        staff, shop = _who(session, staff_id)
    return render_template("h5/hello.html", staff=staff, shop=shop, channel_id=channel_id, mark=mark)


@pages.get(f"/{SIZES}.jpg")
@open_to_everyone
def picture(channel_id: int, mark: str, size: str) -> Response:
    """Hand out the picture of the design its owner chose."""
    staff_id = mine.shared(channel_id, mark)
    if staff_id is None:
        raise NotFound
    if limits.count(runtime.redis, f"hello:{channel_id}", seconds=DRAWN_SECONDS) > DRAWN:
        raise TooManyRequests
    return sent(staff_id, None, size)


def _who(session: Session, staff_id: int) -> tuple[Staff, Shop]:
    staff = session.get_one(Staff, staff_id)
    return staff, session.get_one(Shop, staff.shop_id)
