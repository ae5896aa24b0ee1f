"""What was said or sent is not said again because the database was away when it had to be written down."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from bot.config import SmsConfig
from bot.db import utc_now
from bot.desk import saying
from bot.desk.floor import Floor
from bot.desk.request_models import DeskRequest
from bot.fans.models import Fan
from bot.posters import jobs as poster_jobs
from bot.posters.models import PosterOrder
from bot.privacy import vault_of
from bot.reach.models import ReachStanding
from bot.runtime import open_runtime
from bot.sms import jobs as sms_jobs
from bot.sms import ordering
from bot.sms.models import SmsMessage
from bot.sms.templates import Purpose
from tests import make
from tests.support.away import away
from tests.support.members import NUMBERS, PRIVACY


@pytest.fixture
def runtime(database_url):
    config = replace(make.config(database_url), privacy=PRIVACY, sms=SmsConfig(first="simulator"))
    runtime = open_runtime(config)
    yield runtime
    runtime.db.close()


class Line:
    """Takes everything; the database is away from the first word on."""

    name = "line"

    def __init__(self) -> None:
        self.said = []
        self.gone = ExitStack()

    def send(self, *what, **_facts) -> str:
        self.said.append(what)
        self.gone.enter_context(away(times=3))
        return "key"


@pytest.fixture
def line():
    with (made := Line()).gone:
        yield made


def fan(db, runtime) -> int:
    with db.transaction() as session:
        row = Fan(
            account_id=runtime.accounts["head"].id,
            openid="oAlice",
            standing="following",
            created_at=utc_now(),
            follow_count=1,
            message_count=1,
            last_message_at=utc_now(),
            last_interaction_at=utc_now(),
        )
        session.add(row)
        session.flush()
        return row.id


def test_at_the_desk(db, runtime, line):
    account_id, fan_id = runtime.accounts["head"].id, fan(db, runtime)
    with db.transaction() as session:
        asked = DeskRequest(
            account_id=account_id, fan_id=fan_id, state="message", why="request", asked_at=utc_now()
        )
        session.add(asked)
    floor = Floor(runtime.db, line, account_id, utc_now)

    saying.say(floor, asked.id)
    saying.say(floor, asked.id)

    assert len(line.said) == 1
    with db.reading() as session:
        assert session.get_one(DeskRequest, asked.id).told == "message"
        assert session.get_one(ReachStanding, fan_id).sent_count == 1


def test_a_poster(db, runtime, line):
    account_id, fan_id = runtime.accounts["head"].id, fan(db, runtime)
    with db.transaction() as session:
        facts = {"account_id": account_id, "fan_id": fan_id, "shop_id": 1, "staff_id": 1}
        order = PosterOrder(**facts, state="sending", asked_at=utc_now())
        session.add(order)
    whom = poster_jobs.Addressee(order.id, account_id, "head", "oAlice", 1, can_be_told=True)
    around = SimpleNamespace(db=runtime.db, wechat=SimpleNamespace(of=lambda _account: line))

    poster_jobs._send(around, whom, "media")

    with db.reading() as session:
        assert session.get_one(PosterOrder, order.id).state == "sent"


def test_a_short_message(db, runtime, line):
    with db.transaction() as session:
        row = ordering.order(
            session,
            vault_of(PRIVACY),
            purpose=Purpose.CODE,
            phone=NUMBERS[0],
            facts={"code": "123456", "minutes": "5"},
            good_until=utc_now() + timedelta(minutes=5),
            fan_id=None,
            shop_id=None,
            now=utc_now(),
        )

    for _ in range(2):
        sms_jobs.deliver(runtime, row.id, [line])

    assert len(line.said) == 1
    with db.reading() as session:
        sent = session.get_one(SmsMessage, row.id)
        assert (sent.state, sent.gateway_key, sent.content) == ("sent", "key", None)
