"""What was sent in a form, read field by field, with what is wrong beside each field.

    form = Form.sent()
    name = form.text("name", longest=64)
    role = form.choice("role", Role)
    if form.is_right: …

The macros of `admin/forms.html` show the same object again: values as they
were sent, errors where they belong.
"""

import enum
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

from flask import request
from flask_babel import gettext as _

from admin.office import refuse_hidden
from bot.db import Base
from bot.keys import key_in

Choice = TypeVar("Choice", bound=enum.StrEnum)


class Form:
    """Values by field, lists of them for what may be chosen several times, and errors by field."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self.values: dict[str, Any] = dict(values or {})
        self.errors: dict[str, str] = {}

    @classmethod
    def sent(cls) -> "Form":
        """Return what the visitor sent with this request."""
        lists = {name: request.form.getlist(name) for name in request.form}
        return cls({name: found if len(found) > 1 else found[0] for name, found in lists.items()})

    @property
    def is_right(self) -> bool:
        """Whether nothing was found wrong so far."""
        return not self.errors

    def wrong(self, name: str, message: str) -> None:
        """Say what is wrong with a field; the first thing said stands."""
        self.errors.setdefault(name, str(message))

    def text(self, name: str, *, longest: int, required: bool = True) -> str:
        """Return the field without outer blanks; wrong if missing, too long, or with control characters."""
        value = str(self.values.get(name, "")).strip()
        if required and not value:
            self.wrong(name, _("Please fill this in."))
        elif len(value) > longest:
            said = _("At most %(longest)s characters; these are %(n)s.", longest=longest, n=len(value))
            self.wrong(name, said)
        elif any(ord(letter) < 32 and letter not in "\r\n\t" for letter in value):
            self.wrong(name, _("This holds characters that cannot be shown."))
        return value

    def secret(self, name: str) -> str:
        """Return a password as it was typed, blanks and all, and do not show it again."""
        value = str(self.values.pop(name, ""))
        if not value:
            self.wrong(name, _("Please fill this in."))
        return value

    def choice(self, name: str, kind: type[Choice]) -> Choice | None:
        """Return what was chosen of `kind`; None, and wrong, for anything else."""
        try:
            return kind(str(self.values.get(name, "")))
        except ValueError:
            self.wrong(name, _("Please choose one of these."))
            return None

    def number(self, name: str, *, least: int, most: int) -> int | None:
        """Return a whole number between the two; None, and wrong, for anything else."""
        try:
            value = int(str(self.values.get(name, "")))
        except ValueError:
            value = least - 1
        if least <= value <= most:
            return value
        self.wrong(name, _("A whole number from %(least)s to %(most)s.", least=least, most=most))
        return None

    def day(self, name: str) -> date | None:
        """Return a day, None for an empty field; None, and wrong, for anything else."""
        value = self.text(name, longest=10, required=False)
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            self.wrong(name, _("A day such as 2026-11-03."))
            return None

    def ids(self, name: str, *, among: Iterable[int], of: type[Base] | None = None) -> list[int]:
        """Return the chosen ids that are `among` those the visitor may choose; wrong if any is not.

        Raise `OutOfSight` for one that is a row `of` that model which the visitor does not see: no page of
        theirs offered it.
        """
        found = self.values.get(name, [])
        sent = [str(one) for one in (found if isinstance(found, list) else [found]) if one != ""]
        ids = [key for one in sent if (key := key_in(one)) is not None]
        unknown = set(ids) - set(among)
        if unknown and of is not None:
            refuse_hidden(of, unknown)
        if len(ids) != len(sent) or unknown:
            self.wrong(name, _("Please choose one of these."))
            return []
        self.values[name] = ids
        return ids

    def ticked(self, name: str) -> bool:
        """Tell whether a box was ticked."""
        return bool(self.values.get(name))
