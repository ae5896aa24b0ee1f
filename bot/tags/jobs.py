"""Having WeChat know the tags it needs to know, and have them on the fans who have them here."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import select

from bot.db import Database, utc_now
from bot.errors import BadRequest, FanUnreachable, WeChatUnavailable
from bot.outbox.promises import Wish, promise
from bot.tags import keeping, known, making, needs
from bot.tags.models import Tag, WeChatTag
from bot.tags.planning import Call, plan

if TYPE_CHECKING:
    from bot.runtime import Runtime

SECONDS = 12.0  # a job may take thirty
TRIES = 4
FRESH = timedelta(minutes=2)  # a tag just made is not known everywhere at WeChat


class Line(Protocol):
    """What is asked of WeChat (`bot.wechat.gateway.AccountGateway`)."""

    def tag(self, tag_id: int, openids: list[str]) -> None: ...  # noqa: D102
    def untag(self, tag_id: int, openids: list[str]) -> None: ...  # noqa: D102


def make(runtime: "Runtime", account: str) -> None:
    """Bring the tags WeChat has at `account` to those that are needed: made, renamed, deleted.

    Run twice: a tag that WeChat has under our name is taken over, not made
    again.  What WeChat refuses is kept with its words beside the tag.
    """
    account_id = runtime.accounts[account].id
    if making.make(runtime.db, runtime.wechat.of(account), account_id, now=utc_now()):
        with runtime.db.transaction() as session:
            needs.tell(session, account_id, now=utc_now())


def sync(runtime: "Runtime", account_id: int) -> None:
    """Bring what WeChat has on the fans whose tags changed to what ours are, as far as the time allows.

    Run twice: what WeChat has is kept after every call, so the second run makes
    only the calls that are still wanting; a call whose answer was lost is made
    once more, which changes nothing at WeChat.
    """
    name = runtime.account_by_id(account_id).name
    work = Reconciling(runtime.db, runtime.wechat.of(name), account_id)
    outcome = work.run(seconds=SECONDS)
    if outcome.is_done and not outcome.is_tag_gone:
        return
    with runtime.db.transaction() as session:
        if outcome.is_tag_gone:
            promise(session, needs.make_wish(name, now=utc_now()), now=utc_now())
        needs.tell(session, account_id, now=utc_now())


@dataclass(slots=True)
class Outcome:
    """What came of a run: whether nothing is left, and whether WeChat has lost a tag of ours."""

    is_done: bool = False
    is_tag_gone: bool = False


class Reconciling:
    """One account's fans, compared and brought up to date call by call."""

    def __init__(
        self, db: Database, line: Line, account_id: int, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._db = db
        self._line = line
        self._account_id = account_id
        self._sleep = sleep
        self._openids: dict[int, str] = {}
        self._gone: set[int] = set()

    def run(self, *, seconds: float) -> Outcome:
        """Make calls until nothing is left or the time is over; raise what WeChat keeps answering."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with self._db.reading() as session:
                due = known.due(session, self._account_id)
                rows = session.scalars(select(WeChatTag).filter_by(account_id=self._account_id)).all()
            if not due.last_wish:
                return Outcome(is_done=True, is_tag_gone=bool(self._gone))
            self._openids = due.openids
            tags = {row.tag_id: row for row in rows}
            for call in plan(due.bearers):
                if time.monotonic() >= until:
                    return Outcome(is_tag_gone=bool(self._gone))
                if call.tag_id in tags and call.tag_id not in self._gone:
                    self._make(call, tags[call.tag_id])
            with self._db.transaction() as session:
                known.settle(session, self._account_id, due)
        return Outcome(is_tag_gone=bool(self._gone))

    def _make(self, call: Call, tag: WeChatTag) -> None:
        """Make a call and keep what came of it. One bad fan is found by halves, and marked."""
        asked_at = utc_now()  # who leaves from now on may have lost it again
        try:
            self._ask(call, tag)
        except (BadRequest, FanUnreachable) as error:
            if error.code == making.UNKNOWN:
                with self._db.transaction() as session:
                    known.vanished(session, self._account_id, call.tag_id, trouble=str(error)[:400])
                self._gone.add(call.tag_id)
            elif len(call.fan_ids) > 1:
                middle = len(call.fan_ids) // 2
                for some in (call.fan_ids[:middle], call.fan_ids[middle:]):
                    self._make(Call(call.tag_id, some, call.puts_on), tag)
            else:
                self._note(call, asked_at, trouble=str(error))
        else:
            self._note(call, asked_at)

    def _note(self, call: Call, asked_at: datetime, *, trouble: str | None = None) -> None:
        with self._db.transaction() as session:
            if call.puts_on:
                known.put_on(session, call.tag_id, call.fan_ids, now=asked_at, trouble=trouble)
            else:
                # A fan from whom it cannot be taken does not follow any more.
                known.taken_off(session, call.tag_id, call.fan_ids)

    def _ask(self, call: Call, tag: WeChatTag) -> None:
        assert tag.wechat_id is not None
        openids = [self._openids[fan_id] for fan_id in call.fan_ids]
        verb = self._line.tag if call.puts_on else self._line.untag
        for tries_left in reversed(range(TRIES)):
            try:
                verb(tag.wechat_id, openids)
            except WeChatUnavailable:
                if not tries_left:
                    raise
            except BadRequest as error:
                is_fresh = tag.made_at is not None and utc_now() - tag.made_at < FRESH
                if error.code != making.UNKNOWN or not is_fresh or not tries_left:
                    raise
            else:
                return
            self._sleep(0.2 * (TRIES - tries_left))


def move(runtime: "Runtime", tag_id: int) -> None:
    """Move the fans of a merged tag to the one it was merged into, some to a transaction.

    Run twice: those that were moved bear the old tag no more.
    """
    with runtime.db.reading() as session:
        into = session.scalar(select(Tag.merged_into_id).where(Tag.id == tag_id))
    if into is None:
        return
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        with runtime.db.transaction() as session:
            if not keeping.move_some(session, tag_id, into):
                for account in runtime.accounts.values():
                    needs.tell(session, account.id, now=utc_now())
                return
    with runtime.db.transaction() as session:
        wish = Wish("tags.move", {"tag_id": tag_id}, utc_now(), f"tags.move:{tag_id}")
        promise(session, wish, now=utc_now())
