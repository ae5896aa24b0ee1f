"""One message → one handler.

A handler is given an `Incoming`, does database work only (no network, no
drawing, no sleeping) and returns a reply or None.  What must happen outside it
promises.  It may run twice for one message: a batch that fails is rolled back
and its messages are run one by one.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from bot.channels.events import Deeds
from bot.channels.tagging import Touches
from bot.db.revisions import Memory
from bot.fans.rows import FanRow
from bot.outbox.promises import Wish
from bot.wechat.messages import Message
from bot.wechat.replies import Reply

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Served:
    """An account this process answers for."""

    id: int
    name: str
    kind: str


class Work:
    """The open transaction that a batch of messages shares."""

    def __init__(self, connection: Connection, memory: Memory) -> None:
        self.connection = connection
        self.memory = memory
        self.wishes: list[Wish] = []
        self.deeds = Deeds()
        self.touches = Touches()
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """An ORM session inside the transaction, for what is not hot. Never commit it."""
        if self._session is None:
            self._session = Session(self.connection, expire_on_commit=False)
        return self._session

    @property
    def has_news(self) -> bool:
        """Whether handlers noted what goes on to tags and series, which may promise more."""
        return bool(self.deeds.rows or self.touches.rows or self.touches.left)

    def flush(self) -> None:
        """Write what handlers left in the session, then let go of it."""
        if self._session is not None:
            self._session.flush()
            self._session.expunge_all()


@dataclass(slots=True)
class Incoming:
    """What a handler is given: the message, who sent it, and the transaction to work in.

    `fan` is locked and may be changed in place; it is None only for events
    about the account itself, which go to handlers that say so.  `key` is how
    the message is found once it is committed (`Message.key`).
    """

    account: Served
    message: Message
    sender: FanRow | None
    now: datetime
    work: Work
    key: bytes = field(default=b"")
    answered_by: str = field(default="")

    @property
    def fan(self) -> FanRow:
        """The fan who sent it. Handlers of events about the account must not ask."""
        assert self.sender is not None
        return self.sender

    def promise(
        self,
        job: str,
        arguments: Mapping[str, Any],
        *,
        key: str | None = None,
        after: timedelta | None = None,
    ) -> None:
        """Have `job` run once this message is committed; see `bot.outbox.promises.Wish`."""
        due_at = self.now + after if after else self.now
        self.work.wishes.append(Wish(job, arguments, due_at, key))


Handler = Callable[[Incoming], Reply | None]


class Router:
    """The handlers of one file, by kind of message."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.handlers: dict[str, Handler] = {}

    def message(self, *types: str) -> Callable[[Handler], Handler]:
        """Answer messages of these types (`text`, `image`, …)."""
        return self._register(types)

    def event(self, *names: str) -> Callable[[Handler], Handler]:
        """Answer these events, by WeChat's name in lower case (`subscribe`, `click`, …)."""
        return self._register([f"event.{name}" for name in names])

    def _register(self, kinds: Iterable[str]) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            for kind in kinds:
                if kind in self.handlers:
                    raise ValueError(f"{self.name}: two handlers for {kind}; keep one")
                self.handlers[kind] = handler
            return handler

        return register


class Dispatcher:
    """All routers as one table; the first router that knows a kind has it."""

    def __init__(self, routers: Iterable[Router]) -> None:
        self._handlers: dict[str, tuple[str, Handler]] = {}
        for router in routers:
            for kind, handler in router.handlers.items():
                self._handlers.setdefault(kind, (router.name, handler))

    @property
    def kinds(self) -> frozenset[str]:
        """Every kind that has a handler."""
        return frozenset(self._handlers)

    def answer(self, incoming: Incoming) -> Reply | None:
        """Run the handler; a kind that has none is stored and answered with silence.

        `incoming.answered_by` says afterwards which handler or rule it was.
        """
        name, handler = self._handlers.get(incoming.message.kind, ("", None))
        if handler is None:
            spelled = incoming.message.kind.removeprefix("event.")
            verb = "event" if incoming.message.kind.startswith("event.") else "message"
            log.info(
                "no handler", extra={"kind": incoming.message.kind, "write": f'@router.{verb}("{spelled}")'}
            )
            return None
        reply = handler(incoming)
        if not incoming.answered_by:
            incoming.answered_by = name
        return reply
