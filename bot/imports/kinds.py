"""What sheets may be about; the list of them."""

from typing import Any

from bot.imports.auto_replies import AutoReplies
from bot.imports.branches import Branches
from bot.imports.looking import Kind
from bot.imports.purchases import Purchases
from bot.imports.shops import Shops
from bot.imports.staff import StaffSheet

KINDS: dict[str, type[Kind[Any]]] = {
    kind.name: kind for kind in (Branches, Shops, StaffSheet, AutoReplies, Purchases)
}
