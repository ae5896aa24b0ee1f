"""The planner before the simulated platform, which keeps WeChat's rules by its own clock."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.config import ReachConfig
from bot.db import utc_now
from bot.fans.models import Fan
from bot.jobs import JOBS
from bot.reach import contents, planning
from bot.reach.models import ReachMapping, ReachNotice, ReachSettings, ReachTemplate
from bot.runtime import open_runtime
from simulator.server import Server
from tests import make
from tests.support.system import eventually
from tests.support.wechat_side import WeChatSide

TWO_DAYS = 2 * 86_400 + 60
WHAT = contents.text(
    "{name}，您的行程改到周六。", fields={"what": "行程改到周六"}, url="https://example.com/trip"
)


class Story:
    """Our side and WeChat's, and fans who just wrote as far as either of them knows."""

    def __init__(self, url: str, server: Server) -> None:
        config = replace(make.config(url), reach=ReachConfig(calls_per_second=200.0, threads=2))
        self.side = WeChatSide(server, config)
        self.runtime = open_runtime(self.side.reached(config, server))
        self.db = self.runtime.db
        self.account_id = self.runtime.accounts["head"].id
        with self.db.transaction() as session:
            session.add(
                ReachSettings(
                    account_id=self.account_id,
                    quiet_from="00:00",
                    quiet_until="00:00",
                    cap=0,
                    fans_too=True,
                    templates_a_day=10,
                )
            )

    def fan(self, name: str) -> int:
        openid = self.side.follow(name)
        self.act(name, "say", text="你好")
        with self.db.transaction() as session:
            row = Fan(
                account_id=self.account_id,
                openid=openid,
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

    def act(self, name: str, verb: str, **facts) -> None:
        self.side.sim("POST", f"travellers/{name}/{verb}", account=self.side.app_id, wait=False, **facts)

    def notify(self, fan_id: int, key: str = "1", intent: str = "broadcast_service") -> int:
        with self.db.transaction() as session:
            made = planning.notify(
                session,
                account_id=self.account_id,
                fan_id=fan_id,
                intent=intent,
                key=key,
                content=WHAT,
                facts={"name": "小爱"},
                now=utc_now(),
            )
        JOBS["reach.pump"](self.runtime, account_id=self.account_id, lane="service")
        return made

    def how(self, notice_id: int) -> tuple[str, str | None, str | None]:
        with self.db.reading() as session:
            row = session.get_one(ReachNotice, notice_id)
            return row.state, row.route, row.reason

    def heard(self, name: str) -> list[str]:
        found = self.side.sim("GET", f"travellers/{name}/chat?account={self.side.app_id}")["bubbles"]
        return [one["type"] for one in found if one["sender"] == "account"]

    def add_template(self) -> None:
        """Take a template from WeChat's library, learn it, and have it say the intent."""
        self.side.call("/cgi-bin/template/api_add_template", {"template_id_short": "OPENTM200000002"})
        JOBS["reach.sync_templates"](self.runtime, account="head")
        with self.db.transaction() as session:
            template = session.scalars(select(ReachTemplate)).one()
            fields = {
                "thing1": "{name}",
                "time2": "2026年11月28日 08:00",
                "thing3": "{what}，请提前半小时到门口集合上车",
            }
            session.add(
                ReachMapping(
                    account_id=self.account_id,
                    intent="broadcast_service",
                    kind="template",
                    template_id=template.template_id,
                    fields=fields,
                    changed_at=utc_now(),
                )
            )


@pytest.fixture
def story(empty_sqlite):
    with Server() as server:
        made = Story(empty_sqlite, server)
        yield made
        made.runtime.close()
        made.side.close()


def test_a_window_that_is_over_for_wechat_is_over_and_a_template_takes_its_place(story):
    alice = story.fan("alice")
    first = story.notify(alice)
    assert story.how(first) == ("sent", "custom", None)

    story.side.sim("POST", "clock", advance=TWO_DAYS)  # by our clock she wrote a moment ago
    second = story.notify(alice, "2")
    assert story.how(second) == ("note", "note", "window_closed")

    story.add_template()
    third = story.notify(alice, "3")
    assert story.how(third) == ("sent", "template", None)
    story.side.sim("POST", "clock", advance=60)
    eventually(lambda: story.heard("alice")[-1] == "template")


def test_who_blocked_is_asked_once_and_left_alone(story):
    bob = story.fan("bob")
    story.act("bob", "block")

    first, second = story.notify(bob), story.notify(bob, "2")

    assert story.how(first) == ("unreached", "custom", "refused")
    assert story.how(second) == ("unreached", None, "refused")
    assert story.side.calls("/cgi-bin/message/custom/send") == 1

    story.act("bob", "unblock")
    with story.db.transaction() as session:
        session.execute(update(Fan).values(last_interaction_at=utc_now() + timedelta(seconds=1)))
    assert story.how(story.notify(bob, "3")) == ("sent", "custom", None)


def test_the_sixth_message_waits_for_the_next_word(story):
    carol = story.fan("carol")

    ways = [story.how(story.notify(carol, str(number)))[0] for number in range(6)]

    assert ways == ["sent"] * 5 + ["note"]
    assert story.side.calls("/cgi-bin/message/custom/send") == 5
