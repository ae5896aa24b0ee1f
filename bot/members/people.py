"""Members as pages show them, and as they come to be."""

import base64
import secrets
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from bot.consents import consents
from bot.consents.models import ConsentKind
from bot.fans.models import Fan
from bot.members import identities
from bot.members.models import IdentityKind, Member, MemberState
from bot.privacy import NotOurs, Vault, masked
from bot.privacy.data_keys import DataKey

NAME_PLACE = "member:name"
BIRTHDAY_PLACE = "member:birthday"
LONGEST_NAME = 32


@dataclass(frozen=True, slots=True)
class Card:
    """What a member is shown of themselves, the telephone masked."""

    member_id: int
    number: str
    name: str
    phone: str
    birthday: date | None
    since: datetime
    home_shop_id: int | None
    policy_version: int | None
    policy_at: datetime | None
    marketing: bool
    marketing_at: datetime | None


def add(
    session: Session, vault: Vault, *, source: str, shop_id: int | None, now: datetime
) -> tuple[Member, DataKey]:
    """Add a member whom nothing is known of yet, with a key of their own."""
    key, kept = identities.new_key(vault)
    member = Member(
        number=new_number(),
        state=MemberState.ACTIVE.value,
        home_shop_id=shop_id,
        data_key=kept,
        source=source[:64],
        created_at=now,
    )
    session.add(member)
    session.flush()
    return member, key


def new_number() -> str:
    """Return a pseudonym: `M` and ten letters that say nothing of anybody."""
    return "M" + base64.b32encode(secrets.token_bytes(7)).decode()[:10]


def describe(member: Member, key: DataKey, *, name: str | None, birthday: date | None) -> None:
    """Give the member the name and birthday that are said; what is not said stays."""
    if name and name.strip():
        member.name = key.seal(name.strip()[:LONGEST_NAME], NAME_PLACE)
    if birthday:
        member.birthday = key.seal(birthday.isoformat(), BIRTHDAY_PLACE)


def name_of(vault: Vault, member: Member) -> str:
    """Return the name; empty without one, and for an erased member."""
    return _opened(vault, member, member.name, NAME_PLACE)


def masked_name(name: str) -> str:
    """Return 王**, as long as it is for everybody; empty without a name."""
    return f"{name[0]}**" if name else ""


def birthday_of(vault: Vault, member: Member) -> date | None:
    """Return the birthday, if they told it."""
    text = _opened(vault, member, member.birthday, BIRTHDAY_PLACE)
    return date.fromisoformat(text) if text else None


def phone_of(session: Session, vault: Vault, member_id: int) -> str | None:
    """Return the number they are reached by, in E.164; of several the one proved last."""
    held = identities.held(session, identities.family(session, member_id), IdentityKind.PHONE)
    best = max(
        held, key=lambda row: (row.verified_at is not None, row.verified_at or row.added_at), default=None
    )
    return identities.value_of(session, vault, best) if best else None


def mask_of(session: Session, vault: Vault, member_id: int) -> str:
    """Return 138****5678; empty without a number, stars for one sealed with a key that is gone."""
    try:
        number = phone_of(session, vault, member_id)
    except NotOurs:
        return "****"
    return masked(number) if number else ""


def of_fan(session: Session, vault: Vault, fan_id: int) -> Card | None:
    """Return the card of the member the fan is bound to; None for a fan who is not."""
    fan = session.get(Fan, fan_id)
    member = session.get(Member, fan.member_id) if fan is not None and fan.member_id else None
    if member is None or member.state != MemberState.ACTIVE:
        return None
    agreed = consents.standing(session, ConsentKind.PRIVACY, member_id=member.id)
    marketing = consents.standing(session, ConsentKind.MARKETING, member_id=member.id)
    return Card(
        member_id=member.id,
        number=member.number,
        name=name_of(vault, member),
        phone=mask_of(session, vault, member.id),
        birthday=birthday_of(vault, member),
        since=member.verified_at or member.created_at,
        home_shop_id=member.home_shop_id,
        policy_version=agreed.policy_version if agreed else None,
        policy_at=agreed.given_at if agreed else None,
        marketing=marketing is not None,
        marketing_at=marketing.given_at if marketing else None,
    )


def _opened(vault: Vault, member: Member, sealed: str | None, place: str) -> str:
    key = identities.key_of(vault, member) if sealed else None
    return key.open(sealed, place) if key and sealed else ""
