"""腾讯云: the request of SendSms, signed with TC3-HMAC-SHA256 (签名方法 v3)."""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from bot.config import SmsConfig
from bot.sms.templates import Purpose

HOST = "sms.tencentcloudapi.com"
SERVICE = "sms"
VERSION = "2021-01-11"
ALGORITHM = "TC3-HMAC-SHA256"
_TEMPLATES: dict[Purpose, Callable[[SmsConfig], str]] = {
    Purpose.CODE: lambda config: config.tencent_template,
    Purpose.NOTICE: lambda config: config.tencent_notice_template,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A signed request."""

    url: str
    headers: dict[str, str]
    body: bytes


def request(
    config: SmsConfig, *, phone: str, purpose: Purpose, values: Sequence[str], now: datetime
) -> Asked:
    """Return the request that sends the template of the settings to an E.164 number."""
    document = {
        "PhoneNumberSet": [phone],
        "SmsSdkAppId": config.tencent_app_id,
        "SignName": config.sign,
        "TemplateId": _TEMPLATES[purpose](config),
        "TemplateParamSet": list(values),
    }
    return signed(
        key_id=config.tencent_key_id,
        secret=config.tencent_secret,
        host=HOST,
        service=SERVICE,
        headers={
            "X-TC-Action": "SendSms",
            "X-TC-Version": VERSION,
            "X-TC-Region": config.tencent_region,
        },
        body=orjson.dumps(document),
        now=now,
        signs_action=True,
    )


def signed(
    *,
    key_id: str,
    secret: str,
    host: str,
    service: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    signs_action: bool,
) -> Asked:
    """Return a POST of `body`, signed as of `now`; `headers` name action, version and region."""
    timestamp = str(int(now.timestamp()))
    day = now.astimezone(UTC).strftime("%Y-%m-%d")
    said = {"content-type": "application/json; charset=utf-8", "host": host}
    if signs_action:
        said["x-tc-action"] = headers["X-TC-Action"].lower()
    names = ";".join(sorted(said))
    lines = "".join(f"{name}:{value}\n" for name, value in sorted(said.items()))
    canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{day}/{service}/tc3_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{timestamp}\n{scope}\n{hashed}"
    key = f"TC3{secret}".encode()
    for step in (day, service, "tc3_request"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    authorization = f"{ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    all_headers = {
        **headers,
        "Content-Type": said["content-type"],
        "Host": host,
        "X-TC-Timestamp": timestamp,
        "Authorization": authorization,
    }
    return Asked(f"https://{host}/", all_headers, body)
