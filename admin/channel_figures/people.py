"""The fans behind a number, newest first, as far as the visitor may see them."""

from datetime import datetime
from functools import partial
from typing import Any

from flask import render_template, request
from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import aliased
from werkzeug.exceptions import NotFound

from admin import scanning
from admin.access import allowed
from admin.channel_figures.asking import NAMES, Asked, asked, chips, names_of
from admin.channel_figures.blueprint import pages
from admin.office import survey
from admin.scanning import Scanned
from bot.channels import events
from bot.channels.figures import facts, totals
from bot.channels.figures.totals import Asked as Question
from bot.channels.figures.totals import By
from bot.channels.models import FOLLOWS, TOUCHES, ChannelEvent, Deed, Who
from bot.db.scope import Scope, beyond_scope, within
from bot.db.scoped import ScopedSession
from bot.fans.models import Fan
from bot.organisation.models import Shop
from bot.users.roles import Permission

OURS = tuple(facts.OTHERS.values())
LATER = aliased(ChannelEvent)


@pages.get("/people")
@allowed(Permission.CHANNELS_SEE)
def people_behind() -> str:
    """List what the number in the address counts, each with its fan."""
    name = request.args.get("number", "")
    if name not in NAMES:
        raise NotFound
    what = asked()
    found, fans, facts = survey(partial(_read, what=what, name=name))
    return render_template(
        "admin/channel_figures/people.html",
        page=found,
        fans=fans,
        hidden=sum(one.fan_id not in {events.NOBODY, *fans} for one in found.rows),
        name=name,
        number_names=NAMES,
        question=what.question,
        **facts,
    )


def _read(
    session: ScopedSession, what: Asked, name: str
) -> tuple[Scanned[ChannelEvent], dict[int, Fan], dict[str, Any]]:
    """Return a page of the events and their fans, and what the page says besides."""
    # Whether somebody was lost is told by a leave that may be another shop's, as the figure has it.
    wanted = wanted_of(name, what.question, session.scope)
    bounds = _bounds(session, what.question)
    with beyond_scope(session):
        found = scanning.scan(session, wanted, by=ChannelEvent.id, bounds=bounds)
    channels = names_of(session, By.CHANNEL, [one.channel_id for one in found.rows])
    fans = _fans(session, [one.fan_id for one in found.rows])
    return found, fans, {"chips": chips(session, what), "channels": channels}


def wanted_of(name: str, question: Question, scope: Scope) -> Select[ChannelEvent]:
    """Select the events of the scope that a number counts, as they were noted when they happened."""
    wanted = select(ChannelEvent).where(*_within(ChannelEvent, question), _condition(name))
    if name == totals.VISITORS:  # each traveller once, by their last scan that the scope has
        later = select(LATER.id).where(
            within(LATER, scope),
            LATER.fan_id == ChannelEvent.fan_id,
            LATER.id > ChannelEvent.id,
            *_within(LATER, question),
            LATER.deed.in_(TOUCHES),
            LATER.again.is_(False),
            LATER.who.not_in(OURS),
        )
        wanted = wanted.where(~later.exists())
    return wanted.where(within(ChannelEvent, scope))


def _within(event: Any, question: Question) -> list[ColumnElement[bool]]:
    """Return what an event must fulfil to be of the period, the account and all that the question names."""
    start, end = _period(question)
    found = [event.at >= start, event.at < end, event.channel_id.is_not(None)]
    if question.account_id is not None:
        found.append(event.account_id == question.account_id)
    for by, key in question.only.items():
        if by is By.BRANCH:
            found.append(event.shop_id.in_(select(Shop.id).where(Shop.branch_id == key)))
        else:
            found.append(getattr(event, f"{by}_id") == key)
    return found


def _condition(name: str) -> ColumnElement[bool]:
    deed, is_ours = ChannelEvent.deed, ChannelEvent.who.in_(OURS)
    scan = and_(deed.in_(TOUCHES), ChannelEvent.again.is_(False))
    if name in facts.OTHERS:
        return and_(scan, ChannelEvent.who == Who(facts.OTHERS[name]).value)
    if name.startswith("lost_"):
        days = int(name.removeprefix("lost_"))
        gone = select(LATER.id).where(
            LATER.fan_id == ChannelEvent.fan_id,
            LATER.deed == Deed.LEAVE.value,
            LATER.at >= ChannelEvent.at,
            facts.Elapsed(LATER.at, ChannelEvent.at) <= days * facts.DAY,
        )
        return and_(~is_ours, deed.in_(FOLLOWS), gone.exists())
    conditions: dict[str, Any] = {
        "visitors": scan,
        "scans": scan,
        "repeats": and_(deed == Deed.SCAN.value, ChannelEvent.again.is_(True)),
        "follows": deed == Deed.FOLLOW.value,
        "returns": deed == Deed.RETURN.value,
        "leaves": deed == Deed.LEAVE.value,
        "binds": deed == Deed.BIND.value,
        "buys": deed == Deed.BUY.value,
    }
    return and_(~is_ours, conditions[name])


def _bounds(session: ScopedSession, question: Question) -> scanning.Bounds:
    """Return the keys between which the period's events lie, so that looking begins there."""
    edges = totals.event_keys(session, question)
    return scanning.Bounds(*edges) if edges else scanning.Bounds(1, 0)


def _period(question: Question) -> tuple[datetime, datetime]:
    return facts.bounds(question.since)[0], facts.bounds(question.until)[1]


def _fans(session: ScopedSession, ids: list[int]) -> dict[int, Fan]:
    return {fan.id: fan for fan in session.scalars(select(Fan).where(Fan.id.in_(sorted(set(ids)))))}
