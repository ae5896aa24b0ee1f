"""One HTTP exchange with WeChat: a dict, a file, or one of our errors.

Counted and logged, never with a secret.
"""

import json
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError

from bot.errors import AnswerLost, BadRequest, WeChatError, WeChatUnavailable
from bot.metrics import WECHAT_CALLS
from bot.wechat.codes import TAKEN_AS_DONE, translate

log = logging.getLogger(__name__)

API: Final = "https://api.weixin.qq.com"
MP: Final = "https://mp.weixin.qq.com"

_BETWEEN: Final = (
    "look at what stands between this server and WeChat: [wechat] api_base, a proxy, the network"
)

Files = Mapping[str, Any]
Answered = dict[str, Any]


class Wants(Enum):
    """What a call is answered with when all is well."""

    JSON = "json"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Media:
    """A file that WeChat keeps for us, or what it says instead of one (`told`): where a video is."""

    content: bytes
    content_type: str
    told: Answered = field(default_factory=dict)

    @property
    def video_url(self) -> str:
        """Where a video is fetched; empty for other files."""
        return str(self.told.get("video_url") or self.told.get("down_url") or "")


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of WeChat. `params` never holds our token; `url` is absolute and has no query.

    `name` is what the call is called where its path would tell one traveller from another.
    """

    method: str
    url: str
    params: Mapping[str, Any] | None = None
    body: bytes | None = None
    files: Files | None = None
    name: str = ""

    @property
    def call(self) -> str:
        """The path: the name of the call in metrics, logs, errors and quotas."""
        return self.name or urlsplit(self.url).path


class NothingThere(WeChatUnavailable):
    """HTTP 404: this platform has nothing at that path, or `api_base` points beside it."""


class Wire:
    """An account's line to WeChat; threads share it."""

    def __init__(self, account: str, session: requests.Session, now: Callable[[], float]) -> None:
        self.session = session
        self._account = account
        self._now = now

    def json(self, ask: Ask, *, token: str | None = None) -> Answered:
        """Return the answer's JSON object; raise a `WeChatError` for anything else."""
        _, told = self._exchange(ask, token, Wants.JSON)
        return told or {}

    def file(self, ask: Ask, *, token: str | None = None) -> Media:
        """Return the file; raise a `WeChatError` where WeChat explains itself in JSON instead."""
        response, told = self._exchange(ask, token, Wants.FILE)
        if told is not None:
            return Media(b"", "", told)
        return Media(response.content, response.headers.get("Content-Type", "application/octet-stream"))

    def _exchange(
        self, ask: Ask, token: str | None, wants: Wants
    ) -> tuple[requests.Response, Answered | None]:
        params = dict(ask.params or {})
        if token is not None:
            params["access_token"] = token
        headers = {"Content-Type": "application/json; charset=utf-8"} if ask.body is not None else {}
        began = time.perf_counter()
        response: requests.Response | None = None
        told: Answered | None = None
        trouble: WeChatError | None = None
        try:
            response = self.session.request(
                ask.method.upper(), ask.url, params=params, data=ask.body, files=ask.files, headers=headers
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            trouble = _no_answer(error, ask.call)
        if response is not None:
            # A file may happen to be valid JSON; believe its type.
            told = _parsed(response) if wants is Wants.JSON or _may_be_json(response) else None
            trouble = self._judge(response, told, ask, wants)
        self._record(ask, trouble, response, time.perf_counter() - began)
        # Raised out here, not in the except block: the cause's text holds the address with its secrets.
        if trouble is not None or response is None:
            raise trouble or AnswerLost(None, "no answer", call=ask.call)
        return response, told

    def _judge(
        self, response: requests.Response, told: Answered | None, ask: Ask, wants: Wants
    ) -> WeChatError | None:
        code = _errcode(told)
        if told is not None and code not in TAKEN_AS_DONE:
            return translate(code, str(told.get("errmsg", "")), ask.call, now=self._now())
        if response.status_code == requests.codes.not_found:
            if wants is Wants.FILE:
                return BadRequest(None, "no such file (HTTP 404)", call=ask.call)
            return NothingThere(None, "nothing at this path (HTTP 404)", call=ask.call, remedy=_BETWEEN)
        if response.status_code >= requests.codes.multiple_choices:
            reason = f"HTTP {response.status_code} instead of an answer"
            # What stands in between gave up on WeChat (5xx), which may have done it; or let nothing pass.
            is_lost = response.status_code >= requests.codes.server_error
            kind = AnswerLost if is_lost else WeChatUnavailable
            return kind(None, reason, call=ask.call, remedy=_BETWEEN)
        if wants is Wants.JSON and told is None:
            return AnswerLost(None, "the answer is not JSON", call=ask.call, remedy=_BETWEEN)
        return None

    def _record(
        self, ask: Ask, trouble: WeChatError | None, response: requests.Response | None, seconds: float
    ) -> None:
        code = "0" if trouble is None else "none" if trouble.code is None else str(trouble.code)
        WECHAT_CALLS.labels(self._account, ask.call, code).inc()
        facts: dict[str, Any] = {
            "account": self._account,
            "call": ask.call,
            "code": code,
            "status": response.status_code if response is not None else None,
            "milliseconds": round(seconds * 1000, 1),
        }
        if trouble is None:
            log.debug("wechat_call", extra=facts)
        else:
            log.info("wechat_call_refused", extra={**facts, "reason": trouble.message})


def encoded(body: Mapping[str, Any] | None) -> bytes | None:
    r"""Return `body` as UTF-8 JSON without `\uXXXX`, which WeChat answers with 40033; None for None.

    Raise `BadRequest` for text that UTF-8 cannot hold (half an emoji).
    """
    if body is None:
        return None
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BadRequest(
            None, "the text holds half a character", remedy="mend the text: an emoji was cut in two"
        )
    return text.encode()


def _parsed(response: requests.Response) -> Answered | None:
    try:
        # Nicknames have been seen with raw control characters and torn bytes: strictness would lose the
        # answer.
        told = json.loads(response.content.decode("utf-8", "replace"), strict=False)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _may_be_json(response: requests.Response) -> bool:
    kind = response.headers.get("Content-Type", "").lower()
    return "json" in kind or kind.startswith("text/") or not kind


def _errcode(told: Answered | None) -> int:
    try:
        return int((told or {}).get("errcode") or 0)
    except (TypeError, ValueError):
        return 0


def _no_answer(error: Exception, call: str) -> WeChatUnavailable:
    reason = "no answer in time" if isinstance(error, requests.Timeout) else "no connection, or it broke"
    kind = WeChatUnavailable if _never_left(error) else AnswerLost
    return kind(None, f"{reason} ({type(error).__name__})", call=call, remedy=_BETWEEN)


def _never_left(error: Exception) -> bool:
    """Tell whether nothing was sent: there was no connection to send it on, or no address to connect to."""
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.InvalidURL)):
        return True
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    # A host without an address, a port where nobody listens and a proxy that is not there are all of these.
    return isinstance(cause, (NewConnectionError, ConnectTimeoutError, ProxyError)) or _is_handshake(cause)


def _is_handshake(cause: object) -> bool:
    return isinstance(cause, urllib3.exceptions.SSLError) and isinstance(
        cause.args[0] if cause.args else None, ssl.SSLCertVerificationError
    )
