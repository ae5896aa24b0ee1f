"""What travellers and WeChat tell us changes what is sent: objections, accepts, reports."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.consents import consents
from bot.db import utc_now
from bot.fans.models import Fan
from bot.jobs import JOBS
from bot.members import binding, erasing, linking
from bot.outbox.outcomes import Pointless
from bot.reach import bounces, fields
from bot.reach.models import ReachAccept, ReachIndustry, ReachTemplate
from tests import make
from tests.reach.sending import planner_at
from tests.support.members import NUMBERS, Travellers

ALICE = NUMBERS[0]
TAKEN = {"SubscribeStatusString": "accept", "PopupScene": "2"}


@pytest.fixture
def planner(empty_sqlite):
    with planner_at(empty_sqlite) as planner:
        yield planner


@pytest.mark.parametrize("word", ["退订", " td。", "TD"])
def test_who_objects_is_sent_no_more_marketing_until_they_say_otherwise(planner, word):
    alice = planner.fan("alice")
    phone = planner.phone("alice")

    said = phone.say(word)
    first = planner.plan(alice)
    service = planner.plan(alice, intent="broadcast_service")
    planner.work()

    assert "不再给您发活动和优惠" in said.text
    assert "人工" in said.text  # 退订 is also what one does with a hotel
    assert planner.how(first) == ("skipped", None, "opted_out")
    assert planner.how(service)[0] == "sent"

    assert "退订" in phone.say("恢复").text
    second = planner.plan(alice, key="2")
    planner.work()
    assert planner.how(second)[0] == "sent"


def test_a_member_who_objects_takes_back_their_consent_and_gives_it_again(planner):
    travellers = Travellers(planner.db, planner.account_id)
    alice = planner.fan("alice")
    travellers.bind(alice, "+8613900130100", marketing=True)
    phone = planner.phone("alice")

    def agrees() -> bool:
        with planner.db.reading() as session:
            member_id = session.get_one(Fan, alice).member_id
            return not consents.has_fallen_silent(session, member_id=member_id)

    assert agrees()
    phone.say("退订")
    assert not agrees()
    phone.say("恢复")
    assert agrees()


@pytest.mark.parametrize("how", ["withdrawn", "erased", "unbound"])
def test_who_is_let_go_as_a_member_has_no_offers_as_the_page_promised(planner, how):
    travellers = Travellers(planner.db, planner.account_id)
    alice, second = planner.fan("alice"), planner.fan("second", unionid="union-1")
    with planner.db.transaction() as session:
        session.get_one(Fan, alice).unionid = "union-1"
    travellers.bind(alice, ALICE, marketing=True)
    with planner.db.transaction() as session:
        linking.by_unionid(session, travellers.vault, fan_id=second, now=travellers.now)
    both = {"fan_id": alice, "now": travellers.now}
    with planner.db.transaction() as session:
        if how == "withdrawn":
            erasing.withdraw_policy(session, travellers.vault, **both)
        elif how == "erased":
            erasing.erase(session, **both)
        else:
            for one in (alice, second):
                binding.unbind(session, travellers.vault, **{**both, "fan_id": one})
    planner.work()

    planned = [planner.plan(one) for one in (alice, second)]
    planner.work()

    assert {planner.fan_row(one).member_id for one in (alice, second)} == {None}
    assert [planner.how(one) for one in planned] == [("skipped", None, "opted_out")] * 2


def test_who_is_a_member_again_before_that_was_noted_was_asked_anew(planner):
    travellers = Travellers(planner.db, planner.account_id)
    alice = planner.fan("alice")
    travellers.bind(alice, ALICE, marketing=True)
    with planner.db.transaction() as session:
        erasing.withdraw_policy(session, travellers.vault, fan_id=alice, now=travellers.now)
    travellers.bind(alice, ALICE, marketing=True)
    planner.work()

    planned = planner.plan(alice)
    planner.work()

    assert planner.how(planned)[0] == "sent"


def test_who_never_objected_means_something_else_by_the_word(planner):
    make.rule(planner.db, words=["恢复"], content="您是想恢复订单吗？")
    planner.fan("alice")

    assert planner.phone("alice").say("恢复").text == "您是想恢复订单吗？"


def test_an_accept_is_good_for_one_notice_and_may_be_taken_back(planner):
    alice = planner.fan("alice", wrote=None)
    phone = planner.phone("alice")

    phone.event(
        "subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": [{"TemplateId": "S1", **TAKEN}] * 2}
    )
    assert left(planner, alice) == {"S1": 2}

    rejected = {"TemplateId": "S1", "SubscribeStatusString": "reject"}
    phone.event("subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": [rejected]})
    assert left(planner, alice) == {"S1": 2}
    phone.event("subscribe_msg_change_event", SubscribeMsgChangeEvent={"List": [rejected]})
    assert left(planner, alice) == {"S1": 0}


def left(planner, fan_id: int) -> dict[str, int]:
    with planner.db.reading() as session:
        rows = session.scalars(select(ReachAccept).filter_by(fan_id=fan_id))
        return {row.template_id: row.remaining for row in rows}


def test_a_report_of_our_own_notice_is_no_deed_of_the_fans(planner):
    planner.fan("alice", wrote=None)
    sent = {"TemplateId": "S1", "MsgID": "1", "ErrorCode": "0", "ErrorStatus": "success"}

    planner.phone("alice").event("subscribe_msg_sent_event", SubscribeMsgSentEvent={"List": [sent]})

    assert make.fans(planner.db)["oalice"].last_interaction_at is None


@pytest.mark.parametrize(
    ("status", "reason"), [("failed:user block", "blocked_later"), ("failed: system failed", "failed_later")]
)
def test_a_template_that_was_not_delivered_bounces_even_if_the_report_is_first(planner, status, reason):
    one = planner.plan(planner.fan("alice"))
    planner.phone("alice").event("TEMPLATESENDJOBFINISH", MsgID=200001, Status=status)
    [report] = [row for row in make.promises(planner.db) if row.job == "reach.note_failure"]
    assert report.due_at > report.created_at

    with pytest.raises(bounces.NotFoundYet):
        JOBS["reach.note_failure"](planner.runtime, **report.arguments)
    planner.set(one, state="sent", route="template", platform_id="200001", sent_at=utc_now())
    for _ in range(2):
        JOBS["reach.note_failure"](planner.runtime, **report.arguments)

    assert planner.how(one) == ("bounced", "template", reason)
    late = {"platform_id": "7", "reported_at": (utc_now() - timedelta(minutes=11)).isoformat()}
    with pytest.raises(Pointless):
        JOBS["reach.note_failure"](planner.runtime, **{**report.arguments, **late})


def test_a_subscription_notice_that_was_not_delivered_bounces(planner):
    alice = planner.fan("alice")
    one, old = planner.plan(alice), planner.plan(alice, key="old")
    planner.set(one, state="sent", route="subscription", sent_at=utc_now())
    planner.set(old, state="sent", route="subscription", sent_at=utc_now() - timedelta(minutes=9))
    failed = {"TemplateId": "S1", "MsgID": "1", "ErrorCode": "107", "ErrorStatus": "failed:user block"}

    planner.phone("alice").event("subscribe_msg_sent_event", SubscribeMsgSentEvent={"List": [failed]})

    assert (planner.how(one)[0], planner.how(old)[0]) == ("bounced", "sent")


def test_what_is_said_elsewhere_counts_in_the_window(planner):
    alice = planner.fan("alice")
    for _ in range(5):
        JOBS["replies.say"](planner.runtime, fan_id=alice, reply={"type": "text", "content": "您好"})
    one = planner.plan(alice)

    planner.work()

    assert planner.how(one) == ("unreached", None, "window_used")


def test_the_catalogue_is_what_wechat_lists(planner):
    planner.platform.answers |= {
        "/cgi-bin/template/get_all_private_template": {
            "template_list": [
                {
                    "template_id": "T1",
                    "title": "出团提醒",
                    "content": "{{thing1.DATA}}",
                    "primary_industry": "旅游",
                },
                {"template_id": "T2", "title": "积分变动"},
            ]
        },
        "/cgi-bin/template/get_industry": {
            "primary_industry": {"first_class": "酒店旅游", "second_class": "旅游"}
        },
        "/wxaapi/newtmpl/gettemplate": {"data": [{"priTmplId": "S1", "title": "行程", "type": 3}]},
    }
    sync(planner)
    assert listed(planner) == {
        "T1": ("template", True),
        "T2": ("template", True),
        "S1": ("subscription", True),
    }

    planner.platform.answers["/cgi-bin/template/get_all_private_template"] = {"template_list": []}
    planner.platform.answers["/wxaapi/newtmpl/gettemplate"] = {"errcode": 48001, "errmsg": "no right"}
    sync(planner)

    assert listed(planner) == {
        "T1": ("template", False),
        "T2": ("template", False),
        "S1": ("subscription", True),
    }
    with planner.db.reading() as session:
        industry = session.get_one(ReachIndustry, planner.account_id)
        assert industry.first == "酒店旅游 · 旅游"
        assert "48001" in industry.trouble


def sync(planner) -> None:
    JOBS["reach.sync_templates"](planner.runtime, account="head")


def listed(planner) -> dict[str, tuple[str, bool]]:
    with planner.db.reading() as session:
        rows = session.scalars(select(ReachTemplate))
        return {row.template_id: (row.kind, row.gone_at is None) for row in rows}


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("thing1", "行程有变", ""),
        ("thing1", "x" * 20, "x" * 21),
        ("number2", "12.5", "十二"),
        ("character_string3", "A1001", "订单一"),
        ("time4", "2026年11月26日 10:00", "明天"),
        ("date5", "2026-11-26", "后天"),
        ("amount6", "¥12.50", "很多钱"),
        ("phone_number7", "021-55500001", "打电话"),
        ("name8", "王珊", "非常非常非常非常长的名字"),
        ("phrase9", "已确认", "ok"),
        ("first", "您好" * 50, "x" * 201),
    ],
)
def test_a_field_takes_what_its_name_says(name, good, bad):
    assert fields.is_right(name, good)
    assert not fields.is_right(name, bad)
    assert fields.is_right(name, fields.fitted(name, good))


def test_a_mapping_is_checked_before_wechat_refuses_it():
    content = "标题：{{thing1.DATA}}\n时间：{{time2.DATA}}\n金额：{{amount3.DATA}}"

    assert fields.of(content) == ["thing1", "time2", "amount3"]
    assert fields.labels(content) == {"thing1": "标题", "time2": "时间", "amount3": "金额"}
    given = {"thing1": "{name}的行程", "time2": "明天", "phone4": "1"}
    assert fields.problems(content, given, {"name": "小爱"}) == {
        "time2": "time",
        "amount3": "missing",
        "phone4": "unknown",
    }
