"""What saving a row of the organisation has in common: versions, and what differs."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm.exc import StaleDataError

from admin.forms import Form
from admin.office import visitor
from bot.organisation.models import Branch, Shop, Staff

Differences = list[tuple[str, str, str]]


def check_version(form: Form, row: Branch | Shop | Staff) -> None:
    """Raise `StaleDataError`, as the flush does, if the form was filled in over an older row."""
    if str(form.values.get("version", "")) != str(row.version):
        raise StaleDataError


def differences(form: Form, saved: dict[str, Any], fields: Iterable[tuple[str, str]]) -> Differences:
    """Return what is saved now and what the form says, where they are not the same."""
    found = []
    for name, label in fields:
        now, typed = _said(saved.get(name)), _said(form.values.get(name))
        if now != typed:
            found.append((str(label), now, typed))
    return found


def _said(value: Any) -> str:
    return (
        "；".join(str(one) for one in value if one) if isinstance(value, list) else str(value or "").strip()
    )


def may_change_branch(key: int) -> bool:
    """Tell whether the branch is the visitor's to change, not only the one their shops are in."""
    return visitor.scope.everything or (visitor.scope.owner is None and key in visitor.scope.branches)
