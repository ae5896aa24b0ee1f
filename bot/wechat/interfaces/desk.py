"""Messages to a traveller, agents, and their sessions (protocol, section 6)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bot.errors import BadRequest
from bot.wechat.interfaces.caller import Caller

TYPING_IGNORED: Final = frozenset({45080, 45081})
RECORDS_A_CALL: Final = 10_000


class Desk(Caller):
    """What is said to travellers unprompted, and by whom."""

    def send(self, openid: str, message: Mapping[str, Any], kf_account: str | None = None) -> None:
        """Send a custom message, e.g. `{"msgtype": "text", "text": {"content": "…"}}`, as an agent if one
        is named.

        Five messages within 48 hours of a message of theirs, three within a minute of a tap, scan or
        follow.  Raise `FanUnreachable` outside that (45015, 45047) and for those who left or blocked;
        `WeChatUnavailable` when it is not known whether the message was sent.  Protocol 6.5.
        """
        body: dict[str, Any] = {"touser": openid, **message}
        if kf_account is not None:
            body["customservice"] = {"kf_account": kf_account}
        self.call("POST", "/cgi-bin/message/custom/send", json=body)

    def typing(self, openid: str, *, on: bool) -> None:
        """Show or hide "typing …".

        Quietly nothing where it is shown already or they have been silent. Protocol 6.5.
        """
        body = {"touser": openid, "command": "Typing" if on else "CancelTyping"}
        try:
            self.call("POST", "/cgi-bin/message/custom/typing", json=body)
        except BadRequest as error:
            if error.code not in TYPING_IGNORED:
                raise

    def agents(self) -> list[dict[str, Any]]:
        """Return all agents as `{"kf_account", "kf_nick", "kf_id", "kf_wx" …}`.

        `kf_id` is text here. Protocol 6.1.
        """
        return list(self.call("GET", "/cgi-bin/customservice/getkflist").get("kf_list", ()))

    def online_agents(self) -> list[dict[str, Any]]:
        """Return agents' presence as `{"kf_account", "status", "kf_id", "accepted_case"}`; status 0 is
        offline.

        `kf_id` is a number here.  Protocol 6.1.
        """
        return list(self.call("GET", "/cgi-bin/customservice/getonlinekflist").get("kf_online_list", ()))

    def agent_add(self, kf_account: str, nickname: str) -> None:
        """Add an agent called `name@account`, bound to nobody yet.

        Raise `BadRequest` with 65406 when there is one, 65404 for the account's form, 65403 for the nickname,
        65405 beyond a hundred; `NotPermitted` with 65400 where the desk is not switched on.  Protocol 6.1.
        """
        body = {"kf_account": kf_account, "nickname": nickname}
        self.call("POST", "/customservice/kfaccount/add", json=body)

    def agent_rename(self, kf_account: str, nickname: str) -> None:
        """Give an agent a nickname; the same again is no error. Raise `BadRequest` with 65401, 65403."""
        body = {"kf_account": kf_account, "nickname": nickname}
        self.call("POST", "/customservice/kfaccount/update", json=body)

    def agent_delete(self, kf_account: str) -> None:
        """Delete an agent; their conversations end. Raise `BadRequest` with 65401 if there is none."""
        self.call("POST", "/customservice/kfaccount/del", json={"kf_account": kf_account})

    def agent_invite(self, kf_account: str, wechat_id: str) -> None:
        """Ask whoever has that WeChat id to be the agent; they confirm on their phone within a day.

        Raise `BadRequest` with 65407-65412: an agent already, invited already, no such id.  Protocol 6.1.
        """
        body = {"kf_account": kf_account, "invite_wx": wechat_id}
        self.call("POST", "/customservice/kfaccount/inviteworker", json=body)

    def agent_picture(self, kf_account: str, jpeg: bytes) -> None:
        """Give an agent a picture, a JPEG of at most 5 MB. Protocol 6.1."""
        path, whose = "/customservice/kfaccount/uploadheadimg", {"kf_account": kf_account}
        self.call("POST", path, whose, files={"media": ("picture.jpg", jpeg)})

    def session_create(self, openid: str, kf_account: str, text: str | None = None) -> None:
        """Give a traveller to an agent, who is shown `text`; giving the same pair again is no error.

        Raise `BadRequest` with code 65415 when the agent is offline, 65414 when another serves the
        traveller, 65402 when the agent has no bound WeChat.  Protocol 6.2.
        """
        body = {"kf_account": kf_account, "openid": openid}
        if text is not None:
            body["text"] = text
        self.call("POST", "/customservice/kfsession/create", json=body)

    def session_close(self, openid: str, kf_account: str) -> None:
        """End a session.

        Raise `BadRequest` with 65413 when there is none, 65414 when it is another's. Protocol 6.2.
        """
        body = {"kf_account": kf_account, "openid": openid}
        self.call("POST", "/customservice/kfsession/close", json=body)

    def session_of(self, openid: str) -> str | None:
        """Return the account of the agent who serves the traveller, or None. Protocol 6.2."""
        answer = self.call("GET", "/customservice/kfsession/getsession", {"openid": openid})
        return answer.get("kf_account") or None

    def session_list(self, kf_account: str) -> list[dict[str, Any]]:
        """Return an agent's sessions as `{"createtime", "openid"}`. Protocol 6.2."""
        answer = self.call("GET", "/customservice/kfsession/getsessionlist", {"kf_account": kf_account})
        return list(answer.get("sessionlist", ()))

    def session_waiting(self) -> tuple[int, list[dict[str, Any]]]:
        """Return how many wait, and the first hundred as `{"latest_time", "openid"}`, by arrival.

        Protocol 6.2.
        """
        answer = self.call("GET", "/customservice/kfsession/getwaitcase")
        return int(answer.get("count", 0)), list(answer.get("waitcaselist", ()))

    def records(self, first: datetime, last: datetime) -> list[dict[str, Any]]:
        """Return what was said at the desk from `first` to `last`, both included, in the order it was said.

        `{"openid", "opercode", "text", "time", "worker"}`; `opercode` 2002 is an agent's, 2003 a traveller's.
        At most a day; one call for each ten thousand.  Protocol 6.3.
        """
        body = {
            "starttime": int(first.timestamp()),
            "endtime": int(last.timestamp()),
            "msgid": 1,
            "number": RECORDS_A_CALL,
        }
        found: list[dict[str, Any]] = []
        while True:
            answer = self.call("POST", "/customservice/msgrecord/getmsglist", json=body)
            rows = answer.get("recordlist", ())
            found += rows
            following = int(answer.get("msgid") or 0)
            if len(rows) < RECORDS_A_CALL or following <= body["msgid"]:
                return found
            body["msgid"] = following
