"""Opening hours: what is typed, what travellers read of it, and when it changes by itself."""

from datetime import date, timedelta

import pytest

from bot.db import utc_now
from bot.organisation import hours, jobs
from bot.organisation.directory import SHOPS
from bot.organisation.hours import Holiday, NotHours
from bot.organisation.models import Shop
from tests import make

TODAY = date(2026, 9, 20)
USUAL = "09:00-18:00"


def made(*week, holidays=""):
    days = [hours.parse_day(day) for day in week]
    return hours.schedule(days, hours.parse_exceptions(holidays))


@pytest.mark.parametrize(
    ("week", "holidays", "said"),
    [
        ([USUAL] * 7, "", "每天 09:00-18:00"),
        ([USUAL] * 5 + ["10:00-20:00"] * 2, "", "周一至周五 09:00-18:00，周末 10:00-20:00"),
        (
            [USUAL] * 5 + ["10:00-20:00"] * 2,
            "2026-10-01 休息",
            "周一至周五 09:00-18:00，周末 10:00-20:00；10月1日休息",
        ),
        ([USUAL] * 6 + [""], "", "周一至周六 09:00-18:00，周日休息"),
        ([USUAL] * 5 + ["", ""], "", "周一至周五 09:00-18:00，周末休息"),
        (["休息"] + [USUAL] * 6, "", "周二至周日 09:00-18:00，周一休息"),
        ([USUAL, "", USUAL, "", USUAL, "", ""], "", "周一、周三、周五 09:00-18:00，周二、周四、周末休息"),
        (["09:00-12:00 13:30-18:00"] * 7, "", "每天 09:00-12:00、13:30-18:00"),
        (["全天"] * 7, "", "每天 24小时"),
        (
            [USUAL] * 7,
            "2026-10-01至2026-10-03；2026-10-04 10:00-16:00",
            "每天 09:00-18:00；10月1日至3日休息，10月4日 10:00-16:00",
        ),
        ([USUAL] * 7, "2026年9月30日至10月2日", None),
        ([USUAL] * 7, "2026-09-30至2026-10-02", "每天 09:00-18:00；9月30日至10月2日休息"),
        (
            [USUAL] * 7,
            "2026-12-31至2027-01-03；2027-02-10",
            "每天 09:00-18:00；12月31日至2027年1月3日休息，2027年2月10日休息",
        ),
        ([USUAL] * 7, "2026-05-01至2026-05-03", "每天 09:00-18:00"),
        ([USUAL] * 7, "2026-09-18至2026-09-20", "每天 09:00-18:00；9月18日至20日休息"),
    ],
)
def test_what_travellers_read(week, holidays, said):
    if said is None:
        with pytest.raises(NotHours):
            made(*week, holidays=holidays)
        return

    assert hours.say(made(*week, holidays=holidays), TODAY) == said


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("9:00-18:00", "09:00-18:00"),
        ("０９：００－１８：００", "09:00-18:00"),
        ("9:00~12:00，13:00至18:00", "09:00-12:00 13:00-18:00"),
        ("13:00 - 18:00, 9:00 - 12:00", "09:00-12:00 13:00-18:00"),
        ("20:00-24:00", "20:00-24:00"),
        (" 休息 ", ""),
        ("", ""),
    ],
)
def test_a_day_is_read_as_people_type_it(typed, kept):
    assert hours.type_day(hours.parse_day(typed)) == kept


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("nine to five", "unreadable"),
        ("09:00", "unreadable"),
        ("09:60-18:00", "unreadable"),
        ("09:00-25:00", "unreadable"),
        ("20:00-02:00", "backwards"),
        ("09:00-09:00", "backwards"),
        ("09:00-13:00 12:00-18:00", "overlapping"),
        ("1:00-2:00 3:00-4:00 5:00-6:00 7:00-8:00 9:00-10:00", "too_many"),
    ],
)
def test_what_is_wrong_with_a_day_is_named(typed, problem):
    with pytest.raises(NotHours) as raised:
        hours.parse_day(typed)

    assert raised.value.problem == problem
    assert raised.value.problem in hours.PROBLEMS


@pytest.mark.parametrize(
    ("week", "holidays", "problem"),
    [
        ([""] * 7, "", "never"),
        ([USUAL] * 7, "2026-10-03至2026-10-01", "days_backwards"),
        ([USUAL] * 7, "2026-10-01至2026-10-03；2026-10-03 10:00-12:00", "days_twice"),
        ([USUAL] * 7, "2026-02-30", "unreadable"),
        ([USUAL] * 7, "；".join(f"2026-10-{day:02}" for day in range(1, 14)), "too_many"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(week, holidays, problem):
    with pytest.raises(NotHours) as raised:
        made(*week, holidays=holidays)

    assert raised.value.problem == problem


def test_what_is_kept_comes_back_the_same():
    schedule = made(*["09:00-12:00 13:00-24:00"] * 6, "", holidays="2026-10-01至2026-10-03；2026-10-05 全天")

    assert hours.from_document(hours.to_document(schedule)) == schedule
    assert hours.parse_exceptions(hours.type_exceptions(schedule)) == schedule.exceptions


def test_a_holiday_that_is_over_leaves_the_text_and_every_process_hears_of_it(office_anywhere):
    db, key = office_anywhere.db, make.shop(office_anywhere.db)
    yesterday = utc_now().date() - timedelta(days=2)
    schedule = hours.Schedule((hours.parse_day(USUAL),) * 7, (Holiday(yesterday, yesterday),))
    with db.transaction() as session:
        shop = session.get_one(Shop, key)
        shop.schedule, shop.hours = hours.to_document(schedule), "每天 09:00-18:00；前天休息"
    with db.reading() as session:
        version = session.get_one(Shop, key).version

    jobs.say_hours(office_anywhere.runtime)
    jobs.say_hours(office_anywhere.runtime)

    with db.reading() as session:
        office_anywhere.runtime.memory.refresh(session)
        assert session.get_one(Shop, key).version == version
    assert office_anywhere.runtime.memory.recall(SHOPS)[key].hours == "每天 09:00-18:00"
