"""The code on a member's card: it says who they are, and that the card was open a moment ago.

Scanned it is `YZ` + number + moment + proof, letters and digits only, so that
every scanner types it as it is.  Where a camera fails it is typed: sixteen
digits that hold the member's id, covered by a pad of the moment, and a shorter
proof.  Proof and pad are indexes of the vault (HMACs that nobody else can make);
a photograph of a card is worthless after `GOOD_FOR`.
"""

import base64
import hmac
import re
from datetime import UTC, datetime, timedelta

from bot.privacy import Vault

STEP = 30  # seconds; how often the page shows another
GOOD_FOR = timedelta(seconds=120)
PLACE = "member:card"
CODE = re.compile(r"YZ(M[A-Z2-7]{10})([0-9A-Z]{6,8})-([A-Z2-7]{16})")
NUMBER = re.compile(r"M[A-Z2-7]{10}")
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TYPED = re.compile(r"\d{16}", re.ASCII)
TYPED_PLACE = "member:card_digits"
ID_BITS, PROOF_BITS = 30, 23  # together less than sixteen digits hold


def code(vault: Vault, number: str, *, now: datetime) -> str:
    """Return the code of the member with that number, the same for `STEP` seconds."""
    moment = _written(int(now.timestamp()) // STEP)
    return f"YZ{number}{moment}-{_proof(vault, number, moment)}"


def number_in(vault: Vault, scanned: str, *, now: datetime) -> str | None:
    """Return the member's number; None for what is no code of ours, and for one that is too old."""
    found = CODE.fullmatch(scanned.strip().upper())
    if found is None:
        return None
    number, moment, proof = found.groups()
    shown = datetime.fromtimestamp(int(moment, 36) * STEP, UTC) if len(moment) <= 7 else None
    if shown is None or not -timedelta(seconds=STEP) <= now - shown <= GOOD_FOR:
        return None
    return number if hmac.compare_digest(_proof(vault, number, moment), proof) else None


def ends_at(*, now: datetime) -> datetime:
    """Return until when the code that is shown at `now` is good."""
    return datetime.fromtimestamp(_step(now) * STEP, UTC) + GOOD_FOR


def digits(vault: Vault, member_id: int, *, now: datetime) -> str:
    """Return the code as it is typed: sixteen digits, others every `STEP` seconds."""
    if member_id >> ID_BITS:
        raise ValueError(f"member {member_id} does not fit into sixteen digits")
    return f"{_typed(vault, member_id, _step(now)):016}"


def member_in(vault: Vault, typed: str, *, now: datetime) -> int | None:
    """Return the member's id; None for what is no code of ours, and for one that is too old.

    Digits are few: whoever takes them counts how often they are wrong.
    """
    text = "".join(typed.split())
    if not TYPED.fullmatch(text):
        return None
    oldest = now - GOOD_FOR
    for step in range(_step(oldest), _step(now) + 2):
        if datetime.fromtimestamp(step * STEP, UTC) < oldest:
            continue
        member_id = (int(text) >> PROOF_BITS) ^ _pad(vault, step)
        right = f"{_typed(vault, member_id, step):016}" if 0 < member_id < 1 << ID_BITS else ""
        if hmac.compare_digest(right, text):
            return member_id
    return None


def _step(at: datetime) -> int:
    return int(at.timestamp()) // STEP


def _typed(vault: Vault, member_id: int, step: int) -> int:
    proof = int.from_bytes(vault.index(f"{member_id}:{step}", TYPED_PLACE)[:4]) >> (32 - PROOF_BITS)
    return ((member_id ^ _pad(vault, step)) << PROOF_BITS) | proof


def _pad(vault: Vault, step: int) -> int:
    return int.from_bytes(vault.index(str(step), TYPED_PLACE)[:4]) >> (32 - ID_BITS)


def _proof(vault: Vault, number: str, moment: str) -> str:
    return base64.b32encode(vault.index(f"{number}:{moment}", PLACE)[:10]).decode()


def _written(value: int) -> str:
    letters = ""
    while value:
        value, digit = divmod(value, 36)
        letters = DIGITS[digit] + letters
    return letters.rjust(6, "0")
