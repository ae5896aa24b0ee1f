"""Access tokens: two kinds, their overlap, and the JS ticket (protocol §2.1, §2.2, §2.6)."""

import secrets
from dataclasses import dataclass, field

from simulator.clock import day_of
from simulator.return_codes import Refused
from simulator.settings import Settings


@dataclass
class Token:
    """A token, until when it is honoured, and whether a newer one has replaced it."""

    value: str
    expires: float
    replaced: bool = False


@dataclass
class Tokens:
    """All tokens of an account; `plain` and `stable` are the current ones and do not void each other."""

    plain: Token | None = None
    stable: Token | None = None
    old: list[Token] = field(default_factory=list)
    forced_at: float = 0.0
    forced_day: str = ""
    forced_count: int = 0
    minute: int = 0
    minute_count: int = 0
    tickets: dict[str, Token] = field(default_factory=dict)

    def issue(self, now: float, settings: Settings) -> Token:
        """Give a new plain token; the previous one lives on for the overlap only."""
        if self.plain is not None:
            self._retire(self.plain, now + settings.token_overlap, now)
        self.plain = Token(_value(), now + settings.token_seconds)
        return self.plain

    def issue_stable(self, now: float, settings: Settings, *, force: bool) -> Token:
        """Give the stable token: the same while it has more than the overlap to live.

        Forcing voids it at once, but only so often; beyond that it is as if nobody had forced.
        """
        self._count_minute(now, settings)
        if force and self._may_force(now, settings):
            if self.stable is not None:
                self._retire(self.stable, now, now)
            self.stable = None
        if self.stable is None or self.stable.expires - now < settings.token_overlap:
            if self.stable is not None:
                self._retire(self.stable, self.stable.expires, now)
            self.stable = Token(_value(), now + settings.token_seconds)
        return self.stable

    def check(self, value: str, now: float) -> None:
        """Raise 42001 for a token that ran out, 40001 for one that was replaced or never given."""
        known = [each for each in (self.plain, self.stable, *self.old) if each and each.value == value]
        if not known:
            raise Refused(40001)
        if now >= known[0].expires:
            raise Refused(40001 if known[0].replaced else 42001)

    def owns(self, value: str) -> bool:
        """Whether this account was ever given `value` (as far as is remembered)."""
        return any(each is not None and each.value == value for each in (self.plain, self.stable, *self.old))

    def revoke(self) -> None:
        """Void every token at once, as the console's reset of the AppSecret does."""
        for each in (self.plain, self.stable):
            if each is not None:
                self.old.append(Token(each.value, 0.0, replaced=True))
        for each in self.old:
            each.expires, each.replaced = 0.0, True
        self.plain = self.stable = None
        del self.old[:-20]

    def ticket(self, kind: str, now: float, settings: Settings) -> Token:
        """The JS ticket or card ticket: the same until it runs out."""
        ticket = self.tickets.get(kind)
        if ticket is None or ticket.expires <= now:
            ticket = self.tickets[kind] = Token(secrets.token_urlsafe(64)[:86], now + settings.ticket_seconds)
        return ticket

    def _retire(self, token: Token, until: float, now: float) -> None:
        replaced = token.expires > now
        self.old.append(Token(token.value, min(token.expires, until), replaced))
        del self.old[:-20]

    def _may_force(self, now: float, settings: Settings) -> bool:
        if self.forced_day != day_of(now):
            self.forced_day, self.forced_count = day_of(now), 0
        soon = now - self.forced_at < settings.stable_force_interval
        if soon or self.forced_count >= settings.stable_force_per_day:
            return False
        self.forced_at = now
        self.forced_count += 1
        return True

    def _count_minute(self, now: float, settings: Settings) -> None:
        if self.minute != int(now // 60):
            self.minute, self.minute_count = int(now // 60), 0
        self.minute_count += 1
        if self.minute_count > settings.stable_per_minute:
            raise Refused(45011)


def _value() -> str:
    # As long as WeChat's, so that nobody keeps it in a column that is too short (protocol §2.1).
    return "90_" + secrets.token_urlsafe(100)
