"""Text of an attacker's in every place somebody or something wrote a text into, on rows that are there already."""

from sqlalchemy import String, Text, cast, select, update

from bot.db import Database
from bot.mall import addresses
from bot.mall.addresses import Address
from bot.mall.models import MallOrder
from bot.members import identities, people
from bot.members.models import Member, MemberState
from bot.privacy import Vault
from bot.tables import METADATA

# What is written by hand, or by a till, a platform or a browser, and shown again.
TYPED = {
    "actor", "approved_by", "asked_by", "author", "browser", "by", "carrier", "changed_by", "city", "content", "created_by",
    "decided_by", "description", "detail", "done_by", "ended_by", "example", "exported_by", "held_by", "hours", "item_name",
    "made_by", "merged_by", "name", "nickname", "note", "published_by", "ready_by", "reason", "recorded_by", "refunded_by",
    "revoked_by", "rule_title", "sent_back_why", "settled_by", "stopped_why", "subject_name", "submitted_by", "title",
    "tracking", "trouble", "undone_by", "user_name", "why", "words",
}  # fmt: skip
# Names of ours, by which something is looked up.
OURS = {("account", "name"), ("revision", "name")}


def plant(db: Database, vault: Vault, attack: str, *, but: str) -> set[str]:
    """Write `attack` over every such text but the user called `but`; return the tables that have it now."""
    planted = set()
    with db.transaction() as session:
        for table in METADATA.sorted_tables:
            for column in table.c:
                if (
                    column.name in TYPED
                    and isinstance(column.type, String | Text)
                    and (table.name, column.name) not in OURS
                ):
                    # With its row's key, since some have to differ.
                    written = attack + cast(next(iter(table.primary_key.columns)), String)
                    change = update(table).values({column.name: written})
                    change = change.where(column.is_not(None), column != "", column != but)
                    if session.execute(change).rowcount:
                        planted.add(table.name)
        for member in session.scalars(select(Member).filter_by(state=MemberState.ACTIVE.value)):
            people.describe(member, identities.key_of(vault, member), name=attack, birthday=None)
            planted.add("member's name")
        for order in session.scalars(select(MallOrder).where(MallOrder.address.is_not(None))):
            member = session.get_one(Member, order.member_id)
            order.address = addresses.seal(vault, member, Address(attack, "+8613800001111", attack))
            planted.add("address")
    return planted
