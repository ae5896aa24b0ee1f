"""A till in seventy lines: sign, send, and send again what got no answer. Needs Python and `requests`.

python till.py http://127.0.0.1:8000 yz_0123… the-secret MABCDEFGHIJ
"""

import hashlib
import hmac
import json
import secrets
import sys
import time
from dataclasses import dataclass
from typing import Any

import requests

PAUSES = (1, 2, 4, 8)  # seconds before the same is sent again


@dataclass
class Till:
    """What the back office shows once when a till's key is made, and where its server is."""

    base: str
    key: str
    secret: str

    def call(self, method: str, target: str, said: Any = None) -> tuple[int, Any]:
        """Send until there is an answer; the number in `said` makes it count once."""
        for pause in PAUSES:
            try:
                status, answer = self._send(method, target, said)
            except (requests.ConnectionError, requests.Timeout):
                pass  # it may have arrived all the same: the same number again is safe
            else:
                if status != 503:
                    return status, answer
            time.sleep(pause)
        return self._send(method, target, said)

    def _send(self, method: str, target: str, said: Any) -> tuple[int, Any]:
        body = b"" if said is None else json.dumps(said).encode()
        headers = self._signed(method, target, body)
        answer = requests.request(method, self.base + target, data=body, headers=headers, timeout=10)
        return answer.status_code, answer.json()

    def _signed(self, method: str, target: str, body: bytes) -> dict[str, str]:
        """Return the headers; each try needs a fresh nonce, so each is signed anew."""
        timestamp, nonce = str(int(time.time())), secrets.token_urlsafe(18)
        text = "\n".join((method, target, timestamp, nonce, hashlib.sha256(body).hexdigest()))
        return {
            "Content-Type": "application/json",
            "X-Yizhan-Key": self.key,
            "X-Yizhan-Timestamp": timestamp,
            "X-Yizhan-Nonce": nonce,
            "X-Yizhan-Signature": hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest(),
        }


def main(base: str, key: str, secret: str, card: str) -> None:
    """Report one purchase twice, as after an answer that was lost: it counts once."""
    till = Till(base, key, secret)
    bought = {
        "number": "A-1001",
        "member": {"card": card},
        "amount": 12800,  # fen
        "payment": "wechat",
        "occurred_at": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()),
        "items": [{"sku": "T1", "name": "龙井", "category": "tea", "quantity": 1, "amount": 12800}],
    }
    for _twice in range(2):
        status, said = till.call("POST", "/api/v1/purchases", bought)
        if "error" in said:
            sys.exit(f"{status} {said['error']['code']}: {said['error']['message']}")
        print(status, said["points"], "repeated" if said["repeated"] else "new")
        print("\n".join(said["explanation"]))


if __name__ == "__main__":
    main(*sys.argv[1:5])
