"""The gateway to WeChat: whatever this server asks of WeChat goes through here.

`Gateway(config, redis).of("main").send(openid, …)`; errors are those of
`bot.errors`, and say whose move it is and whether trying again helps.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from redis import Redis

from bot.config import AccountConfig, Config, WeChatConfig
from bot.errors import ConfigError, CredentialsRefused, QuotaUsedUp, WeChatUnavailable
from bot.wechat.breaker import Breaker
from bot.wechat.calls import Calls, patience
from bot.wechat.client import Client
from bot.wechat.interfaces.articles import Articles
from bot.wechat.interfaces.console import Console
from bot.wechat.interfaces.desk import Desk
from bot.wechat.interfaces.fans import Fans
from bot.wechat.interfaces.mass import MassSends
from bot.wechat.interfaces.materials import Materials
from bot.wechat.interfaces.media import MediaFiles
from bot.wechat.interfaces.menus import Menus
from bot.wechat.interfaces.notices import Notices
from bot.wechat.interfaces.statistics import Statistics
from bot.wechat.kept import Kept
from bot.wechat.oauth import OAuth
from bot.wechat.origin import OriginSession
from bot.wechat.redaction import guard_http_logs
from bot.wechat.shared import Shared
from bot.wechat.wire import API, Answered, Ask, Files, Media, Wire, encoded


class Gateway:
    """All accounts' lines to WeChat, one per process and account; threads share them, and forks may inherit
    them.

    `redis` None, or a Redis that is away, means that processes do not know of each other: each fetches a
    token.
    """

    def __init__(self, config: Config, redis: Redis | None, *, now: Callable[[], float] = time.time) -> None:
        guard_http_logs()
        self._config = config
        self._redis = redis
        self._now = now
        self._lines: dict[str, AccountGateway] = {}
        self._lock = threading.Lock()

    def of(self, account_name: str) -> "AccountGateway":
        """Return the account's line.

        Always the same one. Raise `ConfigError` for a name the settings do not have.
        """
        with self._lock:
            if account_name not in self._lines:
                account = self._settings(account_name)
                self._lines[account_name] = AccountGateway(
                    account, self._config.wechat, self._redis, now=self._now
                )
            return self._lines[account_name]

    def reset(self, account_name: str) -> None:
        """Call WeChat again at once, in every process: an operator has mended what was wrong."""
        self.of(account_name).reset()

    def close(self) -> None:
        """Let go of the connections; the gateway opens new ones if it is used again."""
        for line in self._lines.values():
            line.close()

    def _settings(self, account_name: str) -> AccountConfig:
        for account in self._config.accounts:
            if account.name == account_name:
                return account
        known = ", ".join(account.name for account in self._config.accounts) or "none"
        raise ConfigError(f"accounts: {account_name}: no such account; the settings have {known}")


class AccountGateway(
    Fans, Desk, Menus, Console, MediaFiles, Materials, Articles, MassSends, Notices, Statistics
):
    """One account's line to WeChat.

    Every method raises `WeChatUnavailable` when no answer came, `CredentialsRefused` when secret, IP list
    or token are refused (at once, without a call, for a while after), `QuotaUsedUp` when the call's quota
    is spent (likewise), `NotPermitted` when the account lacks the right, `BadRequest` when what we sent is
    wrong.

    `client` is wechatpy's client on the same line, for the interfaces without a method of their own here;
    `oauth` is for web pages.
    """

    def __init__(
        self,
        account: AccountConfig,
        wechat: WeChatConfig,
        redis: Redis | None,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        shared = Shared(redis, f"yizhan:wechat:{account.app_id}:{_fingerprint(account)}")
        longest = patience(wechat.timeout_seconds)
        wire = Wire(account.name, OriginSession(wechat.api_base, wechat.timeout_seconds), now)
        self.name = account.name
        self._account = account
        self._breaker = Breaker(account.name, shared, patience=longest, now=now)
        self._calls = Calls(
            account, wire, shared, self._breaker, timeout_seconds=wechat.timeout_seconds, now=now
        )
        self._ticket = Kept(shared, "js-ticket", patience=longest, now=now)
        self.client = Client(account, self._calls, self.js_ticket)
        self.oauth = OAuth(account, self._calls, wechat.api_base)

    def call(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
        *,
        files: Files | None = None,
    ) -> Answered:
        """Return WeChat's JSON answer to any interface, e.g. `call("POST", "/datacube/getusersummary",
        json={…})`.

        `path` begins with a slash and has no query; the token is added here.  The call is made at most
        twice, the second time only after WeChat did not accept the token, so nothing is done twice.
        """
        return self._calls.json(Ask(method, API + path, params, encoded(json), files))

    def fetch(self, path: str, params: Mapping[str, Any], *, signed: bool = True) -> Media:
        """Return the file that answers a GET of `path` (or of an address on another of WeChat's hosts)."""
        url = path if path.startswith("https://") else API + path
        return self._calls.file(Ask("GET", url, params), signed=signed)

    def js_ticket(self) -> str:
        """Return the ticket that signs pages for the JS-SDK.

        Shared and renewed as the token is. Protocol 2.6.
        """
        secret, _ = self._ticket.current(self._fetched_ticket)
        return secret.value

    def callback_ips(self) -> list[str]:
        """Return the addresses (some as networks) that WeChat pushes from. Protocol 2.4."""
        return list(self.call("GET", "/cgi-bin/getcallbackip").get("ip_list", ()))

    def api_domain_ips(self) -> list[str]:
        """Return the addresses of WeChat's API. Protocol 2.4."""
        return list(self.call("GET", "/cgi-bin/get_api_domain_ip").get("ip_list", ()))

    def quota(self, path: str) -> dict[str, Any]:
        """Return `{"daily_limit", "used", "remain"}` of a path such as `/cgi-bin/message/custom/send`.

        Raise `BadRequest` for a path without a quota.  Protocol 2.5.
        """
        answer = self.call("POST", "/cgi-bin/openapi/quota/get", json={"cgi_path": path})
        return dict(answer.get("quota", {}))

    def clear_quota(self) -> None:
        """Set the account's daily counters to zero.

        Ten times a month. Closed calls open at once. Protocol 2.5.
        """
        account = self._account
        try:
            self.call("POST", "/cgi-bin/clear_quota", json={"appid": account.app_id})
        except QuotaUsedUp as error:
            if not error.call.endswith("token"):
                raise
            # No token can be had, because its own quota is spent: the way without one.
            body = encoded({"appid": account.app_id, "appsecret": account.app_secret})
            self._calls.json(Ask("POST", f"{API}/cgi-bin/clear_quota/v2", body=body), signed=False)
        self._calls.quotas.clear()

    def token_is_good(self) -> bool:
        """Return whether a token is at hand or can be fetched.

        For health checks. Raises nothing of WeChat's.
        """
        try:
            self._breaker.check()
            self._calls.tokens.current()
        except (CredentialsRefused, QuotaUsedUp, WeChatUnavailable):
            return False
        return True

    def token_good_until(self) -> float | None:
        """Return when the token at hand ends (UTC epoch seconds); None without one. Asks nobody."""
        return self._calls.tokens.good_until()

    def refusal(self) -> CredentialsRefused | None:
        """Return why calls are stopped now; None while they pass. WeChat is not asked."""
        return self._breaker.refusal()

    def reset(self) -> None:
        """Forget breaker, closed quotas, token and ticket."""
        self._calls.reset()
        self._ticket.forget()

    def close(self) -> None:
        """Let go of the connections."""
        self._calls.wire.session.close()

    def _fetched_ticket(self) -> tuple[str, float]:
        answer = self.call("GET", "/cgi-bin/ticket/getticket", {"type": "jsapi"})
        value = answer.get("ticket")
        if not isinstance(value, str):
            raise WeChatUnavailable(None, "the answer holds no ticket", call="/cgi-bin/ticket/getticket")
        return value, float(answer.get("expires_in", 7200))


def _fingerprint(account: AccountConfig) -> str:
    # Under a new secret nothing that was learnt with the old one holds: the breaker starts closed.
    return hashlib.sha256(f"{account.app_id}\0{account.app_secret}".encode()).hexdigest()[:12]
