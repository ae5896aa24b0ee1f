"""Where the browser in the phone may go, and which addresses the simulator itself stands for.

The proxy fetches from this machine, so an address that a page names is not fetched merely because it is
named: only the bots' own hosts, the hosts registered for web authorisation, and this machine.  Of the
simulator itself only what a phone may see is reachable: never the control API.
"""

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from simulator.platform import Platform

# What the real WeChat serves and the simulator plays: host, beginning of the path.
PLAYED = (
    ("open.weixin.qq.com", "/connect/oauth2/authorize"),
    ("mp.weixin.qq.com", "/mp/subscribemsg"),
    ("mp.weixin.qq.com", "/cgi-bin/showqrcode"),
)
PUBLIC = ("/connect/oauth2/authorize", "/mp/subscribemsg", "/cgi-bin/showqrcode", "/mmbiz/", "/sim/avatars/")
ARTICLE = "mp.weixin.qq.com"
ARTICLE_PATH = "/s/"


class Refusal(Exception):
    """The browser does not go there; the message is shown to the person."""


@dataclass(frozen=True)
class Target:
    """An address and where it is really fetched from; `own` when the simulator answers it."""

    shown: SplitResult
    fetched: str
    own: bool = False

    @property
    def is_article(self) -> bool:
        """Whether it is a published article, which the simulator draws."""
        return self.shown.hostname == ARTICLE and self.shown.path.startswith(ARTICLE_PATH)


def target(platform: Platform, url: str, own_ports: set[int]) -> Target:
    """Where `url` is fetched from; raise `Refusal` when it is out of reach."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise Refusal("这个网址写错了") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refusal("只能打开 http:// 或 https:// 的网页")
    host = parts.hostname
    query = f"?{parts.query}" if parts.query else ""
    if any(host == each and parts.path.startswith(path) for each, path in PLAYED):
        return Target(parts, f"{platform.base_url}{parts.path}{query}", own=True)
    if host == ARTICLE and parts.path.startswith(ARTICLE_PATH):
        return Target(parts, "", own=True)
    if port in own_ports and (is_this_machine(host) or host == urlsplit(platform.base_url).hostname):
        if not parts.path.startswith(PUBLIC) or "/.." in parts.path or "%2e" in parts.path.lower():
            raise Refusal("网页不能打开模拟平台自己的控制接口")
        return Target(parts, f"{platform.base_url}{parts.path}{query}", own=True)
    if not is_this_machine(host) and host not in _known(platform):
        raise Refusal(f"模拟环境只打开公众号自己的网站和本机；{host} 不在其中")
    if not is_this_machine(host) and port in own_ports:
        # A registered name may point at this machine.
        raise Refusal("网页不能打开模拟平台自己的端口")
    return Target(parts, parts._replace(fragment="").geturl())


def _known(platform: Platform) -> set[str]:
    with platform.lock:
        accounts = list(platform.state.accounts.values())
        hosts = {urlsplit(each.url).hostname for each in accounts if each.url}
        hosts |= {urlsplit(f"//{each.oauth_domain}").hostname for each in accounts if each.oauth_domain}
    return {each for each in hosts if each}


def is_this_machine(host: str) -> bool:
    """Whether a host is this machine under a name of its own."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
