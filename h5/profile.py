"""What members tell of themselves, how much of it is there, and whom they brought."""

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for

from bot.db import utc_now
from bot.earning import bringing, buying, offers
from bot.earning.occasions import Happening
from bot.earning.rules.book import Trigger
from bot.members import identities, profiles
from bot.members.models import Member
from bot.members.profiles import INTERESTS, LONGEST_CITY, Profile
from h5 import membership
from h5.access import members_only
from h5.days import said, today
from h5.forms import Form
from h5.visit import guest, runtime

pages = Blueprint("profile", __name__)


@pages.get("/me/profile")
@members_only
def show() -> Any:
    """Show what they told, and what telling all of it brings."""
    return _page(Form(), _told())


@pages.post("/me/profile")
@members_only
def save() -> Any:
    """Keep what is told; telling everything for the first time is an occasion to earn."""
    assert guest.member_id is not None
    form, now = Form(), utc_now()
    name = form.text("name", longest=32)
    birthday = form.day("birthday", today=today())
    city = form.text("city", longest=LONGEST_CITY)
    interests = [one for one in request.form.getlist("interests") if one in INTERESTS]
    if not form.is_right:
        return _page(form, _told(), status=422)
    with runtime.db.transaction() as session:
        member = identities.root(session, guest.member_id)
        vault = membership.vault()
        told = profiles.put(vault, member, name=name, birthday=birthday, city=city, interests=interests)
        session.flush()
        if told.is_complete:
            key, shop_id = f"profile:{member.id}", member.home_shop_id
            happened = Happening(key, Trigger.CUSTOM, now, shop_id, offers.PROFILE)
            buying.happen(session, vault, member.id, happened, now=now)
    return redirect(url_for("h5.profile.show", saved="yes"), 303)


@pages.get("/me/referrals")
@members_only
def referrals() -> str:
    """Show whom they brought, masked, and what each of them earned."""
    assert guest.member_id is not None
    with runtime.db.reading() as session:
        found = bringing.brought(session, membership.vault(), guest.member_id)
        told = [one for one in offers.offers(session, now=utc_now()) if one.trigger is Trigger.REFERRAL]
    return render_template("h5/referrals.html", brought=found, offers=told, card=membership.card(), said=said)


def _told() -> Profile:
    with runtime.db.reading() as session:
        return profiles.of(membership.vault(), session.get_one(Member, guest.member_id))


def _page(form: Form, told: Profile, *, status: int = 200) -> Any:
    with runtime.db.reading() as session:
        worth = offers.worth(session, offers.PROFILE, now=utc_now())
    values = {
        "name": request.form.get("name", told.name)[:60],
        "birthday": request.form.get("birthday", "")[:20],
        "city": request.form.get("city", told.city)[:60],
    }
    page = render_template(
        "h5/profile.html",
        form=form,
        told=told,
        values=values,
        chosen=request.form.getlist("interests") or told.interests,
        interests=INTERESTS,
        worth=worth,
        card=membership.card(),
        is_saved=request.args.get("saved") == "yes",
        said=said,
    )
    return make_response(page, status)
