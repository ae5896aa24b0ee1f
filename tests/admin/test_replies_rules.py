"""Hours, dates, shops and several answers: as travellers meet them, and as the trial explains them."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from bot.app import assemble
from bot.db import utc_now
from bot.messages.models import Message
from bot.moments import HERE
from bot.replies import answers, hits, rules, trying
from bot.replies.answers import Turn
from bot.replies.conditions import Circumstances, Condition, WhyNot
from bot.replies.jobs import count_hits
from bot.replies.models import AutoReply, ReplyHits, Trigger
from bot.replies.trying import Question
from bot.runtime import open_runtime
from tests import make
from tests.support.phone import Phone


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=HERE).astimezone(UTC)


@pytest.fixture
def runtime(db, database_url):
    runtime = open_runtime(make.config(database_url))
    yield runtime
    runtime.db.close()


@pytest.fixture
def phone(runtime):
    [account] = runtime.config.accounts
    return Phone(assemble(runtime), account)


# 2026-11-20 is a Friday.
@pytest.mark.parametrize(
    ("facts", "moment", "why"),
    [
        ({}, "2026-11-20T03:00", None),
        ({"from_time": "09:00", "until_time": "18:00"}, "2026-11-20T09:00", None),
        ({"from_time": "09:00", "until_time": "18:00"}, "2026-11-20T18:00", WhyNot.OTHER_TIME),
        ({"from_time": "18:00"}, "2026-11-20T23:59", None),
        ({"until_time": "09:00"}, "2026-11-20T09:00", WhyNot.OTHER_TIME),
        ({"from_time": "18:00", "until_time": "09:00"}, "2026-11-20T20:00", None),
        ({"from_time": "18:00", "until_time": "09:00"}, "2026-11-20T08:59", None),
        ({"from_time": "18:00", "until_time": "09:00"}, "2026-11-20T12:00", WhyNot.OTHER_TIME),
        ({"weekdays": "5"}, "2026-11-20T12:00", None),
        ({"weekdays": "67"}, "2026-11-20T12:00", WhyNot.OTHER_DAY),
        # The night of Friday goes on until Saturday morning, and Friday morning is still Thursday's night.
        ({"weekdays": "5", "from_time": "18:00", "until_time": "09:00"}, "2026-11-21T08:00", None),
        (
            {"weekdays": "5", "from_time": "18:00", "until_time": "09:00"},
            "2026-11-20T08:00",
            WhyNot.OTHER_DAY,
        ),
        ({"valid_from": date(2026, 11, 20)}, "2026-11-20T23:59", None),
        ({"valid_from": date(2026, 11, 21)}, "2026-11-20T23:59", WhyNot.NOT_YET),
        ({"valid_until": date(2026, 11, 20)}, "2026-11-20T23:59", None),
        ({"valid_until": date(2026, 11, 20)}, "2026-11-21T00:00", WhyNot.OVER),
    ],
)
def test_hours_days_and_dates_are_shanghais(facts, moment, why):
    assert Condition(**facts).why_not(Circumstances(at(moment))) is why


def test_the_shops_own_rule_answers_its_fans_and_nobody_else(db, runtime, phone):
    first, second = make.shop(db, "一店"), make.shop(db, "二店")
    account_id = runtime.accounts["head"].id
    make.channel(db, "c:1", account_id=account_id, shop_id=first)
    make.channel(db, "c:2", account_id=account_id, shop_id=second)
    make.rule(db, words=["停车"], content="路边停", priority=50)
    make.rule(db, words=["停车"], content="{门店}有车库", shop_id=first)

    phone.follow("c:1")
    assert phone.say("停车").text == "一店有车库"
    phone.scan("c:2")
    assert phone.say("停车").text == "路边停"


def test_outside_its_hours_a_rule_leaves_the_word_to_the_next(db, phone):
    today = str(utc_now().astimezone(HERE).isoweekday())
    others = "".join(day for day in "1234567" if day != today)
    make.rule(db, words=["在吗"], content="今天不在", weekdays=others, priority=9)
    make.rule(db, words=["在吗"], content="在的")
    make.rule(db, trigger="follow", content="再来", valid_until=date(2020, 1, 1), priority=9)
    make.rule(db, trigger="follow", content="欢迎")
    make.rule(db, trigger="event_key", words=["K"], content="关了", weekdays=others, priority=9)
    make.rule(db, trigger="event_key", words=["K"], content="开着")
    make.rule(db, trigger="default", content="默认", weekdays=others)

    assert phone.follow().text == "欢迎"
    assert phone.say("在吗").text == "在的"
    assert phone.click("K").text == "开着"
    assert phone.say("无人应答").text == answers.RECEIVED.content


def test_several_answers_come_in_turn_or_the_same_again_for_the_same_message(db, phone):
    texts = [{"type": "text", "content": name} for name in "乙丙"]
    make.rule(db, words=["轮"], content="甲", variants=texts, choosing="sequence")
    make.rule(db, words=["随"], content="甲", variants=texts, choosing="random")

    said = [phone.say("轮").text for _ in range(6)]
    assert said == list("甲乙丙甲乙丙")
    found = {phone.say("随").text for _ in range(30)}
    assert found == set("甲乙丙")


def test_a_tap_in_turn_goes_by_the_day(db):
    make.rule(
        db,
        trigger="event_key",
        words=["K"],
        content="甲",
        variants=[{"type": "text", "content": "乙"}],
        choosing="sequence",
    )
    with db.reading() as session:
        rule = rules.compiled(session.scalars(select(AutoReply)).one())
    days = [at("2026-11-20T10:00") + timedelta(days=n) for n in range(4)]

    picked = [answers.choose(rule, Turn(1, day, 0, is_event=True)) for day in days]

    assert all(one != other for one, other in pairwise(picked))


QUESTIONS = [
    (text, shop)
    for text in ("价格", "价格多少", "ＰＡＲＫ", "yc12345678", "什么都不是", "关", "外", "轮")
    for shop in (None, "一店", "二店")
]


def test_the_trial_names_the_rule_that_answers_travellers(db, runtime, phone):
    shops = {name: make.shop(db, name) for name in ("一店", "二店")}
    account_id = runtime.accounts["head"].id
    for number, (_name, key) in enumerate(shops.items()):
        make.channel(db, f"c:{number}", account_id=account_id, shop_id=key)
    other_day = "".join(day for day in "1234567" if day != str(utc_now().astimezone(HERE).isoweekday()))
    make.rule(db, words=["价格"], content="整句")
    make.rule(db, words=["价"], match="contains", content="含有", priority=5)
    make.rule(db, words=["价格"], content="一店价", shop_id=shops["一店"])
    make.rule(db, words=["park"], content="英文", account_id=account_id)
    make.rule(db, words=["park"], content="公用", priority=-5)
    make.rule(db, words=[r"^yc\d+$", "外"], match="regex", content="订单")
    make.rule(db, words=["关"], content="已停", enabled=False)
    make.rule(db, words=["外"], content="改天", weekdays=other_day, priority=99)
    make.rule(db, words=["轮"], content="二店轮", shop_id=shops["二店"])
    make.rule(db, trigger="default", content="默认{门店}")
    make.rule(db, trigger="default", content="一店默认", shop_id=shops["一店"])
    with db.reading() as session:
        rows = session.scalars(select(AutoReply)).all()

    for number, (text, shop) in enumerate(QUESTIONS):
        phone.openid = f"o{number}"
        if shop is not None:
            phone.follow(f"c:{list(shops).index(shop)}")
        said = phone.say(text).text
        where = Circumstances(utc_now(), shops.get(shop))
        trial = trying.ask(rows, Question(Trigger.KEYWORD, text, account_id, where))

        message = make.messages(db)[-1]
        assert message.answered_by == f"rule:{trial.winner.id}", (text, shop)
        facts = {"一店": "一店", "二店": "二店", None: "驿站"}[shop]
        assert said == trial.winner.reply.content.replace("{门店}", facts)
        silent = [verdict for verdict in trial.verdicts if verdict.why_not is None]
        assert [verdict.row.id for verdict in silent] == ([] if trial.is_default else [trial.winner.id])


def test_a_rule_of_the_last_code_comes_before_that_of_the_shop(db, runtime, phone):
    shop = make.shop(db, "一店")
    account_id = runtime.accounts["head"].id
    gate = make.channel(db, "c:1", account_id=account_id, shop_id=shop)
    make.channel(db, "c:2", account_id=account_id, shop_id=shop)
    make.rule(db, words=["停车"], content="都停", priority=99)
    make.rule(db, words=["停车"], content="一店停", shop_id=shop, priority=50)
    make.rule(db, words=["停车"], content="门口停", channel_id=gate)
    make.rule(db, trigger="follow", content="欢迎")
    make.rule(db, trigger="follow", content="从门口来的，欢迎", channel_id=gate)

    assert phone.follow("c:1").text == "从门口来的，欢迎"
    assert phone.say("停车").text == "门口停"
    phone.scan("c:2")
    assert phone.say("停车").text == "一店停"


def test_every_other_rule_says_why_it_is_silent(db, runtime):
    shop_id = make.shop(db)
    account_id = runtime.accounts["head"].id
    code = make.channel(db, "c:1", account_id=account_id)
    words = {"words": ["停车"]}
    made = {
        None: make.rule(db, content="x", priority=5, **words),
        WhyNot.LATER: make.rule(db, content="x", **words),
        WhyNot.DISABLED: make.rule(db, content="x", enabled=False, **words),
        WhyNot.OTHER_ACCOUNT: make.rule(db, content="x", account_id=account_id, **words),
        WhyNot.OTHER_SHOP: make.rule(db, content="x", shop_id=shop_id, **words),
        WhyNot.OTHER_CHANNEL: make.rule(db, content="x", channel_id=code, **words),
        WhyNot.OTHER_TIME: make.rule(db, content="x", from_time="01:00", until_time="02:00", **words),
        WhyNot.NO_MATCH: make.rule(db, content="x", words=["别的"]),
    }
    with db.reading() as session:
        rows = session.scalars(select(AutoReply)).all()

    trial = trying.ask(rows, Question(Trigger.KEYWORD, "停车", None, Circumstances(at("2026-11-20T12:00"))))

    assert {verdict.why_not: verdict.row.id for verdict in trial.verdicts} == made


def test_hits_are_counted_once_by_day_and_never_ahead_of_a_late_commit(db, runtime, phone, monkeypatch):
    key = make.rule(db, words=["在吗"], content="在的")
    for _ in range(3):
        phone.say("在吗")
    now = utc_now()

    with db.transaction() as session:
        assert not hits.count(session, now=now)
        assert hits.of_rules(session, now=now) == {}  # too fresh: an older message may still be on its way
    later = now + timedelta(minutes=1)
    for _ in range(2):
        with db.transaction() as session:
            hits.count(session, now=later)
    with db.transaction() as session:
        count, last = hits.of_rules(session, now=later)[key]
        assert (count, last) == (
            3,
            session.scalars(select(Message.received_at).order_by(Message.id.desc())).first(),
        )
        hits.forget(session, now=later + timedelta(days=500))
        assert session.scalars(select(ReplyHits)).all() == []


def test_more_than_a_batch_is_counted_by_one_run_of_the_job(db, runtime, phone, monkeypatch):
    key = make.rule(db, words=["在吗"], content="在的")
    for _ in range(5):
        phone.say("在吗")
    monkeypatch.setattr(hits, "BATCH", 2)
    monkeypatch.setattr(hits, "SETTLED", timedelta(0))

    count_hits(runtime)

    with db.reading() as session:
        assert hits.of_rules(session, now=utc_now())[key][0] == 5
