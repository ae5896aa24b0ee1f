"""The URL WeChat calls: verify, decrypt, recognise, answer (design §2, protocol §1).

A bare WSGI callable in front of Flask, because Flask's routing and request
objects cost more than all of this together (`docs/decisions/0002-webhook.md`).
Whatever comes in, the answer is one of 200, 400, 403, 404, 405, 413 and 503,
and nothing of what was sent is logged.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from bot import metrics
from bot.config import AccountConfig, WebhookConfig
from bot.errors import BadPush
from bot.intake import Answer, Arrival, Outcome
from bot.router import Served
from bot.wechat import messages, xml
from bot.wechat.crypto import Cryptor, same, signature
from bot.wechat.readers import READERS
from bot.wechat.replies import SUCCESS, cdata, render

log = logging.getLogger(__name__)

PREFIX = "/wechat/"
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Environ = Mapping[str, Any]
LINES = {
    200: "200 OK",
    400: "400 Bad Request",
    403: "403 Forbidden",
    404: "404 Not Found",
    405: "405 Method Not Allowed",
    413: "413 Content Too Large",
    503: "503 Service Unavailable",
}
PLAIN = "text/plain; charset=utf-8"
XML = "application/xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Door:
    """What the webhook needs to know of one account."""

    served: Served
    token: str
    mode: str
    original_id: str
    cryptor: Cryptor | None


def door(served: Served, config: AccountConfig) -> Door:
    """Return the door of one account."""
    cryptor = None if config.mode == "plain" else Cryptor(config.encoding_aes_key, config.app_id)
    return Door(served, config.token, config.mode, config.original_id, cryptor)


class Webhook:
    """Answers `/wechat/<account>` and leaves everything else to `beyond`."""

    def __init__(
        self,
        config: WebhookConfig,
        doors: Iterable[Door],
        answer: Callable[[Arrival], Answer | None],
        *,
        beyond: Callable[[Any, Any], Iterable[bytes]],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._doors = {PREFIX + one.served.name: one for one in doors}
        self._answer = answer
        self._beyond = beyond
        self._now = now

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ["PATH_INFO"]
        if not path.startswith(PREFIX):
            return self._beyond(environ, start_response)
        began = time.perf_counter()
        account, kind, outcome = "unknown", "unknown", Outcome.REFUSED
        content_type = PLAIN
        try:
            one = self._door(path)
            account = one.served.name
            if environ["REQUEST_METHOD"] == "GET":
                return _respond(start_response, 200, PLAIN, self._verify(one, environ))
            arrival, query = self._read(one, environ)
            kind = arrival.message.kind if arrival.message.kind in READERS else "unknown"
            answer = self._answer(arrival)
            outcome = answer.outcome if answer else Outcome.FAILED
            if log.isEnabledFor(logging.DEBUG):
                facts = {
                    "account": account,
                    "kind": kind,
                    "message_key": arrival.key.hex(),
                    "outcome": outcome.value,
                }
                log.debug("message", extra=facts)
            status, content_type, body = self._response(one, arrival, answer, query)
        except BadPush as error:
            log.info("refused", extra={"account": account, "status": error.status, "reason": error.reason})
            status, body = error.status, LINES[error.status].encode()
        metrics.messages(account, kind, outcome.value).inc()
        metrics.MESSAGE_SECONDS.observe(time.perf_counter() - began)
        return _respond(start_response, status, content_type, body)

    def _door(self, path: str) -> Door:
        found = self._doors.get(path)
        if found is None:
            raise BadPush(404, "account")
        return found

    def _verify(self, one: Door, environ: Environ) -> bytes:
        """Return the echostr of a rightly signed URL check (protocol §1.1), as plain text."""
        query = _query(environ)
        self._check(one, query, query.get("signature", ""))
        return query.get("echostr", "").encode("utf-8", "replace")

    def _read(self, one: Door, environ: Environ) -> tuple[Arrival, dict[str, str]]:
        """Return the push as an arrival, verified, decrypted and parsed."""
        if environ["REQUEST_METHOD"] != "POST":
            raise BadPush(405, "method")
        body = _body(environ, self._config.max_body_bytes)
        query = _query(environ)
        push = None
        if one.cryptor is None:
            if query.get("encrypt_type", "raw") != "raw":
                raise BadPush(403, "encrypted_but_mode_is_plain")
            signed = query.get("signature", "")
            self._check(one, query, signed)
            # The signature does not cover the body, so it is good for one body only.
            push = hashlib.blake2b(f"{one.served.id}\x1f{signed}".encode(), digest_size=16).digest()
            nodes = xml.read(body)
        else:
            if query.get("encrypt_type") != "aes":
                raise BadPush(403, "plain_but_mode_is_encrypted")
            # In compatible mode the plain nodes beside it are not protected, and not read.
            encrypted = xml.read(body).get("Encrypt")
            if not isinstance(encrypted, str):
                raise BadPush(400, "encrypt_node")
            self._check(one, query, query.get("msg_signature", ""), encrypted)
            nodes = xml.read(one.cryptor.decrypt(encrypted))
        message = messages.parse(nodes)
        if one.original_id and message.to != one.original_id:
            raise BadPush(403, "another_account")
        at = datetime.fromtimestamp(self._now(), UTC)
        return Arrival(one.served, message, message.key(one.served.id), push, at), query

    def _check(self, one: Door, query: Mapping[str, str], signed: str, *more: str) -> None:
        """Raise `BadPush` (403) unless `signed` is right and fresh."""
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if not same(signature(one.token, timestamp, nonce, *more), signed):
            raise BadPush(403, "signature")
        window = self._config.freshness_seconds
        moment = int(timestamp) if timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12 else 0
        if window and abs(self._now() - moment) > window:
            raise BadPush(403, "timestamp")

    def _response(
        self, one: Door, arrival: Arrival, answer: Answer | None, query: Mapping[str, str]
    ) -> tuple[int, str, bytes]:
        if answer is None or answer.outcome is Outcome.FAILED:
            # Nothing is promised to WeChat that is not in the database: it repeats, and finds the answer.
            return 503, PLAIN, LINES[503].encode()
        if answer.outcome is Outcome.REFUSED:
            raise BadPush(403, "signature_used_for_another_body")
        if answer.reply is None:
            return 200, PLAIN, SUCCESS
        message = arrival.message
        at = int(self._now())
        body = render(answer.reply, to=message.sender, sender=message.to, at=at)
        if one.cryptor is None:
            return 200, XML, body
        return 200, XML, _sealed(one, one.cryptor.encrypt(body), str(at), query.get("nonce", ""))


def _sealed(one: Door, encrypted: str, timestamp: str, nonce: str) -> bytes:
    """Return the envelope of an encrypted reply (protocol §1.2)."""
    signed = signature(one.token, timestamp, nonce, encrypted)
    return (
        f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt><MsgSignature><![CDATA[{signed}]]></MsgSignature>"
        f"<TimeStamp>{timestamp}</TimeStamp><Nonce>{cdata(nonce)}</Nonce></xml>"
    ).encode()


def _body(environ: Environ, largest: int) -> bytes:
    """Return the body; raise `BadPush` (413) before reading more than `largest` bytes of it."""
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdigit() and int(length) > largest:
        raise BadPush(413, "length")
    body: bytes = environ["wsgi.input"].read(largest + 1)
    if len(body) > largest:
        raise BadPush(413, "length")
    return body


def _query(environ: Environ) -> dict[str, str]:
    """Return the query, each name's first value. The few signed ones seldom need decoding."""
    values: dict[str, str] = {}
    for pair in environ.get("QUERY_STRING", "").split("&", 32)[:32]:
        name, _, value = pair.partition("=")
        if "%" in value or "+" in value:
            value = unquote_plus(value)
        values.setdefault(name, value)
    return values


def _respond(start_response: StartResponse, status: int, content_type: str, body: bytes) -> list[bytes]:
    headers = [
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
        ("X-Content-Type-Options", "nosniff"),
    ]
    start_response(LINES[status], headers)
    return [body]
