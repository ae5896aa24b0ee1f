"""Who opens our page: OAuth inside WeChat's browser (protocol, section 9)."""

from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import quote, urlsplit

from bot.config import AccountConfig
from bot.errors import BadRequest, WeChatUnavailable
from bot.wechat.calls import Calls
from bot.wechat.wire import API, Ask

Scope = Literal["snsapi_base", "snsapi_userinfo"]

PICTURE_CALL: Final = "headimgurl"
OPEN: Final = "https://open.weixin.qq.com"
STATE_LENGTH: Final = 128
PICTURES: Final = ".qlogo.cn"  # where WeChat keeps what people show of themselves


@dataclass(frozen=True, slots=True)
class Grant:
    """What a traveller allowed.

    With `is_snapshot` the ids are a virtual person's: create, link and write nothing.
    """

    openid: str
    unionid: str | None
    access_token: str
    refresh_token: str
    scope: str
    is_snapshot: bool

    def __repr__(self) -> str:
        return f"Grant(openid={self.openid!r}, scope={self.scope!r}, is_snapshot={self.is_snapshot})"


def authorize_url(
    account: AccountConfig,
    redirect_uri: str,
    scope: Scope,
    state: str,
    *,
    force_popup: bool = False,
    api_base: str = "",
) -> str:
    """Return where to send the traveller's browser; it comes back to `redirect_uri` with `code` and `state`.

    The host of `redirect_uri` must be the one registered in the console.
    Raise `BadRequest` for a `state` over 128 characters.
    """
    if len(state) > STATE_LENGTH:
        raise BadRequest(None, f"state is over {STATE_LENGTH} characters", call="/connect/oauth2/authorize")
    # The order is WeChat's: its checker has been seen to insist on it.
    pairs = [
        ("appid", account.app_id),
        ("redirect_uri", redirect_uri),
        ("response_type", "code"),
        ("scope", scope),
        ("state", state),
    ]
    if force_popup:
        pairs.append(("forcePopup", "true"))
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs)
    return f"{api_base.rstrip('/') or OPEN}/connect/oauth2/authorize?{query}#wechat_redirect"


class OAuth:
    """OAuth of one account; holds nothing of any traveller, so threads and requests may share it."""

    def __init__(self, account: AccountConfig, calls: Calls, api_base: str) -> None:
        self._account = account
        self._calls = calls
        self._api_base = api_base

    def authorize_url(self, redirect_uri: str, scope: Scope, state: str, *, force_popup: bool = False) -> str:
        """Return where to send the browser, as the function of this name does."""
        return authorize_url(
            self._account, redirect_uri, scope, state, force_popup=force_popup, api_base=self._api_base
        )

    def exchange(self, code: str) -> Grant:
        """Return what the traveller allowed, for the `code` the browser brought back.

        A code serves once and for five minutes.  Raise `FanUnreachable` for a
        code that is used, expired or invented: start OAuth again.
        """
        secret = self._account.app_secret
        params = {
            "appid": self._account.app_id,
            "secret": secret,
            "code": code,
            "grant_type": "authorization_code",
        }
        return _grant(self._calls.json(Ask("GET", f"{API}/sns/oauth2/access_token", params), signed=False))

    def refresh(self, refresh_token: str) -> Grant:
        """Return a new grant for `refresh_token` (thirty days.

        Keep the one returned); raise as `exchange` does.
        """
        params = {
            "appid": self._account.app_id,
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
        }
        return _grant(self._calls.json(Ask("GET", f"{API}/sns/oauth2/refresh_token", params), signed=False))

    def profile(self, grant: Grant) -> dict[str, Any]:
        """Return nickname, headimgurl and unionid as the traveller shows them; region and sex are blank
        since 2021.

        Raise `BadRequest` for a grant of scope snsapi_base, `FanUnreachable` when the grant has ended:
        start OAuth again.
        """
        params = {"access_token": grant.access_token, "openid": grant.openid, "lang": "zh_CN"}
        return self._calls.json(Ask("GET", f"{API}/sns/userinfo", params), signed=False)

    def picture(self, grant: Grant) -> bytes:
        """Return the picture the traveller shows, as WeChat keeps it; empty for one who shows none.

        Raise as `profile` does, and `BadRequest` for an address that is not WeChat's: nothing else is asked.
        """
        url = str(self.profile(grant).get("headimgurl") or "")
        if not url:
            return b""
        host, ours = urlsplit(url).hostname or "", urlsplit(self._api_base).hostname
        if not (host.endswith(PICTURES) or host == ours):
            raise BadRequest(None, "the picture is not at WeChat's", call=PICTURE_CALL)
        whole = url if host == ours else f"https://{host}{urlsplit(url).path}"
        return self._calls.file(Ask("GET", whole, name=PICTURE_CALL), signed=False).content


def _grant(answer: dict[str, Any]) -> Grant:
    try:
        return Grant(
            openid=answer["openid"],
            unionid=answer.get("unionid") or None,
            access_token=answer["access_token"],
            refresh_token=answer.get("refresh_token", ""),
            scope=answer.get("scope", ""),
            is_snapshot=str(answer.get("is_snapshotuser", 0)) == "1",
        )
    except KeyError as error:
        reason = f"the answer lacks {error}"
    raise WeChatUnavailable(None, reason, call="/sns/oauth2/access_token")
