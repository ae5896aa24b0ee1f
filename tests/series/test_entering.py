"""Who enters a series, in the transaction of what made them."""

from datetime import timedelta

from sqlalchemy import select, update

from bot.db import utc_now
from bot.fans.models import Fan
from bot.series import book, silence
from bot.series.models import SeriesRun
from bot.tags import automatic
from bot.tags.models import TagNews
from tests import make
from tests.series.conftest import said
from tests.support.statements import statements_of


def test_a_follow_enters_and_says_the_first_step_and_a_repeat_enters_nobody_twice(walk, phone, db):
    walk.series(said("欢迎，{门店}。"), said("明天见。", n=1, unit="days"))
    alice = phone("alice")

    alice.follow()
    alice.repeat()
    alice.leave()
    alice.follow()

    [run] = walk.runs()  # the leave ended it, and never again means never
    assert (run.entry, run.source, run.state, run.stopped_why) == (1, "follow", "stopped", "left")
    assert "series.go_on" in {one.job for one in make.promises(db)}


def test_a_return_enters_again_after_the_days_of_the_rule(walk, phone, db):
    walk.series(said("欢迎"), reentry_days=30)
    alice = phone("alice")
    alice.follow()
    walk.go_on(utc_now())
    with db.transaction() as session:
        session.execute(update(SeriesRun).values(entered_at=utc_now() - timedelta(days=29)))
    alice.leave()
    alice.follow()
    assert len(walk.runs()) == 1

    with db.transaction() as session:
        session.execute(update(SeriesRun).values(entered_at=utc_now() - timedelta(days=31)))
    alice.leave()
    alice.follow()

    assert [(run.entry, run.state) for run in walk.runs()] == [(1, "finished"), (2, "running")]


def test_only_fans_of_the_codes_shops_and_conditions_enter(walk, phone, db):
    here, there = make.shop(db, "一店"), make.shop(db, "二店")
    first = make.channel(db, "c:1", account_id=walk.account_id, shop_id=here)
    make.channel(db, "c:2", account_id=walk.account_id, shop_id=there)
    by_code = walk.series(said("码"), trigger="scan", channels=[first])
    by_shop = walk.series(said("店"), shops=[there])
    nobody = {"all": [{"field": "member", "ask": "is", "value": True}]}
    walk.series(said("会员"), audience=nobody)
    walk.series(said("读不懂"), audience={"all": [{"field": "no longer there", "ask": "is", "value": 1}]})

    phone("alice").follow("c:1")
    phone("bob").follow("c:2")
    phone("bob").scan("c:1")

    sources = [(run.series_id, run.source) for run in walk.runs()]
    assert sources == [(by_code, f"scan:{first}"), (by_shop, "follow"), (by_code, f"scan:{first}")]


def test_of_exclusive_series_a_fan_is_in_the_first_in_rank(walk, phone, db):
    code = make.channel(db, "c:1", account_id=walk.account_id)
    low = walk.series(said("欢迎"), exclusive=True, priority=10)
    high = walk.series(said("促销"), trigger="scan", channels=[code], exclusive=True, priority=90)
    walk.series(said("别的"), trigger="scan", channels=[code], exclusive=True, priority=50)
    alice = phone("alice")

    alice.follow()
    alice.scan("c:1")

    assert [(run.series_id, run.state, run.stopped_why) for run in walk.runs()] == [
        (low, "stopped", "displaced"),
        (high, "running", None),
    ]


def test_a_tag_enters_ends_and_is_no_news_where_nobody_watches(walk, phone, db):
    with db.transaction() as session:
        vip, gone, other = (make.tag(session, name).id for name in ("贵宾", "已订", "别的"))
    walk.series(
        said("贵宾您好"), said("还在吗", n=1), trigger="tag", tags=[vip], stops=["tagged"], stop_tags=[gone]
    )
    phone("alice").follow()
    [fan] = make.fans(db).values()

    def put(tag_id: int) -> int:
        with db.transaction() as session:
            automatic.put(session.connection(), [(fan.id, [tag_id])], source="manual", now=utc_now())
        with db.reading() as session:
            return len(session.scalars(select(TagNews)).all())

    assert (put(other), put(vip), put(vip)) == (0, 1, 1)
    walk.go_on(utc_now())
    assert [(run.source, run.step) for run in walk.runs()] == [(f"tag:{vip}", 2)]
    assert put(gone) == 1
    walk.go_on(utc_now())

    assert (walk.run().stopped_why, walk.told()) == ("tagged", ["贵宾您好 (cancelled)"])


def test_silence_enters_once_for_each_silence(walk, phone, db):
    walk.series(said("好久不见"), trigger="silence", days=90, silent_before=True, reentry_days=30)
    for name in ("alice", "bob", "carol"):
        phone(name).follow()
    now = utc_now()
    ago = {"oalice": 91, "obob": 89, "ocarol": 400}
    with db.transaction() as session:
        for openid, days in ago.items():
            session.execute(
                update(Fan).where(Fan.openid == openid).values(last_interaction_at=now - timedelta(days=days))
            )

    names = {fan.id: fan.openid for fan in make.fans(db).values()}

    def look(at) -> list[str]:
        with db.transaction() as session:  # keys go on where other tests left them
            silence.look(session, book.load(session), after=min(names) - 1, now=at)
        return [names[run.fan_id] for run in walk.runs()]

    assert look(now) == ["oalice", "ocarol"]
    walk.go_on(now)
    assert look(now + timedelta(days=40)) == ["oalice", "ocarol", "obob"]


def test_a_follow_asks_nothing_of_series_that_do_not_wait_for_it(walk, phone, db):
    walk.series(said("好久不见"), trigger="silence", days=90)
    alice = phone("alice")
    alice.follow()
    alice.leave()

    with statements_of(db) as sent:
        alice.follow()

    assert not [one for one in sent if "series_run" in one]
