"""A few hundred cleaned rows into members, in one transaction and a handful of statements."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.db.bulk import BulkInsert, Row
from bot.db.types import table_of
from bot.errors import YizhanError
from bot.members import identities, people
from bot.members.importing.cleaning import Facts
from bot.members.models import IdentityKind, Member, MemberIdentity, MemberState
from bot.privacy import Vault
from bot.privacy.data_keys import DataKey

KNOWN = "这个手机号已经有了，只补上了空着的资料"
ANOTHERS = "客户号已属于另一位会员，请核对后再合并"
MEMBER = ("number", "state", "home_shop_id", "data_key", "name", "birthday", "source", "created_at")
IDENTITY = ("member_id", "kind", "issuer", "value", "lookup", "added_at")
_members = BulkInsert(table_of(Member), MEMBER)
_identities = BulkInsert(table_of(MemberIdentity), IDENTITY)


@dataclass(slots=True)
class Taken:
    """What became of some rows; `notes` are (line, words) for the report, `failed` those not taken in."""

    new: int = 0
    known: int = 0
    notes: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


class Overtaken(YizhanError):
    """Nobody's move: somebody became known by one of these a moment ago."""

    retryable = True


@dataclass(slots=True)
class _Coming:
    member: Member
    key: DataKey
    facts: Facts


def take_in(session: Session, vault: Vault, rows: Sequence[Facts], *, source: str, now: datetime) -> Taken:
    """Add those whose number nobody has, and fill in what is blank of the others.

    Taken in again, every row is a known one.  Somebody who binds one of the
    numbers at the same moment makes us go row by row.
    """
    try:
        with session.begin_nested():
            return _take_in(session, vault, rows, source=source, now=now)
    except (IntegrityError, Overtaken):
        taken = Taken()
        for facts in rows:
            with session.begin_nested():
                one = _take_in(session, vault, [facts], source=source, now=now)
            taken.new, taken.known = taken.new + one.new, taken.known + one.known
            taken.notes += one.notes
            taken.failed += one.failed
        return taken


def _take_in(session: Session, vault: Vault, rows: Sequence[Facts], *, source: str, now: datetime) -> Taken:
    taken = Taken()
    by_phone = {facts.phone: identities.lookup_of(vault, IdentityKind.PHONE, facts.phone) for facts in rows}
    customers = {
        facts.customer: identities.lookup_of(vault, IdentityKind.CUSTOMER, facts.customer, source)
        for facts in rows
        if facts.customer
    }
    owners = _owners(session, [*by_phone.values(), *customers.values()])
    coming: dict[str, _Coming] = {}
    known_by: list[Row] = []
    for facts in rows:
        known = owners.get(by_phone[facts.phone])
        other = owners.get(customers[facts.customer]) if facts.customer else None
        if other is not None and (known is None or known.id != other.id):
            taken.failed.append((facts.line, ANOTHERS))
        elif facts.phone in coming:
            _fill(coming[facts.phone].member, coming[facts.phone].key, facts)
            taken.known += 1
            taken.notes.append((facts.line, KNOWN))
        elif known is not None:
            key = identities.key_of(vault, known)
            if key is not None:
                _fill(known, key, facts)
            if key is not None and facts.customer and other is None:
                customer = (IdentityKind.CUSTOMER, facts.customer, source)
                known_by.append(_identity(vault, known.id, key, customer, now=now))
                owners[customers[facts.customer]] = known
            taken.known += 1
            taken.notes.append((facts.line, KNOWN))
        elif facts.customer and any(one.facts.customer == facts.customer for one in coming.values()):
            taken.failed.append((facts.line, ANOTHERS))
        else:
            coming[facts.phone] = _coming(vault, facts, source=source, now=now)
            taken.new += 1
    session.flush()
    known_by += _put(session, vault, list(coming.values()), source=source, now=now)
    _all_in(_identities, session, known_by)
    session.expunge_all()
    return taken


def _put(
    session: Session, vault: Vault, coming: Sequence[_Coming], *, source: str, now: datetime
) -> list[Row]:
    """Insert the members, and return the rows of what they are known by."""
    members = [tuple(getattr(one.member, name) for name in MEMBER) for one in coming]
    _all_in(_members, session, members)
    wanted = select(Member.number, Member.id).where(Member.number.in_([one.member.number for one in coming]))
    ids = {row.number: row.id for row in session.execute(wanted)} if coming else {}
    rows = []
    for one in coming:
        key = ids[one.member.number]
        facts = one.facts
        rows.append(_identity(vault, key, one.key, (IdentityKind.PHONE, facts.phone, ""), now=now))
        if facts.customer:
            customer = (IdentityKind.CUSTOMER, facts.customer, source)
            rows.append(_identity(vault, key, one.key, customer, now=now))
    return rows


def _all_in(bulk: BulkInsert, session: Session, rows: Sequence[Row]) -> None:
    """Insert the rows, all of them; raise `Overtaken` where somebody had one of them a moment ago."""
    if bulk.run(session.connection(), rows) != len(rows):
        raise Overtaken


def _identity(
    vault: Vault,
    member_id: int,
    key: DataKey,
    known: tuple[IdentityKind, str, str],
    *,
    now: datetime,
) -> Row:
    """Return the row by which a member is known: by its kind, value and issuer."""
    kind, value, issuer = known
    lookup = identities.lookup_of(vault, kind, value, issuer)
    return (member_id, kind.value, issuer, key.seal(value, identities.VALUE_PLACE), lookup, now)


def _owners(session: Session, lookups: Sequence[bytes]) -> dict[bytes, Member]:
    """Return the living member behind each index."""
    found = session.execute(
        select(MemberIdentity.lookup, Member)
        .join(Member, Member.id == MemberIdentity.member_id)
        .where(MemberIdentity.lookup.in_(lookups))
    ).all()
    owners: dict[bytes, Member] = {}
    for lookup, member in found:
        while member.merged_into_id is not None:
            member = session.get_one(Member, member.merged_into_id)  # noqa: PLW2901 - the way up
        if lookup is not None:
            owners[bytes(lookup)] = member
    return owners


def _coming(vault: Vault, facts: Facts, *, source: str, now: datetime) -> _Coming:
    key, kept = identities.new_key(vault)
    member = Member(
        number=people.new_number(),
        state=MemberState.ACTIVE.value,
        home_shop_id=facts.shop_id,
        data_key=kept,
        source=f"import:{source}"[:64],
        created_at=now,
    )
    people.describe(member, key, name=facts.name, birthday=facts.birthday)
    return _Coming(member, key, facts)


def _fill(member: Member, key: DataKey, facts: Facts) -> None:
    """Fill in what is blank; what somebody told is never overwritten."""
    name = facts.name if member.name is None else None
    birthday = facts.birthday if member.birthday is None else None
    people.describe(member, key, name=name, birthday=birthday)
    if member.home_shop_id is None:
        member.home_shop_id = facts.shop_id
