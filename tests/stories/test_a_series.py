"""A welcome that goes on the next day: said at once, then left as a note, then told with the fan's next word."""

from datetime import timedelta

from sqlalchemy import select, update

from bot.accounts.models import Account
from bot.db import utc_now
from bot.fans.models import Fan
from bot.outbox.promises import Wish, promise
from bot.reach.models import ReachNotice, ReachSettings
from bot.series import keeping
from bot.series.models import Series, SeriesRun
from tests.support.system import System, eventually

STEPS = [
    {"answer": {"type": "text", "content": "欢迎来到{门店}。"}},
    {"answer": {"type": "text", "content": "今天想去哪里走走？"}, "unit": "days", "n": 1, "at": "10:00"},
]


def welcomed(system: System) -> None:
    """A welcome series of two steps that is on; no hour is quiet, whenever the test runs."""
    now = utc_now()
    with system.db.transaction() as session:
        account_id = session.scalars(select(Account.id)).one()
        session.add(
            ReachSettings(
                account_id=account_id,
                quiet_from="00:00",
                quiet_until="00:00",
                cap=0,
                fans_too=True,
                templates_a_day=1,
                calls_per_second=None,
            )
        )
        row = Series(account_id=account_id, name="欢迎", trigger="follow", created_at=now)
        keeping.save(session, row, said=STEPS, stops=(), stop_tags=(), by=None, now=now)
        keeping.switch(session, row, on=True, now=now)


def a_day_passes(system: System) -> None:
    """Let the next step be due, and the fan's follow be long ago."""
    now = utc_now()
    with system.db.transaction() as session:
        session.execute(update(SeriesRun).values(due_at=now))
        session.execute(update(Fan).values(last_interaction_at=now - timedelta(days=1)))
        promise(session, Wish("series.go_on", {}, now, "series.go_on"), now=now)


def states(system: System) -> list[str]:
    with system.db.reading() as session:
        return list(session.scalars(select(ReachNotice.state).order_by(ReachNotice.id)))


def said(system: System) -> list[str]:
    return [bubble["content"].get("content") for bubble in system.chat() if bubble["sender"] == "account"]


def test_a_step_that_wechat_takes_no_more_waits_for_the_fans_next_message(deploy):
    system = deploy()
    welcomed(system)

    system.act("follow")
    eventually(lambda: "欢迎来到驿站。" in said(system) and states(system) == ["sent"])
    a_day_passes(system)
    eventually(lambda: states(system) == ["sent", "note"])
    assert "今天想去哪里走走？" not in said(system)
    system.act("say", text="在吗")
    eventually(lambda: states(system) == ["sent", "sent"])

    assert said(system).count("今天想去哪里走走？") == 1
    assert said(system).count("欢迎来到驿站。") == 1
    with system.db.reading() as session:
        assert session.scalars(select(SeriesRun.state)).all() == ["finished"]
