"""Where providers report what became of messages they took: `POST /sms/receipts/<gateway>/<secret>`.

They do not sign their reports, so the address is the secret.
"""

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from bot.db import utc_now
from bot.sms import ordering

if TYPE_CHECKING:
    from bot.runtime import Runtime

LARGEST = 256 * 1024
MOST = 500


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one message."""

    key: str
    delivered: bool
    trouble: str


def make_blueprint(runtime: "Runtime") -> Blueprint:
    """Return the page. Open to whoever knows the secret of the settings; without one it is not there."""
    pages = Blueprint("sms_receipts", __name__)

    @pages.post("/sms/receipts/<gateway>/<secret>")
    def take(gateway: str, secret: str) -> ResponseReturnValue:
        """Note each report; those that are not ours, or were noted before, change nothing."""
        known = runtime.config.sms.receipt_secret
        if not known or not hmac.compare_digest(known.encode(), secret.encode()) or gateway not in READERS:
            return "", 404
        if (request.content_length or 0) > LARGEST:
            return "", 413
        rows = request.get_json(silent=True)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            return "", 400
        with runtime.db.transaction() as session:
            for receipt in READERS[gateway](rows[:MOST]):
                ordering.note_receipt(
                    session,
                    gateway=gateway,
                    key=receipt.key,
                    delivered=receipt.delivered,
                    trouble=receipt.trouble,
                    at=utc_now(),
                )
        return {"code": 0, "msg": "ok", "result": 0, "errmsg": "OK"}

    return pages


def _aliyun(rows: list[Mapping[str, Any]]) -> Iterator[Receipt]:
    for row in rows:
        yield Receipt(
            str(row.get("biz_id", "")), row.get("success") is True, str(row.get("err_code", ""))[:60]
        )


def _tencent(rows: list[Mapping[str, Any]]) -> Iterator[Receipt]:
    for row in rows:
        done = row.get("report_status") == "SUCCESS"
        yield Receipt(str(row.get("sid", "")), done, str(row.get("errmsg", ""))[:60])


READERS = {"aliyun": _aliyun, "tencent": _tencent}
