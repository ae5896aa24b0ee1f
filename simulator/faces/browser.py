"""The browser inside the phone: a reverse proxy with WeChat's user agent and a cookie jar per traveller.

A bot's page forbids being framed and must see WeChat's user agent and the traveller's own cookies; an iframe
can give it none of that.  So the page is fetched here and served to a frame of the phone.

**Isolation.**  Pages of a bot are strangers to whoever operates the simulator.  They are therefore served
from a second port, that is from another origin: they cannot read the phone, the desk or the control room,
and the control API refuses their requests because their `Origin` is not its own.  (The other way, a
sandbox without `allow-same-origin`, takes storage and same-origin requests away from pages that work in
WeChat.)
All sites share that one origin, hence their local storage; but a page cannot frame another (`frame-ancestors`
names the phone alone, and counts every ancestor), open a window, or fetch beyond its own token.
What is fetched is limited by `reach`; the simulator's control API is never within it.

**Addresses.**  `/phone/web/<token>/path` is `path` on one site, seen by one traveller; a token is good for
exactly that pair and cannot be guessed.  Going to another site makes another token, and only a navigation may
do that, so a page cannot fetch a neighbour's pages with the traveller's cookies.  Links in pages are moved by
`rewriting`; what scripts and style sheets name from the root (`/api`, `url(/x.png)`) is recognised by the
Referer.  Cookies stay in the jar, on this side: `document.cookie` is empty, and `location` shows the
proxy's path.  Everything is kept in memory: closing the simulator is clearing the browser.
"""

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from http.cookiejar import CookieJar
from urllib.parse import urlsplit

import flask
import requests

from simulator.faces import reach
from simulator.platform import Platform

WEB, GO = "/phone/web/", "/phone/go/"
KEPT_VISITS = 2_000
PATIENCE = (5, 30)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/15E148 MicroMessenger/8.0.50(0x18003237) NetType/WIFI Language/zh_CN"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; 23127PN0CC Build/UKQ1; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/122.0.6261.120 Mobile Safari/537.36 XWEB/1220089 MMWEBSDK/20240404 MMWEBID/7121 "
    "MicroMessenger/8.0.49.2600(0x28003133) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64"
)


@dataclass
class Visit:
    """One site as one traveller sees it; `snapshot` is the authorisation that gave a virtual person."""

    traveller: str
    origin: str
    snapshot: str = ""


def rest(url: str) -> str:
    """What follows the site in an address."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.path or '/'}{query}" + (f"#{parts.fragment}" if parts.fragment else "")


def asked_path() -> str:
    """The path and query of this request as they were sent, with their escapes."""
    sent = str(flask.request.environ.get("REQUEST_URI") or flask.request.full_path)
    return sent.removesuffix("?")


class Browser:
    """Visits and cookie jars of all travellers."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.own_ports: set[int] = set()  # the server's; never fetched except for what a phone may see
        self.port = 0  # where the pages are served; 0 while they are not
        self._lock = threading.Lock()
        self._visits: OrderedDict[str, Visit] = OrderedDict()
        self._jars: dict[str, requests.Session] = {}

    def open(self, traveller: str, url: str, snapshot: str = "") -> str:
        """The path under which `url` is shown to a traveller."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        with self._lock:
            visit = Visit(traveller, origin, snapshot)
            token = next((name for name, each in self._visits.items() if each == visit), None)
            if token is None:
                token = secrets.token_urlsafe(18)
                self._visits[token] = visit
                while len(self._visits) > KEPT_VISITS:
                    self._visits.popitem(last=False)
            else:
                self._visits.move_to_end(token)
        return f"{WEB}{token}{rest(url)}"

    def visit(self, token: str) -> Visit | None:
        """The visit of that token."""
        return self._visits.get(token)

    def agent(self, traveller: str) -> str:
        """The user agent of a traveller's WeChat."""
        known = self.platform.state.travellers.get(traveller)
        return ANDROID if known is not None and known.device == 2 else IPHONE

    def fetch(self, visit: Visit, url: str, **request: object) -> requests.Response:
        """Fetch one address with the traveller's cookies; raise `Refusal` when it is out of reach."""
        target = reach.target(self.platform, url, self.own_ports)
        headers = dict(request.pop("headers", None) or {})  # type: ignore[call-overload]
        headers["User-Agent"] = self.agent(visit.traveller)
        if target.own:
            headers["X-Sim-Traveller"] = visit.traveller
        method = str(request.pop("method", "GET"))
        options = {"allow_redirects": False, "timeout": PATIENCE, "stream": True, **request}
        jar = self._jar(visit.traveller)
        answer = jar.request(method, target.fetched, headers=headers, **options)  # type: ignore[arg-type]
        # Browsers send Secure cookies to this machine without TLS; requests would keep them back.
        cookies: CookieJar = jar.cookies
        for cookie in list(cookies):
            cookie.secure = cookie.secure and not reach.is_this_machine(cookie.domain.removesuffix(".local"))
        return answer

    def forget(self, traveller: str) -> None:
        """Throw a traveller's cookies away."""
        with self._lock:
            self._jars.pop(traveller, None)

    def _jar(self, traveller: str) -> requests.Session:
        with self._lock:
            if traveller not in self._jars:
                session = self._jars[traveller] = requests.Session()
                session.trust_env = False
            return self._jars[traveller]
