"""Somebody of the demo's staff with a phone of their own, and what staff have: codes, numbers, a menu."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.config import Config
from bot.consents import policies
from bot.demo import people
from bot.demo.organisation import ShopFacts
from bot.demo.people import StaffFacts, TravellerFacts
from bot.fans.models import Fan
from bot.members import binding
from bot.members.codes import Proved, Purpose
from bot.organisation.models import Staff
from bot.posters import codes, figures
from bot.privacy import NoKeys, vault_of

ID = "demo-staff"
WITH_POSTERS = 3  # people of the first shop: enough to have a rank


def traveller(shops: list[ShopFacts]) -> TravellerFacts:
    """Return the first of the staff as someone who follows the account with a phone of their own."""
    who = _who(shops)
    return TravellerFacts(
        id=ID,
        name=f"员工·{who.person.name}",
        account="head",
        shop=who.shop,
        known=True,
        followed_days_ago=300,
        wrote_days_ago=(2, 1),
        left=False,
        phone=who.phone,
    )


def put_codes(
    session: Session, account_id: int, shop_ids: Mapping[str, int], *, now: datetime
) -> dict[str, int]:
    """Give the first shop's staff their poster codes, and let every shop's see where they stand."""
    for shop_id in shop_ids.values():
        figures.show_rank(session, shop_id, shown=True)
    some = session.scalars(select(Staff).order_by(Staff.id).limit(WITH_POSTERS)).all()
    made = [codes.ensure(session, account_id=account_id, staff=one, now=now) for one in some]
    return {f"poster {one.channel_id}": one.channel_id for one in made}


def bind(
    session: Session, config: Config, shops: list[ShopFacts], openids: Mapping[str, str], *, now: datetime
) -> list[str]:
    """Bind the phone, which makes them a member and staff; return what to tell."""
    who = _who(shops)
    fan = session.scalar(select(Fan).where(Fan.openid == openids.get(ID, "")))
    try:
        vault = vault_of(config.privacy)
    except NoKeys:
        return []
    if fan is None:
        return []
    binding.bind(
        session,
        vault,
        proved=Proved(fan.id, who.phone, Purpose.BIND),
        policy_version=policies.current(session).version,
        marketing=False,
        referrer_phone=None,
        name=who.person.name,
        birthday=date(1992, 5, 20),
        now=now,
    )
    told = f"员工·{who.person.name}，在模拟手机里打开“我的海报”  open 我的海报 on this person's phone"
    return [f"示例员工|demo staff|{told}"]


def _who(shops: list[ShopFacts]) -> StaffFacts:
    return people.staff(shops)[0]
