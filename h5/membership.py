"""The pages' way to `bot.members` and `bot.consents`: each function is one transaction about who is looking.

Refusals come back as values, so that a wrong code stays counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import request
from sqlalchemy.orm import Session

from bot.consents import consents, policies
from bot.consents.policies import PolicyVersion
from bot.db import utc_now
from bot.members import binding, claims, codes, erasing, export, people
from bot.members.binding import AlreadyBound, Bound, NeedsBothProofs, NotBound, PolicyChanged
from bot.members.claims import MemberClaim
from bot.members.codes import Asked, NotProved, Purpose
from bot.members.export import PrivacyRequest
from bot.members.people import Card
from bot.organisation.models import Shop, Staff
from bot.privacy import Vault, vault_of
from bot.reach import standings
from h5.visit import guest, runtime

# What became of the referrer. Who is a member is not told: a number nobody has reads like one that counts.
REFERRALS = {
    "noted": "推荐人已经记下，符合条件时会通知他。",
    "oneself": "推荐人不能是您自己，这次没有记。",
    "late": "您以前已经是会员，推荐人没有再记。",
}
_KINDS = {"counted": "noted", "unknown": "noted", "oneself": "oneself", "late": "late"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a traveller filled in."""

    number: str
    code: str
    referrer: str | None
    name: str | None
    birthday: date | None
    policy_version: int
    marketing: bool


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where somebody works."""

    name: str
    shop: str


def vault() -> Vault:
    """Return what personal data is read with; raise `NoKeys` if the settings have no keys."""
    return vault_of(runtime.config.privacy)


def policy() -> PolicyVersion:
    """Return the policy that holds now."""
    with runtime.db.reading() as session:
        return policies.current(session)


def policy_of(version: int) -> PolicyVersion | None:
    """Return what people agreed to under that number; None if there was none."""
    with runtime.db.reading() as session:
        return policies.of(session, version)


def card() -> Card | None:
    """Return what the member's card says; None for who is no member."""
    if guest.member_id is None:
        return None
    with runtime.db.reading() as session:
        return people.of_fan(session, vault(), guest.fan_id)


def workplace() -> Workplace | None:
    """Return where the visitor works for the group now; None for others."""
    if guest.staff_id is None:
        return None
    with runtime.db.reading() as session:
        staff = session.get_one(Staff, guest.staff_id)
        return Workplace(staff.name, session.get_one(Shop, staff.shop_id).name)


def ask_code(number: str, purpose: Purpose) -> Asked:
    """Have a code sent to `number`."""
    with runtime.db.transaction() as session:
        return codes.ask(
            session,
            vault(),
            fan_id=guest.fan_id,
            phone=number,
            purpose=purpose,
            address=request.remote_addr or "",
            now=utc_now(),
            daily=runtime.config.sms.daily_limit,
        )


def bind(wish: Wish) -> Bound | AlreadyBound | NeedsBothProofs | PolicyChanged | NotProved:
    """Compare the code and bind."""
    now = utc_now()
    with runtime.db.transaction() as session:
        proved = codes.prove(
            session,
            vault(),
            fan_id=guest.fan_id,
            phone=wish.number,
            code=wish.code,
            purpose=Purpose.BIND,
            address=request.remote_addr or "",
            now=now,
        )
        if isinstance(proved, NotProved):
            return proved
        answer = binding.bind(
            session,
            vault(),
            proved=proved,
            policy_version=wish.policy_version,
            marketing=wish.marketing,
            referrer_phone=wish.referrer,
            name=wish.name,
            birthday=wish.birthday,
            now=now,
        )
        if isinstance(answer, Bound) and wish.marketing:
            _have_offers_again(session, now)
        elif isinstance(answer, Bound):  # whose agreement of before may stand
            standings.come_back(session, fan_id=guest.fan_id, member_id=answer.member_id)
        return answer


def rebind(number: str, code: str) -> Bound | NeedsBothProofs | NotBound | NotProved:
    """Compare the code and put the new number in the old one's place."""
    now = utc_now()
    with runtime.db.transaction() as session:
        proved = codes.prove(
            session,
            vault(),
            fan_id=guest.fan_id,
            phone=number,
            code=code,
            purpose=Purpose.REBIND,
            address=request.remote_addr or "",
            now=now,
        )
        if isinstance(proved, NotProved):
            return proved
        return binding.rebind(session, vault(), proved=proved, now=now)


def referral_of(bound: Bound, referrer: str | None) -> str | None:
    """Return which of `REFERRALS` is to be said; None if nobody was named."""
    return _KINDS.get(bound.referral.value) if referrer else None


def take_over(claim_id: int, *, policy_version: int, marketing: bool) -> Bound | None:
    """Take a number that the carrier gave to the visitor; None once the claim is over."""
    now = utc_now()
    with runtime.db.transaction() as session:
        bound = claims.take_over(
            session,
            vault(),
            claim_id=claim_id,
            fan_id=guest.fan_id,
            policy_version=policy_version,
            marketing=marketing,
            now=now,
        )
        if bound is not None and bound.is_new and marketing:
            _have_offers_again(session, now)
        return bound


def claims_waiting() -> Sequence[MemberClaim]:
    """Return the requests to join the visitor's membership that wait for their word."""
    with runtime.db.reading() as session:
        return claims.waiting_for(session, guest.fan_id, now=utc_now())


def answer_claim(claim_id: int, *, is_me: bool) -> bool:
    """Say whether the other WeChat is the visitor's, too; False once the claim is over."""
    now = utc_now()
    with runtime.db.transaction() as session:
        if is_me:
            return claims.confirm(session, vault(), claim_id=claim_id, fan_id=guest.fan_id, now=now)
        return claims.refuse(session, claim_id=claim_id, fan_id=guest.fan_id, now=now)


def set_marketing(*, agreed: bool) -> None:
    """Note that the visitor wants messages about routes and offers, or no longer."""
    assert guest.member_id is not None
    now = utc_now()
    with runtime.db.transaction() as session:
        if agreed:
            consents.give_marketing(session, member_id=guest.member_id, fan_id=guest.fan_id, now=now)
            _have_offers_again(session, now)
        else:
            consents.withdraw_marketing(session, member_id=guest.member_id, now=now)


def unbind() -> None:
    """Make a mere fan of the visitor's WeChat; number, points and their other WeChats stay."""
    with runtime.db.transaction() as session:
        binding.unbind(session, vault(), fan_id=guest.fan_id, now=utc_now())


def _have_offers_again(session: Session, now: datetime) -> None:
    """Take back the visitor's objection of before: they have just said that they want offers."""
    standings.opt_in(session, fan_id=guest.fan_id, member_id=None, now=now)


def withdraw_policy() -> None:
    """End the membership: every WeChat is unbound, nothing is sent any more."""
    with runtime.db.transaction() as session:
        erasing.withdraw_policy(session, vault(), fan_id=guest.fan_id, now=utc_now())


def kept() -> list[tuple[str, str]]:
    """Return what is kept of the visitor, in words."""
    with runtime.db.reading() as session:
        return export.kept(session, vault(), guest.fan_id)


def ask_export() -> None:
    """Have a file made of all that is kept."""
    with runtime.db.transaction() as session:
        export.ask(session, fan_id=guest.fan_id, now=utc_now())


def latest_export() -> PrivacyRequest | None:
    """Return the file that was asked for last."""
    with runtime.db.reading() as session:
        return export.latest(session, guest.fan_id)


def export_content() -> bytes | None:
    """Return the file, if it is ready."""
    with runtime.db.reading() as session:
        made = export.latest(session, guest.fan_id)
        if made is None or made.state != "done":
            return None
        return export.content(session, vault(), made)


def erase() -> None:
    """Destroy what identifies the visitor."""
    with runtime.db.transaction() as session:
        erasing.erase(session, fan_id=guest.fan_id, now=utc_now())
