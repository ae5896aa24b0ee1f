"""Where our calls go, and how long they may take.

wechatpy writes `https://api.weixin.qq.com` in a dozen places and forgets the
timeout in some.  One adapter under the session settles both for every call,
whoever makes it: the base address, the limit, no proxies from the environment,
no redirects, no cookies.
"""

import os
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import requests
from requests.adapters import HTTPAdapter

CONNECT_SECONDS: Final = 3.0
CONNECTIONS: Final = 64  # kept alive per account and process; more are opened and closed as needed


class Origin(HTTPAdapter):
    """Send every request to `api_base` (empty: where it wants to go), and never wait without a limit.

    The host that was meant goes along as `X-Forwarded-Host`, so that an egress
    proxy can tell `mp.weixin.qq.com` from `api.weixin.qq.com`.
    """

    def __init__(self, api_base: str, timeout_seconds: float) -> None:
        self._base: SplitResult = urlsplit(api_base.rstrip("/"))
        self._limits = (min(CONNECT_SECONDS, timeout_seconds), timeout_seconds)
        self._process = os.getpid()
        super().__init__(pool_connections=4, pool_maxsize=CONNECTIONS)

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send `request`; raise what `requests` raises, a timeout after the limit at the latest."""
        if self._process != os.getpid():
            # A forked child must not talk on its parent's sockets.
            self._process = os.getpid()
            self.init_poolmanager(4, CONNECTIONS)
        if self._base.netloc:
            meant = urlsplit(request.url or "")
            request.headers["X-Forwarded-Host"] = meant.netloc
            request.url = meant._replace(
                scheme=self._base.scheme, netloc=self._base.netloc, path=self._base.path + meant.path
            ).geturl()
        options["timeout"] = self._limits
        return super().send(request, **options)


class OriginSession(requests.Session):
    """A session whose every call goes through one `Origin`; threads may share it."""

    def __init__(self, api_base: str, timeout_seconds: float) -> None:
        super().__init__()
        # An egress proxy is what `api_base` is for; HTTPS_PROXY and .netrc would surprise.
        self.trust_env = False
        # Nothing WeChat sends sets a cookie that we want, and the jar is the one part threads would fight
        # over.
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.adapters.clear()
        adapter = Origin(api_base, timeout_seconds)
        self.mount("https://", adapter)
        if api_base:
            self.mount("http://", adapter)

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 (the signature is requests')
        """None, always: WeChat's API never redirects, and a token must not follow one to another host."""
        return None
