"""What promises are about, and why they died, in words."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

JOBS = {
    "broadcasts.call": _l("Ask WeChat for a mass send"),
    "broadcasts.count": _l("Count what broadcasts brought"),
    "broadcasts.finish": _l("Note how a mass send went"),
    "broadcasts.lay": _l("Lay down who gets a broadcast"),
    "broadcasts.look": _l("See to broadcasts under way"),
    "broadcasts.preview": _l("Show a mass send to a colleague"),
    "channels.make": _l("Make many codes"),
    "channels.add_up": _l("Add up what channels brought"),
    "channels.make_digests": _l("Write the weekly digests"),
    "tags.move": _l("Move fans to the tag another was merged into"),
    "tags.sync": _l("Bring WeChat's tags on fans up to date"),
    "tags.put_many": _l("Put a tag on many fans, or take it off"),
    "channels.make_code": _l("Have WeChat make a code"),
    "channels.pack": _l("Pack codes for download"),
    "posters.pack": _l("Draw posters for download"),
    "channels.renew": _l("Renew temporary codes"),
    "coupons.give": _l("Give coupons to many"),
    "coupons.tell": _l("Tell a member of a coupon they earned"),
    "coupons.remind": _l("Remind of coupons that end"),
    "coupons.tidy": _l("Note which coupons have ended"),
    "desk.ask_helped": _l("Ask whether an answer helped"),
    "desk.add_up": _l("Add up the desk's days"),
    "desk.after": _l("Ask how a conversation was"),
    "desk.drain": _l("Give free seats to who waits"),
    "desk.look": _l("See to the desk"),
    "desk.move": _l("Give a conversation to another agent"),
    "desk.place": _l("Find an agent for a traveller"),
    "desk.obey": _l("Change an agent at WeChat"),
    "desk.reconcile": _l("Compare conversations with WeChat's"),
    "desk.say": _l("Tell a traveller how their request stands"),
    "desk.settle": _l("Give back a seat"),
    "desk.sync_agents": _l("Learn WeChat's agents"),
    "desk.read_records": _l("Read what agents said"),
    "desk.tell": _l("Tell the desk of a message"),
    "earning.followed": _l("Count the points for following"),
    "earning.forget_words": _l("Clear words tills have used"),
    "earning.keep_birthdays": _l("Count the birthdays of the day"),
    "earning.registered": _l("Count the points for joining"),
    "earning.replay": _l("Replay purchases under other rules"),
    "exports.write": _l("Write an export"),
    "imports.put": _l("Import a sheet"),
    "fans.begin_sync": _l("Begin the night's fan sync"),
    "fans.complete": _l("Learn more of a fan"),
    "fans.sync": _l("Compare fans with WeChat"),
    "figures.rebuild": _l("Add up the day's figures"),
    "files.forget": _l("Clear files nobody needs"),
    "levels.forget_words": _l("Clear what was written about levels of erased members"),
    "levels.join": _l("See to the level of merged members"),
    "levels.look": _l("See to levels that end"),
    "levels.part": _l("See to the levels of members who are two again"),
    "levels.review_all": _l("Look at all members by the new levels"),
    "levels.simulate": _l("Try other levels on all members"),
    "levels.wear": _l("Put the tags of their level on a member's fans"),
    "levels.wear_all": _l("Put the tags of levels on all fans"),
    "materials.count": _l("Ask how much material WeChat keeps"),
    "materials.supply": _l("Bring materials and articles to WeChat"),
    "materials.withdraw": _l("Delete a material at WeChat"),
    "members.export": _l("Put a member's data together for them"),
    "members.forget_withdrawn": _l("Erase who withdrew, once their time is over"),
    "members.import_rows": _l("Import members"),
    "members.obey_cancellation": _l("Erase who closed their WeChat"),
    "members.obey_revoke": _l("Forget what a fan took back"),
    "members.recognise": _l("See who is of the staff"),
    "members.remind": _l("Remind a fan to bind"),
    "members.tell_of_claim": _l("Tell a member that another proved their number"),
    "members.tell_referrer": _l("Tell a referrer that it counts"),
    "members.tidy": _l("Clear codes that are over"),
    "menus.publish": _l("Publish a menu"),
    "outbox.forget_done": _l("Clear what was done long ago"),
    "partitions.keep_ahead": _l("Make the partitions of the months to come"),
    "points.add_up": _l("Add up the days of points"),
    "mall.ask_monthly": _l("Ask for the month's payouts of points"),
    "mall.end_orders": _l("End orders nobody came for"),
    "mall.forget_addresses": _l("Empty the words about orders and payouts of erased members"),
    "mall.forget_words": _l("Empty the words about orders and payouts of erased members"),
    "points.end_holds": _l("Let go of points nobody claimed"),
    "points.expire": _l("Take expired points off the books"),
    "points.reconcile": _l("Check that points add up"),
    "platform_figures.fetch": _l("Bring over WeChat's own figures"),
    "posters.send": _l("Draw a poster and send it"),
    "posters.tell_notes": _l("Tell a colleague that a poster waits"),
    "posters.tidy": _l("Clear posters asked for long ago"),
    "reach.look": _l("Look which notices are due"),
    "reach.note_failure": _l("Note that a template message was not delivered"),
    "reach.note_objection": _l("Send no offers to who is a member no longer"),
    "reach.sync_templates": _l("Learn the templates WeChat has"),
    "reach.pump": _l("Send the notices that are due"),
    "reach.settle_batch": _l("Stop or go on with many notices"),
    "reach.tell_notes": _l("Send what waited for a fan"),
    "replies.say": _l("Write to a fan"),
    "retention.forget": _l("Delete what was kept long enough"),
    "retention.forget_talk": _l("Empty what was said with who left or was erased"),
    "retention.obey_leave": _l("Let go of what a fan who left had given"),
    "series.go_on": _l("Say what series have due"),
    "series.look_for_silence": _l("Look for fans who have fallen silent"),
    "sms.forget": _l("Clear short messages of long ago"),
    "sms.send": _l("Send a short message"),
    "tags.make": _l("Have WeChat know our tags"),
}
STATES = {
    "dead": _l("Dead"),
    "held": _l("Held"),
    "waiting": _l("Waiting"),
    "queued": _l("Queued"),
    "running": _l("Running"),
    "done": _l("Done"),
}
PILLS = {
    "dead": "bad",
    "held": "warn",
    "waiting": "warn",
    "queued": "info",
    "running": "info",
    "done": "good",
}
# By the name of the error: what happened, and what helps.
TOO_LONG = (
    _l("It took longer than a job may take"),
    _l("Replay it once; if it dies again, tell your operator the number."),
)
REASONS = {
    "Restored": (
        _l("The database was restored; it may have been done before that"),
        _l("An operator decides on the server: python -m bot restoration show"),
    ),
    "WeChatUnavailable": (
        _l("WeChat did not answer, again and again"),
        _l("Replay it once Health says that WeChat answers."),
    ),
    "AnswerLost": (
        _l("WeChat's answer was lost, again and again"),
        _l("See whether it was done; replay it if it was not."),
    ),
    "QuotaUsedUp": (
        _l("The quota of this call was used up"),
        _l("Replay it after midnight, or once Health shows calls left."),
    ),
    "CredentialsRefused": (
        _l("WeChat refused our secret, address or token"),
        _l("Mend the app secret or the IP list in the console, run the checks under Health, then replay."),
    ),
    "NotPermitted": (
        _l("The account does not have this right"),
        _l("Have the account verified or the right granted in the console, then replay."),
    ),
    "BadRequest": (
        _l("WeChat did not take what we sent"),
        _l("Mend what was to be sent where it was written, and do that again instead of replaying."),
    ),
    "FanUnreachable": (
        _l("The fan left, blocked us, or was silent for too long"),
        _l("Nothing to do: replaying helps only after the fan writes again."),
    ),
    "Unheard": (
        _l("A newer release made this promise"),
        _l("Start the newer release everywhere, then replay."),
    ),
    "KeyError": (
        _l("Something it needs is not there any more"),
        _l("If an account was taken out of the settings, put it back, then replay."),
    ),
    "NoResultFound": (_l("The row it is about was deleted"), _l("Nothing to do, the row is gone.")),
    "NotTaken": (
        _l("No gateway took the short message"),
        _l("See [sms] in the settings and the provider's console. Do not replay codes: they are over."),
    ),
    "NoKeys": (
        _l("The settings hold no keys for personal data"),
        _l("Set [privacy] keys and index_key, restart, then replay."),
    ),
    "OutOfTime": TOO_LONG,
    "JobTimeoutException": TOO_LONG,  # RQ's own; and what ours was called in promises of before
}
OTHERWISE = (
    _l("It failed in a way nobody foresaw"),
    _l("Tell your operator the number; replay it once the cause is mended."),
)


def job(name: str) -> str:
    """Return what the job does; its name where nobody wrote it down."""
    return str(JOBS.get(name, name))


def state(code: str) -> str:
    """Return what the state is called."""
    return str(STATES.get(code, code))


def pill(code: str) -> str:
    """Return the colour of a state."""
    return PILLS.get(code, "")


def why(reason: str | None) -> str:
    """Return what happened, in words."""
    return str(_advice(reason)[0]) if reason else str(_("No reason was noted"))


def remedy(reason: str | None) -> str:
    """Return what helps."""
    return str(_advice(reason)[1])


def _advice(reason: str | None) -> tuple[Any, Any]:
    return REASONS.get((reason or "").partition(":")[0].strip(), OTHERWISE)
