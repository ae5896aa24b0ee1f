"""The gateways behind one interface: take a message, or say whether another try may help."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import requests

from bot.config import Config, SmsConfig
from bot.errors import YizhanError
from bot.sms import aliyun, tencent
from bot.sms.templates import PLACES, Purpose, text

SECONDS = 5


class NotTaken(YizhanError):
    """A gateway did not take a message; `code` is its own word for why, and never holds number or text."""

    retryable = True

    def __init__(self, gateway: str, code: str, *, unsure: bool = False) -> None:
        super().__init__(f"{gateway}: {code}")
        self.gateway = gateway
        self.code = code
        self.unsure = unsure  # it may have been taken all the same


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent to whom."""

    phone: str
    purpose: Purpose
    facts: Mapping[str, str]
    sms_id: int


class SmsGateway(Protocol):
    """One provider."""

    name: str

    def send(self, letter: Letter, *, now: datetime) -> str:
        """Return the provider's key of the message; raise `NotTaken`."""


class Simulator:
    """The simulator's gateway: what it is sent lies in the traveller's phone at once."""

    name = "simulator"

    def __init__(self, config: Config) -> None:
        self._base = config.wechat.api_base
        self._sign = config.sms.sign

    def send(self, letter: Letter, *, now: datetime) -> str:
        """Have it delivered."""
        del now
        if not self._base:
            raise NotTaken(self.name, "no simulator in [wechat] api_base")
        facts = {"phone": letter.phone, "text": text(letter.purpose, letter.facts), "sign": self._sign}
        answer = _posted(self.name, f"{self._base}/sms/send", json=facts)
        said = _document(self.name, answer)
        if said.get("code") != "ok":
            raise NotTaken(self.name, str(said.get("code", answer.status_code))[:60])
        return str(said.get("id", ""))


class Aliyun:
    """阿里云短信服务, API 2017-05-25, signed with ACS3."""

    name = "aliyun"

    def __init__(self, config: SmsConfig) -> None:
        self._config = config

    def send(self, letter: Letter, *, now: datetime) -> str:
        """Send by the template of the settings."""
        asked = aliyun.request(
            self._config, phone=letter.phone, purpose=letter.purpose, facts=letter.facts, now=now
        )
        answer = _posted(self.name, asked.url, headers=asked.headers)
        said = _document(self.name, answer)
        if said.get("Code") != "OK":
            raise NotTaken(self.name, str(said.get("Code", answer.status_code))[:60])
        return str(said.get("BizId", ""))


class Tencent:
    """腾讯云短信, API 2021-01-11, signed with TC3-HMAC-SHA256."""

    name = "tencent"

    def __init__(self, config: SmsConfig) -> None:
        self._config = config

    def send(self, letter: Letter, *, now: datetime) -> str:
        """Send by the template of the settings."""
        places = [letter.facts[name] for name in PLACES[letter.purpose]]
        asked = tencent.request(
            self._config, phone=letter.phone, purpose=letter.purpose, values=places, now=now
        )
        answer = _posted(self.name, asked.url, headers=asked.headers, data=asked.body)
        said = _document(self.name, answer).get("Response", {})
        if "Error" in said:
            raise NotTaken(self.name, str(said["Error"].get("Code", ""))[:60])
        status = (said.get("SendStatusSet") or [{}])[0]
        if status.get("Code") != "Ok":
            raise NotTaken(self.name, str(status.get("Code", answer.status_code))[:60])
        return str(status.get("SerialNo", ""))


def of(config: Config) -> list[SmsGateway]:
    """Return the gateways of the settings, in the order in which they are tried."""
    return [_named(name, config) for name in (config.sms.first, config.sms.second) if name]


def _named(name: str, config: Config) -> SmsGateway:
    if name == "aliyun":
        return Aliyun(config.sms)
    return Tencent(config.sms) if name == "tencent" else Simulator(config)


def _posted(
    gateway: str,
    url: str,
    *,
    json: Mapping[str, str] | None = None,
    data: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> requests.Response:
    """Post, and follow nobody elsewhere. What went wrong is named without address, number or text."""
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(
                url, json=json, data=data, headers=headers, timeout=SECONDS, allow_redirects=False
            )
    except requests.ConnectTimeout:
        raise NotTaken(gateway, "did not answer") from None
    except requests.Timeout:
        raise NotTaken(gateway, "took too long", unsure=True) from None
    except requests.RequestException as error:
        raise NotTaken(gateway, type(error).__name__) from None
    if answer.status_code >= 500:
        raise NotTaken(gateway, f"HTTP {answer.status_code}", unsure=True)
    return answer


def _document(gateway: str, answer: requests.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise NotTaken(gateway, f"HTTP {answer.status_code} without an answer")
    return said
