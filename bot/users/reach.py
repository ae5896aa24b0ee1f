"""From what a user was given to the rows they may see."""

from collections.abc import Collection, Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.db import EVERYTHING, Scope
from bot.organisation.models import Branch, Shop
from bot.users.models import User, UserBranch, UserShop
from bot.users.roles import Reach, Role


def scope_of(session: Session, user: User) -> Scope:
    """Return the scope of `user` as the branches and shops stand now; nothing, for a reach we do not know.

    A merchant's people see what is theirs, whatever reach somebody gave them.
    """
    if user.role == Role.MERCHANT:
        return Scope(owner=user.id, user=user.id)
    if user.reach == Reach.ALL:
        return EVERYTHING
    owner = user.id if user.reach == Reach.OWN else None
    branches: frozenset[int] = frozenset()
    shops: frozenset[int] = frozenset()
    if user.reach == Reach.BRANCHES:
        given = session.scalars(select(UserBranch.branch_id).filter_by(user_id=user.id))
        branches = with_all_below(session, given)
        shops = frozenset(session.scalars(select(Shop.id).where(Shop.branch_id.in_(branches))))
    elif user.reach == Reach.SHOPS:
        shops = frozenset(session.scalars(select(UserShop.shop_id).filter_by(user_id=user.id)))
    above = frozenset(session.scalars(select(Shop.branch_id).where(Shop.id.in_(shops))))
    return Scope(branches=branches, shops=shops, above=above, owner=owner, user=user.id)


def with_all_below(session: Session, given: Iterable[int]) -> frozenset[int]:
    """Return these branches and every branch below them."""
    below: dict[int | None, list[int]] = {}
    for branch in session.execute(select(Branch.id, Branch.parent_id)):
        below.setdefault(branch.parent_id, []).append(branch.id)
    found: set[int] = set()
    waiting = list(given)
    while waiting:
        one = waiting.pop()
        if one not in found:  # a circle in the tree ends here
            found.add(one)
            waiting += below.get(one, [])
    return frozenset(found)


def put(
    session: Session, user: User, reach: Reach, *, branches: Collection[int] = (), shops: Collection[int] = ()
) -> None:
    """Give `user` that reach, and take what they had. The user must have been flushed."""
    user.reach = reach.value
    session.execute(delete(UserBranch).filter_by(user_id=user.id))
    session.execute(delete(UserShop).filter_by(user_id=user.id))
    if reach is Reach.BRANCHES:
        session.add_all(UserBranch(user_id=user.id, branch_id=one) for one in sorted(set(branches)))
    if reach is Reach.SHOPS:
        session.add_all(UserShop(user_id=user.id, shop_id=one) for one in sorted(set(shops)))
    session.flush()


def names(session: Session, user: User) -> list[str]:
    """Return the names of the branches or shops `user` was given."""
    if user.reach == Reach.BRANCHES:
        chosen = select(Branch.name).join(UserBranch, UserBranch.branch_id == Branch.id)
        return list(session.scalars(chosen.where(UserBranch.user_id == user.id).order_by(Branch.id)))
    if user.reach == Reach.SHOPS:
        wanted = select(Shop.name).join(UserShop, UserShop.shop_id == Shop.id)
        return list(session.scalars(wanted.where(UserShop.user_id == user.id).order_by(Shop.id)))
    return []


def given(session: Session, user: User) -> tuple[list[int], list[int]]:
    """Return the ids of the branches and of the shops `user` was given."""
    branches = session.scalars(select(UserBranch.branch_id).filter_by(user_id=user.id))
    shops = session.scalars(select(UserShop.shop_id).filter_by(user_id=user.id))
    return list(branches), list(shops)
