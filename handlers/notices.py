"""What WeChat tells of notices of ours, and of those a traveller wants. Nothing is said to it."""

from collections.abc import Mapping
from datetime import timedelta

from bot.reach import accepts, bounces
from bot.router import Incoming, Router
from bot.wechat.contents import JobFinished, Notices

router = Router("notices")

OVERTAKEN = timedelta(seconds=5)  # a report may come before we have written that the message was sent


@router.event("templatesendjobfinish")
def delivered(incoming: Incoming) -> None:
    """Have a template message that was not delivered noted; of one that was there is nothing to note."""
    content = incoming.message.content
    assert isinstance(content, JobFinished)
    if content.status and content.status != "success":
        facts = {
            "account_id": incoming.account.id,
            "platform_id": content.job_id[:64],
            "status": content.status[:100],
            "reported_at": incoming.now.isoformat(),
        }
        incoming.promise("reach.note_failure", facts, after=OVERTAKEN)


@router.event("subscribe_msg_popup_event")
def chosen(incoming: Incoming) -> None:
    """Keep which notices the traveller accepts: each accept is good for one."""
    accepts.chosen(incoming.work.session, incoming.fan.id, _entries(incoming), now=incoming.now)


@router.event("subscribe_msg_change_event")
def changed(incoming: Incoming) -> None:
    """Keep which notices the traveller has switched off."""
    accepts.switched_off(incoming.work.session, incoming.fan.id, _entries(incoming), now=incoming.now)


@router.event("subscribe_msg_sent_event")
def reported(incoming: Incoming) -> None:
    """Note a subscription notice that was not delivered."""
    for entry in _entries(incoming):
        if entry.get("ErrorCode", "0") != "0":
            status = entry.get("ErrorStatus", "")
            bounces.note_latest(incoming.work.session, incoming.fan.id, status, now=incoming.now)


def _entries(incoming: Incoming) -> tuple[Mapping[str, str], ...]:
    content = incoming.message.content
    assert isinstance(content, Notices)
    return content.entries
