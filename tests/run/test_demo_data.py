"""The demo's data: sown once, whole, through the product's own functions, on every kind of database."""

import itertools
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import func, select

from bot.accounts.models import Account
from bot.broadcasts.models import Broadcast
from bot.channels.figures.models import ChannelFigure
from bot.channels.models import Channel
from bot.config import AccountConfig, Config, DatabaseConfig, ServerConfig, WeChatConfig
from bot.db import Database, utc_now
from bot.db.types import Base
from bot.demo import menu, organisation, people, replies, seed
from bot.desk.desks import DEFAULTS
from bot.desk.models import Agent
from bot.fans.models import Fan, Standing
from bot.figures.models import DailyFigure
from bot.menus import books, checks
from bot.menus.models import Menu
from bot.messages.models import Message
from bot.moments import HERE
from bot.organisation.models import Branch, Shop, Staff
from bot.outbox.models import Promise
from bot.posters import asking
from bot.replies.rules import load
from bot.tags.models import Tag
from bot.users import passwords, reach
from bot.users.models import User

NOBODY = "http://127.0.0.1:9"  # the discard port: no simulator answers there
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ACCOUNTS = tuple(
    AccountConfig(name, f"wx{name}1234567890", "secret", "token", kind, KEY)
    for name, kind in (("head", "service"), ("shanghai", "subscription"))
)


def demo(url):
    return Config(
        server=ServerConfig(public_url="http://127.0.0.1:8000"),
        database=DatabaseConfig(url=url),
        wechat=WeChatConfig(api_base=NOBODY),
        accounts=ACCOUNTS,
    )


@pytest.fixture
def config(database_url):
    return demo(database_url)


@pytest.fixture
def sown(empty_sqlite):
    """What sowing told, and what was sown: the same on every kind of database, as the first test asks."""
    config = demo(empty_sqlite)
    told = seed.sow(config)
    with Database(config.database) as opened:
        yield told, opened


def counts(db):
    with db.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table))
            for table in Base.metadata.sorted_tables
        }


def test_the_whole_group_is_sown_and_twice_is_once(config, db):
    told = seed.sow(config)
    first = counts(db)
    again = seed.sow(config)

    assert counts(db) == first
    assert any("password" in line for line in told)
    assert not any("password" in line for line in again)
    assert first["branch"] == 15
    assert first["shop"] == 40
    assert first["staff"] == 120
    assert first["agent"] == 64
    assert first["channel"] == 53
    assert first["menu"] == 2
    assert first["fan"] == 481
    assert (first["series"], first["series_run"]) == (3, 72)
    assert (first["segment"], first["broadcast"]) == (2, 2)
    assert first["message"] > 60
    assert first["outbox"] == 57
    with db.reading() as session:
        channels = session.scalars(select(Channel)).all()
        assert all(channel.scene == f"c:{channel.id}" for channel in channels)
        standings = set(session.scalars(select(Fan.standing)))
        assert standings == {Standing.UNKNOWN, Standing.FOLLOWING, Standing.LEFT}
        jobs = dict(session.execute(select(Promise.job, func.count()).group_by(Promise.job)).all())
        assert jobs == {"channels.make_code": 53, "menus.publish": 2, "tags.make": 2}
        assert session.scalar(select(func.max(Fan.message_count))) > 1
        late = select(func.count()).select_from(Message).where(Message.sent_at > utc_now())
        assert session.scalar(late) == 0
        effect = session.scalars(select(Broadcast.effect).where(Broadcast.state == "done")).one()
        assert 50 < effect["sent"] < first["reach_notice"]
        assert 5 < effect["clickers"] <= effect["clicks"]
        # What the first page counts is what the messages say, and what the channels' figures say.
        since = utc_now().astimezone(HERE).date() - timedelta(29)
        summed = select(
            func.sum(DailyFigure.follows), func.sum(DailyFigure.leaves), func.sum(DailyFigure.messages)
        )
        follows, leaves, said = session.execute(summed).one()
        start = datetime.combine(since, time(), HERE)
        recent = select(func.count()).select_from(Message).where(Message.received_at >= start)
        assert follows == session.scalar(recent.where(Message.kind == "event.subscribe")) > 100
        assert leaves == session.scalar(recent.where(Message.kind == "event.unsubscribe")) > 20
        assert said > 50
        assert session.scalar(select(func.count(func.distinct(DailyFigure.day)))) == 30
        came = select(func.sum(ChannelFigure.follows)).where(ChannelFigure.day >= since)
        assert follows >= session.scalar(came)
        [head] = session.scalars(
            select(Menu.document).join(Account, Account.id == Menu.account_id).filter_by(name="head")
        )
        names = dict(session.execute(select(Tag.id, Tag.name)).all())
        assert [names[one["tag_id"]] for one in head["conditional"]] == ["员工", "会员"]


def test_the_password_that_is_told_opens_the_door(sown):
    told, db = sown

    lines = [line.split("|")[2] for line in told if "password" in line]
    given = {line.split()[0]: line.split("password ")[1].split()[0] for line in lines}
    with db.reading() as session:
        users = {user.name: user for user in session.scalars(select(User))}
        assert {name: user.role for name, user in users.items()} == {
            "admin": "group_administrator",
            "marketer": "marketer",
            "manager": "shop_manager",
        }
        assert all(passwords.is_right(user, given[name]) for name, user in users.items())
        scope = reach.scope_of(session, users["manager"])
        assert (scope.everything, len(scope.shops)) == (False, 1)


def test_somebody_elses_data_is_left_alone_unless_forced(config, db):
    with db.transaction() as session:
        session.add(Branch(name="总部", city="苏州"))

    with pytest.raises(seed.NotForTheDemo, match="branch"):
        seed.sow(config)
    assert counts(db)["shop"] == 0
    assert counts(db)["account"] == 0

    seed.sow(config, force=True)
    with db.reading() as session:
        assert session.scalars(select(Branch.city).filter_by(name="总部")).all() == ["苏州"]
        assert session.scalar(select(func.count()).select_from(Shop)) == 40


def test_the_real_platform_is_never_given_the_demo_by_accident(empty_sqlite):
    config = Config(database=DatabaseConfig(url=empty_sqlite), accounts=ACCOUNTS)

    with pytest.raises(seed.NotForTheDemo, match="api_base"):
        seed.sow(config)


def test_the_rules_answer_what_travellers_ask(sown):
    _told, db = sown
    with db.reading() as session:
        found = load(session)
        shanghai = found[session.scalar(select(func.max(Menu.account_id)))]
    book = found[None]

    titles = {
        "营业时间": "营业时间",
        " 地址 ": "门店地址",
        "两个人去三亚价格是多少": "价格",
        "我要退款，价格不对": "退改签",
        "YC20261121": "订单号",
        "海报": "海报",
    }
    assert {said: book.by_keyword(said).title for said in titles} == titles
    assert book.by_keyword("想去看海") is None
    assert book.otherwise().title == "默认回复"
    assert book.on_follow().title == "关注欢迎语"
    assert shanghai.on_follow().title == "关注欢迎语（上海）"
    for one in menu.menus("http://127.0.0.1:8000").values():
        for key in books.keys(one):
            asks = key in DEFAULTS.ask_keys
            assert asks or key == asking.KEY or book.by_event_key(key) is not None, key


def test_the_menus_fit_what_wechat_takes_and_phones_show():
    for book in menu.menus("http://127.0.0.1:8000", 1, 2).values():
        assert checks.check(books.with_ids(book)) == []


def test_the_copy_is_calm():
    texts = [rule.reply["content"] for rule in replies.RULES if rule.reply["type"] == "text"]
    texts.append(replies.WELCOME["content"])
    texts += [after["content"] for rule in replies.RULES for after in rule.follow_ups]
    for text in texts:
        assert "!" not in text
        assert "！" not in text
        assert "你" not in text
        assert len(text.encode()) < 600


def test_people_and_places_are_always_the_same_and_nobody_comes_twice():
    shops = organisation.shops()
    assert people.staff(shops) == people.staff(organisation.shops())
    assert people.travellers(shops) == people.travellers(shops)
    for names in (
        [one.person.name for one in people.staff(shops)],
        [one.kf_name for one in people.agents(shops)],
        [shop.phone for shop in shops],
        [shop.address for shop in shops],
    ):
        assert len(set(names)) == len(names)
    assert all(len(agent.kf_name) <= 10 for agent in people.agents(shops))
    per_shop = {
        shop: len(list(rows)) for shop, rows in itertools.groupby(people.staff(shops), lambda one: one.shop)
    }
    assert set(per_shop.values()) == {3}
    assert {one.role for one in people.staff(shops)} == {"店长", "旅行顾问", "导游"}
    assert Staff.__table__.c.name.type.length >= 4
    assert Agent.__table__.c.kf_account.type.length >= len("0123456789@yizhan_head")
