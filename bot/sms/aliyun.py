"""阿里云: the request of SendSms, signed with ACS3-HMAC-SHA256 (V3 of the OpenAPI's signature)."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

import orjson

from bot.config import SmsConfig
from bot.sms.templates import Purpose

HOST = "dysmsapi.aliyuncs.com"
VERSION = "2017-05-25"
ALGORITHM = "ACS3-HMAC-SHA256"
EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Asked:
    """A signed request: everything is in the query, the body is empty."""

    url: str
    headers: dict[str, str]


# The template of the settings, and the names that it has places for.
TEMPLATES: dict[Purpose, Callable[[SmsConfig], str]] = {
    Purpose.CODE: lambda config: config.aliyun_template,
    Purpose.NOTICE: lambda config: config.aliyun_notice_template,
}
PLACES: dict[Purpose, tuple[str, ...]] = {Purpose.CODE: ("code",), Purpose.NOTICE: ("words",)}


def request(
    config: SmsConfig, *, phone: str, purpose: Purpose, facts: Mapping[str, str], now: datetime
) -> Asked:
    """Return the request that sends the template of the settings to an E.164 number."""
    query = {
        "PhoneNumbers": phone.removeprefix("+86") if phone.startswith("+86") else phone.removeprefix("+"),
        "SignName": config.sign,
        "TemplateCode": TEMPLATES[purpose](config),
        "TemplateParam": orjson.dumps({name: facts[name] for name in PLACES[purpose]}).decode(),
    }
    return signed(
        key_id=config.aliyun_key_id,
        secret=config.aliyun_secret,
        host=HOST,
        action="SendSms",
        version=VERSION,
        query=query,
        nonce=secrets.token_hex(16),
        now=now,
    )


def signed(
    *,
    key_id: str,
    secret: str,
    host: str,
    action: str,
    version: str,
    query: Mapping[str, str],
    nonce: str,
    now: datetime,
) -> Asked:
    """Return a POST of `action` with `query`, signed as of `now`."""
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": EMPTY,
        "x-acs-date": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    written = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in sorted(query.items()))
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
    canonical = f"POST\n/\n{written}\n{lines}\n{names}\n{EMPTY}"
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    authorization = f"{ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"
    return Asked(f"https://{host}/?{written}", {**headers, "Authorization": authorization})


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")
