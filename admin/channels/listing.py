"""The codes of the visitor's scope, filtered; and how many permanent ones the account has left."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy import Select, func, or_, select

from admin.access import allowed
from admin.channels import words
from admin.channels.blueprint import pages
from admin.channels.names import Names, names_in
from admin.choices import account
from admin.office import reading
from admin.paging import page
from bot.channels import groups, packing, quota
from bot.channels.models import Channel, ChannelState, ChannelTag, CodeKind, Purpose
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.users.roles import Permission

SOON = timedelta(days=7)


@pages.get("/")
@allowed(Permission.CHANNELS_SEE)
def listing() -> str:
    """List the channels, newest first."""
    with reading() as session:
        names = names_in(session)
        chosen = wanted(names, request.args)
        count = select(func.count()).select_from(
            chosen.with_only_columns(Channel.id).limit(packing.MOST + 1).subquery()
        )
        current = account()
        return render_template(
            "admin/channels/list.html",
            page=page(session, chosen, by=Channel.id),
            count=session.scalar(count) or 0,
            most=packing.MOST,
            names=names,
            words=words,
            chips=_chips(names, request.args),
            quota=quota.quota(session, current.id) if current else None,
            ending=_ending(session),
            now=utc_now(),
        )


def wanted(names: Names, given: Mapping[str, Any]) -> Select[Channel]:
    """Return the channels that the filters leave."""
    found = select(Channel)
    current = account()
    if current is not None:
        found = found.where(Channel.account_id == current.id)
    columns = {"shop": Channel.shop_id, "staff": Channel.staff_id, "campaign": Channel.campaign_id}
    for name, column in columns.items():
        if (key := key_in(given.get(name))) is not None:
            found = found.where(column == key)
    if (key := key_in(given.get("group"))) is not None:
        found = found.where(Channel.group_id.in_(sorted(groups.within(names.groups, key))))
    if (key := key_in(given.get("tag"))) is not None:
        found = found.where(Channel.id.in_(select(ChannelTag.channel_id).where(ChannelTag.tag_id == key)))
    if (kind := given.get("kind")) in set(CodeKind):
        found = found.where(Channel.kind == kind)
    if (purpose := given.get("purpose")) in set(Purpose):
        found = found.where(Channel.purpose == purpose)
    found = _by_state(found, str(given.get("state", "")))
    if text := str(given.get("q", "")).strip()[:64]:
        columns_read = (Channel.name, Channel.scene, Channel.place, Channel.note)
        found = found.where(or_(*(column.contains(text, autoescape=True) for column in columns_read)))
    return found


def _by_state(found: Select[Channel], state: str) -> Select[Channel]:
    if state in set(ChannelState):
        return found.where(Channel.state == state)
    if state == "unmade":
        return found.where(Channel.ticket.is_(None), Channel.state == ChannelState.ACTIVE.value)
    if state == "ending":
        return found.where(Channel.previous_ends_at < utc_now() + SOON)
    return found


def _ending(session: ScopedSession) -> int:
    """Count the codes with pictures about that no longer lead anywhere, or soon will not."""
    ending = select(func.count(Channel.id)).where(
        Channel.previous_ends_at < utc_now() + SOON, Channel.state == ChannelState.ACTIVE.value
    )
    return session.scalar(ending) or 0


def _chips(names: Names, given: Mapping[str, Any]) -> list[tuple[str, str]]:
    known: dict[str, tuple[str, Mapping[Any, Any]]] = {
        "shop": (_("Shop"), names.shops),
        "staff": (_("Staff"), names.people),
        "campaign": (_("Campaign"), names.campaigns),
        "group": (_("Group"), names.paths),
        "tag": (_("Tag"), names.tags),
        "kind": (_("Kind"), words.KINDS),
        "purpose": (_("Purpose"), words.PURPOSES),
        "state": (_("State"), state_words()),
    }
    chips = [("q", str(_("Contains %(text)s", text=given["q"])))] if given.get("q") else []
    for name, (label, values) in known.items():
        if asked := given.get(name):
            said = values.get(
                key_in(asked) if name in {"shop", "staff", "campaign", "group", "tag"} else asked
            )
            chips.append((name, str(_("%(label)s: %(value)s", label=label, value=said or asked))))
    return chips


def state_words() -> dict[str, str]:
    """Return the states a list may be filtered by."""
    return {
        "active": str(_("In use")),
        "retired": str(_("Retired")),
        "unmade": str(_("Not made by WeChat yet")),
        "ending": str(_("Old pictures to be replaced")),
    }
