"""A planner in front of a very small WeChat that answers as a test tells it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select, update

from bot.app import assemble
from bot.config import ReachConfig, WeChatConfig
from bot.db import utc_now
from bot.fans.models import Fan
from bot.jobs import JOBS
from bot.outbox.models import Promise
from bot.outbox.outcomes import Pointless
from bot.reach import contents, planning
from bot.reach.models import ReachNotice, ReachSettings
from bot.runtime import open_runtime
from tests import make
from tests.support.members import PRIVACY
from tests.support.phone import Phone
from tests.wechat.fake_platform import FakePlatform, serving

SEND = "/cgi-bin/message/custom/send"
TEMPLATE = "/cgi-bin/message/template/send"
SUBSCRIPTION = "/cgi-bin/message/subscribe/bizsend"
HELLO = contents.text("{name}，您好")


class Planner:
    """A server's planner: what is planned, sent, and what became of it."""

    def __init__(self, runtime, platform: FakePlatform) -> None:
        self.runtime = runtime
        self.db = runtime.db
        self.platform = platform
        self.account_id = runtime.accounts["head"].id
        with self.db.transaction() as session:  # a test may run at night
            session.add(
                ReachSettings(
                    account_id=self.account_id,
                    quiet_from="00:00",
                    quiet_until="00:00",
                    cap=3,
                    fans_too=True,
                    templates_a_day=100_000,
                )
            )

    def fan(self, name: str, *, wrote: timedelta | None = timedelta(hours=1), **facts) -> int:
        at = utc_now() - wrote if wrote is not None else None
        with self.db.transaction() as session:
            row = Fan(
                **{
                    "account_id": self.account_id,
                    "openid": f"o{name}",
                    "standing": "following",
                    "created_at": utc_now(),
                    "follow_count": 1,
                    "message_count": 0,
                    "last_message_at": at,
                    "last_interaction_at": at,
                    **facts,
                }
            )
            session.add(row)
            session.flush()
            return row.id

    def plan(self, fan_id: int, *, intent: str = "broadcast", key: str = "1", content=HELLO, **facts) -> int:
        with self.db.transaction() as session:
            made = planning.notify(
                session,
                account_id=self.account_id,
                fan_id=fan_id,
                intent=intent,
                key=key,
                content=content,
                now=utc_now(),
                **{"facts": {"name": f"fan {fan_id}"}, **facts},
            )
        assert made is not None
        return made

    def pump(self, lane: str = "marketing") -> None:
        JOBS["reach.pump"](self.runtime, account_id=self.account_id, lane=lane)

    def look(self) -> None:
        JOBS["reach.look"](self.runtime)

    def work(self) -> None:
        """Keep every promise that waits, as workers would."""
        with self.db.transaction() as session:
            waiting = session.scalars(select(Promise).filter_by(state="waiting").order_by(Promise.id)).all()
            for row in waiting:
                row.state, row.waiting_key = "done", None
        for row in waiting:
            try:
                JOBS[row.job](self.runtime, **row.arguments)
            except Pointless:
                continue

    def phone(self, name: str) -> Phone:
        [account] = self.runtime.config.accounts
        return Phone(assemble(self.runtime), account, openid=f"o{name}")

    def notice(self, notice_id: int) -> ReachNotice:
        with self.db.reading() as session:
            return session.get_one(ReachNotice, notice_id)

    def fan_row(self, fan_id: int) -> Fan:
        with self.db.reading() as session:
            return session.get_one(Fan, fan_id)

    def set(self, notice_id: int, **values) -> None:
        with self.db.transaction() as session:
            session.execute(update(ReachNotice).where(ReachNotice.id == notice_id).values(**values))

    def said(self, path: str = SEND) -> list[dict]:
        return [hit.json for hit in self.platform.hits if hit.path == path]

    def how(self, notice_id: int) -> tuple[str, str | None, str | None]:
        row = self.notice(notice_id)
        return row.state, row.route, row.reason


@contextmanager
def planner_at(database_url: str, **reach) -> Iterator[Planner]:
    platform = FakePlatform()
    with serving(platform) as address:
        config = make.config(database_url)
        config = replace(
            config,
            wechat=WeChatConfig(api_base=address, timeout_seconds=10.0),
            reach=ReachConfig(**{"calls_per_second": 500.0, "threads": 2, **reach}),
            privacy=PRIVACY,
        )
        runtime = open_runtime(config)
        try:
            yield Planner(runtime, platform)
        finally:
            platform.released.set()
            runtime.close()
