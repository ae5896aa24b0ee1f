"""Who is asking: a till that signed the request, in time, and with words it had not used before."""

from typing import TYPE_CHECKING, cast

from flask import current_app, g, request
from werkzeug.local import LocalProxy

from api.problems import Problem
from bot.db import utc_now
from bot.privacy import NoKeys, NotOurs, Vault, vault_of
from bot.purchases.recording import By
from bot.tills import keys, signing
from bot.tills.models import Till

if TYPE_CHECKING:
    from bot.runtime import Runtime

LARGEST = 1024 * 1024
OPEN = frozenset({"api.openapi", "api.rest"})  # these say nothing of anybody
# Whatever is wrong with key or signature is answered alike: whoever guesses learns nothing.
NOT_SIGNED = "no till's key, or a signature that is not its; see the document on how to sign"

runtime = cast("Runtime", LocalProxy(lambda: current_app.extensions["yizhan"]))
till = cast("Till", LocalProxy(lambda: g.till))


def admit() -> None:
    """Let a signed request in; raise `Problem` for any other. Its word is spent, whatever comes of it."""
    if request.endpoint in OPEN:
        return
    # A body of no stated length would be read whole before we know who sends it, whatever the method.
    if request.content_length is None and (
        request.method == "POST" or "Transfer-Encoding" in request.headers
    ):
        raise Problem(411, "length_required", "say how long the body is")
    if (request.content_length or 0) > LARGEST:
        raise Problem(413, "too_large", f"a body has at most {LARGEST} bytes; upload in smaller batches")
    now = utc_now()
    timestamp, nonce, signature = (
        request.headers.get(f"X-Yizhan-{name}", "") for name in ("Timestamp", "Nonce", "Signature")
    )
    if not signing.SIGNATURE.fullmatch(signature):
        raise Problem(401, "not_signed", NOT_SIGNED)
    if not signing.NONCE.fullmatch(nonce):
        raise Problem(401, "bad_nonce", "a nonce has 16 to 64 letters, digits, - or _")
    if signing.moment_of(timestamp, now=now) is None:
        raise Problem(401, "stale", "the timestamp is more than five minutes from our clock")
    query = request.query_string.decode("latin-1")
    target = request.path + (f"?{query}" if query else "")
    text = signing.text_of(request.method, target, timestamp, nonce, request.get_data())
    with runtime.db.transaction() as session:
        found = keys.find(session, request.headers.get("X-Yizhan-Key", ""))
        if found is None or not signing.is_signed(_secret(found), text, signature):
            raise Problem(401, "not_signed", NOT_SIGNED)
        if not keys.spend_nonce(session, found, nonce, now=now):
            raise Problem(401, "replayed", "this nonce was used before; sign each request anew")
        keys.seen(session, found, now=now)
    g.till = found


def vault() -> Vault:
    """Return what members are found by; raise `Problem` (503) where the settings hold no keys."""
    try:
        return vault_of(runtime.config.privacy)
    except NoKeys:
        raise Problem(503, "not_ready", "the server has no [privacy] keys yet") from None


def reporter() -> By:
    """Return who reports, for the purchases."""
    return By(f"till:{till.id}", till.name)


def _secret(found: Till) -> str:
    try:
        return keys.secret_of(vault(), found)
    except NotOurs:
        raise Problem(503, "not_ready", "the server cannot open this till's secret") from None
