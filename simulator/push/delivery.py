"""Delivering one push: sign, encrypt, post, try again (protocol §1.2, §1.3)."""

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests
from requests.adapters import HTTPAdapter

from simulator import xml
from simulator.crypto import MessageCipher, sign
from simulator.settings import Settings
from simulator.world.accounts import Account

LONGEST_REPLY = 512 * 1024


@dataclass(frozen=True)
class Address:
    """Where an account's pushes go and how they are sealed, copied so that no lock is held while posting."""

    url: str
    token: str
    mode: str
    encoding_aes_key: str
    app_id: str
    original_id: str

    @classmethod
    def of(cls, account: Account) -> "Address":
        """The address as configured at this moment."""
        return cls(
            account.url,
            account.token,
            account.mode,
            account.encoding_aes_key,
            account.app_id,
            account.original_id,
        )


@dataclass(frozen=True)
class Damage:
    """What is made wrong on purpose."""

    signature: bool = False
    app_id: bool = False
    padding: bool = False


@dataclass
class Sealed:
    """A push ready to be posted."""

    query: dict[str, str]
    body: str


@dataclass
class Outcome:
    """What came of a delivery: the text of the answer that was taken, or why none was."""

    attempts: list[dict[str, Any]] = field(default_factory=list)
    answer: str | None = None
    query: dict[str, str] = field(default_factory=dict)


class TooLong(Exception):
    """The answer is longer than any reply can be."""


class Postman:
    """Posts pushes; keeps one HTTP session per thread, as opening connections costs more than the push."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._closed = False
        self._lock = threading.Lock()

    def deliver(
        self, address: Address, plain: str, openid: str, settings: Settings, damage: Damage
    ) -> Outcome:
        """Post until something answers 200 in time, at most `push_attempts` times; never raises."""
        outcome = Outcome()
        sealed = seal(address, plain, openid, settings, damage)
        for number in range(settings.push_attempts):
            if self._closed:
                break
            if number and settings.push_retry_delay:
                time.sleep(settings.push_retry_delay)
            if number and settings.push_fresh_signature:
                sealed = seal(address, plain, openid, settings, damage)
            outcome.query = sealed.query
            attempt, answer = self._post(address.url, sealed, settings)
            outcome.attempts.append(attempt)
            if answer is not None:
                outcome.answer = answer
                break
        return outcome

    def verify(self, address: Address, settings: Settings) -> str:
        """Perform the GET check of a server address; return what is wrong, or nothing (protocol §1.1)."""
        echo = secrets.token_hex(9)
        query = {**_signed(address.token), "echostr": echo}
        try:
            response = self._session().get(
                address.url, params=query, timeout=settings.push_timeout, allow_redirects=False
            )
        except requests.RequestException as error:
            return f"the server was not reached: {type(error).__name__}"
        if response.status_code != 200:
            return f"the server answered HTTP {response.status_code}; check the token and the address"
        if response.content != echo.encode():
            return "the answer is not exactly the echostr (no quotes, no line end, no byte order mark)"
        return ""

    def close(self) -> None:
        """Close every connection."""
        self._closed = True
        with self._lock:
            for each in self._sessions:
                each.close()
            self._sessions.clear()

    def _post(self, url: str, sealed: Sealed, settings: Settings) -> tuple[dict[str, Any], str | None]:
        began, timeout = time.monotonic(), settings.push_timeout
        attempt: dict[str, Any] = {"status": None, "error": ""}
        joined = f"{url}{'&' if '?' in url else '?'}{urlencode(sealed.query)}"
        answer = None
        try:
            response = self._session().post(
                joined,
                data=sealed.body.encode(),
                headers={"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0"},
                timeout=timeout,
                allow_redirects=False,  # WeChat follows none
                stream=True,
            )
            with response:
                attempt["status"] = response.status_code
                content = _read(response, began + timeout)
            if response.status_code not in settings.push_success_statuses:
                attempt["error"] = f"HTTP {response.status_code}"
            else:
                answer = content.decode("utf-8", "replace")
        except TooLong:
            attempt["error"] = "the answer is too long"
        except requests.Timeout:
            attempt["error"] = f"no answer within {timeout:g} s"
        except requests.RequestException as error:
            attempt["error"] = f"not reached: {type(error).__name__}"
        attempt["seconds"] = round(time.monotonic() - began, 4)
        return attempt, answer

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False  # no proxies between the platform and a bot; and it is faster
            session.mount("http://", HTTPAdapter(pool_connections=8, pool_maxsize=2))
            self._local.session = session
            with self._lock:
                self._sessions.append(session)
        return session


def _read(response: requests.Response, deadline: float) -> bytes:
    """The whole answer; a server that sends it drop by drop is cut off like a silent one."""
    content = b""
    for part in response.iter_content(64 * 1024):
        content += part
        if len(content) > LONGEST_REPLY:
            raise TooLong
        if time.monotonic() > deadline:
            raise requests.Timeout
    return content


def seal(address: Address, plain: str, openid: str, settings: Settings, damage: Damage) -> Sealed:
    """Sign and, by the account's mode, encrypt the message `plain`."""
    query = _signed(f"not-{address.token}" if damage.signature else address.token)
    if settings.push_openid:
        query["openid"] = openid
    if address.mode == "plain":
        if settings.push_encrypt_type_raw:
            query["encrypt_type"] = "raw"
        return Sealed(query, plain)
    encrypted = MessageCipher(address.encoding_aes_key, address.app_id).encrypt(
        plain,
        app_id="wxffffffffffffffff" if damage.app_id else "",
        pad_byte=0 if damage.padding else None,
    )
    token = f"not-{address.token}" if damage.signature else address.token
    query["encrypt_type"] = "aes"
    query["msg_signature"] = sign(token, query["timestamp"], query["nonce"], encrypted)
    envelope = xml.render({"ToUserName": address.original_id, "Encrypt": encrypted})
    if address.mode == "safe":
        return Sealed(query, envelope)
    return Sealed(
        query, plain.removesuffix("</xml>") + envelope.removeprefix("<xml>").partition("</ToUserName>")[2]
    )


def _signed(token: str) -> dict[str, str]:
    # The machine's own time, not the platform's: a bot judges freshness by its own clock.
    timestamp, nonce = str(int(time.time())), str(secrets.randbelow(10**9))
    return {"signature": sign(token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}
