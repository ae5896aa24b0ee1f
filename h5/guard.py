"""What every request of a page passes: the account, its size, who is looking, whether they may, forgery."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from flask import Response, current_app, g, render_template, request
from werkzeug.exceptions import BadRequest, Forbidden, NotFound, TooManyRequests

from bot.db import utc_now
from bot.fans.models import Fan
from bot.members import staff
from bot.privacy import vault_of
from bot.restorations.reading import last_restored
from h5 import cookies, limits, signing
from h5.access import Access, access_of, largest_of
from h5.addresses import here
from h5.visit import Guest, account, runtime

POLICY = (
    "default-src 'none'; script-src 'self' https://res.wx.qq.com; style-src 'self'; "
    "img-src 'self' data: https://res.wx.qq.com; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
KEEP = "private, max-age=86400, immutable"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
# One fan's forms; and all that one address asks for, behind which a carrier may put thousands of phones.
FORMS, FORM_SECONDS = 60, 600
REQUESTS, REQUEST_SECONDS = 6000, 600


class Forged(BadRequest):
    """The form was not ours, or is older than the signing-in."""


def find_account(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Take the account out of the address; 404 for one we do not serve."""
    name = (values or {}).pop("account", "")
    g.h5_account = runtime.accounts.get(name)


def name_account(_endpoint: str, values: dict[str, Any]) -> None:
    """Put the account into the addresses a page makes of its own."""
    if (served := g.get("h5_account")) is not None:
        values.setdefault("account", served.name)


def admit() -> Any:
    """Let the request in, lead its visitor to where they become who the page asks for, or refuse."""
    if account._get_current_object() is None:  # type: ignore[attr-defined]  # noqa: SLF001 - Werkzeug's own way
        raise NotFound
    view = current_app.view_functions.get(request.endpoint or "")
    access = access_of(view)
    request.max_content_length = request.max_form_memory_size = largest_of(view)
    request.max_form_parts = 40
    if limits.count(runtime.redis, f"from:{request.remote_addr}", seconds=REQUEST_SECONDS) > REQUESTS:
        raise TooManyRequests
    g.h5_guest = recognise()
    if access is None:
        raise Forbidden
    if access is Access.EVERYONE and request.method in READING:
        return None
    if g.h5_guest is None:
        # A form cannot wait for OAuth: its reader signs in with the page it stood on.
        return signing.begin(here()) if request.method in READING else _too_late()
    if request.method not in READING:
        _refuse_forgery()
        if limits.count(runtime.redis, f"forms:{g.h5_guest.fan_id}", seconds=FORM_SECONDS) > FORMS:
            raise TooManyRequests
    return _led(access)


def _led(access: Access) -> Any:
    if access is Access.STAFF:
        g.h5_guest = _as_staff(g.h5_guest)
        if g.h5_guest.staff_id is None:
            return render_template("h5/staff_others.html", is_member=g.h5_guest.member_id is not None), 403
    if access is Access.MEMBERS and g.h5_guest.member_id is None:
        if request.method not in READING:
            raise Forbidden
        from h5.bind import sheet

        return sheet(here())
    return None


def recognise() -> Guest | None:
    """Return whom the browser's cookie names, as the database knows them now."""
    known = cookies.identity()
    if known is None:
        return None
    fan_id, nonce, at = known
    with runtime.db.reading() as session:
        fan = session.get(Fan, fan_id)
        if fan is None or fan.account_id != account.id or at <= last_restored(session):
            return None
        return Guest(
            fan_id=fan.id,
            openid=fan.openid,
            nonce=nonce,
            member_id=fan.member_id,
            staff_id=works.id if (works := staff.at_work(session, fan.staff_id)) else None,
            shop_id=fan.last_shop_id,
        )


def seal(response: Response) -> Response:
    """Put the headers on every answer."""
    headers = response.headers
    headers["Content-Security-Policy"] = POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    # What may be kept is at an address that changes with it.
    headers["Cache-Control"] = KEEP if g.get("h5_may_be_kept") else "no-store"
    if g.get("h5_account") is not None:
        cookies.renew(response)
    if cookies.is_secure():
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _as_staff(who: Guest) -> Guest:
    """Return the visitor as the list of staff has them at this moment: listed since, or listed no more."""
    if who.member_id is None:
        return replace(who, staff_id=None)
    with runtime.db.transaction() as session:
        vault = vault_of(runtime.config.privacy)
        return replace(who, staff_id=staff.recognise(session, vault, fan_id=who.fan_id, now=utc_now()))


def _too_late() -> Any:
    """Ask to open the page again: the visitor's day is over, and nothing was done."""
    page = request.path if signing.has_page(request.path) else None
    return render_template("h5/too_late.html", page=page), 401


def _refuse_forgery() -> None:
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise Forged
    if (origin := request.headers.get("Origin")) and origin != "null":
        ours = {request.host, urlsplit(runtime.config.server.public_url).netloc}
        if urlsplit(origin).netloc not in ours:
            raise Forged
    if not cookies.is_csrf_right(request.form.get("csrf", "")):
        raise Forged
