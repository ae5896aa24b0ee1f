"""Whether a fan may be told something now, and by which route: facts in, one decision out, nothing asked.

Sending and estimating both ask here, so what was promised before a broadcast is what it does.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from bot.moments import HERE, missed
from bot.reach.intents import Category, Intent
from bot.reach.models import Reason, RouteName, TemplateKind
from bot.reach.settings import Mapped, Settings

# What WeChat lets an account send after what a traveller did (protocol §6.5).
AFTER_MESSAGE: Final = timedelta(hours=48)
AFTER_DEED: Final = timedelta(minutes=1)
MOST_AFTER_MESSAGE: Final = 5
MOST_AFTER_DEED: Final = 3
AWAKE: Final = timedelta(minutes=10)
WEEK: Final = timedelta(days=7)

KIND_OF: Final = {
    RouteName.SUBSCRIPTION: TemplateKind.SUBSCRIPTION,
    RouteName.TEMPLATE: TemplateKind.TEMPLATE,
}
OURS: Final = frozenset(
    {Reason.OPTED_OUT, Reason.NO_CONSENT, Reason.NOT_MEMBER, Reason.CAPPED, Reason.GONE, Reason.NO_COUPON}
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides about one fan. `accepts` is how many notices they take, by template.

    What WeChat said counts until the fan acts again, so each answer has its
    moment.  `tried` are the routes that said no a moment ago.
    """

    has_left: bool = False
    last_message_at: datetime | None = None
    last_interaction_at: datetime | None = None
    is_member: bool = False
    agreed: bool = False
    opted_out: bool = False
    sent_since: datetime | None = None
    sent_count: int = 0
    closed_at: datetime | None = None
    used_up_at: datetime | None = None
    refused_at: datetime | None = None
    refused_why: Reason | None = None
    capped: int = 0
    accepts: tuple[tuple[str, int], ...] = ()
    has_words: bool = True
    lacks_coupon: bool = False
    has_phone: bool = False
    templates_left: int = 1
    tried: frozenset[RouteName] = frozenset()


@dataclass(frozen=True, slots=True)
class Route:
    """Go by this route, now."""

    name: RouteName


@dataclass(frozen=True, slots=True)
class Later:
    """Judge again at `until`."""

    until: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class No:
    """Do not say it. `is_ours`: a rule of ours said so, no answer of WeChat's."""

    reason: Reason

    @property
    def is_ours(self) -> bool:
        """Whether the notice is skipped rather than unreached."""
        return self.reason in OURS


Decision = Route | Later | No


def judge(facts: Facts, intent: Intent, settings: Settings, now: datetime) -> Decision:
    """Return what is to be done: rules of ours first, then quiet hours, then the first route that is open.

    A route that WeChat, or our own limit of templates a day, has closed until some moment is passed over;
    where no other is open, that moment is waited for.  A note is the last route of all.
    """
    if reason := forbidden(facts, intent, settings):
        return No(reason)
    if intent.quiet and not _is_awake(facts, intent, now) and (until := quiet_until(settings, now)):
        return Later(until, Reason.QUIET_HOURS)
    why: list[Reason] = []
    reopens: list[datetime] = []
    for route in intent.routes:
        if route in facts.tried:
            continue
        no = _closed(route, facts, intent, settings, now)
        if no is Reason.QUOTA and settings.templates_a_day:
            reopens.append(tomorrow(now))
        elif no is not None:
            why.append(no)
        elif route in settings.closed and now < settings.closed[route]:
            reopens.append(settings.closed[route])
        elif route is RouteName.NOTE and reopens:
            break  # it can be said today still; a note may never be read
        else:
            return Route(route)
    if reopens:
        return Later(min(reopens), Reason.QUOTA)
    return No(why[0] if why else Reason.NO_ROUTE)


def tomorrow(now: datetime) -> datetime:
    """Return when the next day begins in Beijing, and WeChat's quotas anew."""
    day = now.astimezone(HERE).date() + timedelta(days=1)
    return datetime.combine(day, time(), HERE).astimezone(now.tzinfo)


def window(facts: Facts, now: datetime) -> tuple[datetime, int] | None:
    """Return the deed that opened the window and how many messages it is good for; None: it is closed."""
    if facts.last_message_at is not None and now < facts.last_message_at + AFTER_MESSAGE:
        return facts.last_message_at, MOST_AFTER_MESSAGE
    if facts.last_interaction_at is not None and now < facts.last_interaction_at + AFTER_DEED:
        return facts.last_interaction_at, MOST_AFTER_DEED
    return None


def quiet_until(settings: Settings, now: datetime) -> datetime | None:
    """Return when the quiet hours that `now` is in are over; None outside them."""
    begins, ends = settings.quiet_from, settings.quiet_until
    if begins == ends or missed(now, from_time=begins, until_time=ends) is not None:
        return None
    there = now.astimezone(HERE)
    end = datetime.combine(there.date(), time.fromisoformat(ends), HERE)
    return (end if end > there else end + timedelta(days=1)).astimezone(now.tzinfo)


def forbidden(facts: Facts, intent: Intent, settings: Settings) -> Reason | None:
    """Return which rule of ours keeps it from the fan, at any hour and by every route; None: none does."""
    if facts.lacks_coupon:
        return Reason.NO_COUPON
    if intent.category is not Category.MARKETING:
        return None
    if facts.opted_out:
        return Reason.OPTED_OUT
    if facts.is_member and not facts.agreed:
        return Reason.NO_CONSENT
    if not facts.is_member and not settings.fans_too:
        return Reason.NOT_MEMBER
    if intent.capped and settings.cap and facts.capped >= settings.cap:
        return Reason.CAPPED
    return None


def _is_awake(facts: Facts, intent: Intent, now: datetime) -> bool:
    """Tell whether the fan is here this moment: then a service notice disturbs nobody's sleep."""
    did = facts.last_interaction_at
    return intent.category is Category.SERVICE and did is not None and now < did + AWAKE


def _closed(
    route: RouteName, facts: Facts, intent: Intent, settings: Settings, now: datetime
) -> Reason | None:
    """Return why the route is closed to this fan; None where it is open, as far as we know."""
    if route is RouteName.SMS:
        return None if facts.has_phone else Reason.NO_PHONE
    if no := _shut_out(facts):
        return no
    if route is RouteName.CUSTOM:
        return _no_message(facts, now) if facts.has_words else Reason.NO_ROUTE
    if route is RouteName.NOTE:
        return None if facts.has_words else Reason.NO_ROUTE
    mapped = settings.mapped.get((intent.name, KIND_OF[route]))
    if mapped is None:
        return Reason.NO_TEMPLATE
    if route is RouteName.TEMPLATE:
        return None if facts.templates_left > 0 else Reason.QUOTA
    return None if mapped.is_long_term or _accepts(facts, mapped) > 0 else Reason.NO_ACCEPT


def _shut_out(facts: Facts) -> Reason | None:
    """Return why nothing of WeChat's reaches the fan: they left, or refused and have not acted since."""
    if facts.has_left:
        return Reason.LEFT
    return facts.refused_why if _still(facts.refused_at, facts.last_interaction_at) else None


def _no_message(facts: Facts, now: datetime) -> Reason | None:
    found = window(facts, now)
    if found is None:
        return Reason.WINDOW_CLOSED
    since, most = found
    # What WeChat answered goes before what we count.
    if _still(facts.closed_at, since):
        return Reason.WINDOW_CLOSED
    if _still(facts.used_up_at, since):
        return Reason.WINDOW_USED
    return Reason.WINDOW_USED if facts.sent_since == since and facts.sent_count >= most else None


def _still(said_at: datetime | None, acted_at: datetime | None) -> bool:
    """Tell whether what WeChat said at that moment holds: the fan has not acted since."""
    return said_at is not None and (acted_at is None or acted_at <= said_at)


def _accepts(facts: Facts, mapped: Mapped) -> int:
    return next((left for template_id, left in facts.accepts if template_id == mapped.template_id), 0)
