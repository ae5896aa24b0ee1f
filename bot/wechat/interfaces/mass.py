"""WeChat's mass send: one call, many fans (protocol 8.3 to 8.5)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.wechat.interfaces.caller import Caller, needed

OPENIDS_PER_SEND: Final = 10_000
LEAST_OPENIDS: Final = 2
Message = Mapping[str, Any]


class MassSends(Caller):
    """Accepted is not done: MASSSENDJOBFINISH says how it went.

    `message` is `{"msgtype": …, …}`.  With the same `client_id` (at most 32
    letters) a call may be made again within a day: WeChat then names the send
    that it made of the first (45065).
    """

    def mass_to_tag(self, tag: int, message: Message, *, client_id: str) -> int:
        """Send to the fans with one of WeChat's tags; return WeChat's number of the send."""
        to = {"filter": {"is_to_all": False, "tag_id": tag}}
        return self._mass("sendall", {**to, **message, "clientmsgid": client_id, "send_ignore_reprint": 0})

    def mass_to_openids(self, openids: Sequence[str], message: Message, *, client_id: str) -> int:
        """Send to 2 to 10,000 fans; return WeChat's number of the send."""
        return self._mass(
            "send", {"touser": list(openids), **message, "clientmsgid": client_id, "send_ignore_reprint": 0}
        )

    def mass_preview(self, openid: str, message: Message) -> None:
        """Show the message to one fan; a hundred times a day. It does not count among their four a month."""
        self.call("POST", "/cgi-bin/message/mass/preview", json={"touser": openid, **message})

    def mass_status(self, msg_id: int) -> str:
        """Return `SENDING`, `SEND_SUCCESS`, `SEND_FAIL` or `DELETE`."""
        answer = self.call("POST", "/cgi-bin/message/mass/get", json={"msg_id": str(msg_id)})
        return str(answer.get("msg_status", ""))

    def _mass(self, way: str, body: Message) -> int:
        return int(needed(self.call("POST", f"/cgi-bin/message/mass/{way}", json=body), "msg_id"))
