"""How binding a telephone may end."""

from dataclasses import dataclass

from bot.members.referral import Outcome as ReferralOutcome


@dataclass(frozen=True, slots=True)
class Bound:
    """The fan is this member. `is_new` for someone who was not a member before, imports aside."""

    member_id: int
    is_new: bool
    staff_id: int | None = None
    merged: tuple[int, ...] = ()
    referral: ReferralOutcome = ReferralOutcome.NONE


@dataclass(frozen=True, slots=True)
class AlreadyBound:
    """The fan is a member with another number, `masked`; rebinding is the way."""

    masked: str


@dataclass(frozen=True, slots=True)
class NeedsBothProofs:
    """The number is a member's whose other WeChat still follows: see `bot.members.claims`."""

    claim_id: int
    masked: str


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    """The policy agreed to is not the one of today; show `version` and ask again."""

    version: int


@dataclass(frozen=True, slots=True)
class NotBound:
    """The fan is no member, so there is nothing to bind anew."""


Outcome = Bound | AlreadyBound | NeedsBothProofs | PolicyChanged
