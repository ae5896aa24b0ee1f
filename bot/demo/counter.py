"""A morning at the demo's counters: visits, receipts, points spent, one undone; and what members told."""

from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.config import Config
from bot.counter import awarding, spending, standing, undoing
from bot.counter.refusals import Oneself
from bot.counter.standing import Place
from bot.members import identities, profiles
from bot.members.models import Member, MemberState
from bot.members.profiles import INTERESTS
from bot.organisation.models import Staff
from bot.points import ledger
from bot.privacy import NoKeys, Vault, vault_of
from bot.purchases.models import Payment
from bot.purchases.receipts import Receipt
from bot.purchases.recording import By

CITIES = ("上海", "杭州", "苏州", "济南", "成都")
SERVED = 8
SPENT = 80


def put(session: Session, config: Config, *, now: datetime) -> None:
    """Let members of shops with staff come by within the last hours, and tell of themselves before."""
    try:
        vault = vault_of(config.privacy)
    except NoKeys:
        return
    known = Member.state == MemberState.ACTIVE.value, Member.verified_at.is_not(None)
    wanted = select(Member).where(*known, Member.home_shop_id.is_not(None)).order_by(Member.id)
    members = session.scalars(wanted).all()
    for number, member in enumerate(members):
        if number % 2:
            _tell(vault, member, number)
    session.flush()
    for number, member in enumerate(islice(members, SERVED)):
        staff = session.scalar(select(Staff.id).where(Staff.shop_id == member.home_shop_id, Staff.active))
        if staff is not None:
            at = now - timedelta(minutes=40 * (SERVED - number))
            _serve(session, vault, standing.at(session, staff), member, number=number, at=at)


def _serve(
    session: Session, vault: Vault, place: Place, member: Member, *, number: int, at: datetime
) -> None:
    try:
        awarding.visit(session, vault, place, member.id, now=at)
    except Oneself:
        return
    amount = 4_880_00 if number == 3 else 12_800 + 3_700 * number
    receipt = Receipt(f"C2026{number:03}", amount, Payment.WECHAT, at)
    done = awarding.award(session, vault, place, member.id, receipt, once=f"demo-award-{number:05}", now=at)
    later = at + timedelta(minutes=3)
    if number == 5:
        by = By("hand", "林静")
        undoing.undo(session, vault, done.action, reason="小票录错了人", by=by, now=later)
    elif number % 2 == 0 and ledger.balance(session, member.id, later).available >= SPENT:
        once = f"demo-spend-{number:05}"
        asked = spending.ask(session, place, member.id, SPENT, number=receipt.number, once=once, now=later)
        mine = identities.family(session, member.id)
        agreed = number != 6
        spending.answer(session, asked.id, by_members=mine, agreed=agreed, now=later + timedelta(seconds=20))


def _tell(vault: Vault, member: Member, number: int) -> None:
    likes = list(INTERESTS)
    profiles.put(
        vault,
        member,
        name="",
        birthday=None,
        city=CITIES[number % len(CITIES)],
        interests=likes[number % 4 : number % 4 + 2],
    )
