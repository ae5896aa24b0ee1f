"""Messages that came, and what becomes of them in one transaction."""

import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bot.db.bulk import write_all
from bot.fans import rows as fan_rows
from bot.fans.rows import WHO, FanRow
from bot.messages import rows as message_rows
from bot.outbox import promises
from bot.outbox.promises import Wish
from bot.posters import orders
from bot.reach import notes
from bot.router import Dispatcher, Incoming, Served, Work
from bot.series import passing
from bot.series.book import SERIES
from bot.tags import needs
from bot.tags.automatic import TAGGING
from bot.wechat.contents import AgentSession, JobFinished, MassFinished, Unsubscribe
from bot.wechat.messages import Message
from bot.wechat.replies import Reply, from_document, to_document

NOT_THEIR_DEED = (AgentSession, JobFinished, MassFinished, Unsubscribe)
SOON = timedelta(seconds=15)  # what is due later, the timetable finds in time
REPORT = "event.subscribe_msg_sent_event"  # of a notice of ours; the others about notices are their choice


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


REFUSED = Answer(Outcome.REFUSED)
FAILED = Answer(Outcome.FAILED)


class Collision(Exception):
    """One of our messages was recorded while we worked on it, or a signed query of ours was used before."""


class Batch:
    """The messages of one transaction."""

    def __init__(
        self,
        work: Work,
        fans: dict[WHO, FanRow],
        dispatcher: Dispatcher,
        known: message_rows.Known,
        *,
        held: Collection[WHO],
    ) -> None:
        """Work with `fans`, which are locked; `held` are those that somebody else has locked."""
        self._work = work
        self._fans = fans
        self._dispatcher = dispatcher
        self._known = known
        self._held = held
        self._answers: dict[bytes, Answer] = {}
        self._pushes = dict(known.pushes)
        self._changed: dict[int, FanRow] = {}
        self._rows: list[tuple[Any, ...]] = []
        self._used: list[tuple[Any, ...]] = []  # signed queries

    def answer(self, arrival: Arrival) -> Answer:
        """Return the answer to one message, working on it if it is new; FAILED if its fan is held."""
        if arrival.key in self._known.replies:
            document = self._known.replies[arrival.key]
            return Answer(Outcome.REPEATED, from_document(document) if document else None)
        if (arrival.account.id, arrival.message.openid) in self._held:
            return FAILED
        if twin := self._answers.get(arrival.key):
            return Answer(Outcome.REPEATED, twin.reply)
        if arrival.push is not None and self._pushes.setdefault(arrival.push, arrival.key) != arrival.key:
            return REFUSED  # another body under a signature that was used already
        answer = self._handle(arrival)
        self._answers[arrival.key] = answer
        return answer

    def save(self) -> None:
        """Write everything the handlers did; raise `Collision` if something of it was there already."""
        work, connection = self._work, self._work.connection
        work.flush()
        if not self._rows:
            return  # every message was known
        now = self._rows[0][6]
        writes = [*message_rows.writes(self._rows, self._used), *fan_rows.writes(self._changed.values())]
        if not work.has_news:
            writes.append(promises.write(work.wishes, now=now))
        if write_all(connection, writes)[:2] != [len(self._used), len(self._rows)]:
            raise Collision
        if not work.has_news:
            promises.promise_keyed(connection, work.wishes, now=now)
            return
        self._note_touches(now)
        if work.deeds.rows:
            self._pass_to_series(now)
        promises.promise_all(connection, work.wishes, now=now)

    def _remind(self, fan: FanRow, now: datetime) -> None:
        """Have what waits for one of our own people sent, now that they may be written to."""
        if orders.is_waiting(self._work.session, fan.id):
            key = f"posters.tell_notes:{fan.id}"
            self._work.wishes.append(Wish("posters.tell_notes", {"fan_id": fan.id}, now, key))

    def _take_up_notes(self, fan: FanRow, message: Message, now: datetime) -> None:
        """Have what waits for the fan's next deed sent: this is one."""
        if not _is_their_deed(message):
            return
        if fan.note_until is not None and now < fan.note_until:
            self._work.wishes.append(notes.wish(fan.id, now))
        fan.note_until = None

    def _note_touches(self, now: datetime) -> None:
        """Append what fans did through channels and put on the tags that go with it, a statement each."""
        work = self._work
        work.deeds.write(work.connection)
        for account_id in work.touches.write(work.connection, work.memory.recall(TAGGING), now=now):
            work.wishes.append(needs.wish(account_id, now=now))

    def _pass_to_series(self, now: datetime) -> None:
        """Take fans into the series that wait for what they did; a step that is due at once is promised."""
        work = self._work
        book = work.memory.recall(SERIES)
        if not book.entries:
            return
        due_at = passing.passed(work.session, book, work.deeds.rows, self._changed, now=now)
        if due_at is not None and due_at <= now + SOON:
            work.wishes.append(Wish("series.go_on", {}, due_at, "series.go_on"))

    def _handle(self, arrival: Arrival) -> Answer:
        message = arrival.message
        fan = self._fans.get((arrival.account.id, message.openid))
        sent_at = datetime.fromtimestamp(message.sent_at, UTC)
        if fan is not None:
            _note_interaction(fan, message, sent_at)
            self._changed[fan.id] = fan
        if fan is not None and fan.staff_id is not None:
            self._remind(fan, arrival.at)
        if fan is not None and fan.note_until is not None:
            self._take_up_notes(fan, message, arrival.at)
        incoming = Incoming(arrival.account, message, fan, arrival.at, self._work, arrival.key)
        reply = self._dispatcher.answer(incoming)
        if arrival.push is not None:
            self._used.append((arrival.push, arrival.key, arrival.at))
        self._rows.append(
            (
                arrival.key,
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


def known(connection: Connection, arrivals: Sequence[Arrival], *, used: bool) -> message_rows.Known:
    """Return what is recorded of these messages. Where the fan is not locked, others may record more.

    Which signed queries were used is asked only if `used`: hardly any ever was. Who finds out while writing
    (`Collision`) asks then.
    """
    keys = [arrival.key for arrival in arrivals]
    sent = [arrival.message.sent_at for arrival in arrivals]
    between = datetime.fromtimestamp(min(sent), UTC), datetime.fromtimestamp(max(sent), UTC)
    pushes = [arrival.push for arrival in arrivals if arrival.push] if used else []
    return message_rows.known(connection, keys, pushes, sent=between)


def _note_interaction(fan: FanRow, message: Message, sent_at: datetime) -> None:
    """Keep when the fan last did something: it opens the window in which we may write (protocol §6.5).

    Leaving opens none, nor does what agents and WeChat itself do, and pushes may arrive in any order.
    """
    if not _is_their_deed(message):
        return
    if fan.last_interaction_at is None or sent_at > fan.last_interaction_at:
        fan.last_interaction_at = sent_at
    if message.message_id is not None:
        fan.message_count += 1
        if fan.last_message_at is None or sent_at > fan.last_message_at:
            fan.last_message_at = sent_at


def _is_their_deed(message: Message) -> bool:
    return not isinstance(message.content, NOT_THEIR_DEED) and message.kind != REPORT
