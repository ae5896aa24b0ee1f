"""Proving a telephone, and what somebody who does not have it can do about it."""

import threading

import pytest
from sqlalchemy import func, select

from bot.members import codes, limits
from bot.members.codes import NotProved, Proved, Purpose
from bot.members.models import PhoneCode, Tally
from bot.moments import HERE
from bot.sms.models import SmsMessage
from tests import make
from tests.support.members import NUMBERS
from tests.support.statements import statements_of

ANNA, BELLA = NUMBERS[:2]
DAYS = 30


@pytest.fixture(autouse=True)
def _noon(travellers):
    """Limits count by hours and days: no test begins shortly before the end of one."""
    travellers.now = travellers.now.astimezone(HERE).replace(hour=12, minute=0, second=0, microsecond=0)


def wrong(code):
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_the_code_that_was_sent_proves_the_number_once(travellers):
    fan_id = travellers.fan("anna")
    asked = travellers.ask(fan_id, ANNA)
    code = travellers.code(fan_id)

    assert (asked.sent, asked.seconds, asked.needs_friction) == (True, 60, False)
    assert len(code) == 6
    assert travellers.prove(fan_id, ANNA, f" {code} ") == Proved(fan_id, ANNA, Purpose.BIND)
    assert travellers.prove(fan_id, ANNA, code) == NotProved("expired")


def test_a_code_is_good_for_its_fan_number_purpose_and_five_minutes(travellers):
    fan_id, other = travellers.fan("anna"), travellers.fan("bella")
    travellers.ask(fan_id, ANNA)
    code = travellers.code(fan_id)

    assert travellers.prove(other, ANNA, code) == NotProved("expired")
    assert travellers.prove(fan_id, BELLA, code) == NotProved("expired")
    assert travellers.prove(fan_id, ANNA, code, Purpose.ERASE) == NotProved("expired")
    travellers.later(minutes=5, seconds=1)
    assert travellers.prove(fan_id, ANNA, code) == NotProved("expired")


def test_five_wrong_tries_end_a_code_and_ten_a_day_lock_the_number(travellers):
    fan_id = travellers.fan("anna")
    answers = []
    for _code in range(3):
        travellers.ask(fan_id, ANNA)
        code = travellers.code(fan_id)
        answers += [travellers.prove(fan_id, ANNA, wrong(code)) for _try in range(5)]
        last = travellers.prove(fan_id, ANNA, code)
        travellers.later(minutes=2)

    assert [one.why for one in answers] == ["wrong"] * 10 + ["locked"] * 5
    assert [one.left for one in answers[:5]] == [4, 3, 2, 1, 0]
    assert last.why == "locked"
    assert last.seconds > 0


def test_a_hundred_guesses_at_once_are_five(travellers):
    fan_id = travellers.fan("anna")
    travellers.ask(fan_id, ANNA)
    code = travellers.code(fan_id)
    answers = []

    def guess():
        answers.extend(travellers.prove(fan_id, ANNA, wrong(code)).why for _guess in range(5))

    threads = [threading.Thread(target=guess) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers.count("wrong") == 5
    assert travellers.prove(fan_id, ANNA, code) != Proved(fan_id, ANNA, Purpose.BIND)


def test_the_chance_to_guess_a_number_within_thirty_days_is_three_in_ten_thousand(travellers):
    """The attacker has as many fans as they like, asks whenever they may and guesses whenever they may."""
    guesses = 0
    fans = [travellers.fan(f"attacker-{number}") for number in range(4)]
    for day in range(3):
        for turn in range(8):
            fan_id = fans[turn % len(fans)]
            address = f"198.51.100.{day * 8 + turn}"
            if travellers.ask(fan_id, ANNA, address=address).sent:
                code = travellers.code(fan_id)
                for _guess in range(6):
                    answer = travellers.prove(fan_id, ANNA, wrong(code), address=address)
                    guesses += answer.why == "wrong"
            travellers.later(minutes=61)
        travellers.later(hours=24 - 8)

    # Days begin at midnight in Shanghai, so three times 24 hours may touch four of them.
    a_day = codes.WRONG_PHONE.most
    assert 2 * a_day <= guesses <= 4 * a_day
    chance = 1 - (1 - 1 / 10**codes.DIGITS) ** (a_day * DAYS)
    assert round(chance, 6) == 0.0003


def test_who_may_ask_for_no_more_uses_up_nothing_of_somebody_elses_number(travellers):
    mallory, anna = travellers.fan("mallory"), travellers.fan("anna")
    for number in NUMBERS[2 : 2 + codes.FAN_HOUR.most]:
        assert travellers.ask(mallory, number).sent
    for _ in range(codes.PHONE_DAY.most + 1):
        assert not travellers.ask(mallory, ANNA).sent

    assert travellers.ask(anna, ANNA).sent


def test_a_second_tap_uses_up_nothing_of_ones_own(travellers):
    anna = travellers.fan("anna")
    sent = [travellers.ask(anna, ANNA).sent for _ in range(codes.FAN_HOUR.most + 1)]
    assert sent == [True] + [False] * codes.FAN_HOUR.most
    travellers.later(seconds=61)
    assert travellers.ask(anna, ANNA).sent


def test_codes_to_one_number_from_one_fan_and_from_one_address_have_an_end(travellers):
    fans = [travellers.fan(f"fan-{number}") for number in range(45)]
    sent = []
    for fan_id in fans[:10]:
        sent.append(travellers.ask(fan_id, ANNA).sent)
        travellers.later(seconds=61)
    assert sent.count(True) == codes.PHONE_DAY.most

    sent = [travellers.ask(fans[20], number, address="192.0.2.8").sent for number in NUMBERS[2:12]]
    assert sent.count(True) == codes.FAN_HOUR.most

    sent = [
        travellers.ask(fan_id, phone, address="192.0.2.9").sent
        for fan_id, phones in zip(
            fans, zip(*[iter(f"+8613800{n:06}" for n in range(225))] * 5, strict=True), strict=True
        )
        for phone in phones
        if fan_id != fans[20]
    ]
    assert sent.count(True) <= codes.ADDRESS_DAY.most


def test_the_whole_group_sends_no_more_in_a_day_than_the_settings_say(travellers):
    fans = [travellers.fan(f"fan-{number}") for number in range(6)]
    with travellers.db.transaction() as session:
        sent = [
            codes.ask(
                session,
                travellers.vault,
                fan_id=fan_id,
                phone=NUMBERS[place],
                purpose=Purpose.BIND,
                address="192.0.2.1",
                now=travellers.now,
                daily=4,
            ).sent
            for place, fan_id in enumerate(fans)
        ]

    assert sent == [True] * 4 + [False] * 2
    assert [one.job for one in make.promises(travellers.db)] == ["sms.send"] * 4


def test_asking_again_within_a_minute_sends_nothing_and_asking_on_needs_friction(travellers):
    fan_id = travellers.fan("anna")
    first = travellers.ask(fan_id, ANNA)
    travellers.later(seconds=20)
    soon = travellers.ask(fan_id, ANNA)
    travellers.later(seconds=41)
    third = travellers.ask(fan_id, ANNA)

    assert (first.needs_friction, soon.sent, soon.seconds) == (False, False, 40)
    assert (third.sent, third.needs_friction) == (True, True)


def test_a_members_number_is_answered_as_any_other_in_words_and_in_work(travellers):
    travellers.bind(travellers.fan("member"), ANNA)
    answers, work = {ANNA: [], BELLA: []}, {ANNA: [], BELLA: []}
    for turn in range(12):
        travellers.ask(
            travellers.fan(f"first-{turn}"), f"+861370000{turn:04}"
        )  # the first of a day finds no counts
        for number, phone in enumerate((ANNA, BELLA) if turn % 2 else (BELLA, ANNA)):
            fan_id = travellers.fan(f"{phone}-{turn}")
            with statements_of(travellers.db) as sent:
                answers[phone].append(travellers.ask(fan_id, phone, address=f"198.51.{100 + number}.{turn}"))
            work[phone].append([one for one in sent if "SAVEPOINT" not in one])  # those are numbered
        travellers.later(hours=8)

    assert answers[ANNA] == answers[BELLA]
    assert work[ANNA] == work[BELLA]
    assert all(work[ANNA])


def test_numbers_and_codes_stand_nowhere_in_clear(travellers):
    fan_id = travellers.fan("anna")
    travellers.ask(fan_id, ANNA)
    code = travellers.code(fan_id)

    with travellers.db.reading() as session:
        message = session.scalars(select(SmsMessage)).one()
        row = session.scalars(select(PhoneCode)).one()
    assert message.masked == "139****0100"
    everything = " ".join(str(value) for one in (message, row) for value in vars(one).values())
    assert ANNA not in everything
    assert ANNA.removeprefix("+86") not in everything
    assert f"'{code}'" not in everything
    assert [one.arguments for one in make.promises(travellers.db)] == [{"sms_id": message.id}]


def test_what_is_over_is_forgotten(travellers):
    fan_id = travellers.fan("anna")
    travellers.ask(fan_id, ANNA)
    travellers.later(days=2)
    with travellers.db.transaction() as session:
        assert codes.forget(session, now=travellers.now) == 1
        assert limits.forget(session, now=travellers.now) > 3
        assert session.scalar(select(func.count(Tally.count))) == 0
