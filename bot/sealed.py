"""Every sealed column, and sealing them anew after a key was replaced.

A new key is put before the old one in `[privacy] keys` and every process
started with both; from then on everything new is sealed with it.  This goes
through what is there, some rows at a time, while the server runs: a row that
somebody saves meanwhile is left as they saved it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.db import Base, Database
from bot.db.types import table_of
from bot.members import identities
from bot.members.models import Member
from bot.organisation import phones
from bot.organisation.models import Staff
from bot.privacy import NotOurs, Vault
from bot.sms import ordering
from bot.sms.models import SmsMessage
from bot.tills import keys as tills
from bot.tills.models import Till
from bot.users import totp
from bot.users.models import User

SLICE = 200


@dataclass(frozen=True, slots=True)
class Column:
    """One column of sealed texts. `is_sealed` tells them from plain ones of an older release."""

    model: type[Base]
    name: str
    place: str
    is_sealed: Callable[[str], bool] = lambda _text: True


SEALED: tuple[Column, ...] = (
    Column(Staff, "phone", phones.PLACE),
    Column(User, "totp_secret", totp.PLACE, totp.is_sealed),
    Column(Member, "data_key", identities.KEY_PLACE),  # what it seals need not be touched
    Column(SmsMessage, "content", ordering.PLACE),
    Column(Till, "secret", tills.PLACE),
)


@dataclass(slots=True)
class Report:
    """What became of one column: how many were sealed anew, and which rows these keys do not open."""

    column: Column
    resealed: int = 0
    lost: list[int] = field(default_factory=list)
    keys: Counter[str] = field(default_factory=Counter)  # how many texts name each key now


def reseal(db: Database, vault: Vault) -> Iterator[Report]:
    """Seal with the newest key whatever is not; yield a report for each column.

    Run twice: nothing is left to do. Stopped half-way: the next run goes on.
    """
    for column in SEALED:
        report, after = Report(column), 0
        while True:
            with db.reading() as session:
                rows = _slice(session, column, after)
            if not rows:
                break
            after = rows[-1][0]
            with db.transaction() as session:
                for key, kept in rows:
                    _reseal(session, column, vault, key, kept, report)
        yield report


def _slice(session: Session, column: Column, after: int) -> list[tuple[int, str]]:
    table = table_of(column.model)
    kept = table.c[column.name]
    wanted = select(table.c.id, kept).where(table.c.id > after, kept.is_not(None)).order_by(table.c.id)
    return [(row[0], row[1]) for row in session.execute(wanted.limit(SLICE))]


def _reseal(  # noqa: PLR0917 - one row with all that it takes
    session: Session, column: Column, vault: Vault, key: int, kept: str, report: Report
) -> None:
    is_sealed = column.is_sealed(kept)
    if is_sealed and vault.is_newest(kept):
        report.keys[_key_of(kept)] += 1
        return
    try:
        text = vault.open(kept, column.place) if is_sealed else kept
    except NotOurs:
        report.lost.append(key)
        report.keys[_key_of(kept)] += 1
        return
    sealed = vault.seal(text, column.place)
    table = table_of(column.model)
    # In the table and not through the model: nobody's open form is spoilt by a new version of the row.
    putting = update(table).where(table.c.id == key, table.c[column.name] == kept)
    report.resealed += session.connection().execute(putting.values({column.name: sealed})).rowcount
    report.keys[_key_of(sealed)] += 1


def _key_of(sealed: str) -> str:
    return sealed.partition(".")[0]
