"""Checks what a page gives `wx.config`: the account, its domain, the signature (protocol §2.6)."""

import hashlib
import hmac
from typing import Any
from urllib.parse import urlsplit

from simulator.platform import Platform


def problem(platform: Platform, origin: str, facts: dict[str, Any], snapshot: str = "") -> str:
    """What WeChat would complain about, in its words; empty when all is right.

    `path` is the address of the page on its own site, `href` the one under the proxy: a script that signs
    `location.href` cannot know better, so either is taken.
    """
    if snapshot:
        return "fail, snapshot page has no JS-SDK"
    given = {name: str(facts.get(name, "")) for name in ("appId", "timestamp", "nonceStr", "signature")}
    with platform.lock:
        account = platform.state.accounts.get(given["appId"])
        if account is None:
            return "invalid appid"
        site = urlsplit(origin)
        if account.oauth_domain not in (site.hostname, site.netloc):
            return "invalid url domain"
        ticket = account.tokens.tickets.get("jsapi")
        if ticket is None or ticket.expires <= platform.now():
            return "invalid signature"
    urls = (f"{origin}{facts.get('path', '')}", str(facts.get("href", "")))
    for url in urls:
        text = f"jsapi_ticket={ticket.value}&noncestr={given['nonceStr']}"
        text += f"&timestamp={given['timestamp']}&url={url.partition('#')[0]}"
        expected = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        if hmac.compare_digest(expected, given["signature"].lower().encode("ascii", "replace").decode()):
            return ""
    return "invalid signature"
