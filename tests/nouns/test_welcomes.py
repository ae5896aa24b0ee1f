"""Whom a channel greets how: a table of who and when."""

from datetime import datetime

import pytest

from bot.channels.models import Channel
from bot.channels.welcomes import Whom, choose, chosen, who_follows, who_scans
from bot.fans.rows import FanRow
from bot.moments import HERE

NEW, RETURNING, FOLLOWING = ({one} for one in (Whom.NEW, Whom.RETURNING, Whom.FOLLOWING))
MEMBER = {Whom.MEMBER}
NIGHT = {"from_time": "20:00", "until_time": "09:00"}


def variant(said, **conditions):
    return {"reply": {"type": "text", "content": said}, **conditions}


CHANNEL = Channel(
    state="active",
    welcome={"type": "text", "content": "平常"},
    welcomes=[
        variant("会员夜里", whom=["member"], **NIGHT),
        variant("周末", whom=["new", "returning"], weekdays="67"),
        variant("新", whom=["new"]),
        variant("会员", whom=["member"]),
        variant("夜里", **NIGHT),
    ],
)


def at(day, clock):
    return datetime.fromisoformat(f"2026-11-{day:02}T{clock}").replace(tzinfo=HERE)


@pytest.mark.parametrize(
    ("who", "now", "said"),
    [
        (NEW, at(4, "12:00"), "新"),  # a Wednesday
        (NEW, at(7, "12:00"), "周末"),
        (RETURNING, at(8, "12:00"), "周末"),
        (RETURNING, at(4, "12:00"), "平常"),
        (RETURNING, at(4, "20:00"), "夜里"),
        (RETURNING, at(4, "08:59"), "夜里"),
        (RETURNING, at(4, "09:00"), "平常"),
        (FOLLOWING, at(7, "12:00"), "平常"),
        (FOLLOWING | MEMBER, at(7, "12:00"), "会员"),
        (FOLLOWING | MEMBER, at(7, "23:00"), "会员夜里"),
        (NEW | MEMBER, at(4, "23:00"), "会员夜里"),
        (NEW | MEMBER, at(4, "12:00"), "新"),
    ],
)
def test_the_first_welcome_that_fits_is_said(who, now, said):
    assert choose(CHANNEL, who, now=now).content == said


def test_a_night_belongs_to_the_day_it_began_on():
    fridays = [variant("周五夜", weekdays="5", **NIGHT)]
    assert chosen(fridays, NEW, now=at(7, "02:00")) == 0
    assert chosen(fridays, NEW, now=at(6, "02:00")) is None


def test_a_retired_code_and_one_without_a_welcome_say_nothing_of_their_own():
    assert choose(Channel(state="retired", welcome=CHANNEL.welcome), NEW, now=at(4, "12:00")) is None
    assert choose(Channel(state="active"), NEW, now=at(4, "12:00")) is None


def test_who_comes_is_known_by_what_the_fan_did_before():
    def fan(**facts):
        usual = dict.fromkeys(FanRow.__slots__, None)
        usual.pop("loaded")
        return FanRow(**{**usual, "follow_count": 0, **facts})

    now = at(4, "12:00")
    assert who_follows(fan()) == {Whom.NEW}
    assert who_follows(fan(follow_count=1)) == {Whom.RETURNING}
    assert who_follows(fan(left_at=now, member_id=3)) == {Whom.RETURNING, Whom.MEMBER}
    assert who_scans(fan()) == {Whom.FOLLOWING}
    assert who_scans(fan(member_id=3)) == {Whom.FOLLOWING, Whom.MEMBER}
