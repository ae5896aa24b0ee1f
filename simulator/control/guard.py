"""Who may use the control API: this machine's own pages and programs, no foreign web page."""

import ipaddress
from urllib.parse import urlsplit

import flask

LOOPBACK = {"localhost", "127.0.0.1", "::1", "[::1]"}


class Wrong(Exception):
    """The request cannot be done; the message says why and what to do."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


def check(bound_host: str) -> None:
    """Raise `Wrong` (403) for a request that a web page elsewhere could have caused.

    A page can make a browser send forms anywhere, but not with a JSON content type; and it can
    point a name of its own at this machine, but then the Host header carries that name.
    """
    request = flask.request
    host = urlsplit(f"//{request.host}").hostname or ""
    if host not in LOOPBACK and host != bound_host and not _is_reachable_address(host, bound_host):
        raise Wrong(f"Host {host!r} is not this simulator; use 127.0.0.1 or the address it listens on", 403)
    origin = request.headers.get("Origin")
    if origin and origin != "null" and urlsplit(origin).netloc != request.host:
        raise Wrong("requests from other sites' pages are refused", 403)
    if request.method in ("POST", "PUT", "PATCH") and request.mimetype != "application/json":
        raise Wrong("send the body with Content-Type: application/json", 403)


def _is_reachable_address(host: str, bound_host: str) -> bool:
    """Whether the simulator is open to the network and called by a bare address, which none can rebind."""
    if bound_host not in ("0.0.0.0", "::"):  # noqa: S104  (compared, not bound)
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
