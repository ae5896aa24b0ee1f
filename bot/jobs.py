"""Every job, by the name promises call it: the project's one list of them.

A job is called with the runtime and the promise's arguments.  It may run twice
and says in its docstring what happens then.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.channels.jobs import make_code
from bot.desk.jobs import poll_presence
from bot.fans.jobs import complete
from bot.figures.jobs import rebuild
from bot.menus.jobs import publish
from bot.organisation.jobs import say_hours
from bot.outbox.jobs import forget_done
from bot.outbox.promises import Wish
from bot.outbox.timetable import Entry
from bot.replies.jobs import count_hits, say
from bot.runtime import Runtime

Job = Callable[..., None]

JOBS: dict[str, Job] = {
    "channels.make_code": make_code,
    "desk.poll_presence": poll_presence,
    "fans.complete": complete,
    "figures.rebuild": rebuild,
    "menus.publish": publish,
    "organisation.say_hours": say_hours,
    "outbox.forget_done": forget_done,
    "replies.count_hits": count_hits,
    "replies.say": say,
}


def _each_account(job: str) -> Callable[[Runtime, datetime], list[Wish]]:
    def wishes(runtime: Runtime, now: datetime) -> list[Wish]:
        return [
            Wish(job, {"account": name}, now, f"{job}:{name}")
            for name, account in runtime.accounts.items()
            if account.kind == "service"
        ]

    return wishes


def _once(job: str) -> Callable[[Runtime, datetime], list[Wish]]:
    return lambda _runtime, now: [Wish(job, {}, now, job)]


TIMETABLE: tuple[Entry, ...] = (
    Entry("desk.poll_presence", 10, _each_account("desk.poll_presence")),
    Entry("organisation.say_hours", 3600, _once("organisation.say_hours")),
    Entry("figures.rebuild", 600, _once("figures.rebuild")),
    Entry("outbox.forget_done", 3600, _once("outbox.forget_done")),
    Entry("replies.count_hits", 60, _once("replies.count_hits")),
)
# Kept promises of these are deleted: they come back by themselves and nobody asks after them.
EVERYDAY = frozenset(entry.name for entry in TIMETABLE)

BACK_OFF = (1, 5, 15, 60, 300, 900, 3600)


def back_off(attempt: int) -> timedelta:
    """Return how long to wait after the `attempt`th failure, counted from one."""
    return timedelta(seconds=BACK_OFF[min(attempt, len(BACK_OFF)) - 1])
