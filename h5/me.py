"""The member's page, from which everything of theirs is reached; before binding it says what that brings."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from bot.db import utc_now
from bot.desk import familiar
from bot.desk.models import Agent
from bot.earning import offers
from bot.fans.models import Fan
from bot.files import pictures, store
from bot.levels import standing
from bot.members import people, profiles
from bot.members.models import Member
from bot.organisation.models import Shop
from h5 import card as live_card
from h5 import membership, points
from h5.access import fans_only, members_only
from h5.me_tiles import TILES
from h5.visit import account, guest, runtime

pages = Blueprint("me", __name__)


@pages.get("/me")
@fans_only
def show() -> str:
    """Show the card with its code, points, the ways on, the shop and who serves them there."""
    card, now = membership.card(), utc_now()
    shop_id = (card.home_shop_id if card else None) or guest.shop_id
    with runtime.db.reading() as session:
        facts: dict[str, Any] = {
            "shop": session.get(Shop, shop_id) if shop_id else None,
            "agent": _agent(session),
            "offers": offers.offers(session, now=now)[:3] if card is None else [],
            "worth": offers.worth(session, offers.PROFILE, now=now),
        }
        if card is not None:
            member = session.get_one(Member, card.member_id)
            facts |= {
                "purse": points.purse(session, card.member_id),
                "standing": standing.of(session, card.member_id, now=now),
                "profile": profiles.of(membership.vault(), member),
            }
    return render_template(
        "h5/me.html",
        card=card,
        name=people.masked_name(card.name) if card else "",
        live=live_card.live() if card else None,
        tiles=[(f"/h5/{account.name}{tile.path}", tile) for tile in TILES],
        workplace=membership.workplace(),
        claims=membership.claims_waiting() if card else [],
        **facts,
    )


@pages.get("/me/rights")
@fans_only
def rights() -> str:
    """Say what members have, and what earns points today, as the rules in force have it."""
    with runtime.db.reading() as session:
        found = offers.offers(session, now=utc_now())
    return render_template("h5/rights.html", offers=found)


@pages.get("/shops/<int:shop_id>.jpg")
@fans_only
def shop_picture(shop_id: int) -> Response:
    """Hand out the picture of a shop."""
    with runtime.db.reading() as session:
        shop = session.get(Shop, shop_id)
        if shop is None or shop.picture_id is None or store.about(session, shop.picture_id) is None:
            raise NotFound
        content = store.content(session, shop.picture_id)
    return Response(content, mimetype=pictures.MEDIA_TYPE)


@pages.post("/me/claims/<int:claim_id>")
@members_only
def answer(claim_id: int) -> Any:
    """Say whether another WeChat that proved the number is the same person; sent twice, the first counts."""
    is_me = request.form.get("is_me") == "yes"
    is_taken = membership.answer_claim(claim_id, is_me=is_me)
    return redirect(url_for("h5.me.answered", how=("yes" if is_me else "no") if is_taken else "over"), 303)


@pages.get("/me/answered")
@members_only
def answered() -> str:
    """Say what the answer did."""
    return render_template("h5/claim_answered.html", how=request.args.get("how", ""))


def _agent(session: Session) -> Agent | None:
    """Return who served the visitor last, from whichever of their WeChats."""
    own: Sequence[int] = [guest.fan_id]
    if guest.member_id is not None:
        own = session.scalars(select(Fan.id).where(Fan.member_id == guest.member_id)).all()
    return familiar.served_last(session, own)
