"""What promises are about, and why they died, in words."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

JOBS = {
    "channels.make_code": _l("Have WeChat make a code"),
    "desk.poll_presence": _l("See who is at the desk"),
    "fans.complete": _l("Learn more of a fan"),
    "figures.rebuild": _l("Add up the day's figures"),
    "menus.publish": _l("Publish a menu"),
    "outbox.forget_done": _l("Clear what was done long ago"),
    "replies.say": _l("Write to a fan"),
}
STATES = {
    "dead": _l("Dead"),
    "waiting": _l("Waiting"),
    "queued": _l("Queued"),
    "running": _l("Running"),
    "done": _l("Done"),
}
PILLS = {"dead": "bad", "waiting": "warn", "queued": "info", "running": "info", "done": "good"}
# By the name of the error: what happened, and what helps.
REASONS = {
    "WeChatUnavailable": (
        _l("WeChat did not answer, again and again"),
        _l("Replay it once Health says that WeChat answers."),
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
    "JobTimeoutException": (
        _l("It took longer than a job may take"),
        _l("Replay it once; if it dies again, tell your operator the number."),
    ),
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
