"""Telephone numbers: read as people type them, kept in E.164, masked on screen."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from bot.errors import YizhanError

HOME = "CN"
COUNTRY = "+86"
_WIDE = str.maketrans("０１２３４５６７８９＋－（）　", "0123456789+-() ")


class NotANumber(YizhanError):
    """The typist's move: no telephone has this number."""


def parse(typed: str) -> str:
    """Return the number in E.164, of mainland China where no country is named; raise `NotANumber`."""
    try:
        number = phonenumbers.parse(typed.translate(_WIDE).strip(), HOME)
    except NumberParseException:
        raise NotANumber("no number") from None
    if (
        number.extension
        or not phonenumbers.is_possible_number(number)
        or not phonenumbers.is_valid_number(number)
    ):
        raise NotANumber("not a valid number")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def spoken(number: str) -> str:
    """Return an E.164 number as one dials it here: 13812345678, 02155501000; those of elsewhere in full."""
    if not number.startswith(COUNTRY):
        return number
    inland = number.removeprefix(COUNTRY)
    return inland if inland.startswith("1") and len(inland) == 11 else f"0{inland}"


def masked(number: str) -> str:
    """Return 138****5678."""
    said = spoken(number)
    shown = 4 if said.startswith("+") else 3
    return f"{said[:shown]}****{said[-4:]}" if len(said) > 8 else "*" * len(said)
