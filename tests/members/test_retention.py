"""How long what is personal stays: who leaves is forgotten in time, old rows go, figures stay."""

import secrets
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from bot.app import assemble
from bot.broadcasts.models import MassRecipient
from bot.channels.figures import days
from bot.channels.figures.models import ChannelFigure
from bot.channels.models import ChannelEvent
from bot.desk.models import AgentRecord, DeskAnswer, DeskNote, DeskSession
from bot.desk.request_models import DeskDecision, DeskRequest, DeskTask
from bot.fans.models import Fan
from bot.figures import jobs as figures
from bot.figures.models import DailyFigure
from bot.links.models import LinkClick, ShortLink
from bot.members import identities, linking
from bot.members.models import IdentityKind
from bot.messages.models import Message, PlainPush
from bot.moments import HERE, first_day
from bot.outbox.models import Promise
from bot.reach import contents, planning
from bot.reach.models import ReachNotice
from bot.replies.models import ReplyVerdict
from bot.replies.office import OfficeReply
from bot.retention import jobs, periods
from bot.runtime import open_runtime
from bot.tags.models import FanTag, Tag
from tests import make
from tests.support import members as support
from tests.support.members import NUMBERS, Travellers
from tests.support.phone import Phone


@pytest.fixture
def runtime(database_url):
    opened = open_runtime(support.config(database_url))
    yield opened
    opened.close()


@pytest.fixture
def travellers(runtime):
    return Travellers(runtime.db, runtime.accounts["head"].id)


def talk(db, fan_id, account_id, at):
    """One of every row that a conversation leaves, all of one moment."""
    with db.transaction() as session:
        message = Message(
            key=secrets.token_bytes(16),
            account_id=account_id,
            fan_id=fan_id,
            kind="text",
            fields={"Content": "我想去海岛"},
            sent_at=at,
            received_at=at,
            answered_by="rule:1",
            reply={"type": "text", "content": "好的"},
        )
        session.add(message)
        session.flush()
        session.add(PlainPush(push=secrets.token_bytes(16), key=message.key, received_at=at))
        shared = {"account_id": account_id, "fan_id": fan_id}
        link = ShortLink(owner=f"broadcast:{message.id}", address="https://a.example/", created_at=at)
        session.add(link)
        session.flush()
        session.add(LinkClick(link_id=link.id, fan_id=fan_id, at=at))
        session.add(MassRecipient(broadcast_id=message.id, fan_id=fan_id, laid_at=at))
        session.add(ReplyVerdict(message_id=message.id, rule_id=1, fan_id=fan_id, asked_at=at))
        planning.notify(
            session,
            **shared,
            intent="broadcast_service",
            key=str(message.id),
            content=contents.text("{name}，行程有变"),
            facts={"name": "安娜"},
            now=at,
        )
        session.add_all(
            [
                AgentRecord(
                    **shared, key=secrets.token_bytes(16), kf_account="a@b", said_at=at, words="海岛"
                ),
                DeskAnswer(
                    **shared,
                    message_id=message.id,
                    kf_account="a@b",
                    asked_at=at,
                    answered_at=at,
                    seconds=0,
                ),
                DeskTask(
                    **shared,
                    request_id=message.id,
                    kind="message",
                    state="open",
                    words="海岛怎么去",
                    created_at=at,
                    due_at=at,
                ),
                DeskRequest(**shared, state="closed", why="asked", asked_at=at),
                DeskDecision(
                    **shared, request_id=message.id, at=at, outcome="waiting", reason="", candidates=[]
                ),
                DeskNote(
                    **shared,
                    message_id=message.id,
                    rule_id=1,
                    rule_title="规则",
                    state="done",
                    reason="",
                    created_at=at,
                ),
                DeskSession(**shared, kf_account="a@b", opened_at=at),
                OfficeReply(
                    fan_id=fan_id, user_id=1, user_name="u", reply={"type": "text", "content": "海岛"}, said_at=at
                ),
                ChannelEvent(
                    **shared, at=at, noted_at=at, deed="follow", who="new", again=False, channel_id=1
                ),
            ]
        )  # fmt: skip


def count(db, model, **facts):
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(model).filter_by(**facts))


def left(runtime, fan_id, *, days_ago):
    with runtime.db.transaction() as session:
        at = session.scalars(select(Fan).filter_by(id=fan_id)).one()
        at.standing, at.left_at = "left", Travellers(runtime.db).now - timedelta(days=days_ago)


def tagged(db, fan_id):
    with db.transaction() as session:
        tag = make.tag(session, "海岛意向")
        session.add(FanTag(fan_id=fan_id, tag_id=tag.id, tagged_at=tag.created_at, source="manual"))


def tags(db, fan_id):
    with db.reading() as session:
        names = select(Tag.name).join(FanTag, FanTag.tag_id == Tag.id).where(FanTag.fan_id == fan_id)
        return set(session.scalars(names))


def waiting(db, job):
    with db.reading() as session:
        return session.scalars(select(Promise).filter_by(job=job, state="waiting")).all()


def test_leaving_is_a_promise_that_waits_for_the_days_of_grace(runtime):
    alice = Phone(assemble(runtime), runtime.config.accounts[0])
    alice.follow()
    alice.leave()
    [fan] = make.fans(runtime.db).values()
    [promise] = waiting(runtime.db, "retention.obey_leave")
    with runtime.db.transaction() as session:  # as the relay does
        session.execute(
            update(Promise).where(Promise.id == promise.id).values(state="done", waiting_key=None)
        )
    for _time in range(2):
        jobs.obey_leave(runtime, fan.id)

    [again] = waiting(runtime.db, "retention.obey_leave")
    assert again.due_at == fan.left_at + timedelta(days=30)
    assert waiting(runtime.db, "retention.forget_talk") == []
    alice.follow()
    jobs.obey_leave(runtime, fan.id)
    assert waiting(runtime.db, "retention.forget_talk") == []


def test_who_left_is_forgotten_and_how_they_came_is_not(runtime, travellers):
    now = travellers.now
    fan_id = travellers.fan("anna", unionid="union-1", first_scene="c:1", first_channel_id=1)
    back = travellers.fan("back", unionid="union-2")
    for one in (fan_id, back):
        talk(runtime.db, one, travellers.account_id, now - timedelta(days=40))
        tagged(runtime.db, one)
    left(runtime, fan_id, days_ago=31)
    for _time in range(2):
        for one in (fan_id, back):
            jobs.obey_leave(runtime, one)
        for promise in waiting(runtime.db, "retention.forget_talk"):
            jobs.forget_talk(runtime, **promise.arguments)

    row = travellers.row(fan_id)
    assert (row.unionid, row.first_scene, row.openid) == (None, "c:1", "anna")
    assert tags(runtime.db, fan_id) == set()
    assert count(runtime.db, ChannelEvent, fan_id=fan_id) == 1
    with runtime.db.reading() as session:
        message = session.scalars(select(Message).filter_by(fan_id=fan_id)).one()
        assert (message.fields, message.reply, message.kind) == ({}, None, "text")
    for model in (AgentRecord, OfficeReply, DeskNote):
        assert (count(runtime.db, model, fan_id=fan_id), count(runtime.db, model, fan_id=back)) == (0, 1)
    with runtime.db.reading() as session:
        told = {row.fan_id: (row.state, row.facts) for row in session.scalars(select(ReachNotice))}
    assert (told[fan_id], told[back]) == (("cancelled", {}), ("waiting", {"name": "安娜"}))
    with runtime.db.reading() as session:
        owed = dict(session.execute(select(DeskTask.fan_id, DeskTask.words)).all())
    assert (owed[fan_id], owed[back]) == ("", "海岛怎么去")
    assert travellers.row(back).unionid == "union-2"
    assert tags(runtime.db, back) == {"海岛意向"}


def test_a_member_who_leaves_stays_one_and_keeps_the_unionid_another_wechat_still_brings(runtime, travellers):
    first, second = travellers.fan("one", unionid="union-1"), travellers.fan("two", unionid="union-1")
    travellers.bind(first, NUMBERS[0])
    tagged(runtime.db, first)
    with runtime.db.transaction() as session:
        linking.by_unionid(session, travellers.vault, fan_id=second, now=travellers.now)
    member_id = travellers.row(first).member_id

    def known():
        with runtime.db.reading() as session:
            return identities.find(session, travellers.vault, IdentityKind.UNIONID, "union-1") is not None

    left(runtime, first, days_ago=31)
    jobs.obey_leave(runtime, first)
    assert (travellers.row(first).unionid, known()) == (None, True)
    left(runtime, second, days_ago=31)
    jobs.obey_leave(runtime, second)
    assert (travellers.row(second).unionid, known()) == (None, False)
    assert travellers.row(first).member_id == travellers.row(second).member_id == member_id
    assert tags(runtime.db, first) == {"会员", "海岛意向"}


def test_rows_older_than_their_period_go_in_slices_and_figures_stay(runtime, travellers, monkeypatch):
    monkeypatch.setattr(periods, "AT_ONCE", 2)
    db, fan_id, account_id = runtime.db, travellers.fan("anna"), travellers.account_id
    config = replace(runtime.config.privacy, message_months=2, desk_months=3, event_months=12)
    keeping = replace(runtime, config=replace(runtime.config, privacy=config))
    ages = {13: 5, 11: 4, 2.5: 3, 0: 2}  # rows by months
    for months, rows in ages.items():
        for _row in range(rows):
            talk(db, fan_id, account_id, travellers.now - timedelta(days=months * 31))
    old = (travellers.now - timedelta(days=13 * 31)).astimezone(HERE).date()
    with db.transaction() as session:
        figures.add_up(session, old, [account_id], now=travellers.now)
        days.want_all(session)
        for day in days.stale(session):
            days.replace(session, days.count(session, day), now=travellers.now)
    for _time in range(2):
        jobs.forget(keeping)

    assert {period.table: count(db, period.model) for period in periods.PERIODS} == {
        "message": 2,
        "plain_push": 2,
        "reach_notice": 2,
        "office_reply": 2,
        "auto_reply_verdict": 2,
        "agent_record": 5,
        "desk_answer": 5,
        "desk_note": 5,
        "desk_session": 5,
        "desk_decision": 5,
        "desk_task": 5,
        "desk_request": 5,
        "channel_event": 9,
        "link_click": 9,
        "mass_recipient": 9,
    }
    with db.transaction() as session:
        days.want_all(session, since=first_day(12, now=travellers.now))
        for day in days.stale(session):
            days.replace(session, days.count(session, day), now=travellers.now)
    with db.reading() as session:
        assert session.scalar(select(func.sum(DailyFigure.messages)).filter_by(day=old)) == 5
        assert session.scalar(select(func.sum(ChannelFigure.follows)).filter_by(day=old)) == 1
        returned = select(func.sum(ChannelFigure.returns + ChannelFigure.follows)).filter_by(day=old)
        assert session.scalar(returned) == 5


@pytest.mark.parametrize(
    ("now", "months", "first"),
    [
        (datetime(2026, 3, 31, 12, tzinfo=HERE), 1, date(2026, 2, 28)),
        (datetime(2026, 1, 1, 0, tzinfo=HERE), 24, date(2024, 1, 1)),
        (datetime(2026, 12, 5, 3, tzinfo=HERE), 12, date(2025, 12, 5)),
        (datetime(2024, 2, 29, 3, tzinfo=HERE), 3, date(2023, 11, 29)),
    ],
)
def test_months_are_counted_back_as_people_do(now, months, first):
    assert first_day(months, now=now) == first
    assert periods.horizon(months, now=now) == datetime(first.year, first.month, first.day, tzinfo=HERE)
