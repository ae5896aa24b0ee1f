"""What members are known by: sealed with their own key, found by a blind index."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.members.models import IdentityKind, Member, MemberIdentity
from bot.privacy import Vault
from bot.privacy.data_keys import DataKey, make, unsealed

KEY_PLACE = "member:data_key"
VALUE_PLACE = "member_identity:value"
DEEPEST = 20


def lookup_of(vault: Vault, kind: IdentityKind, value: str, issuer: str = "") -> bytes:
    """Return the index by which an identity is found."""
    return vault.index(value, f"member:{kind.value}:{issuer}")


def key_of(vault: Vault, member: Member) -> DataKey | None:
    """Return the member's key; None for an erased member. Raise `NotOurs` if it does not open."""
    return unsealed(vault, member.data_key, KEY_PLACE) if member.data_key else None


def new_key(vault: Vault) -> tuple[DataKey, str]:
    """Return a key for a new member, and how it is kept."""
    return make(vault, KEY_PLACE)


def find(
    session: Session, vault: Vault, kind: IdentityKind, value: str, issuer: str = ""
) -> MemberIdentity | None:
    """Return the identity as it stands with its member now; None where nobody is known by it."""
    wanted = select(MemberIdentity).where(MemberIdentity.lookup == lookup_of(vault, kind, value, issuer))
    return session.scalar(wanted)


def add(
    session: Session,
    vault: Vault,
    member: Member,
    key: DataKey,
    *,
    kind: IdentityKind,
    value: str,
    issuer: str = "",
    verified: bool,
    now: datetime,
) -> MemberIdentity | None:
    """Give the member an identity; None if it became somebody's a moment ago, which the database decides."""
    row = MemberIdentity(
        member_id=member.id,
        kind=kind.value,
        issuer=issuer,
        value=key.seal(value, VALUE_PLACE),
        lookup=lookup_of(vault, kind, value, issuer),
        added_at=now,
        verified_at=now if verified else None,
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        return None
    return row


def release(row: MemberIdentity, why: str, *, now: datetime) -> None:
    """Take the identity from its member; the row stays, and another may have the same from now on."""
    row.lookup, row.released_at, row.released_why = None, now, why


def held(
    session: Session, members: Iterable[int], kind: IdentityKind | None = None
) -> Sequence[MemberIdentity]:
    """Return what these members are known by now, the oldest first."""
    wanted = select(MemberIdentity).where(
        MemberIdentity.member_id.in_(list(members)), MemberIdentity.lookup.is_not(None)
    )
    if kind is not None:
        wanted = wanted.where(MemberIdentity.kind == kind.value)
    return session.scalars(wanted.order_by(MemberIdentity.id)).all()


def root(session: Session, member_id: int) -> Member:
    """Return who the member is now, after whatever merges, locked until the transaction ends."""
    for _step in range(DEEPEST):
        member = session.get_one(Member, member_id, with_for_update=True, populate_existing=True)
        if member.merged_into_id is None:
            return member
        member_id = member.merged_into_id
    raise RuntimeError(f"member {member_id} is merged in a circle")


def lock_all(session: Session, member_ids: Iterable[int]) -> None:
    """Lock these members, and who they are now, until the transaction ends; before what hangs on them.

    Those who were merged away come first, as with `root`, then the others, each in the order of their ids: so
    two who lock several never wait for each other.
    """
    into: dict[int, int | None] = {}
    edge = set(member_ids)
    while edge:
        found = session.execute(select(Member.id, Member.merged_into_id).where(Member.id.in_(edge)))
        into |= {row.id: row.merged_into_id for row in found}
        edge = {one for one in into.values() if one is not None} - into.keys()
    for are_away in (True, False):
        some = [one for one, other in into.items() if (other is not None) is are_away]
        wanted = select(Member).where(Member.id.in_(some)).order_by(Member.id).with_for_update()
        session.scalars(wanted.execution_options(populate_existing=True)).all()


def as_now(session: Session, member_id: int) -> Member:
    """Return who the member is now, as `root` does, for who only looks: nothing is locked."""
    return way(session, member_id)[-1]


def way(session: Session, member_id: int) -> list[Member]:
    """Return the member, whom they were merged into, and so on to who they are now; nothing is locked."""
    found = [session.get_one(Member, member_id)]
    while (into := found[-1].merged_into_id) is not None:
        if len(found) >= DEEPEST:
            raise RuntimeError(f"member {member_id} is merged in a circle")
        found.append(session.get_one(Member, into))
    return found


def family(session: Session, member_id: int) -> list[int]:
    """Return the ids of the member and of everyone merged into them, at whatever depth."""
    found, edge = [member_id], [member_id]
    for _step in range(DEEPEST):
        edge = list(session.scalars(select(Member.id).where(Member.merged_into_id.in_(edge))))
        if not edge:
            break
        found += edge
    return found


def value_of(session: Session, vault: Vault, row: MemberIdentity) -> str | None:
    """Return the identity in clear; None once its member was erased."""
    key = key_of(vault, session.get_one(Member, row.member_id))
    return key.open(row.value, VALUE_PLACE) if key else None
