"""Templates and subscription notices (protocol, section 7)."""

from collections.abc import Mapping
from typing import Any

from bot.wechat.interfaces.caller import Caller


class Notices(Caller):
    """What may be said outside every window, by templates that WeChat has approved."""

    def templates(self) -> list[dict[str, Any]]:
        """Return the account's templates as `{"template_id", "title", "content", "example", …}`.

        Protocol 7.1.
        """
        answer = self.call("GET", "/cgi-bin/template/get_all_private_template")
        return list(answer.get("template_list", ()))

    def industry(self) -> tuple[str, str]:
        """Return the account's two industries in words; empty where none is set. Protocol 7.1."""
        answer = self.call("GET", "/cgi-bin/template/get_industry")
        first, second = answer.get("primary_industry") or {}, answer.get("secondary_industry") or {}
        return _words(first), _words(second)

    def subscriptions(self) -> list[dict[str, Any]]:
        """Return the templates of subscription notices as `{"priTmplId", "title", "content", "example",
        "type"}`; type 2 is for one notice an accept, 3 for as many as there are. Protocol 7.2.
        """
        return list(self.call("GET", "/wxaapi/newtmpl/gettemplate").get("data") or ())

    def send_template(
        self, openid: str, template_id: str, fields: Mapping[str, str], *, url: str = "", key: str = ""
    ) -> str:
        """Send a template message and return its id, which TEMPLATESENDJOBFINISH names.

        The same `key` (up to 32 bytes) within ten minutes is sent once.  Raise `FanUnreachable` for who does
        not follow, `BadRequest` with 47003 naming a field that is wrong.  Protocol 7.1.
        """
        body: dict[str, Any] = {"touser": openid, "template_id": template_id, "data": _data(fields)}
        if url:
            body["url"] = url
        if key:
            body["client_msg_id"] = key
        return str(self.call("POST", "/cgi-bin/message/template/send", json=body).get("msgid") or "")

    def send_subscription(
        self, openid: str, template_id: str, fields: Mapping[str, str], *, page: str = ""
    ) -> None:
        """Send a subscription notice.

        Raise `FanUnreachable` with 43101 where no accept is left. Protocol 7.2.
        """
        body: dict[str, Any] = {"touser": openid, "template_id": template_id, "data": _data(fields)}
        if page:
            body["page"] = page
        self.call("POST", "/cgi-bin/message/subscribe/bizsend", json=body)


def _data(fields: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {name: {"value": said} for name, said in fields.items()}


def _words(industry: Mapping[str, Any]) -> str:
    return " · ".join(filter(None, (industry.get("first_class"), industry.get("second_class"))))
