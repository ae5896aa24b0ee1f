"""What happens at the desk and is felt elsewhere: in chats, records, pushed events (protocol §6)."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from simulator.push import messages
from simulator.push.messages import Push
from simulator.return_codes import Refused
from simulator.world import desk
from simulator.world.accounts import Account
from simulator.world.fans import Fan

if TYPE_CHECKING:
    from simulator.platform import Platform


def transfer(platform: "Platform", account: Account, fan: Fan, push: Push, kf_account: str) -> None:
    """Hand the current message to the desk, as the passive reply asks (protocol §6.4).

    A named agent who is offline or unbound strands the traveller (by setting): nobody
    takes the message and nothing is said.  In an open session the message goes on to its
    agent, and the traveller is not told again.
    """
    said = str(push.fields.get("Content") or f"[{push.type}]")
    session = account.desk.sessions.get(fan.openid)
    if session is None:
        platform.show(account, fan, "notice", "transfer", {"kf_account": kf_account}, via="reply")
    if session is None and kf_account:
        agent = account.desk.agents.get(kf_account)
        if agent is None or agent.status != "online" or not agent.wechat_id:
            if platform.settings.kf_transfer_to_absent == "strand":
                return
            kf_account = ""
    if session is None:
        desk.queue(account, fan.openid, platform.now(), kf_account)
        platform.events.publish("desk", account=account.app_id, what="waiting", traveller=fan.traveller)
        seat(platform, account)
        session = account.desk.sessions.get(fan.openid)
    if session is not None and push.kf_account == "":
        account.desk.note(fan.openid, desk.RECEIVED, said, platform.now(), session.kf_account)


def seat(platform: "Platform", account: Account) -> None:
    """Give those in line to agents with room."""
    for openid, kf_account in desk.seat_waiting(account, platform.now()):
        opened(platform, account, openid, kf_account)


def open_session(
    platform: "Platform", account: Account, kf_account: Any, openid: str, note: str = ""
) -> None:
    """Give a fan to an agent, who is shown `note`; the same pair again is fine."""
    is_new = desk.open_session(account, kf_account, openid, platform.now())
    if note:
        account.desk.sessions[openid].note = note
    if is_new or note:
        opened(platform, account, openid, str(kf_account), is_new=is_new)


def opened(
    platform: "Platform", account: Account, openid: str, kf_account: str, *, is_new: bool = True
) -> None:
    """Tell the bot that a session began, and the watchers that there is something to see."""
    if is_new:
        _event(platform, account, openid, messages.event("kf_create_session", KfAccount=kf_account))
    platform.events.publish("desk", account=account.app_id, what="opened", openid=openid, agent=kf_account)


def close_session(platform: "Platform", account: Account, kf_account: Any, openid: str) -> None:
    """End a session, and seat the next in line."""
    desk.close_session(account, kf_account, openid)
    closed(platform, account, openid, str(kf_account))


def closed(platform: "Platform", account: Account, openid: str, kf_account: str) -> None:
    """Tell the bot and the watchers that a session ended."""
    kind = {"CloseType": platform.settings.kf_close_type} if platform.settings.kf_close_type else {}
    _event(platform, account, openid, messages.event("kf_close_session", KfAccount=kf_account, **kind))
    platform.events.publish("desk", account=account.app_id, what="closed", openid=openid, agent=kf_account)
    seat(platform, account)


def hand_over(platform: "Platform", account: Account, openid: str, source: str, target: str) -> None:
    """Move a session from one agent to another, who must be there."""
    session = account.desk.sessions.get(openid)
    if session is None:
        raise Refused(65413)
    if session.kf_account != source:
        raise Refused(65414)
    agent = account.desk.agent(target)
    if not agent.wechat_id:
        raise Refused(65402)
    if agent.status != "online":
        raise Refused(65415)
    session.kf_account = target
    fields = messages.event("kf_switch_session", FromKfAccount=source, ToKfAccount=target)
    _event(platform, account, openid, fields)
    platform.events.publish("desk", account=account.app_id, what="switched", openid=openid, agent=target)
    seat(platform, account)


def set_presence(platform: "Platform", account: Account, agent: desk.Agent) -> None:
    """Tell the watchers that an agent came or went, and let those in line sit down."""
    platform.events.publish("presence", account=account.app_id, agent=asdict(agent))
    seat(platform, account)


def agent_says(  # noqa: PLR0917  (all six are said in every call)
    platform: "Platform", account: Account, fan: Fan, kf_account: str, kind: str, content: dict[str, Any]
) -> None:
    """An agent writes to the traveller; it counts in no window and is not pushed (protocol §6.4)."""
    platform.show(account, fan, "agent", kind, content, via="agent", agent=kf_account)
    text = content.get("content") or f"[{kind}]"
    account.desk.note(fan.openid, desk.SENT, text, platform.now(), kf_account)
    fan.last_exchange = platform.now()


def with_media_url(platform: "Platform", account: Account, content: dict[str, Any]) -> dict[str, Any]:
    """The content with the address where its file can be seen."""
    shown = dict(content)
    for name, url_name in (
        ("media_id", "media_url"),
        ("thumb_media_id", "thumb_url"),
        ("thumbmediaid", "thumb_url"),
    ):
        media = account.media.get(str(content.get(name)))
        if media is not None:
            shown[url_name] = f"{platform.base_url}/mmbiz/{media.blob}"
    return shown


def _event(platform: "Platform", account: Account, openid: str, fields: messages.Fields) -> None:
    fan = account.fans.get(openid)
    if platform.settings.kf_events and fan is not None:
        platform.announce(account, fields, sender=openid, fan=fan)
