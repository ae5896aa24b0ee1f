"""How a traveller is signed in: WeChat says who they are (docs/decisions/0020-travellers-sign-in.md).

1. A page that asks for a fan sends the browser to WeChat with a state only this browser has.
2. WeChat sends it back to `/signed-in` with state and code; each serves once.
3. The code is exchanged with no transaction open; the fan is found or added.
4. The browser gets its cookie and goes on to the page it came for.

Whatever goes wrong on the way is begun again once, and the second time explained.
"""

import hashlib
import logging
from typing import Any
from urllib.parse import urlencode

from flask import (
    Blueprint,
    Response,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy import select
from werkzeug.exceptions import HTTPException

from bot.db import utc_now
from bot.errors import FanUnreachable, WeChatError
from bot.fans import rows
from bot.fans.models import Fan
from bot.members import linking
from bot.privacy import NoKeys, vault_of
from bot.wechat.oauth import Grant, Scope
from h5 import cookies, limits, portrait
from h5.access import fans_only, open_to_everyone
from h5.addresses import is_local, wanted
from h5.visit import account, guest, is_signed_in, runtime

log = logging.getLogger(__name__)
pages = Blueprint("signing", __name__)

STARTS, STARTS_SECONDS = 3000, 300  # exchanges one address may ask WeChat for; carriers share addresses


def begin(to: str, *, scope: Scope = "snsapi_base", again: bool = False) -> Any:
    """Send the browser to WeChat, to come back to `to`; with the base scope nobody sees it."""
    if account.kind != "service":
        return elsewhere(to)
    if not runtime.config.server.public_url:
        log.error("h5_without_public_url", extra={"account": account.name})
        return _told("unset", to, 503)
    if not runtime.config.wechat.api_base and "MicroMessenger" not in request.headers.get("User-Agent", ""):
        return _told("outside", to, 403)
    response = make_response()
    state = cookies.begin_state(response)
    back = {
        "to": to,
        **({"again": "1"} if again else {}),
        **({"shown": "1"} if scope != "snsapi_base" else {}),
    }
    ours = (
        f"{runtime.config.server.public_url.rstrip('/')}{url_for('h5.signing.signed_in')}?{urlencode(back)}"
    )
    response.status_code = 302
    response.headers["Location"] = runtime.wechat.of(account.name).oauth.authorize_url(ours, scope, state)
    return response


def elsewhere(to: str) -> Any:
    """Tell where the page is: only a service account may ask WeChat who is looking (protocol §9)."""
    other = next((one for one in runtime.accounts.values() if one.kind == "service"), None)
    address = None
    if other is not None:
        address = to.replace(f"/h5/{account.name}/", f"/h5/{other.name}/", 1)
    return render_template("h5/elsewhere.html", address=address)


@pages.get("/signed-in")
@open_to_everyone
def signed_in() -> Any:
    """Take what WeChat's redirect brings. Opened twice, the second sees the page, or begins again."""
    to = wanted(request.args.get("to", ""))
    state, code = request.args.get("state", ""), request.args.get("code", "")
    if not _take(state):
        # A reload, the way back, another browser's link, a page of yesterday: no code is looked at.
        return _known_before(to) if is_signed_in() else _once_more(to)
    if not code:
        return _ended(state, _told("refused", to, 200))
    if limits.count(runtime.redis, f"starts:{request.remote_addr}", seconds=STARTS_SECONDS) > STARTS:
        return _ended(state, _told("busy", to, 503))
    try:
        grant = runtime.wechat.of(account.name).oauth.exchange(code)
    except FanUnreachable:
        return _ended(state, _once_more(to))
    except WeChatError as error:
        log.warning(
            "h5_sign_in_failed", extra={"account": account.name, "call": error.call, "code": error.code}
        )
        return _ended(state, _told("busy", to, 503))
    if grant.is_snapshot:
        return _ended(state, render_template("h5/snapshot.html", to=to))
    return _ended(state, _welcome(grant, to))


@pages.get("/show-me")
@fans_only
def show_me() -> Any:
    """Ask WeChat to show name and picture. Only ever linked to, for a tap: else WeChat shows a snapshot."""
    return begin(wanted(request.args.get("to", "")), scope="snsapi_userinfo")


def _welcome(grant: Grant, to: str) -> Any:
    """Let the browser be the fan whom WeChat named."""
    if request.args.get("shown") and is_signed_in() and guest.openid != grant.openid:
        # Somebody else than who tapped, perhaps the virtual person of a snapshot whose flag came late:
        # nothing of it is kept. The base scope cannot be a snapshot's and says who is there.
        return _once_more(to)
    fan_id = _fan(grant)
    if request.args.get("shown"):
        to = _joined(fan_id, portrait.taken(grant, fan_id, to))
    response = _on(to)
    cookies.keep_identity(response, fan_id)
    g.pop("h5_is_due", None)
    return response


def _fan(grant: Grant) -> int:
    """Return the fan's id; one who is unknown is added, and a UnionID we did not know is noted."""
    with runtime.db.reading() as session:
        known = session.execute(
            select(Fan.id, Fan.unionid).filter_by(account_id=account.id, openid=grant.openid)
        ).one_or_none()
    if known is not None and (grant.unionid is None or known.unionid == grant.unionid):
        return int(known.id)
    with runtime.db.transaction() as session:
        key = (account.id, grant.openid)
        fan_id = rows.lock(session.connection(), [key], now=utc_now())[key].id
        if grant.unionid:
            session.get_one(Fan, fan_id).unionid = grant.unionid
    return fan_id


def _joined(fan_id: int, to: str) -> str:
    """Join the fan to the member who has their UnionID; return where to go, to the form if nobody has."""
    try:
        vault = vault_of(runtime.config.privacy)
    except NoKeys:
        return to
    with runtime.db.transaction() as session:
        member_id = linking.by_unionid(session, vault, fan_id=fan_id, now=utc_now())
    return to if member_id is not None else url_for("h5.bind.show", to=to, known="no")


def _take(state: str) -> bool:
    """Tell whether this browser began with `state`, and nobody has come back with it before."""
    if not state.isascii() or not 1 <= len(state) <= 128 or not cookies.is_state(state):
        return False
    digest = hashlib.sha256(state.encode()).hexdigest()[:32]
    return limits.claim(runtime.redis, f"{account.name}:{digest}", seconds=cookies.STATE_SECONDS)


def _known_before(to: str) -> Any:
    """Go on; after a snapshot that a tap made complete, which comes with its old state, ask anew."""
    if request.args.get("shown") and request.args.get("code") and not request.args.get("again"):
        return begin(to, scope="snsapi_userinfo", again=True)
    return _on(to)


def _once_more(to: str) -> Any:
    """Begin again; whoever comes back again without being recognised is told instead."""
    if request.args.get("again"):
        return _told("lost", to, 400)
    return begin(to, again=True)


def _on(to: str) -> Response:
    response = redirect(to, 303)
    assert isinstance(response, Response)
    return response


def _told(what: str, to: str, status: int) -> Any:
    return make_response(render_template("h5/not_signed_in.html", what=what, to=to), status)


def _ended(state: str, answer: Any) -> Response:
    response = make_response(answer)
    if not any(f"_{account.name}_going=" in value for value in response.headers.getlist("Set-Cookie")):
        cookies.end_state(response, state)
    return response


def has_page(path: str) -> bool:
    """Tell whether there is something to see at `path`, a page of ours."""
    try:
        endpoint, _values = current_app.url_map.bind("").match(path, "GET")
    except HTTPException:
        return False
    return is_local(path) and endpoint != "h5.rest"
