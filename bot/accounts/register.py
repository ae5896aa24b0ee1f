"""The accounts of the settings, given the numbers that rows refer to."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.accounts.models import Account
from bot.config import AccountConfig
from bot.errors import ConfigError


def enrol(session: Session, accounts: Iterable[AccountConfig]) -> dict[str, int]:
    """Return the id of every account by name, adding and updating rows as the settings ask.

    A second call changes nothing.  An account that left the settings keeps its
    row, because its fans and messages refer to it.  Raise `ConfigError` when an
    AppID now stands under another name.
    """
    ids: dict[str, int] = {}
    for wanted in accounts:
        row = session.scalar(select(Account).where(Account.name == wanted.name))
        if row is None:
            row = _add(session, wanted)
        facts = {"app_id": wanted.app_id, "kind": wanted.kind, "original_id": wanted.original_id}
        for name, value in facts.items():
            if getattr(row, name) != value:
                setattr(row, name, value)
        ids[wanted.name] = row.id
    return ids


def _add(session: Session, wanted: AccountConfig) -> Account:
    row = Account(name=wanted.name, app_id=wanted.app_id, kind=wanted.kind, original_id=wanted.original_id)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        # Another process enrols at the same moment, or the AppID is taken by another name.
        found = session.scalar(select(Account).where(Account.name == wanted.name))
        if found is None:
            raise ConfigError(
                f"[[accounts]] {wanted.name}: app_id: already enrolled under another name; "
                "keep the old name, its fans hang on it"
            ) from None
        return found
    return row
