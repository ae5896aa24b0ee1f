"""What we believe of WeChat beside what WeChat has: who follows, whose tags, who is talked with, which menu."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.desk.models import DeskSession
from bot.fans.models import Fan, Standing
from bot.menus import books
from bot.menus.models import Menu, MenuState
from bot.tags.models import WeChatFanTag, WeChatTag
from tests.soak.journeys import Street


def apart(session: Session, street: Street, account_id: int) -> dict[str, list[str]]:
    """Return what differs, by kind; each kind is there, empty where both are of one mind."""
    theirs = [
        street.sim("GET", f"travellers/{one.id}")["accounts"][street.app_id] for one in street.travellers
    ]
    openids = {one["openid"] for one in theirs}
    agents = street.sim("GET", f"agents?account={street.app_id}")["agents"]
    return {
        "follow": differing(
            follows(session, account_id, openids),
            {one["openid"]: bool(one["subscribed"]) for one in theirs},
        ),
        "tags": differing(*tags(session, account_id, theirs)),
        "conversations": differing(
            conversations(session, account_id, openids),
            {
                held["openid"]: one["kf_account"]
                for one in agents
                for held in one.get("sessions", [])
                if held["openid"] in openids
            },
        ),
        "menu": differing(
            menu(session, account_id),
            outline(street.sim("GET", f"menu?account={street.app_id}")["button"]),
        ),
    }


def differing(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """Return what is otherwise on the other side, and how; what is missing there is as good as false."""
    both = {one: (ours.get(one) or None, theirs.get(one) or None) for one in ours.keys() | theirs.keys()}
    return sorted(
        f"{one} ({mine} with us, {there} there)" for one, (mine, there) in both.items() if mine != there
    )


def follows(session: Session, account_id: int, openids: set[str]) -> dict[str, bool]:
    """Return who of these follows, as our rows have it."""
    known = session.execute(select(Fan.openid, Fan.standing).where(Fan.account_id == account_id))
    return {openid: standing != Standing.LEFT.value for openid, standing in known if openid in openids}


def tags(
    session: Session, account_id: int, theirs: Iterable[Mapping[str, Any]]
) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """Return the WeChat tags of each follower: what we believe is on them, and which of ours are."""
    ids = dict(
        session.execute(
            select(WeChatTag.tag_id, WeChatTag.wechat_id).where(
                WeChatTag.account_id == account_id, WeChatTag.wechat_id.is_not(None)
            )
        ).all()
    )
    on = {one["openid"]: sorted(set(one["tags"]) & set(ids.values())) for one in theirs if one["subscribed"]}
    believed: dict[str, list[int]] = {}
    rows = (
        select(Fan.openid, WeChatFanTag.tag_id)
        .join(WeChatFanTag, WeChatFanTag.fan_id == Fan.id)
        .where(Fan.account_id == account_id, WeChatFanTag.trouble.is_(None))
    )
    for openid, tag_id in session.execute(rows):
        if openid in on and tag_id in ids:
            believed.setdefault(openid, []).append(ids[tag_id])
    return {openid: sorted(found) for openid, found in believed.items()}, on


def conversations(session: Session, account_id: int, openids: set[str]) -> dict[str, str]:
    """Return who of these is talked with, and by whom, as WeChat's events told us; the demo's past is made up."""
    rows = (
        select(Fan.openid, DeskSession.kf_account)
        .join(Fan, Fan.id == DeskSession.fan_id)
        .where(
            DeskSession.account_id == account_id,
            DeskSession.opened_at.is_not(None),
            DeskSession.closed_at.is_(None),
        )
    )
    found = session.execute(rows.order_by(DeskSession.opened_at))
    return {openid: kf_account for openid, kf_account in found if openid in openids}


def menu(session: Session, account_id: int) -> dict[str, str]:
    """Return the outline of the menu that is in force."""
    published = select(Menu).filter_by(account_id=account_id, state=MenuState.PUBLISHED.value)
    row = session.scalars(published.order_by(Menu.due_at.desc(), Menu.id.desc()).limit(1)).first()
    return outline(books.to_wechat(row.document["default"])) if row else {}


def outline(buttons: Sequence[Mapping[str, Any]], above: str = "") -> dict[str, str]:
    """Return each button's place with what it is called and does."""
    found: dict[str, str] = {}
    for place, one in enumerate(buttons):
        here = f"{above}{place}"
        does = one.get("key") or one.get("url") or one.get("media_id") or ""
        found[here] = f"{one['name']} {does}".strip()
        found |= outline(one.get("sub_button") or [], f"{here}.")
    return found
