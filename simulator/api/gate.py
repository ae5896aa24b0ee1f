"""The door of the platform's API: what is checked before a call's handler runs (protocol §14.3).

Method → token → ability of the account → daily quota → body.  Each module of this package
lists its calls in a `Calls`; `api/__init__.py` lists the modules.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.platform import Platform
from simulator.return_codes import Refused
from simulator.settings import Settings
from simulator.world import abilities
from simulator.world.accounts import Account
from simulator.world.fans import Fan

GET, POST, EITHER = ("GET",), ("POST",), ("GET", "POST")
MAX_BODY = 32 * 1024 * 1024


@dataclass
class Upload:
    """A file in a multipart body."""

    filename: str
    content: bytes


@dataclass
class Raw:
    """An answer that is not JSON."""

    content: bytes
    content_type: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Request:
    """What arrived, before anything is believed."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    form: Mapping[str, str]
    files: Mapping[str, Upload]
    client_ip: str


@dataclass
class Call:
    """A call that passed the door: who calls, with what, when."""

    platform: Platform
    request: Request
    now: float
    body: dict[str, Any]
    caller: Account | None

    @property
    def account(self) -> Account:
        """The account whose token was given."""
        assert self.caller is not None, "this call needs no token, so it has no account"
        return self.caller

    @property
    def settings(self) -> Settings:
        """The platform's settings."""
        return self.platform.settings

    @property
    def query(self) -> Mapping[str, str]:
        """The query string."""
        return self.request.query

    def fan(self, openid: Any) -> Fan:
        """The fan, follower or not; raise 40003 for an OpenID this account has never seen."""
        fan = self.account.fans.get(str(openid))
        if fan is None:
            raise Refused(self.settings.unknown_openid_code)
        return fan

    def follower(self, openid: Any) -> Fan:
        """The fan; raise 43004 unless following."""
        fan = self.fan(openid)
        if not fan.subscribed:
            raise Refused(43004)
        return fan

    def upload(self) -> Upload:
        """The uploaded file; raise 41005 if there is none."""
        if "media" in self.request.files:
            return self.request.files["media"]
        if not self.request.files:
            raise Refused(41005)
        return next(iter(self.request.files.values()))


Answer = dict[str, Any] | Raw | None
Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    """One call: how it may be made and what it needs."""

    path: str
    methods: tuple[str, ...]
    handler: Handler
    ability: str | None  # None: no token is asked for
    wants_json: bool
    bare: bool  # a success has no errcode


class Calls:
    """The calls of one module, in reading order."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def get(
        self, path: str, ability: str | None = "basic", *, bare: bool = False
    ) -> Callable[[Handler], Handler]:
        """A call by GET."""
        return self._route(path, GET, ability, wants_json=False, bare=bare)

    def post(
        self, path: str, ability: str | None = "basic", *, bare: bool = False
    ) -> Callable[[Handler], Handler]:
        """A call by POST with a JSON object."""
        return self._route(path, POST, ability, wants_json=True, bare=bare)

    def upload(
        self, path: str, ability: str | None = "basic", *, bare: bool = False
    ) -> Callable[[Handler], Handler]:
        """A call by POST with a file."""
        return self._route(path, POST, ability, wants_json=False, bare=bare)

    def either(
        self, path: str, ability: str | None = "basic", *, bare: bool = False
    ) -> Callable[[Handler], Handler]:
        """A call that WeChat takes by GET and by POST; a body is read if there is one."""
        return self._route(path, EITHER, ability, wants_json=False, bare=bare)

    def _route(
        self, path: str, methods: tuple[str, ...], ability: str | None, *, wants_json: bool, bare: bool
    ) -> Callable[[Handler], Handler]:
        def keep(handler: Handler) -> Handler:
            self.routes.append(Route(path, methods, handler, ability, wants_json, bare))
            return handler

        return keep


def perform(platform: Platform, route: Route, request: Request) -> dict[str, Any] | Raw:
    """Check and run one call; raise `Refused` with WeChat's code.  The caller holds the lock."""
    if request.method not in route.methods:
        raise Refused(43001 if route.methods == GET else 43002)
    now = platform.now()
    caller = None
    if route.ability is not None:
        caller = caller_of(platform, request.query.get("access_token", ""), now)
        abilities.require(caller, route.ability, platform.settings)
        caller.usage.count(route.path, now, platform.settings)
    body = json_body(request) if route.wants_json else {}
    answer = route.handler(Call(platform, request, now, body, caller))
    platform.touch()
    if isinstance(answer, Raw):
        return answer
    said = answer or {}
    return said if route.bare else {"errcode": 0, "errmsg": "ok", **said}


def caller_of(platform: Platform, token: str, now: float) -> Account:
    """The account a token belongs to; raise 41001, 40014, 40001 or 42001."""
    if not token:
        raise Refused(41001)
    if len(token) < 32:
        raise Refused(40014)
    for account in platform.state.accounts.values():
        if account.tokens.owns(token):
            account.tokens.check(token, now)
            return account
    raise Refused(40001)


def json_body(request: Request) -> dict[str, Any]:
    """The JSON object in a body; raise 44002 for an empty body, 47001 for anything else."""
    if not request.body:
        raise Refused(44002)
    try:
        body = json.loads(request.body.decode("utf-8"))
    except ValueError as error:
        raise Refused(47001) from error
    if not isinstance(body, dict):
        raise Refused(47001)
    return body
