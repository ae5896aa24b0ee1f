"""A batch of messages, one transaction (design §§2-3).

    lock the fans → which are known already? → run each handler → save fans,
    promises and messages → commit

Fans are locked first and in order, so repeats of one message meet at the lock
of its fan: when the second gets it, the first is committed and found.
"""

import enum
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from bot.db import Database
from bot.db.database import is_passing
from bot.db.revisions import Memory
from bot.fans import rows as fan_rows
from bot.fans.rows import FanRow
from bot.messages import rows as message_rows
from bot.outbox.promises import promise_all
from bot.router import Dispatcher, Incoming, Served, Work
from bot.wechat.contents import Unsubscribe
from bot.wechat.messages import Message
from bot.wechat.replies import Reply, from_document, to_document

log = logging.getLogger(__name__)

TRIES = 3


class Outcome(enum.StrEnum):
    """What became of a push; also the label of `yizhan_messages_total`."""

    ANSWERED = "answered"
    SILENT = "silent"
    REPEATED = "repeated"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A push that proved to be WeChat's. `push` names its signed query, in plain mode only."""

    account: Served
    message: Message
    key: bytes
    push: bytes | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say to a push."""

    outcome: Outcome
    reply: Reply | None = None


class _Collision(Exception):
    """Another process recorded one of our messages while we worked on it."""


REFUSED = Answer(Outcome.REFUSED)
FAILED = Answer(Outcome.FAILED)


class Intake:
    """Takes messages into the database, each exactly once. Safe to share between threads."""

    def __init__(
        self, db: Database, memory: Memory, dispatcher: Dispatcher, *, promised: Callable[[], None]
    ) -> None:
        """Call `promised` after every commit that made promises; it must not wait for anything."""
        self._db = db
        self._memory = memory
        self._dispatcher = dispatcher
        self._promised = promised

    def take(self, arrivals: Sequence[Arrival]) -> list[Answer]:
        """Return the answer to each arrival, in order, after its effects are committed.

        If one handler fails, the batch is rolled back and its messages are run
        one by one, so that one failure is one message's: FAILED, nothing of it
        stored, and WeChat's repeat is a second chance.
        """
        for tries_left in reversed(range(TRIES)):
            try:
                return self._together(arrivals)
            except _Collision:
                log.info("collision", extra={"messages": len(arrivals)})
            except Exception as error:
                if isinstance(error, DBAPIError) and is_passing(error):
                    facts = {"tries_left": tries_left, "reason": type(error.orig).__name__}
                    log.warning("database did not take a batch", extra=facts, exc_info=not tries_left)
                    continue
                if len(arrivals) > 1:
                    return [self.take([arrival])[0] for arrival in arrivals]
                [failed] = arrivals
                log.exception("handler failed", extra=_names(failed))
                break
        return [FAILED] * len(arrivals)

    def _together(self, arrivals: Sequence[Arrival]) -> list[Answer]:
        with self._db.connection() as connection:
            work = Work(connection, self._memory)
            if self._memory.is_due:
                self._memory.refresh(work.session)
            wanted = [
                (arrival.account.id, arrival.message.openid) for arrival in arrivals if arrival.message.openid
            ]
            fans = fan_rows.lock(connection, wanted, now=arrivals[0].at)
            batch = _Batch(work, fans, self._dispatcher, _known(connection, arrivals))
            answers = [batch.answer(arrival) for arrival in arrivals]
            batch.save()
        if work.wishes:
            self._promised()
        return answers


def _names(arrival: Arrival) -> dict[str, str]:
    return {
        "account": arrival.account.name,
        "kind": arrival.message.kind,
        "message_key": arrival.key.hex(),
    }


class _Batch:
    """The messages of one transaction."""

    def __init__(
        self,
        work: Work,
        fans: dict[tuple[int, str], FanRow],
        dispatcher: Dispatcher,
        known: message_rows.Known,
    ) -> None:
        self._work = work
        self._fans = fans
        self._dispatcher = dispatcher
        self._known = known
        self._answers: dict[bytes, Answer] = {}
        self._pushes = dict(known.pushes)
        self._changed: dict[int, FanRow] = {}
        self._rows: list[tuple[Any, ...]] = []

    def answer(self, arrival: Arrival) -> Answer:
        """Return the answer to one message, working on it if it is new."""
        if arrival.key in self._known.replies:
            document = self._known.replies[arrival.key]
            return Answer(Outcome.REPEATED, from_document(document) if document else None)
        if twin := self._answers.get(arrival.key):
            return Answer(Outcome.REPEATED, twin.reply)
        if arrival.push is not None and self._pushes.setdefault(arrival.push, arrival.key) != arrival.key:
            return REFUSED  # another body under a signature that was used already
        answer = self._handle(arrival)
        self._answers[arrival.key] = answer
        return answer

    def save(self) -> None:
        """Write everything the handlers did; raise if another process was first."""
        self._work.flush()
        connection = self._work.connection
        fan_rows.save(connection, self._changed.values())
        if not message_rows.record(connection, self._rows):
            raise _Collision
        if self._work.wishes:
            promise_all(connection, self._work.wishes, now=self._rows[0][7])

    def _handle(self, arrival: Arrival) -> Answer:
        message = arrival.message
        fan = self._fans.get((arrival.account.id, message.openid))
        sent_at = datetime.fromtimestamp(message.sent_at, UTC)
        if fan is not None:
            _note_interaction(fan, message, sent_at)
            self._changed[fan.id] = fan
        incoming = Incoming(arrival.account, message, fan, arrival.at, self._work)
        reply = self._dispatcher.answer(incoming)
        self._rows.append(
            (
                arrival.key,
                arrival.push,
                arrival.account.id,
                fan.id if fan else None,
                message.kind,
                message.fields,
                sent_at,
                arrival.at,
                incoming.answered_by,
                to_document(reply) if reply else None,
            )
        )
        return Answer(Outcome.ANSWERED if reply else Outcome.SILENT, reply)


def _known(connection: Connection, arrivals: Sequence[Arrival]) -> message_rows.Known:
    keys = [arrival.key for arrival in arrivals]
    return message_rows.known(connection, keys, [arrival.push for arrival in arrivals if arrival.push])


def _note_interaction(fan: FanRow, message: Message, sent_at: datetime) -> None:
    """Keep when the fan last did something: it opens the window in which we may write (protocol §6.5).

    Leaving opens none, and pushes may arrive in any order.
    """
    if isinstance(message.content, Unsubscribe):
        return
    if fan.last_interaction_at is None or sent_at > fan.last_interaction_at:
        fan.last_interaction_at = sent_at
    if message.message_id is not None:
        fan.message_count += 1
        if fan.last_message_at is None or sent_at > fan.last_message_at:
            fan.last_message_at = sent_at
