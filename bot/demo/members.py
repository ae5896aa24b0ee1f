"""Members of the demo: some of its fans, and customers a till knew before."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.config import Config
from bot.consents import policies
from bot.demo.people import TravellerFacts
from bot.fans.models import Fan, Standing
from bot.members import binding
from bot.members.codes import Proved, Purpose
from bot.members.importing.cleaning import Facts
from bot.members.importing.taking_in import take_in
from bot.privacy import NoKeys, vault_of

PHONES = "+861990001"  # a block that no one is given, beside that of the staff
CUSTOMERS = ("秦岚", "顾晓川", "江雪", "方睿", "孟佳", "何宇")


def put(
    session: Session,
    config: Config,
    travellers: list[TravellerFacts],
    *,
    openids: Mapping[str, str],
    shop_ids: Mapping[str, int],
    now: datetime,
) -> None:
    """Make every fourth fan who follows a member, and add customers whose fans are not known yet."""
    try:
        vault = vault_of(config.privacy)
    except NoKeys:
        return
    version = policies.current(session).version
    referrer = None
    for number, facts in enumerate(
        one for one in travellers if one.known and not one.left and one.phone is None
    ):
        fan = session.scalar(select(Fan).where(Fan.openid == openids[facts.id]))
        if fan is None or fan.standing != Standing.FOLLOWING.value or number % 4:
            continue
        phone = f"{PHONES}{number:04}"
        binding.bind(
            session,
            vault,
            proved=Proved(fan.id, phone, Purpose.BIND),
            policy_version=version,
            marketing=number % 8 == 0,
            referrer_phone=referrer if number % 12 == 0 else None,
            name=facts.name,
            birthday=date(1960 + number % 40, 1 + number % 12, 1 + number % 28),
            now=now,
        )
        referrer = phone
    shops = list(shop_ids.values())
    rows = [
        Facts(
            str(place), f"{PHONES}{900 + place:04}", name, None, shops[place % len(shops)], f"T{1000 + place}"
        )
        for place, name in enumerate(CUSTOMERS)
    ]
    take_in(session, vault, rows, source="till", now=now)
