"""Every job, by the name promises call it: the project's one list of them.

A job is called with the runtime and the promise's arguments.  It may run twice
and says in its docstring what happens then.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.broadcasts import jobs as broadcasts
from bot.channels.figures.jobs import add_up
from bot.channels.jobs import make as make_channels
from bot.channels.jobs import make_code, renew
from bot.channels.packing import pack
from bot.counter import taking_along as counter_along
from bot.coupons import jobs as coupons
from bot.coupons import taking_along as coupons_along
from bot.desk import jobs as desk
from bot.digest.jobs import make_digests
from bot.earning import jobs as earning
from bot.fan_sync import jobs as fan_sync
from bot.fans.jobs import complete
from bot.figures.jobs import rebuild
from bot.files.jobs import forget
from bot.imports.jobs import put
from bot.levels import jobs as levels
from bot.levels import taking_along as levels_along
from bot.mall import jobs as mall
from bot.mall import reconciling as mall_reconciling
from bot.mall import taking_along as mall_along
from bot.materials.jobs import count, supply, withdraw
from bot.members import jobs as members
from bot.menus.jobs import publish
from bot.moments import HERE
from bot.organisation.jobs import say_hours
from bot.outbox.jobs import forget_done
from bot.outbox.promises import Wish
from bot.outbox.timetable import PULSE, PULSE_SECONDS, Entry
from bot.partitions.jobs import keep_ahead
from bot.platform_figures import jobs as platform_figures
from bot.points import jobs as points
from bot.points import taking_along
from bot.posters import jobs as posters
from bot.posters.packing import pack as pack_posters
from bot.privacy import vault_of
from bot.purchases import taking_along as purchases_along
from bot.reach import jobs as reach
from bot.reach import occasions
from bot.replies.jobs import count_hits, say
from bot.retention import jobs as retention
from bot.runtime import Runtime
from bot.series import jobs as series
from bot.sms import jobs as sms
from bot.tagging.jobs import put_many
from bot.tags.jobs import make, move, sync

Job = Callable[..., None]

# What nouns above the members add to the file a member takes with them.
CHAPTERS = (
    taking_along.CHAPTER,
    purchases_along.CHAPTER,
    levels_along.CHAPTER,
    counter_along.CHAPTER,
    coupons_along.CHAPTER,
    mall_along.CHAPTER,
)


def _export_member(runtime: Runtime, request_id: int) -> None:
    """Make the file a member asked for, with every chapter. Run twice: a finished request stays as it is."""
    chapters = (*CHAPTERS, mall_along.chapter(vault_of(runtime.config.privacy)))
    members.export(runtime, request_id, more=chapters)


def _give_coupons(runtime: Runtime, batch_id: int) -> None:
    """Give coupons to many. Run twice: each member gets one all the same."""
    from admin.coupons.jobs import give_many  # slow to import, and most processes never need it

    give_many(runtime, batch_id)


def _write_list(runtime: Runtime, batch_id: int) -> None:
    """Write the next rows of a long list. Run twice: whoever is second drops what it wrote."""
    from admin.travellers.jobs import write

    write(runtime, batch_id)


def _end_holds(runtime: Runtime) -> None:
    """Release holds whose time is over, but those that end with their orders. Run twice: they stay so."""
    points.end_holds(runtime, besides=mall_reconciling.OWNED)


def _reconcile_points(runtime: Runtime) -> None:
    """Check the ledger, and the mall with it, a slice at a time. Run twice: slices are looked at twice."""
    points.reconcile(runtime, more=mall_reconciling.CHECKS)


JOBS: dict[str, Job] = {
    "broadcasts.call": broadcasts.call,
    "broadcasts.count": broadcasts.count,
    "broadcasts.finish": broadcasts.finish,
    "broadcasts.lay": broadcasts.lay,
    "broadcasts.look": broadcasts.look,
    "broadcasts.preview": broadcasts.preview,
    "channels.make": make_channels,
    "channels.make_code": make_code,
    "channels.pack": pack,
    "channels.renew": renew,
    "channels.add_up": add_up,
    "channels.make_digests": make_digests,
    "coupons.give": _give_coupons,
    "coupons.remind": coupons.remind,
    "coupons.tell": coupons.tell,
    "coupons.tidy": coupons.tidy,
    "desk.ask_helped": desk.ask_helped,
    "desk.add_up": desk.add_up,
    "desk.after": desk.after,
    "desk.drain": desk.drain,
    "desk.look": desk.look,
    "desk.move": desk.move,
    "desk.obey": desk.obey,
    "desk.place": desk.place,
    "desk.read_records": desk.read_records,
    "desk.reconcile": desk.reconcile,
    "desk.say": desk.say,
    "desk.settle": desk.settle,
    "desk.sync_agents": desk.sync_agents,
    "desk.tell": desk.tell,
    "fans.begin_sync": fan_sync.begin_sync,
    "earning.followed": earning.followed,
    "earning.forget_words": earning.forget_words,
    "earning.keep_birthdays": earning.keep_birthdays,
    "earning.registered": earning.registered,
    "earning.replay": earning.replay,
    "fans.complete": complete,
    "fans.sync": fan_sync.sync,
    "figures.rebuild": rebuild,
    "files.forget": forget,
    "mall.ask_monthly": mall.ask_monthly,
    "mall.end_orders": mall.end_orders,
    "mall.forget_addresses": mall.forget_words,  # its name until 0029: clocks of then promise it
    "mall.forget_words": mall.forget_words,
    "levels.forget_words": levels.forget_words,
    "levels.join": levels.join,
    "levels.look": levels.look,
    "levels.part": levels.part,
    "levels.review_all": levels.review_all,
    "levels.simulate": levels.simulate,
    "levels.wear": levels.wear,
    "levels.wear_all": levels.wear_all,
    "materials.count": count,
    "materials.supply": supply,
    "materials.withdraw": withdraw,
    "members.export": _export_member,
    "members.forget_withdrawn": members.forget_withdrawn,
    "members.import_rows": members.import_rows,
    "members.obey_cancellation": members.obey_cancellation,
    "members.obey_revoke": members.obey_revoke,
    "members.recognise": members.recognise,
    "members.remind": members.remind,
    "members.tell_of_claim": occasions.tell_of_claim,
    "members.tell_referrer": occasions.tell_referrer,
    "members.tidy": members.tidy,
    "exports.write": _write_list,
    "imports.put": put,
    "menus.publish": publish,
    "organisation.say_hours": say_hours,
    "outbox.forget_done": forget_done,
    "partitions.keep_ahead": keep_ahead,
    "points.add_up": points.add_up,
    "points.end_holds": _end_holds,
    "points.expire": points.expire,
    "points.reconcile": _reconcile_points,
    "platform_figures.fetch": platform_figures.fetch,
    "posters.pack": pack_posters,
    "posters.send": posters.send,
    "posters.tell_notes": posters.tell_notes,
    "posters.tidy": posters.tidy,
    "reach.look": reach.look,
    "reach.note_failure": reach.note_failure,
    "reach.note_objection": reach.note_objection,
    "reach.pump": broadcasts.pump,
    "reach.settle_batch": reach.settle_batch,
    "reach.sync_templates": reach.sync_templates,
    "reach.tell_notes": reach.tell_notes,
    "replies.count_hits": count_hits,
    "replies.say": say,
    "retention.forget": retention.forget,
    "retention.forget_talk": retention.forget_talk,
    "retention.obey_leave": retention.obey_leave,
    "series.go_on": series.go_on,
    "series.look_for_silence": series.look_for_silence,
    "sms.forget": sms.forget,
    "sms.send": sms.send,
    "tags.make": make,
    "tags.move": move,
    "tags.put_many": put_many,
    "tags.sync": sync,
}


def _each_account(job: str) -> Callable[[Runtime, datetime], list[Wish]]:
    def wishes(runtime: Runtime, now: datetime) -> list[Wish]:
        return [
            Wish(job, {"account": name}, now, f"{job}:{name}")
            for name, account in runtime.accounts.items()
            if account.kind == "service"
        ]

    return wishes


def _every_account(job: str) -> Callable[[Runtime, datetime], list[Wish]]:
    return lambda runtime, now: [
        Wish(job, {"account": name}, now, f"{job}:{name}") for name in runtime.accounts
    ]


def _every_night(job: str) -> Callable[[Runtime, datetime], list[Wish]]:
    """In the hour of Shanghai that the settings name; asked once an hour."""

    def wishes(runtime: Runtime, now: datetime) -> list[Wish]:
        is_time = now.astimezone(HERE).hour == runtime.config.fan_sync.nightly_hour
        return _every_account(job)(runtime, now) if is_time else []

    return wishes


def _once(job: str) -> Callable[[Runtime, datetime], list[Wish]]:
    return lambda _runtime, now: [Wish(job, {}, now, job)]


TIMETABLE: tuple[Entry, ...] = (
    Entry("broadcasts.look", 30, _once("broadcasts.look")),
    Entry("broadcasts.count", 600, _once("broadcasts.count")),
    Entry("channels.renew", 3600, _once("channels.renew")),
    Entry("channels.add_up", 60, _once("channels.add_up")),
    Entry("channels.make_digests", 600, _once("channels.make_digests")),
    Entry("coupons.remind", 3600, _once("coupons.remind")),
    Entry("coupons.tidy", 60, _once("coupons.tidy")),
    Entry("desk.add_up", 60, _once("desk.add_up")),
    Entry(PULSE, PULSE_SECONDS, _each_account("desk.look")),
    Entry("desk.reconcile", 60, _each_account("desk.reconcile")),
    Entry("desk.sync_agents", 600, _each_account("desk.sync_agents")),
    Entry("desk.read_records", 300, _each_account("desk.read_records")),
    Entry("fans.begin_sync", 3600, _every_night("fans.begin_sync")),
    Entry("earning.forget_words", 3600, _once("earning.forget_words")),
    # Each day at eight in the morning in Shanghai, or as soon as a clock runs.
    Entry("earning.keep_birthdays", 86400, _once("earning.keep_birthdays")),
    Entry("organisation.say_hours", 3600, _once("organisation.say_hours")),
    Entry("figures.rebuild", 600, _once("figures.rebuild")),
    Entry("files.forget", 3600, _once("files.forget")),
    Entry("mall.ask_monthly", 3600, _once("mall.ask_monthly")),
    Entry("mall.end_orders", 30, _once("mall.end_orders")),
    Entry("mall.forget_words", 3600, _once("mall.forget_words")),
    Entry("levels.forget_words", 3600, _once("levels.forget_words")),
    # Days begin at midnight in Shanghai; what is due is found by an index, and mostly it is nothing.
    Entry("levels.look", 600, _once("levels.look")),
    Entry("materials.supply", 60, _every_account("materials.supply")),
    Entry("materials.count", 6 * 3600, _every_account("materials.count")),
    Entry("members.tidy", 300, _once("members.tidy")),
    Entry("outbox.forget_done", 3600, _once("outbox.forget_done")),
    Entry("partitions.keep_ahead", 3600, _once("partitions.keep_ahead")),
    Entry("points.add_up", 600, _once("points.add_up")),
    Entry("points.end_holds", 30, _once("points.end_holds")),
    Entry("points.expire", 600, _once("points.expire")),
    Entry("points.reconcile", 24 * 3600, _once("points.reconcile")),
    Entry("platform_figures.fetch", 3600, _every_account("platform_figures.fetch")),
    Entry("posters.tidy", 3600, _once("posters.tidy")),
    Entry("reach.look", 10, _once("reach.look")),
    Entry("reach.sync_templates", 3600, _each_account("reach.sync_templates")),
    Entry("replies.count_hits", 60, _once("replies.count_hits")),
    Entry("retention.forget", 600, _once("retention.forget")),
    Entry("series.go_on", 15, _once("series.go_on")),
    Entry("series.look_for_silence", 3600, _once("series.look_for_silence")),
    Entry("sms.forget", 3600, _once("sms.forget")),
)
# Kept promises of these are deleted: they come back by themselves and nobody asks after them.
EVERYDAY = frozenset(entry.name for entry in TIMETABLE)

# What is said to many, or to somebody who asked nothing: it waits while a restoration is looked at.
OWN_ACCORD = frozenset({"broadcasts.call", "broadcasts.lay", "reach.pump"})
# Promises that say something to somebody: after a restoration nobody knows whether it was said since.
SPEAKING = frozenset(
    {
        "broadcasts.preview",
        "desk.after",
        "desk.ask_helped",
        "desk.move",
        "desk.place",
        "desk.say",
        "desk.tell",
        "members.remind",
        "posters.send",
        "posters.tell_notes",
        "replies.say",
        "sms.send",
    }
)

BACK_OFF = (1, 5, 15, 60, 300, 900, 3600)


def back_off(attempt: int) -> timedelta:
    """Return how long to wait after the `attempt`th failure, counted from one."""
    return timedelta(seconds=BACK_OFF[min(attempt, len(BACK_OFF)) - 1])
