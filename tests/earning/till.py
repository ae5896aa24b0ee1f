"""A till as a program would be one: it signs, sends, and remembers the last answer."""

import hashlib
import hmac
import json
import secrets
import time
from typing import Any

from flask.testing import FlaskClient

from tests.earning.conftest import NOON

BASE = "/api/v1"


class SigningTill:
    """Signs as docs/till-api.md says, without our code; every part can be spoilt."""

    def __init__(self, client: FlaskClient, key: str, secret: str) -> None:
        self.client = client
        self.key = key
        self.secret = secret

    def headers(self, method: str, target: str, body: bytes, **spoilt: str) -> dict[str, str]:
        timestamp = spoilt.get("timestamp", str(int(time.time())))
        nonce = spoilt.get("nonce", secrets.token_urlsafe(18))
        text = "\n".join((method, target, timestamp, nonce, hashlib.sha256(body).hexdigest()))
        signature = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        return {
            "X-Yizhan-Key": spoilt.get("key", self.key),
            "X-Yizhan-Timestamp": timestamp,
            "X-Yizhan-Nonce": nonce,
            "X-Yizhan-Signature": spoilt.get("signature", signature),
        }

    def post(self, path: str, said: Any, *, sent: bytes | None = None, **spoilt: str):
        body = json.dumps(said).encode()
        headers = self.headers("POST", BASE + path, body, **spoilt)
        return self.client.post(
            BASE + path, data=body if sent is None else sent, headers=headers, content_type="application/json"
        )

    def get(self, path: str):
        return self.client.get(BASE + path, headers=self.headers("GET", BASE + path, b""))


def receipt(number: str, yuan: int, member: dict[str, str], **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "member": member,
        "amount": yuan * 100,
        "payment": "wechat",
        "occurred_at": NOON.isoformat(),
        **more,
    }
