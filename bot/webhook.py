"""What WeChat calls: verify, decrypt, recognise, answer (design §2, protocol §1).

No server is known here: `bot.entries` brings a request in and its response out,
by WSGI or by ASGI.  Whatever comes in, the answer is one of 200, 400, 403, 404,
405, 413 and 503, and nothing of what was sent is logged.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import unquote_plus

from bot import metrics
from bot.arrivals import Answer, Arrival, Outcome
from bot.config import AccountConfig, WebhookConfig
from bot.errors import BadPush
from bot.router import Served
from bot.wechat import messages, xml
from bot.wechat.crypto import Cryptor, same, signature
from bot.wechat.readers import READERS
from bot.wechat.replies import SUCCESS, cdata, render

log = logging.getLogger(__name__)

PREFIX = "/wechat/"
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


class Request(NamedTuple):
    """One request as its entry read it. `body` is None if it was larger than `Webhook.largest`."""

    method: str
    path: str
    query: str
    body: bytes | None


class Response(NamedTuple):
    """What the entry sends back."""

    status: int
    content_type: str
    body: bytes

    @property
    def line(self) -> str:
        """The status as HTTP spells it."""
        return LINES[self.status]


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


@dataclass(slots=True)
class Push:
    """A push that was let in: its arrival is to be answered, then `Webhook.respond` makes the response."""

    door: Door
    arrival: Arrival
    nonce: str
    began: float


class Webhook:
    """Answers `/wechat/<account>`, in two steps with the answering of the message between them.

    What it did is counted once the entry calls `write_figures`: after each request, or after several.
    """

    def __init__(
        self, config: WebhookConfig, doors: Iterable[Door], *, now: Callable[[], float] = time.time
    ) -> None:
        self._config = config
        self._doors = {PREFIX + one.served.name: one for one in doors}
        self._now = now
        self._noted = metrics.Noted()
        self.largest = config.max_body_bytes

    def receive(self, request: Request) -> Push | Response:
        """Return the push of a request, or the response to one that brings none."""
        began = time.perf_counter()
        account = "unknown"
        try:
            one = self._door(request.path)
            account = one.served.name
            if request.method == "GET":
                return Response(200, PLAIN, self._verify(one, request))
            arrival, nonce = self._read(one, request)
        except BadPush as error:
            return self._refused(error, account, "unknown", began)
        return Push(one, arrival, nonce, began)

    def respond(self, push: Push, answer: Answer | None) -> Response:
        """Return the response that says `answer`; None is one that did not come in time."""
        one, arrival = push.door, push.arrival
        account = one.served.name
        kind = arrival.message.kind if arrival.message.kind in READERS else "unknown"
        outcome = answer.outcome if answer else Outcome.FAILED
        if log.isEnabledFor(logging.DEBUG):
            facts = {
                "account": account,
                "kind": kind,
                "message_key": arrival.key.hex(),
                "outcome": outcome.value,
            }
            log.debug("message", extra=facts)
        if outcome is Outcome.REFUSED:
            error = BadPush(403, "signature_used_for_another_body")
            return self._refused(error, account, kind, push.began)
        response = self._response(push, answer)
        self._noted.note(account, kind, outcome.value, since=push.began)
        return response

    def write_figures(self) -> None:
        """Count what was received and answered since the last time."""
        self._noted.write()

    def _refused(self, error: BadPush, account: str, kind: str, began: float) -> Response:
        log.info("refused", extra={"account": account, "status": error.status, "reason": error.reason})
        self._noted.note(account, kind, Outcome.REFUSED.value, since=began)
        return Response(error.status, PLAIN, LINES[error.status].encode())

    def _door(self, path: str) -> Door:
        found = self._doors.get(path)
        if found is None:
            raise BadPush(404, "account")
        return found

    def _verify(self, one: Door, request: Request) -> bytes:
        """Return the echostr of a rightly signed URL check (protocol §1.1), as plain text."""
        query = _query(request.query)
        self._check(one, query, query.get("signature", ""))
        return query.get("echostr", "").encode("utf-8", "replace")

    def _read(self, one: Door, request: Request) -> tuple[Arrival, str]:
        """Return the push as an arrival, verified, decrypted and parsed, and its nonce."""
        if request.method != "POST":
            raise BadPush(405, "method")
        if request.body is None:
            raise BadPush(413, "length")
        query = _query(request.query)
        push = None
        if one.cryptor is None:
            if query.get("encrypt_type", "raw") != "raw":
                raise BadPush(403, "encrypted_but_mode_is_plain")
            signed = query.get("signature", "")
            self._check(one, query, signed)
            push = _name(one, signed, query.get("timestamp", ""))
            nodes = xml.read(request.body)
        else:
            if query.get("encrypt_type") != "aes":
                raise BadPush(403, "plain_but_mode_is_encrypted")
            # In compatible mode the plain nodes beside it are not protected, and not read.
            encrypted = xml.read(request.body).get("Encrypt")
            if not isinstance(encrypted, str):
                raise BadPush(400, "encrypt_node")
            self._check(one, query, query.get("msg_signature", ""), encrypted)
            nodes = xml.read(one.cryptor.decrypt(encrypted))
        message = messages.parse(nodes)
        if one.original_id and message.to != one.original_id:
            raise BadPush(403, "another_account")
        at = datetime.fromtimestamp(self._now(), UTC)
        arrival = Arrival(one.served, message, message.key(one.served.id), push, at)
        return arrival, query.get("nonce", "")

    def _check(self, one: Door, query: Mapping[str, str], signed: str, *more: str) -> None:
        """Raise `BadPush` (403) unless `signed` is right and fresh."""
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if not same(signature(one.token, timestamp, nonce, *more), signed):
            raise BadPush(403, "signature")
        window = self._config.freshness_seconds
        if window and abs(self._now() - _moment(timestamp)) > window:
            raise BadPush(403, "timestamp")

    def _response(self, push: Push, answer: Answer | None) -> Response:
        if answer is None or answer.outcome is Outcome.FAILED:
            # Nothing is promised to WeChat that is not in the database: it repeats, and finds the answer.
            return Response(503, PLAIN, LINES[503].encode())
        if answer.reply is None:
            return Response(200, PLAIN, SUCCESS)
        message = push.arrival.message
        at = int(self._now())
        body = render(answer.reply, to=message.sender, sender=message.to, at=at)
        cryptor = push.door.cryptor
        if cryptor is not None:
            body = _sealed(push.door, cryptor.encrypt(body), str(at), push.nonce)
        return Response(200, XML, body)


def _sealed(one: Door, encrypted: str, timestamp: str, nonce: str) -> bytes:
    """Return the envelope of an encrypted reply (protocol §1.2)."""
    signed = signature(one.token, timestamp, nonce, encrypted)
    return (
        f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt><MsgSignature><![CDATA[{signed}]]></MsgSignature>"
        f"<TimeStamp>{timestamp}</TimeStamp><Nonce>{cdata(nonce)}</Nonce></xml>"
    ).encode()


def _name(one: Door, signed: str, timestamp: str) -> bytes:
    """Return the 16 bytes that name a signed query of plain mode.

    The signature does not cover the body, so it is good for one body only. Those of a moment stand side by
    side in the index: names from all over it would have a page read and written for each.
    """
    digest = hashlib.blake2b(f"{one.served.id}\x1f{signed}".encode(), digest_size=12).digest()
    return (_moment(timestamp) & 0xFFFFFFFF).to_bytes(4, "big") + digest


def _moment(timestamp: str) -> int:
    """Return the moment a query says it was signed at, as epoch seconds; 0 if it says none."""
    return int(timestamp) if timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12 else 0


def _query(text: str) -> dict[str, str]:
    """Return the query, each name's first value. The few signed ones seldom need decoding."""
    values: dict[str, str] = {}
    for pair in text.split("&", 32)[:32]:
        name, _, value = pair.partition("=")
        if "%" in value or "+" in value:
            value = unquote_plus(value)
        values.setdefault(name, value)
    return values
