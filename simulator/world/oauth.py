"""Web authorisation: codes, the tokens of one person, snapshot people (protocol §9)."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from simulator.return_codes import Refused
from simulator.settings import Settings
from simulator.world.people import openid_of, unionid_of

KEPT = 5_000


@dataclass
class Code:
    """A code in the redirect; good for one exchange."""

    traveller: str
    scope: str
    expires: float
    snapshot: bool = False
    used: bool = False


@dataclass
class Grant:
    """What a code was exchanged for; the pair of tokens of one person."""

    traveller: str
    openid: str
    unionid: str
    scope: str
    refresh_token: str
    expires: float
    refresh_expires: float
    snapshot: bool = False


@dataclass
class Grants:
    """Codes, and grants by access token, newest last."""

    codes: dict[str, Code] = field(default_factory=dict)
    by_token: dict[str, Grant] = field(default_factory=dict)

    def new_code(self, traveller: str, scope: str, now: float, settings: Settings, *, snapshot: bool) -> str:
        """A code for the redirect."""
        value = "0" + secrets.token_urlsafe(24)[:31]
        self.codes[value] = Code(traveller, scope, now + settings.oauth_code_seconds, snapshot)
        _trim(self.codes)
        return value

    def exchange(self, value: str, now: float) -> Code:
        """Use a code up; raise 40029 unknown, 40163 used, 42003 expired."""
        code = self.codes.get(value)
        if code is None:
            raise Refused(40029)
        if code.used:
            raise Refused(40163)
        if now >= code.expires:
            raise Refused(42003)
        code.used = True
        return code

    def grant(self, app_id: str, open_platform: str, code: Code, now: float, settings: Settings) -> str:
        """Make the tokens for an exchanged code and return the access token.

        In snapshot mode they are those of a virtual person (protocol §9.2).
        """
        person = f"snapshot/{code.traveller}" if code.snapshot else code.traveller
        made = Grant(
            traveller=code.traveller,
            openid=openid_of(app_id, person),
            unionid=unionid_of(open_platform, person) if open_platform else "",
            scope=code.scope,
            refresh_token="OR_" + secrets.token_urlsafe(48),
            expires=now + settings.token_seconds,
            refresh_expires=now + settings.oauth_refresh_seconds,
            snapshot=code.snapshot,
        )
        return self._store(made)

    def refresh(self, refresh_token: str, now: float, settings: Settings) -> str:
        """Give a fresh access token; raise 40030 unknown, 42002 expired."""
        for token, grant in list(self.by_token.items()):
            if grant.refresh_token == refresh_token:
                if now >= grant.refresh_expires:
                    raise Refused(42002)
                del self.by_token[token]
                grant.expires = now + settings.token_seconds
                return self._store(grant)
        raise Refused(40030)

    def check(self, token: str, openid: str, now: float) -> Grant:
        """The grant behind an access token; raise 40001, 42001 or 40003."""
        grant = self.by_token.get(token)
        if grant is None:
            raise Refused(40001)
        if now >= grant.expires:
            raise Refused(42001)
        if grant.openid != openid:
            raise Refused(40003)
        return grant

    def _store(self, grant: Grant) -> str:
        token = "OA_" + secrets.token_urlsafe(64)
        self.by_token[token] = grant
        _trim(self.by_token)
        return token


def _trim(book: dict[str, Any]) -> None:
    while len(book) > KEPT:
        del book[next(iter(book))]
