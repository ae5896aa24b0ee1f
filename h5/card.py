"""The part of the member's page that lives: the code of the card, and what the counter asks."""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from bot.counter import spending
from bot.counter.models import CounterSpend
from bot.db import utc_now
from bot.members import cards, identities
from bot.members.models import Member
from bot.organisation.models import Shop
from bot.prints.matrix import QUIET, matrix, runs
from h5 import membership
from h5.access import members_only
from h5.visit import guest, runtime

pages = Blueprint("card", __name__)
TOLD_FOR = timedelta(minutes=3)  # how long the page says what became of a question


@dataclass(frozen=True, slots=True)
class Live:
    """The code as a picture (`path` in a square of `side`) and as digits, good for so many seconds.

    `asked` waits for the member's word; `ended` is what became of the last one, a moment ago.
    """

    path: str
    side: int
    digits: str
    seconds: int
    asked: CounterSpend | None
    ended: CounterSpend | None
    shop: str


@pages.get("/me/code")
@members_only
def show() -> str:
    """Return the part by itself, as it is now: the page asks for it again and again."""
    return render_template("h5/card_live.html", live=live())


@pages.post("/me/spends/<int:spend_id>")
@members_only
def answer(spend_id: int) -> Any:
    """Agree that points are spent at the counter, or not; sent twice, the first counts."""
    assert guest.member_id is not None
    with runtime.db.transaction() as session:
        spending.answer(
            session,
            spend_id,
            by_members=identities.family(session, guest.member_id),
            agreed=request.form.get("agreed") == "yes",
            now=utc_now(),
        )
    return redirect(url_for("h5.me.show"), 303)


def live() -> Live:
    """Return what the card of the visitor, who is a member, shows now."""
    assert guest.member_id is not None
    vault, now = membership.vault(), utc_now()
    with runtime.db.reading() as session:
        member = session.get_one(Member, guest.member_id)
        asked = spending.waiting_for(session, member.id, now=now)
        ended = None if asked else spending.latest(session, member.id, since=now - TOLD_FOR)
        shop = _shop(session, asked or ended)
    typed = cards.digits(vault, member.id, now=now)
    rows = matrix(cards.code(vault, member.number, now=now), has_logo=False)
    return Live(
        path="".join(f"M{x + QUIET} {y + QUIET}h{length}v1h-{length}z" for x, y, length in runs(rows)),
        side=len(rows) + 2 * QUIET,
        digits=" ".join(typed[at : at + 4] for at in range(0, 16, 4)),
        seconds=ceil((cards.ends_at(now=now) - now).total_seconds()),
        asked=asked,
        ended=ended,
        shop=shop,
    )


def _shop(session: Session, spend: CounterSpend | None) -> str:
    return session.get_one(Shop, spend.shop_id).name if spend is not None else ""
