"""One thread's work: take a notice in hand, mark it, call, and keep the answer with the next mark.

So a notice costs one transaction, and a process that is killed leaves at most
one notice a thread of which nobody knows whether it was sent: the one marked
`calling`.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bot.db.database import is_passing
from bot.db.types import table_of
from bot.errors import CredentialsRefused, WeChatError
from bot.links import keeping
from bot.materials import documents, saying
from bot.outbox.outcomes import Pointless
from bot.privacy import vault_of
from bot.reach import by_sms, judging, outcomes, pace, words
from bot.reach.claiming import Item
from bot.reach.fields import fitted
from bot.reach.judging import KIND_OF, Later, Route
from bot.reach.models import NoticeState, ReachNotice, Reason, RouteName
from bot.reach.notes import IN_HAND
from bot.reach.outcomes import No, Outcome
from bot.reach.settings import Settings

if TYPE_CHECKING:
    from bot.router import Served
    from bot.runtime import Runtime

log = logging.getLogger(__name__)

TABLE = table_of(ReachNotice)
# Gives a fan a coupon of a template once under a key; False if there is none for them. A noun above does it.
Giver = Callable[[Session, int, int, str, datetime], bool]
CALL_LEASE: Final = timedelta(seconds=150)  # longer than the longest call with its repeat
TRIES: Final = 4
PAUSE: Final = timedelta(seconds=60)  # while WeChat refuses our credentials


class Sender:
    """Sends the notices of one account, one after another; a thread has its own."""

    def __init__(
        self, runtime: "Runtime", account: "Served", settings: Settings, giver: Giver | None = None
    ) -> None:
        self._runtime = runtime
        self._giver = giver
        self._account = account
        self.settings = settings
        self.troubles = 0  # calls in a row without an answer
        self._kept: list[Outcome] = []

    def send(self, item: Item) -> None:
        """Have the fan told by the route that was judged, or the next one, or say why not.

        What became of it is written with the next notice, or by `flush`.
        """
        route: RouteName | None = item.route
        while route is not None:
            if not self._mark(item, route):
                return
            if route is RouteName.SMS:
                return  # ordered in the transaction of the mark
            answer = self._call(item, route)
            if isinstance(answer, Outcome):
                self._kept.append(answer)
                return
            item, route = self._after(item, route, answer)

    def flush(self) -> None:
        """Write what is not written yet."""
        if self._kept:
            self._in_transaction(lambda _session: True)

    def _after(self, item: Item, route: RouteName, no: No) -> tuple[Item, RouteName | None]:
        """Return the item with what the no taught, and the next route; None where there is none."""
        now = self._now()
        closed = dict(self.settings.closed)
        tried = item.judged.tried | {route}
        if no.closed_until is not None:
            closed[route] = no.closed_until
            self.settings = replace(self.settings, closed=closed)
            tried = item.judged.tried
        learnt = {name: value for name, value in no.learnt.items() if name != "refused_why"}
        if "refused_why" in no.learnt:
            learnt["refused_why"] = Reason(no.learnt["refused_why"])
        item = replace(item, judged=replace(item.judged, tried=tried, **learnt))
        if item.unanswered_since is not None:  # the call before may have been heard
            outcome = outcomes.ended(
                item, NoticeState.UNSURE, Reason.NO_ANSWER, route=route, detail=no.detail
            )
            self._kept.append(self._taught(outcome, route, no))
            return item, None
        decision = judging.judge(item.judged, item.intent, self.settings, now)
        if isinstance(decision, Route) and decision.name is not RouteName.NOTE:
            self._kept.append(self._taught(Outcome(item), route, no))
            return item, decision.name
        if isinstance(decision, Route):
            outcome = Outcome(item, leaves_note=True)
        elif isinstance(decision, Later):
            outcome = outcomes.later(item, decision.until, decision.reason, detail=no.detail)
        else:
            outcome = outcomes.ended(item, NoticeState.UNREACHED, no.reason, route=route, detail=no.detail)
        self._kept.append(self._taught(outcome, route, no))
        return item, None

    def _taught(self, outcome: Outcome, route: RouteName, no: No) -> Outcome:
        outcome.learnt = no.learnt
        if no.closed_until is not None:
            outcome.closed = (route, no.closed_until)
        if no.reason is Reason.NO_ACCEPT and route is RouteName.SUBSCRIPTION:
            outcome.accept, outcome.accepts_none = self._mapped(outcome.item, route).template_id, True
        return outcome

    def _mark(self, item: Item, route: RouteName) -> bool:
        """Write what is kept and that this notice is being called; False if it is no longer ours to call."""
        now = self._now()

        def mark(session: Session) -> bool:
            if route is RouteName.TEMPLATE and item.unanswered_since is None:
                turns = pace.lock(session, self._account.id, now=now)
                if pace.templates_today(turns, now=now) >= self.settings.templates_a_day:
                    # Others went since it was taken up, or it came to this route only now.  Judged anew it
                    # goes by the next one, or waits for tomorrow.
                    again = outcomes.later(item, now, Reason.QUOTA)
                    outcomes.keep(session, again, account_id=self._account.id, now=now)
                    return False
            mine = (
                TABLE.c.id == item.id,
                TABLE.c.claims == item.claims,
                TABLE.c.state.in_(IN_HAND),
            )
            values: dict[str, Any] = {
                "state": NoticeState.CALLING.value,
                "route": route.value,
                "called_at": item.unanswered_since or now,
                "attempts": TABLE.c.attempts + 1,
                "leased_until": now + CALL_LEASE,
            }
            if not session.connection().execute(update(TABLE).where(*mine).values(**values)).rowcount:
                return False
            if not self._has_coupon(session, item, now):
                none = {"state": NoticeState.SKIPPED.value, "reason": Reason.NO_COUPON.value}
                session.connection().execute(
                    update(TABLE).where(TABLE.c.id == item.id).values(**none, route=None, leased_until=None)
                )
                return False
            if route is RouteName.TEMPLATE:
                pace.count_template(pace.lock(session, self._account.id, now=now), now=now)
            if route is RouteName.SMS:
                outcome = by_sms.order(
                    session, vault_of(self._runtime.config.privacy), item, links=self._links(item), now=now
                )
                outcomes.keep(session, outcome, account_id=self._account.id, now=now)
            elif route is not item.route:
                turns = pace.lock(session, self._account.id, now=now)
                pace.take(turns, 1, calls_per_second=self.settings.calls_per_second, now=now)
            return True

        return self._in_transaction(mark)

    def _has_coupon(self, session: Session, item: Item, now: datetime) -> bool:
        """Give the coupon that comes with the notice, in the transaction of the mark; True without one."""
        if item.content.coupon is None:
            return True
        give = self._giver
        return give is not None and give(session, item.content.coupon, item.fan_id, item.key, now)

    def _call(self, item: Item, route: RouteName) -> Outcome | No:
        """Call WeChat. No transaction is open."""
        try:
            platform_id, accept = self._say(item, route)
        except Pointless as error:
            return No(Reason.NOT_TAKEN, str(error)[: outcomes.LONGEST])
        except WeChatError as error:
            return self._trouble(item, route, error)
        except Exception as error:
            log.exception("notice not said", extra={"notice": item.id, "route": route.value})
            return outcomes.ended(
                item, NoticeState.UNSURE, Reason.NO_ANSWER, route=route, detail=type(error).__name__
            )
        self.troubles = 0
        outcome = outcomes.sent(item, route, platform_id=platform_id, accept=accept, now=self._now())
        return self._counted(outcome, route)

    def _trouble(self, item: Item, route: RouteName, error: WeChatError) -> Outcome | No:
        now = self._now()
        no = outcomes.no_from(error, now=now)
        if no is not None:
            self.troubles = 0
            return no
        self.troubles += 1
        if isinstance(error, CredentialsRefused):
            self.troubles = 1_000
            if item.unanswered_since is None:
                return outcomes.later(item, now + PAUSE, Reason.BUSY, detail=outcomes.said(error))
        return self._counted(outcomes.unanswered(item, route, error, now=now), route)

    def _counted(self, outcome: Outcome, route: RouteName) -> Outcome:
        """Count a message that was sent, or may have been, in the window it went through."""
        is_out = outcome.values["state"] in {NoticeState.SENT.value, NoticeState.UNSURE.value}
        if is_out and route is RouteName.CUSTOM:
            found = judging.window(outcome.item.judged, self._now())
            outcome.counted_since = found[0] if found else None
        return outcome

    def _say(self, item: Item, route: RouteName) -> tuple[str, str]:
        """Return WeChat's id of the message, and the template whose accept it took."""
        line = self._runtime.wechat.of(self._account.name)
        links = self._links(item)
        if route is RouteName.CUSTOM:
            document = words.fill(item.content.answer, item.said, links)
            saying.send(self._runtime, self._account, item.openid, documents.read(document))
            return "", ""
        mapped = self._mapped(item, route)
        facts = {**words.fill(item.content.fields, item.said, links), **item.said}
        filled: Mapping[str, str] = words.fill(mapped.fields, facts, links)
        fields = {name: fitted(name, value) for name, value in filled.items()}
        url = words.fill(item.content.url, facts, links)
        if route is RouteName.TEMPLATE:
            key = f"notice-{item.id}"
            return line.send_template(item.openid, mapped.template_id, fields, url=url, key=key), ""
        line.send_subscription(item.openid, mapped.template_id, fields, page=url)
        return "", "" if mapped.is_long_term else mapped.template_id

    def _links(self, item: Item) -> list[str]:
        """Return the fan's own addresses of the content's links."""
        config = self._runtime.config
        return [keeping.personal(config, link_id=one, fan_id=item.fan_id) for one in item.content.links]

    def _mapped(self, item: Item, route: RouteName) -> Any:
        return self.settings.mapped[item.intent.name, KIND_OF[route]]

    def _now(self) -> datetime:
        return self._runtime.db.time()

    def _in_transaction(self, work: Callable[[Session], bool]) -> bool:
        """Write what is kept and do `work` in one transaction; again where the database was only busy."""
        for tries_left in reversed(range(TRIES)):
            try:
                with self._runtime.db.transaction() as session:
                    for outcome in self._kept:
                        outcomes.keep(session, outcome, account_id=self._account.id, now=self._now())
                    done = work(session)
            except DBAPIError as error:
                if not is_passing(error) or not tries_left:
                    raise
                time.sleep(0.1 * (TRIES - tries_left))
            else:
                self._kept.clear()
                return done
        raise AssertionError("unreachable")
