"""WeChat has on each fan the tags we want it to have, whatever goes wrong, in few calls."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from bot.accounts.register import enrol
from bot.db import utc_now
from bot.errors import WeChatUnavailable
from bot.fans.models import Fan
from bot.tags import known, making, naming, needs
from bot.tags.jobs import Reconciling
from bot.tags.models import FanTag, Tag, TagNeed, TagWish, WeChatFanTag, WeChatTag
from bot.tags.planning import Bearer, plan
from tests import make
from tests.support.tagging import TagLine

EVERY_SERVER = False


class World:
    """An account, its fans and tags, and a platform that they are brought to."""

    def __init__(self, db, **faults):
        self.db, self.line = db, TagLine(**faults)
        with db.transaction() as session:
            self.account_id = enrol(session, (make.account(),))["head"]

    def tags(self, *names):
        with self.db.transaction() as session:
            rows = [Tag(name=name, kind="manual", created_at=utc_now()) for name in names]
            session.add_all(rows)
            session.flush()
            return [row.id for row in rows]

    def fans(self, count):
        now = utc_now()
        with self.db.transaction() as session:
            facts = {"account_id": self.account_id, "standing": "following", "created_at": now}
            rows = [
                {**facts, "openid": f"o{number:027}", "follow_count": 1, "message_count": 0}
                for number in range(count)
            ]
            session.execute(insert(Fan), rows)
            for row in rows:
                self.line.follow(row["openid"])
            return list(session.scalars(select(Fan.id).order_by(Fan.id)))

    def put(self, *pairs, wish=True):
        """Put tags on fans, each a second after the one before."""
        now = utc_now() - timedelta(days=1)
        rows = [
            {"fan_id": fan, "tag_id": tag, "tagged_at": now + timedelta(seconds=place), "source": "test"}
            for place, (fan, tag) in enumerate(pairs)
        ]
        with self.db.transaction() as session:
            session.execute(insert(FanTag), rows)
            if wish:
                known.wish(session.connection(), [(self.account_id, fan) for fan, _tag in pairs])

    def take_off(self, fan, tag):
        with self.db.transaction() as session:
            session.execute(delete(FanTag).where(FanTag.fan_id == fan, FanTag.tag_id == tag))
            known.wish(session.connection(), [(self.account_id, fan)])

    def need(self, tags, why="menu"):
        with self.db.transaction() as session:
            needs.put(
                session, account="head", account_id=self.account_id, why=why, tag_ids=tags, now=utc_now()
            )

    def make(self):
        return making.make(self.db, self.line, self.account_id, now=utc_now())

    def run(self):
        """Reconcile as the outbox would: again after a failure."""
        for _ in range(20):
            work = Reconciling(self.db, self.line, self.account_id, sleep=lambda _seconds: None)
            try:
                outcome = work.run(seconds=60)
            except WeChatUnavailable:
                continue
            if outcome.is_tag_gone:
                self.make()
            elif outcome.is_done:
                return
        raise AssertionError("it does not come to an end")

    def names_on(self, fan_id):
        with self.db.reading() as session:
            return self.line.names_on(session.get_one(Fan, fan_id).openid)

    def troubles(self):
        with self.db.reading() as session:
            return {
                row.tag_id: row.trouble
                for row in session.scalars(select(WeChatTag))
                if row.trouble is not None
            }


@pytest.fixture
def world(db):
    return World(db)


def test_wechat_gets_only_needed_tags_and_the_last_one_last(world):
    needed, other = world.tags("云南", "三亚", "老客"), world.tags("内部")
    [fan] = world.fans(1)
    world.put((fan, needed[2]), (fan, other[0]), (fan, needed[0]), (fan, needed[1]))
    world.need(needed)

    assert world.make()
    world.run()

    assert world.names_on(fan)[-1] == "三亚"
    assert set(world.names_on(fan)) == {"老客", "云南", "三亚"}
    assert set(world.line.account.tags.values()) == {"云南", "三亚", "老客"}
    calls = world.line.calls
    world.run()
    assert world.line.calls == calls


def test_a_tag_that_comes_to_be_the_last_is_put_on_again(world):
    first, second = world.tags("A", "B")
    [fan] = world.fans(1)
    world.put((fan, first), (fan, second))
    world.need([first])
    world.make()
    world.run()
    world.take_off(fan, second)
    world.need([first, second])
    world.put((fan, second))
    world.make()
    world.run()
    assert world.names_on(fan) == ["A", "B"]

    world.take_off(fan, first)
    world.put((fan, first))  # now after B, in one breath
    with world.db.transaction() as session:
        session.get_one(FanTag, (fan, first)).tagged_at = utc_now()
    world.run()

    assert world.names_on(fan) == ["B", "A"]


def test_what_is_needed_no_more_goes_and_what_the_console_made_stays(world):
    world.line.account.tags[100] = "控制台"
    ours, taken = world.tags("我们的", "控制台")
    [fan] = world.fans(1)
    world.put((fan, ours), (fan, taken))
    world.need([ours, taken])
    world.make()
    world.run()
    assert set(world.names_on(fan)) == {"我们的", "控制台"}

    world.need([])
    world.make()
    world.run()
    world.make()

    assert world.names_on(fan) == []
    assert list(world.line.account.tags.values()) == ["控制台"]
    with world.db.reading() as session:
        assert session.scalars(select(WeChatTag)).all() == []
        assert session.scalars(select(WeChatFanTag)).all() == []


def test_renaming_ours_renames_theirs(world):
    [tag] = world.tags("旧名")
    world.need([tag])
    world.make()
    with world.db.transaction() as session:
        session.get_one(Tag, tag).name = "一个比三十个字节更长的新名字"
    world.make()

    assert list(world.line.account.tags.values()) == ["一个比三十个字节更长"]


def test_a_tag_deleted_in_the_console_is_made_again(world):
    [tag] = world.tags("会再来")
    [fan] = world.fans(1)
    world.put((fan, tag))
    world.need([tag])
    world.make()
    world.run()
    world.line.account.tags.clear()
    for one in world.line.account.fans.values():
        one.tags.clear()

    world.make()
    world.run()

    assert world.names_on(fan) == ["会再来"]


def test_a_tag_found_gone_while_fans_are_tagged_is_made_again(world):
    [tag] = world.tags("会再来")
    fans = world.fans(2)
    world.need([tag])
    world.make()
    with world.db.transaction() as session:
        session.scalars(select(WeChatTag)).one().made_at = utc_now() - timedelta(hours=1)
    world.line.account.tags.clear()
    world.put(*[(fan, tag) for fan in fans])

    world.run()

    assert [world.names_on(fan) for fan in fans] == [["会再来"], ["会再来"]]


def test_what_wechat_will_not_take_is_kept_with_its_words_and_the_rest_goes_on(world):
    [tag] = world.tags("云南")
    fans = world.fans(60)
    over = list(world.line.account.fans.values())[7]
    for number in range(200, 220):
        world.line.account.tags[number] = f"控制台{number}"
        over.tags.append(number)
    gone = list(world.line.account.fans.values())[11]
    gone.subscribed = False
    world.put(*[(fan, tag) for fan in fans])
    world.need([tag])
    world.make()

    world.run()

    with world.db.reading() as session:
        refused = session.scalars(select(WeChatFanTag).where(WeChatFanTag.trouble.is_not(None))).all()
        assert {fans.index(one.fan_id) for one in refused} == {7, 11}
        assert session.scalars(select(TagWish)).all() == []
    assert sum(world.names_on(fan) == ["云南"] for fan in fans) == 58
    over.tags.pop()
    with world.db.transaction() as session:
        assert known.forgive(session, world.account_id) == 2
    world.run()
    assert world.names_on(fans[7])[-1] == "云南"


def test_who_left_is_not_asked_for_and_is_tagged_again_on_return(world):
    [tag] = world.tags("云南")
    [fan] = world.fans(1)
    world.put((fan, tag))
    world.need([tag])
    world.make()
    world.run()

    def stand(standing):
        with world.db.transaction() as session:
            session.get_one(Fan, fan).standing = standing
            known.wish(session.connection(), [(world.account_id, fan)])

    [at_wechat] = world.line.account.fans.values()
    stand("left")
    at_wechat.leave(world.line.settings)
    world.run()
    assert "untag" not in world.line.kinds
    at_wechat.subscribed = True
    stand("following")
    world.run()

    assert world.names_on(fan) == ["云南"]


def leaves_and_returns(world, fan):
    """Have the fan leave WeChat, which forgets their tags, and come back before anything was compared."""
    [at_wechat] = world.line.account.fans.values()
    at_wechat.leave(world.line.settings)
    at_wechat.subscribed = True
    with world.db.transaction() as session:
        session.get_one(Fan, fan).left_at = utc_now().replace(microsecond=0)
        known.wish(session.connection(), [(world.account_id, fan)])


def test_who_left_and_returned_at_once_is_tagged_again(world):
    [kept, dropped] = world.tags("云南", "西藏")
    [fan] = world.fans(1)
    world.put((fan, dropped), (fan, kept))
    world.need([kept, dropped])
    world.make()
    world.run()

    leaves_and_returns(world, fan)
    world.take_off(fan, dropped)
    world.run()

    assert world.names_on(fan) == ["云南"]
    with world.db.reading() as session:
        assert session.scalars(select(WeChatFanTag.tag_id)).all() == [kept]


def test_who_leaves_while_they_are_tagged_and_returns_is_tagged_again(world, monkeypatch):
    [tag] = world.tags("云南")
    [fan] = world.fans(1)
    world.put((fan, tag))
    world.need([tag])
    world.make()
    put_on = world.line.tag

    def and_then_they_leave(tag_id, openids):
        put_on(tag_id, openids)
        monkeypatch.setattr(world.line, "tag", put_on)
        leaves_and_returns(world, fan)

    monkeypatch.setattr(world.line, "tag", and_then_they_leave)
    world.run()

    assert world.names_on(fan) == ["云南"]


def test_names_are_cut_between_characters_and_never_someone_elses():
    assert naming.wechat_name("上海人民广场店新客礼遇", ()) == "上海人民广场店新客礼"
    assert naming.wechat_name("上海人民广场店新客礼遇", {"上海人民广场店新客礼"}) == "上海人民广场店新客~2"
    assert naming.wechat_name("黑名单", ()) == "黑名单~2"
    assert len(naming.wechat_name("😀" * 20, ()).encode()) <= 30


@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(1, 26), unique=True, max_size=24),
            st.lists(st.integers(1, 26), unique=True, max_size=20),
        ),
        max_size=130,
    )
)
def test_any_plan_ends_in_the_wanted_state_within_the_limits(facts):
    bearers = [Bearer(number, wanted, has) for number, (wanted, has) in enumerate(facts)]
    state = {one.fan_id: list(one.has) for one in bearers}

    calls = plan(bearers)

    for call in calls:
        assert 1 <= len(call.fan_ids) <= 50
        for fan_id in call.fan_ids:
            if call.tag_id in state[fan_id]:
                state[fan_id].remove(call.tag_id)
            if call.puts_on:
                state[fan_id].append(call.tag_id)
            assert len(state[fan_id]) <= 20
    for one in bearers:
        assert set(state[one.fan_id]) == set(one.wanted[-20:])
        assert state[one.fan_id][-1:] == list(one.wanted[-1:])
    assert plan([Bearer(fan, bearers[fan].wanted, has) for fan, has in state.items()]) == []


def test_twenty_thousand_fans_over_the_limits_and_a_failing_platform(empty_sqlite):
    from bot.config import DatabaseConfig
    from bot.db import Database

    db = Database(DatabaseConfig(url=empty_sqlite, sqlite_synchronous="off"))
    world = World(db, busy=0.03, lost=0.02)
    dice = random.Random(5)
    tags = world.tags(*[f"标签{number:03}" for number in range(110)])  # ten more than WeChat takes
    fans = world.fans(20_000)
    pairs = []
    for fan in fans:
        several = dice.randint(21, 24) if dice.random() < 0.02 else dice.randint(1, 5)
        pairs += [(fan, tag) for tag in dice.sample(tags, several)]
    world.put(*pairs, wish=False)
    world.need(tags)

    assert world.make()
    world.run()

    taken = {tag for tag in tags if tag not in world.troubles()}
    assert len(taken) == 100
    wanted = {}
    for fan, tag in pairs:
        if tag in taken:
            wanted.setdefault(fan, []).append(tag)
    wanted = {fan: mine[-20:] for fan, mine in wanted.items()}
    assert max(map(len, wanted.values())) == 20
    with db.reading() as session:
        names = {row.id: row.name for row in session.scalars(select(Tag))}
        openids = {row.id: row.openid for row in session.execute(select(Fan.id, Fan.openid))}
        assert session.scalars(select(TagWish)).all() == []
    for fan in fans:
        has = world.line.names_on(openids[fan])
        mine = [names[tag] for tag in wanted.get(fan, [])]
        assert set(has) == set(mine)
        assert has[-1:] == mine[-1:]
    bearers = Counter(tag for mine in wanted.values() for tag in mine)
    fewest = (
        1 + 100 + sum(-(-count // 50) for count in bearers.values())
    )  # look, make, and full calls of fifty
    assert fewest <= world.line.calls <= 1.2 * fewest
    db.close()


def test_needs_of_nobody_ask_wechat_nothing(world):
    assert not world.make()
    world.run()

    assert world.line.calls == 0
    with world.db.reading() as session:
        assert session.scalars(select(TagNeed)).all() == []
