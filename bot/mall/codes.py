"""The code somebody shows to get what they ordered: `P` and twelve digits, kept nowhere.

It is made from the order's nonce with the keys of the settings, so the member can see it again, and found
by an index made the same way: whoever has only the tables can neither show nor find one.
"""

import re
import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.mall.models import MallOrder
from bot.privacy import Vault

NONCE_PLACE, CODE_PLACE = "mall_order:nonce", "mall_order:code"
DIGITS = 12
CODE = re.compile(rf"P(\d{{{DIGITS}}})")
WIDE = str.maketrans("０１２３４５６７８９Ｐｐ", "0123456789PP")


def new_nonce() -> str:
    """Return a nonce for a new order."""
    return secrets.token_hex(16)


def code_of(vault: Vault, nonce: str) -> str:
    """Return the code of the order with that nonce."""
    number = int.from_bytes(vault.index(nonce, NONCE_PLACE)[:16]) % 10**DIGITS
    return f"P{number:0{DIGITS}}"


def index_of(vault: Vault, code: str) -> bytes:
    """Return the index a code is found by."""
    return vault.index(code, CODE_PLACE)


def cleaned(typed: str) -> str | None:
    """Return the code in what was typed or scanned, however it was spaced; None for no code of an order."""
    found = CODE.fullmatch(re.sub(r"[\s-]+", "", typed.translate(WIDE)).upper())
    return found[0] if found else None


def spaced(code: str) -> str:
    """Return the code as it is read aloud: P 1234 5678 9012."""
    digits = code[1:]
    return " ".join((code[0], *(digits[at : at + 4] for at in range(0, len(digits), 4))))


def find(session: Session, vault: Vault, typed: str) -> MallOrder | None:
    """Return the order with that code."""
    code = cleaned(typed)
    if code is None:
        return None
    return session.scalar(select(MallOrder).where(MallOrder.code_index == index_of(vault, code)))
