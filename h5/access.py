"""Who may open a page. Each states it, and one that does not is closed to everybody."""

import enum
from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

LARGEST = 16 * 1024


class Access(enum.Enum):
    """Whom a page asks for. Whoever is not yet that is led there, not turned away."""

    EVERYONE = "nobody in particular"
    FANS = "whoever WeChat says is there"
    MEMBERS = "fans who have bound a telephone"
    STAFF = "members who work for the group now"


def open_to_everyone(view: View) -> View:
    """Open the page without signing in: it says the same to all."""
    return _mark(view, Access.EVERYONE)


def fans_only(view: View) -> View:
    """Sign the visitor in first, without their noticing, and bring them back to where they were."""
    return _mark(view, Access.FANS)


def members_only(view: View) -> View:
    """Show the binding sheet in this page's place until a telephone is bound; then the page itself."""
    return _mark(view, Access.MEMBERS)


def staff_only(view: View) -> View:
    """Open the page to active staff, looked up with every request; others are told whom to ask."""
    return _mark(view, Access.STAFF)


def takes(*, kilobytes: int) -> Callable[[View], View]:
    """Let the page be sent more than the usual sixteen kilobytes."""

    def mark(view: View) -> View:
        view.largest = kilobytes * 1024  # type: ignore[attr-defined]
        return view

    return mark


def access_of(view: Callable[..., Any] | None) -> Access | None:
    """Return what the page states; None if it states nothing."""
    return getattr(view, "h5_access", None)


def largest_of(view: Callable[..., Any] | None) -> int:
    """Return how many bytes the page may be sent."""
    return int(getattr(view, "largest", LARGEST))


def _mark(view: View, access: Access) -> View:
    view.h5_access = access  # type: ignore[attr-defined]
    return view
