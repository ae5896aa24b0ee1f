"""Which kind of account may do what (protocol §11.1)."""

from typing import TYPE_CHECKING

from simulator.return_codes import Refused
from simulator.settings import Settings

if TYPE_CHECKING:
    from simulator.world.accounts import Account

_ANY = {("subscription", False), ("subscription", True), ("service", False), ("service", True)}
_VERIFIED = {("subscription", True), ("service", True)}
_SERVICE = {("service", True)}

ABILITIES: dict[str, set[tuple[str, bool]]] = {
    "basic": _ANY,
    "temporary media": _ANY,
    "menu": _VERIFIED,
    "conditional menu": _VERIFIED,
    "customer service": _VERIFIED,
    "fans": _VERIFIED,
    "broadcast": _VERIFIED,
    "broadcast by openid": _SERVICE,
    "template": _SERVICE,
    "subscription notice": _SERVICE,
    "one-time subscription": _VERIFIED,
    "web authorisation": _SERVICE,
    "code": _SERVICE,
    "short key": _SERVICE,
    "material": _VERIFIED,
    "statistics": _VERIFIED,
}


def allows(account: "Account", ability: str, settings: Settings) -> bool:
    """Whether this kind of account, verified or not, has the ability."""
    who = (account.kind, account.verified)
    if ability == "menu" and who == ("service", False):
        return settings.menu_unverified_service
    if ability == "subscription notice" and who == ("subscription", True):
        return settings.subscription_bizsend
    if ability == "short key" and settings.short_key_unverified:
        return True
    return who in ABILITIES[ability]


def require(account: "Account", ability: str, settings: Settings) -> None:
    """Raise 48001 unless the account has the ability."""
    if not allows(account, ability, settings):
        raise Refused(48001)
