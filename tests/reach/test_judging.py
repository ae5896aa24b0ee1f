"""One decision per fan, from facts alone: rules of ours, quiet hours, then the first open route."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.reach import intents
from bot.reach.judging import Facts, Later, No, Route, judge
from bot.reach.models import Reason, RouteName, TemplateKind
from bot.reach.settings import Mapped, Settings
from tests.reach.conftest import NOON

HOURS = timedelta(hours=1)
MINUTES = timedelta(minutes=1)
AD = intents.of("broadcast")
SERVICE = intents.of("broadcast_service")
URGENT = intents.of("broadcast_urgent")
WROTE = Facts(last_message_at=NOON - HOURS, last_interaction_at=NOON - HOURS)
SETTINGS = Settings()
BOTH = replace(
    SETTINGS,
    mapped={
        ("broadcast_service", TemplateKind.TEMPLATE): Mapped("T1", {}),
        ("broadcast_service", TemplateKind.SUBSCRIPTION): Mapped("S1", {}),
    },
)


def judged(facts: Facts, intent=AD, settings: Settings = SETTINGS, now: datetime = NOON):
    return judge(facts, intent, settings, now)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, Route(RouteName.CUSTOM)),
        ({"last_message_at": NOON - 47 * HOURS - 59 * MINUTES}, Route(RouteName.CUSTOM)),
        ({"last_message_at": NOON - 48 * HOURS}, No(Reason.WINDOW_CLOSED)),
        ({"last_message_at": None}, No(Reason.WINDOW_CLOSED)),
        # A tap opens a minute, for three.
        ({"last_message_at": None, "last_interaction_at": NOON - MINUTES / 2}, Route(RouteName.CUSTOM)),
        ({"last_message_at": None, "last_interaction_at": NOON - MINUTES}, No(Reason.WINDOW_CLOSED)),
        ({"sent_since": NOON - HOURS, "sent_count": 4}, Route(RouteName.CUSTOM)),
        ({"sent_since": NOON - HOURS, "sent_count": 5}, No(Reason.WINDOW_USED)),
        ({"sent_since": NOON - 2 * HOURS, "sent_count": 5}, Route(RouteName.CUSTOM)),
        # What WeChat says goes before what we count, until the fan acts again.
        ({"closed_at": NOON - HOURS / 2}, No(Reason.WINDOW_CLOSED)),
        ({"closed_at": NOON - 2 * HOURS}, Route(RouteName.CUSTOM)),
        ({"used_up_at": NOON - HOURS / 2}, No(Reason.WINDOW_USED)),
        ({"refused_at": NOON - HOURS / 2, "refused_why": Reason.BLACKLISTED}, No(Reason.BLACKLISTED)),
        ({"refused_at": NOON - 2 * HOURS, "refused_why": Reason.REFUSED}, Route(RouteName.CUSTOM)),
        ({"has_left": True}, No(Reason.LEFT)),
        ({"opted_out": True}, No(Reason.OPTED_OUT)),
        ({"is_member": True}, No(Reason.NO_CONSENT)),
        ({"is_member": True, "agreed": True}, Route(RouteName.CUSTOM)),
        ({"capped": 2}, Route(RouteName.CUSTOM)),
        ({"capped": 3}, No(Reason.CAPPED)),
        ({"has_words": False}, No(Reason.NO_ROUTE)),
    ],
)
def test_marketing_goes_by_message_and_only_to_who_may_have_it(facts, expected):
    assert judged(replace(WROTE, **facts)) == expected


def test_rules_of_ours_are_told_from_wechats():
    assert judged(replace(WROTE, opted_out=True)).is_ours
    assert not judged(replace(WROTE, has_left=True)).is_ours


def test_who_is_no_member_is_left_alone_where_the_office_says_so():
    assert judged(WROTE, settings=replace(SETTINGS, fans_too=False)) == No(Reason.NOT_MEMBER)


def test_a_service_notice_asks_for_no_consent_and_goes_the_next_way():
    silent = Facts(opted_out=True, is_member=True, capped=9)

    assert judged(replace(silent, last_message_at=NOON), SERVICE) == Route(RouteName.CUSTOM)
    assert judged(silent, SERVICE) == Route(RouteName.NOTE)
    assert judged(silent, SERVICE, BOTH) == Route(RouteName.TEMPLATE)
    assert judged(replace(silent, accepts=(("S1", 1),)), SERVICE, BOTH) == Route(RouteName.SUBSCRIPTION)
    tried = frozenset({RouteName.TEMPLATE})
    assert judged(replace(silent, tried=tried), SERVICE, BOTH) == Route(RouteName.NOTE)


def test_a_short_message_reaches_who_left_if_the_intent_is_that_urgent():
    left = Facts(has_left=True, has_phone=True)

    assert judged(left, URGENT) == Route(RouteName.SMS)
    assert judged(left, SERVICE) == No(Reason.LEFT)
    assert judged(replace(left, has_phone=False), URGENT) == No(Reason.LEFT)


def test_a_route_that_wechat_closed_is_waited_for_if_there_is_no_other():
    until = NOON + 3 * HOURS
    closed = {RouteName.CUSTOM: until}

    assert judged(WROTE, AD, replace(SETTINGS, closed=closed)) == Later(until, Reason.QUOTA)
    assert judged(WROTE, SERVICE, replace(BOTH, closed=closed)) == Route(RouteName.TEMPLATE)
    # A note may never be read, a message tonight will.
    assert judged(WROTE, SERVICE, replace(SETTINGS, closed=closed)) == Later(until, Reason.QUOTA)
    assert judged(WROTE, AD, replace(SETTINGS, closed={RouteName.CUSTOM: NOON})) == Route(RouteName.CUSTOM)


def test_templates_beyond_our_own_limit_wait_for_the_next_day_as_beyond_wechats():
    out = Facts(templates_left=0)
    midnight = NOON + 12 * HOURS  # Beijing's

    assert judged(out, SERVICE, BOTH) == Later(midnight, Reason.QUOTA)
    assert judged(replace(out, has_phone=True), URGENT, _urgent(BOTH)) == Route(RouteName.SMS)
    assert judged(replace(out, last_message_at=NOON), SERVICE, BOTH) == Route(RouteName.CUSTOM)
    # Who allows none at all waits for nothing.
    assert judged(out, SERVICE, replace(BOTH, templates_a_day=0)) == Route(RouteName.NOTE)


def _urgent(settings: Settings) -> Settings:
    return replace(settings, mapped={("broadcast_urgent", TemplateKind.TEMPLATE): Mapped("T1", {})})


@pytest.mark.parametrize(
    ("clock", "until"),
    [("21:59", None), ("22:00", 10), ("23:59", 8 + 1 / 60), ("00:00", 8), ("07:59", 1 / 60), ("08:00", None)],
)
def test_quiet_hours_go_over_midnight(clock, until):
    hour, minute = map(int, clock.split(":"))
    now = NOON + timedelta(hours=hour - 12, minutes=minute)
    facts = replace(WROTE, last_message_at=now - HOURS, last_interaction_at=now - HOURS)

    decision = judged(facts, now=now)

    wanted = Route(RouteName.CUSTOM) if until is None else Later(now + until * HOURS, Reason.QUIET_HOURS)
    assert decision == wanted


def test_who_is_awake_is_told_what_they_asked_for_at_any_hour():
    night = NOON + 12 * HOURS
    awake = Facts(last_message_at=night - MINUTES, last_interaction_at=night - MINUTES)

    assert judged(awake, SERVICE, now=night) == Route(RouteName.CUSTOM)
    assert judged(awake, AD, now=night) == Later(night + 8 * HOURS, Reason.QUIET_HOURS)
    asleep = replace(awake, last_message_at=night - HOURS, last_interaction_at=night - HOURS)
    assert judged(asleep, SERVICE, now=night) == Later(night + 8 * HOURS, Reason.QUIET_HOURS)


def test_hours_that_are_equal_are_none():
    always = replace(SETTINGS, quiet_from="08:00", quiet_until="08:00")

    assert judged(
        replace(WROTE, last_message_at=NOON + 12 * HOURS), settings=always, now=NOON + 12 * HOURS
    ) == Route(RouteName.CUSTOM)
