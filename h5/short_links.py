"""`GET /l/<token>`: a fan's own link to an address we keep. Open to everyone; it leads nowhere else.

What is counted is people who opened it: HEAD, machines that look ahead, and more
than a few openings a minute of the same link are led on and not written down.
"""

import logging
import re
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError

from bot.db import utc_now
from bot.links import keeping, tokens
from bot.signing import keys_in
from h5 import limits

if TYPE_CHECKING:
    from bot.runtime import Runtime

log = logging.getLogger(__name__)
MOST_A_MINUTE: Final = 20  # openings of one fan's link that are written down
MOST_WRONG: Final = 60  # tokens of nobody's, a minute and address
BOTS: Final = re.compile(
    r"bot|crawl|spider|slurp|preview|prefetch|monitor|headless|curl|wget|python|java/|go-http|okhttp|libwww",
    re.IGNORECASE,
)
GONE: Final = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>驿站</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><h1>这个链接打不开了</h1>
<p>它可能没有复制完整，或者已经过期。请回到公众号，从菜单里重新进入。</p></html>"""


def make_blueprint(runtime: "Runtime") -> Blueprint:
    """Return the page."""
    pages = Blueprint("short_links", __name__)
    keys = keys_in(runtime.config)

    @pages.get("/l/<token>")
    def follow(token: str) -> ResponseReturnValue:
        """Lead to the stored address, and note that the fan came."""
        who = tokens.read(keys, token)
        if who is None:
            wrong = limits.count(runtime.redis, f"links:{request.remote_addr}", seconds=60)
            return _gone(429 if wrong > MOST_WRONG else 404)
        with runtime.db.reading() as session:
            address = keeping.addresses(session, [who.link_id]).get(who.link_id)
        if address is None:
            return _gone(404)
        if _is_a_person() and limits.count(runtime.redis, f"link:{token}", seconds=60) <= MOST_A_MINUTE:
            _note(runtime, who)
        response = redirect(address, 302)
        response.headers["Cache-Control"] = "no-store"  # else the second opening is never heard of
        response.headers["Referrer-Policy"] = "no-referrer"  # the token is nobody else's business
        return response

    return pages


def _note(runtime: "Runtime", who: tokens.Addressee) -> None:
    try:
        with runtime.db.transaction() as session:
            keeping.note(session, who, now=utc_now())
    except DBAPIError:
        # The traveller wants the page, not our figure.
        log.warning("click_not_noted", extra={"fan_id": who.fan_id}, exc_info=True)


def _is_a_person() -> bool:
    if request.method != "GET" or BOTS.search(request.user_agent.string):
        return False
    purpose = request.headers.get("Sec-Purpose") or request.headers.get("Purpose") or ""
    return "prefetch" not in purpose.lower()


def _gone(code: int) -> Response:
    return Response(GONE, code, mimetype="text/html", headers={"Cache-Control": "no-store"})
