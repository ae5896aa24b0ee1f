"""What a page gives `wx.config` so that WeChat lets it share, scan or preview (protocol §2.6)."""

import hashlib
import secrets
import time
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, jsonify, request

from bot.errors import WeChatError
from h5.access import fans_only
from h5.addresses import is_local
from h5.visit import account, runtime

pages = Blueprint("js_sdk", __name__)


@pages.get("/js-sdk")
@fans_only
def configuration() -> Any:
    """Return the signature for `?url=`, the address the page was loaded with; 400 for a page not ours.

    503 while WeChat gives no ticket: the page then works without the JS-SDK.
    """
    url = request.args.get("url", "").partition("#")[0]
    parts, ours = urlsplit(url), urlsplit(runtime.config.server.public_url)
    if (parts.scheme, parts.netloc) != (ours.scheme, ours.netloc) or not is_local(
        parts._replace(scheme="", netloc="").geturl()
    ):
        return jsonify(error="not a page of this account"), 400
    try:
        return jsonify(signed(url))
    except WeChatError:
        return jsonify(error="no ticket"), 503


def signed(url: str) -> dict[str, Any]:
    """Return `appId`, `timestamp`, `nonceStr` and `signature` for the page at `url`.

    May call WeChat for its ticket, so never inside a transaction; raises what the gateway raises.
    """
    line = runtime.wechat.of(account.name)
    app_id = next(one.app_id for one in runtime.config.accounts if one.name == account.name)
    nonce, now = secrets.token_hex(8), int(time.time())
    return {
        "appId": app_id,
        "timestamp": now,
        "nonceStr": nonce,
        "signature": signature(line.js_ticket(), nonce, now, url),
    }


def signature(ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """Return WeChat's signature of `url`, without what follows `#`."""
    page = url.partition("#")[0]
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={page}"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
