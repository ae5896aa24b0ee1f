"""「有帮助吗」: asked after an answer, counted once, and no is given a person."""

import pytest

from bot.db import utc_now
from bot.desk.models import Agent
from bot.desk.request_models import DeskRequest
from bot.jobs import JOBS
from bot.replies import verdicts
from bot.replies.models import AutoReply, ReplyVerdict
from tests import make
from tests.test_desk import AMY, Desk


class Helping(Desk):
    """The desk, and the question as the traveller's phone shows it."""

    def asked(self, times=1):
        """Run the questions that are promised, as often as said; return what the phone shows of them."""
        for _ in range(times):
            for promised in make.promises(self.db):
                if promised.job == "desk.ask_helped":
                    JOBS["desk.ask_helped"](self.runtime, **promised.arguments)
        account = self.platform.platform.account(self.account.app_id)
        chat = account.chats[self.openid].bubbles
        return [one.content for one in chat if one.type == "msgmenu"]

    def tap(self, item):
        return self.phone.say(item["content"], bizmsgmenuid=item["id"])

    def verdicts(self):
        return [(one.rule_id, one.helped) for one in self.rows(ReplyVerdict)]


@pytest.fixture
def helping(empty_sqlite):
    with Helping.opened(empty_sqlite) as helping:
        yield helping


def test_yes_is_thanked_and_counted_once_and_no_is_given_a_person(helping):
    rule_id = make.rule(helping.db, words=["退改"], content="七天前可改。", title="退改", asks_helped=True)
    helping.agent(AMY)

    assert helping.phone.say("退改").text == "七天前可改。"
    [menu] = helping.asked(times=2)  # a job may run twice; the traveller is asked once
    yes, no = menu["list"]
    assert helping.tap(yes).text == "能帮到您就好。还有问题，随时写给我们。"
    assert helping.tap(yes).text is None
    assert helping.verdicts() == [(rule_id, True)]
    assert helping.rows(DeskRequest) == []

    assert "正在为您联系" in helping.tap(no).text
    assert helping.verdicts() == [(rule_id, True)]  # what was said first stands
    [request] = helping.rows(DeskRequest)
    assert (request.why, request.state) == ("no", "asked")
    with helping.db.reading() as session:
        assert verdicts.of_rules(session, since=request.asked_at.replace(year=2020)) == {rule_id: (1, 0)}


def test_nobody_is_asked_while_a_person_is_on_the_way_nor_again_within_minutes(helping):
    make.rule(helping.db, words=["退改"], content="七天前可改。", title="退改", asks_helped=True)
    make.rule(helping.db, words=["签证"], content="请看说明。", title="签证", asks_helped=True)
    make.rule(helping.db, words=["天气"], content="晴。", title="天气")
    helping.agent(AMY)

    helping.phone.say("天气")
    assert helping.asked() == []
    helping.phone.say("签证")
    helping.phone.say("退改")
    assert len(helping.asked()) == 1  # of two answers within ten minutes one is asked about
    with helping.db.transaction() as session:
        for one in session.query(ReplyVerdict):
            session.delete(one)
    helping.phone.say("人工")
    assert len(helping.asked()) == 1


def test_somebody_elses_answer_is_not_theirs_to_judge_and_without_agents_no_says_what_comes(helping):
    rule_id = make.rule(helping.db, words=["退改"], content="七天前可改。", title="退改", asks_helped=True)
    helping.phone.say("退改")
    [menu] = helping.asked()
    with helping.db.reading() as session:
        fans = make.fans(helping.db)
        message_id = int(menu["list"][0]["id"].rpartition(".")[2])
        stranger = fans[helping.openid].id + 1
    with helping.db.transaction() as session:
        assert not verdicts.say(session, message_id=message_id, fan_id=stranger, helped=True, now=utc_now())
        assert session.query(Agent).count() == 0

    assert helping.tap(menu["list"][1]).text.startswith("抱歉没能帮到您")

    assert helping.verdicts() == [(rule_id, False)]
    assert helping.rows(DeskRequest) == []
    assert helping.rows(AutoReply)[0].asks_helped
