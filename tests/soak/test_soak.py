"""What judges a soak judges rightly, and what it drives is what there is. The hour itself is `make soak`."""

import random
from types import SimpleNamespace

import pytest

from bot.accounts.models import Account
from bot.config import DatabaseConfig, parse
from bot.db import Database, utc_now
from bot.desk.models import DeskSession
from bot.fans.models import Fan
from bot.menus import books
from bot.menus.models import Menu
from bot.tables import METADATA
from bot.tags.models import WeChatFanTag, WeChatTag
from tests import make
from tests.soak import comparing, journeys, verdict, watching
from tests.soak.driving import Drivers
from tests.soak.house import settings


def samples(grow, *, count=180, every=10.0, noise=0.0):
    chance = random.Random(7)
    return [
        {
            "at": one * every,
            "rss:web": 200 + grow * one * every / 3600 + chance.uniform(-noise, noise),
            "load": 1,
        }
        for one in range(count)
    ]


def test_what_is_flat_is_called_flat_and_what_grows_is_not():
    [flat] = verdict.judge(samples(0, noise=3), since=900)
    [grew] = verdict.judge(samples(60, noise=3), since=900)

    assert flat.is_flat
    assert not grew.is_flat
    assert grew.per_hour == pytest.approx(60, abs=12)
    assert "GREW" in verdict.table([grew])
    assert verdict.figures([flat])["rss:web"]["flat"] is True


def test_what_happened_before_the_middle_does_not_count():
    warming = [one | {"rss:web": 100.0} if one["at"] < 900 else one for one in samples(0)]

    [line] = verdict.judge(warming, since=900)

    assert (line.mean, line.rise) == (pytest.approx(200), pytest.approx(0))


def test_a_rise_within_the_noise_of_a_short_run_is_no_growth():
    [line] = verdict.judge(samples(30, count=40), since=200)

    assert line.per_hour > verdict.LIMITS["rss"].per_hour
    assert line.is_flat


def test_tables_may_breathe_between_two_prunings():
    breathing = [{"at": one * 10.0, "rows:message": 4000 + 100 * (one % 6)} for one in range(100)]
    growing = [{"at": one * 10.0, "rows:message": 4000 + 100.0 * one} for one in range(100)]

    assert verdict.judge(breathing, since=0)[0].is_flat
    assert not verdict.judge(growing, since=0)[0].is_flat


def test_too_short_a_run_says_so():
    with pytest.raises(ValueError, match="longer"):
        verdict.judge(samples(0, count=12), since=60)


def test_every_watched_table_is_one_of_ours():
    assert {"message", "outbox", "reach_notice", "channel_event"} <= set(watching.PRUNED)
    assert set(watching.PRUNED) <= set(METADATA.tables)


def test_the_settings_are_right_and_keep_as_little_as_can_be():
    text = settings("sqlite:///x.db", "unix:///run/redis.sock", "var", port=8001, simulator_port=8091)

    import tomllib

    config = parse(tomllib.loads(text), environ={}, source="soak")
    assert config.privacy.message_months == 2
    assert config.outbox.keep_days == 1
    assert config.accounts[0].name == "head"


def test_every_journey_is_driven_now_and_then():
    chosen = {journeys.choose(random.Random(seed)) for seed in range(3000)}

    assert chosen == set(journeys.JOURNEYS)


class Web:
    """A browser that is answered with these, one after another."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def get(self, *_asked, data=None, **_options):
        assert not data or data.get("code", "123456") == "123456", "the code of before"
        status, text = self.answers.pop(0)
        return SimpleNamespace(status_code=status, text=text, headers={"Location": "/h5/head/me"})

    post = get


def traveller(*answers):
    return journeys.Traveller("soak1", "13900000001", web=Web(*answers))


@pytest.fixture
def street():
    config = SimpleNamespace(accounts=[SimpleNamespace(app_id="wx1")])
    made = journeys.Street(
        SimpleNamespace(config=config, web="http://web"), travellers=0, till=("key", "secret")
    )
    inbox = [{"text": "111111"}]  # of before

    def sim(*_asked):
        said = {"messages": list(inbox)}
        inbox.append({"text": "123456"})
        return said

    made.sim = sim
    return made


@pytest.mark.parametrize("answers", [[(302, "")] * 6, [(403, "")], [(404, "")], [(429, "")], [(500, "")]])
def test_a_page_that_does_not_come_is_a_failure(street, answers):
    assert street.page(traveller((302, ""), (200, "me")), "/me") == "me"

    with pytest.raises(journeys.Failed, match=str(answers[-1][0])):
        street.page(traveller(*answers), "/me")


FORM = '<input type="hidden" name="csrf" value="x">'


@pytest.mark.parametrize(
    ("answers", "came"),
    [
        ([(200, "nothing")], journeys.Failed),
        ([(200, journeys.ALREADY_BOUND)], journeys.NotNow),
        ([(200, FORM), (429, "")], journeys.NotNow),
        ([(200, FORM), (422, "/puzzle/x.svg")], journeys.NotNow),
        ([(200, FORM), (422, "no such number")], journeys.Failed),
        ([(200, FORM), (200, 'name="sent"'), (422, "wrong code")], journeys.Failed),
        ([(200, FORM), (200, 'name="sent"'), (403, "")], journeys.Failed),
        ([(200, FORM), (200, 'name="sent"'), (303, "")], None),
    ],
)
def test_binding_is_done_only_when_somebody_is_bound(street, answers, came):
    who = traveller(*answers)
    if came is None:
        journeys.bind(street, who)
    else:
        with pytest.raises(came):
            journeys.bind(street, who)

    assert (who in street.members) is (came is None or journeys.ALREADY_BOUND in answers[0][1])


def test_a_receipt_of_nobody_is_a_failure_and_who_was_lost_is_not_asked_for(street):
    kept, lost = traveller(), traveller()
    kept.bound_at, lost.bound_at = 1.0, 3.0
    street.members = [kept, lost]
    street.report = lambda *_said: 404

    street.forget(2.0)

    assert street.members == [kept]
    with pytest.raises(journeys.Failed, match="404"):
        journeys.buy(street, kept)


def test_what_could_not_be_done_is_not_counted_as_done(street, monkeypatch):
    monkeypatch.setattr(journeys, "choose", lambda _chance: journeys.serve)
    street.travellers = [traveller()]
    street.sim = lambda *_asked, **_facts: {"agents": []}
    drivers = Drivers(street)
    drivers.end()

    drivers._go_one(random.Random(1))

    assert (drivers.done.total(), drivers.failed.total()) == (0, 0)
    assert drivers.not_done == {"serve: nobody is talked with": 1}


BUTTONS = [{"name": "会员", "sub_button": [{"name": "我的", "type": "view", "url": "https://w/me"}]}]


@pytest.fixture
def ours(empty_sqlite):
    """An account of ours with Alice, who follows, is tagged and talks with Amy, and Bob, who left."""
    now = utc_now()
    with Database(DatabaseConfig(url=empty_sqlite)) as db:
        with db.transaction() as session:
            account = Account(name="head", app_id="wx1", kind="service", original_id="gh_1")
            session.add(account)
            session.flush()
            facts = {"account_id": account.id, "created_at": now, "follow_count": 1, "message_count": 0}
            alice = Fan(openid="alice", standing="following", **facts)
            bob = Fan(openid="bob", standing="left", **facts)
            tag = make.tag(session, "上海")
            session.add_all([alice, bob])
            session.flush()
            session.add(WeChatTag(account_id=account.id, tag_id=tag.id, wechat_id=101, made_here=True))
            session.add(WeChatFanTag(fan_id=alice.id, tag_id=tag.id, applied_at=now))
            session.add(DeskSession(account_id=account.id, fan_id=alice.id, kf_account="amy", opened_at=now))
            session.add(
                Menu(
                    account_id=account.id, number=1, document={**books.empty(), "default": BUTTONS},
                    state="published", author="", note="", created_at=now, due_at=now,
                )
            )  # fmt: skip
            key = account.id
        with db.reading() as session:
            yield session, key


def at_wechat(*, tags=(101, 7), talks=("amy",), button=BUTTONS, bob_follows=False):
    before = {
        "alice": {"openid": "alice", "subscribed": True, "tags": list(tags)},
        "bob": {"openid": "bob", "subscribed": bob_follows, "tags": []},
    }
    held = [{"kf_account": one, "sessions": [{"openid": "alice"}]} for one in talks]
    said = {
        **{f"travellers/{name}": {"accounts": {"wx1": one}} for name, one in before.items()},
        "agents?account=wx1": {"agents": held},
        "menu?account=wx1": {"button": button},
    }
    travellers = [SimpleNamespace(id=name) for name in before]
    return SimpleNamespace(app_id="wx1", travellers=travellers, sim=lambda _method, where: said[where])


def test_two_who_are_of_one_mind_are_said_to_be(ours):
    assert comparing.apart(ours[0], at_wechat(), ours[1]) == {
        "follow": [],
        "tags": [],
        "conversations": [],
        "menu": [],
    }


@pytest.mark.parametrize(
    ("kind", "there", "named"),
    [
        ("follow", {"bob_follows": True}, ["bob"]),
        ("tags", {"tags": (7,)}, ["alice"]),
        ("conversations", {"talks": ()}, ["alice"]),
        ("conversations", {"talks": ("ben",)}, ["alice"]),
        ("menu", {"button": []}, ["0", "0.0"]),
    ],
)
def test_what_is_otherwise_at_wechat_is_found(ours, kind, there, named):
    found = comparing.apart(ours[0], at_wechat(**there), ours[1])

    named_so = {name: [one.partition(" ")[0] for one in rows] for name, rows in found.items() if rows}
    assert named_so == {kind: named}
