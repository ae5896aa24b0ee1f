"""What a page works with: the runtime, the account whose page it is, and who is looking."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import current_app, g
from werkzeug.local import LocalProxy

if TYPE_CHECKING:
    from bot.router import Served
    from bot.runtime import Runtime
    from h5.keys import Keys


@dataclass(frozen=True, slots=True)
class Guest:
    """A fan as the database knew them when the request began.

    `nonce` is of this signing-in alone.  `staff_id` is there only while they work for the group.
    """

    fan_id: int
    openid: str
    nonce: str
    member_id: int | None
    staff_id: int | None
    shop_id: int | None


runtime = cast("Runtime", LocalProxy(lambda: current_app.extensions["yizhan"]))
keys = cast("Keys", LocalProxy(lambda: current_app.extensions["yizhan.h5.keys"]))
account = cast("Served", LocalProxy(lambda: g.h5_account))
guest = cast("Guest", LocalProxy(lambda: g.h5_guest))


def is_signed_in() -> bool:
    """Tell whether WeChat has said who is looking."""
    return g.get("h5_guest") is not None
