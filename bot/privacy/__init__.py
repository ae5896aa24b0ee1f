"""Personal data at rest: sealed, findable by an index, masked (docs/decisions/0011-phone-numbers.md)."""

from bot.privacy.phones import NotANumber, masked, parse, spoken
from bot.privacy.vault import NoKeys, NotOurs, Vault, vault_of

__all__ = ["NoKeys", "NotANumber", "NotOurs", "Vault", "masked", "parse", "spoken", "vault_of"]
