"""Who may open a route. Each states it, and one that does not is closed to everybody."""

import enum
from collections.abc import Callable
from typing import Any, TypeVar

from bot.users.roles import Permission

View = TypeVar("View", bound=Callable[..., Any])


class Open(enum.Enum):
    """Routes that ask for no permission."""

    TO_EVERYONE = "without signing in"
    TO_EVERYONE_SIGNED_IN = "to whoever is signed in"


Access = Permission | Open


def allowed(permission: Permission) -> Callable[[View], View]:
    """Open the route to roles that hold `permission`."""
    return lambda view: _mark(view, permission)


def open_to_everyone_signed_in(view: View) -> View:
    """Open the route to every user: it shows or changes only what is the visitor's own."""
    return _mark(view, Open.TO_EVERYONE_SIGNED_IN)


def open_to_everyone(view: View) -> View:
    """Open the route to the whole world, as signing in must be."""
    return _mark(view, Open.TO_EVERYONE)


def takes(*, megabytes: int) -> Callable[[View], View]:
    """Let the route be sent more than the usual megabyte: an upload."""

    def mark(view: View) -> View:
        view.largest = megabytes * 1024 * 1024  # type: ignore[attr-defined]
        return view

    return mark


def access_of(view: Callable[..., Any] | None) -> Access | None:
    """Return what the route states; None if it states nothing."""
    return getattr(view, "access", None)


def largest_of(view: Callable[..., Any] | None) -> int:
    """Return how many bytes the route may be sent."""
    return int(getattr(view, "largest", 1024 * 1024))


def _mark(view: View, access: Access) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view
