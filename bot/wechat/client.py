"""wechatpy's client on our line: its wrappers of WeChat's interfaces, our tokens, errors and limits.

Every request of wechatpy passes `_request`; replacing that one method replaces
its token handling, its endless retry and its error handling everywhere.
"""

from collections.abc import Callable
from operator import itemgetter
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import requests
from wechatpy.client import WeChatClient
from wechatpy.client.api import WeChatCustomService, WeChatJSAPI, WeChatMedia, WeChatQRCode

from bot.config import AccountConfig
from bot.errors import WeChatUnavailable
from bot.wechat.calls import Calls
from bot.wechat.wire import MP, Ask, encoded

FILES: Final = frozenset({"/cgi-bin/media/get", "/cgi-bin/media/get/jssdk", "/cgi-bin/material/get_material"})


class AgentLists(WeChatCustomService):  # type: ignore[misc]
    """2.0.0a26 asks `/customservice/getkflist`.

    The two lists live under `/cgi-bin/` (protocol 6, path trap).
    """

    def get_accounts(self) -> Any:
        """Return the agents."""
        return self._client.get("customservice/getkflist", result_processor=itemgetter("kf_list"))

    def get_online_accounts(self) -> Any:
        """Return the agents' presence."""
        return self._client.get(
            "customservice/getonlinekflist", result_processor=itemgetter("kf_online_list")
        )


class Codes(WeChatQRCode):  # type: ignore[misc]
    """wechatpy fetches the picture past its own session."""

    def show(self, ticket: Any) -> bytes:
        """Return the picture of `ticket`."""
        key = ticket["ticket"] if isinstance(ticket, dict) else ticket
        ask = Ask("GET", f"{MP}/cgi-bin/showqrcode", params={"ticket": key})
        content: bytes = self._client.calls.file(ask, signed=False).content
        return content


class MediaWithoutLinks(WeChatMedia):  # type: ignore[misc]
    """wechatpy builds a link with the account's access token in it."""

    def get_url(self, media_id: str) -> str:
        """Refuse: a link with our token must not leave this server."""
        raise NotImplementedError(f"media {media_id}: download it; a link would show the access token")


class SharedTickets(WeChatJSAPI):  # type: ignore[misc]
    """wechatpy keeps the ticket per process and past its end."""

    def get_jsapi_ticket(self) -> str:
        """Return the ticket that all processes share."""
        ticket: str = self._client.js_ticket()
        return ticket


class Client(WeChatClient):  # type: ignore[misc]
    """`client.material`, `client.draft`, `client.template` … as wechatpy names them, raising our errors."""

    customservice = AgentLists()
    qrcode = Codes()
    media = MediaWithoutLinks()
    jsapi = SharedTickets()

    def __init__(self, account: AccountConfig, calls: Calls, js_ticket: Callable[[], str]) -> None:
        super().__init__(account.app_id, account.app_secret, auto_retry=False)
        self._http: requests.Session = calls.wire.session  # not wechatpy's own, which knows no limits
        self.calls = calls
        self.js_ticket = js_ticket

    @property
    def access_token(self) -> str:
        """The account's token.

        Before `__init__` wechatpy inspects every property: then this is no attribute.
        """
        return self.calls.tokens.current()[0]

    def fetch_access_token(self) -> dict[str, str]:
        """Return the token in the shape wechatpy expects; it is fetched only when that is due."""
        return {"access_token": self.access_token}

    def _request(self, method: str, url_or_endpoint: str, **options: Any) -> Any:
        base = str(options.get("api_base_url", self.API_BASE_URL))
        address = urlsplit(url_or_endpoint if "://" in url_or_endpoint else base + url_or_endpoint)
        params = _pairs(address.query) | _pairs(options.get("params"))
        data = options.get("data")
        ask = Ask(
            method,
            urlunsplit(address._replace(query="", fragment="")),
            params=params,
            body=encoded(data) if isinstance(data, dict) else _bytes(data),
            files=options.get("files"),
        )
        if ask.call in FILES:
            media = self.calls.file(ask)
            if not media.told:
                return media
            answer = media.told
        else:
            answer = self.calls.json(ask)
        process = options.get("result_processor")
        try:
            return process(answer) if process else answer
        except (KeyError, TypeError) as error:
            raise WeChatUnavailable(None, f"the answer lacks {error}", call=ask.call) from error


def _pairs(params: Any) -> dict[str, Any]:
    # The token is ours to add, fresh at each attempt; where wechatpy has written one in, leave it out.
    pairs = dict(parse_qsl(params)) if isinstance(params, str) else dict(params or {})
    pairs.pop("access_token", None)
    return pairs


def _bytes(data: Any) -> bytes | None:
    return data.encode() if isinstance(data, str) else data
