"""The picture somebody of the staff shows at WeChat, copied to us after they tapped for it."""

import logging
from urllib.parse import parse_qs, urlsplit

from flask import url_for

import posters
from bot.db import utc_now
from bot.errors import WeChatError
from bot.fans.models import Fan
from bot.members import staff
from bot.posters import portraits
from bot.wechat.oauth import Grant
from h5.visit import account, runtime

log = logging.getLogger(__name__)


def taken(grant: Grant, fan_id: int, to: str) -> str:
    """Copy the picture if the visitor came for that, and works here; return where to go then.

    Asks WeChat twice, outside of any transaction; whatever goes wrong, the page says that it did.
    """
    page = url_for("h5.poster.show")
    if urlsplit(to).path != page or parse_qs(urlsplit(to).query).get("portrait") != ["wechat"]:
        return to
    staff_id = _staff_id(fan_id)
    if staff_id is None:
        return page
    try:
        content = runtime.wechat.of(account.name).oauth.picture(grant)
        clean = portraits.clean(content)
    except (WeChatError, posters.BadPicture) as error:
        log.warning("portrait_not_taken", extra={"account": account.name, "reason": type(error).__name__})
        return url_for("h5.poster.show", said="wechat")
    with runtime.db.transaction() as session:
        portraits.put(session, staff_id, clean, now=utc_now())
    return url_for("h5.poster.show", said="saved")


def _staff_id(fan_id: int) -> int | None:
    with runtime.db.reading() as session:
        found = staff.at_work(session, session.get_one(Fan, fan_id).staff_id)
        return found.id if found is not None else None
