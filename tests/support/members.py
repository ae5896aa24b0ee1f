"""Travellers who bind their telephones, as the pages have them do it."""

import base64
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from bot.config import Config, PrivacyConfig, SmsConfig
from bot.consents import policies
from bot.db import Database, utc_now
from bot.fans.models import Fan, Standing
from bot.members import binding, codes
from bot.members.codes import Proved, Purpose
from bot.privacy import Vault, vault_of
from bot.sms import ordering
from bot.sms.models import SmsMessage
from tests import make

PRIVACY = PrivacyConfig(
    keys="test:" + base64.b64encode(b"k" * 32).decode(), index_key=base64.b64encode(b"i" * 32).decode()
)
NUMBERS = [f"+861390013{number:04}" for number in range(100, 200)]  # what must never be found in clear
ADDRESS = "192.0.2.7"


def config(url: str, **changes) -> Config:
    return replace(make.config(url, **changes), privacy=PRIVACY, sms=SmsConfig(first="simulator"))


class Travellers:
    """Fans of an account, and what they do on the binding page."""

    def __init__(self, db: Database, account_id: int = 1) -> None:
        self.db = db
        self.account_id = account_id
        self.vault: Vault = vault_of(PRIVACY)
        self.now = utc_now()

    def fan(self, openid: str, *, account_id: int | None = None, **facts) -> int:
        with self.db.transaction() as session:
            row = Fan(
                account_id=account_id or self.account_id,
                openid=openid,
                **{
                    "standing": Standing.FOLLOWING.value,
                    "created_at": self.now,
                    "follow_count": 1,
                    "message_count": 0,
                    **facts,
                },
            )
            session.add(row)
            session.flush()
            return row.id

    def row(self, fan_id: int) -> Fan:
        with self.db.reading() as session:
            return session.get_one(Fan, fan_id)

    def ask(self, fan_id: int, phone: str, purpose: Purpose = Purpose.BIND, address: str = ADDRESS):
        with self.db.transaction() as session:
            return codes.ask(
                session,
                self.vault,
                fan_id=fan_id,
                phone=phone,
                purpose=purpose,
                address=address,
                now=self.now,
            )

    def code(self, fan_id: int) -> str:
        """Return the code that is on its way to the fan's telephone."""
        with self.db.reading() as session:
            wanted = select(SmsMessage).filter_by(fan_id=fan_id).order_by(SmsMessage.id.desc()).limit(1)
            return ordering.read(session.scalars(wanted).one(), self.vault)[1]["code"]

    def prove(self, fan_id: int, phone: str, code: str, purpose: Purpose = Purpose.BIND, address=ADDRESS):
        with self.db.transaction() as session:
            return codes.prove(
                session,
                self.vault,
                fan_id=fan_id,
                phone=phone,
                code=code,
                purpose=purpose,
                address=address,
                now=self.now,
            )

    def bind(self, fan_id: int, phone: str, *, marketing: bool = False, **told):
        """Bind as a page does; the number is taken as proved."""
        with self.db.transaction() as session:
            return binding.bind(
                session,
                self.vault,
                proved=Proved(fan_id, phone, Purpose.BIND),
                policy_version=policies.current(session).version,
                marketing=marketing,
                now=self.now,
                **told,
            )

    def rebind(self, fan_id: int, phone: str):
        with self.db.transaction() as session:
            return binding.rebind(
                session, self.vault, proved=Proved(fan_id, phone, Purpose.REBIND), now=self.now
            )

    def later(self, **time) -> datetime:
        self.now += timedelta(**time)
        return self.now


def staff(db: Database, shop_id: int, phone: str, *, name: str = "王珊") -> int:
    from bot.organisation import phones
    from bot.organisation.models import Staff

    with db.transaction() as session:
        row = Staff(shop_id=shop_id, name=name, role="导游", active=True)
        phones.put(row, phone, vault_of(PRIVACY))
        session.add(row)
        session.flush()
        return row.id
