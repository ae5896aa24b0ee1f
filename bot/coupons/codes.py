"""The code of a coupon: `Q`, its public number, and a proof that only we can make.

Nothing secret is kept: the proof is an index of the vault (an HMAC) over number
and holder, made again whenever the code is shown.  Whoever has the tables
cannot make it; whoever gave a coupon on cannot use what they remember of it.
"""

import base64
import hmac
import re
import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.coupons.models import Coupon
from bot.privacy import Vault

PLACE = "coupon:code"
CODE = re.compile(r"Q([A-Z2-7]{8})([A-Z2-7]{8})")
BLANKS = re.compile(r"[\s-]+")


def new_number() -> str:
    """Return forty random bits, written as eight letters and digits."""
    return base64.b32encode(secrets.token_bytes(5)).decode()


def code(vault: Vault, coupon: Coupon) -> str:
    """Return the code to be shown: seventeen letters and digits."""
    return f"Q{coupon.number}{_proof(vault, coupon.number, coupon.member_id)}"


def spoken(code_: str) -> str:
    """Return the code in groups, for eyes and fingers."""
    return f"{code_[0]} {' '.join(code_[at : at + 4] for at in range(1, len(code_), 4))}"


def find(session: Session, vault: Vault, typed: str) -> Coupon | None:
    """Return the coupon a code is of; None for what is no code of ours."""
    found = CODE.fullmatch(BLANKS.sub("", typed).upper())
    if found is None:
        return None
    number, proof = found.groups()
    coupon = session.scalar(select(Coupon).where(Coupon.number == number))
    if coupon is None or not hmac.compare_digest(_proof(vault, number, coupon.member_id), proof):
        return None
    return coupon


def unproved(typed: str) -> str:
    """Return what may be written down of what was typed: of a code its public half alone."""
    found = CODE.fullmatch(BLANKS.sub("", typed).upper())
    return f"Q{found[1]}" if found else typed


def _proof(vault: Vault, number: str, member_id: int) -> str:
    return base64.b32encode(vault.index(f"{number}:{member_id}", PLACE)[:5]).decode()
