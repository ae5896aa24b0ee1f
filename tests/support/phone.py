"""A traveller's phone with WeChat's servers behind it, reduced to what arrives at our door.

It signs and encrypts as WeChat does and posts into the WSGI application, in
this process.  Stories over HTTP use the project's simulator instead.
"""

import io
import itertools
import time
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from bot.config import AccountConfig
from bot.wechat.crypto import Cryptor, signature

_numbers = itertools.count(int(time.time() * 1000))


@dataclass(frozen=True)
class Response:
    """What the server answered; `reply` is the decrypted XML, or None where there was none to decrypt."""

    status: int
    body: bytes
    headers: dict[str, str]
    reply: bytes | None = None

    @property
    def text(self) -> str | None:
        """The words of a text reply."""
        return self.node("Content")

    @property
    def type(self) -> str | None:
        """The kind of reply."""
        return self.node("MsgType")

    def node(self, name: str) -> str | None:
        return ElementTree.fromstring(self.reply).findtext(name) if self.reply else None


def cdata(value: object) -> str:
    return str(value) if isinstance(value, int) else f"<![CDATA[{value}]]>"


def body(fields: dict[str, Any]) -> bytes:
    """Return the fields as WeChat's XML; dictionaries nest, lists repeat."""
    return f"<xml>{_nodes(fields)}</xml>".encode()


def _nodes(fields: dict[str, Any]) -> str:
    parts = []
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            inner = _nodes(one) if isinstance(one, dict) else cdata(one)
            parts.append(f"<{name}>{inner}</{name}>")
    return "".join(parts)


def sealed(
    account: AccountConfig, xml: bytes, *, at: float, to: str = "gh_test"
) -> tuple[dict[str, str], bytes]:
    """Return the query and the body of a push, signed and, if the account's mode asks for it, encrypted."""
    timestamp, nonce = str(int(at)), str(next(_numbers))
    query = {
        "signature": signature(account.token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
    }
    if account.mode == "plain":
        return query, xml
    encrypted = Cryptor(account.encoding_aes_key, account.app_id).encrypt(xml)
    query["encrypt_type"] = "aes"
    query["msg_signature"] = signature(account.token, timestamp, nonce, encrypted)
    inner = xml.removeprefix(b"<xml>").removesuffix(b"</xml>") if account.mode == "compatible" else b""
    outer = body({"ToUserName": to, "Encrypt": encrypted})
    return query, outer.replace(b"<xml>", b"<xml>" + inner, 1)


@dataclass
class Phone:
    """Pushes of one account from one traveller."""

    app: Any
    account: AccountConfig
    openid: str = "oAlice"
    clock: Any = time.time
    to: str = "gh_test"
    sent: list[bytes] = field(default_factory=list)

    def say(self, text: str, **more: Any) -> Response:
        return self.send({"MsgType": "text", "Content": text, "MsgId": next(_numbers), **more})

    def follow(self, scene: str | None = None, **more: Any) -> Response:
        key = {"EventKey": f"qrscene_{scene}", "Ticket": "gQtest"} if scene else {"EventKey": ""}
        return self.event("subscribe", **key, **more)

    def leave(self, **more: Any) -> Response:
        return self.event("unsubscribe", EventKey="", **more)

    def scan(self, scene: str, **more: Any) -> Response:
        return self.event("SCAN", EventKey=scene, Ticket="gQtest", **more)

    def click(self, key: str, **more: Any) -> Response:
        return self.event("CLICK", EventKey=key, **more)

    def event(self, name: str, **fields: Any) -> Response:
        return self.send({"MsgType": "event", "Event": name, **fields})

    def send(self, fields: dict[str, Any]) -> Response:
        common = {
            "ToUserName": self.to,
            "FromUserName": self.openid,
            "CreateTime": int(self.clock()),
        }
        return self.post(body({**common, **fields}))

    def repeat(self) -> Response:
        """Deliver the last push once more, newly signed, as WeChat does when it got no answer."""
        return self.post(self.sent[-1])

    def post(self, xml: bytes, **query: Any) -> Response:
        """Post `xml` signed and, if the account's mode asks for it, encrypted; `query` overrides."""
        self.sent.append(xml)
        values, content = sealed(self.account, xml, at=self.clock(), to=self.to)
        return self.request("POST", {**values, "openid": self.openid, **query}, content)

    def request(self, method: str, query: dict[str, Any], content: bytes = b"") -> Response:
        """Make one raw request of the webhook."""
        from urllib.parse import urlencode

        answered: list[Any] = []
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": f"/wechat/{self.account.name}",
            "QUERY_STRING": urlencode(query),
            "CONTENT_LENGTH": str(len(content)),
            "SERVER_NAME": "yizhan.example",
            "SERVER_PORT": "80",
            "wsgi.input": io.BytesIO(content),
        }
        chunks = self.app(
            environ, lambda status, headers, _error=None: answered.append((status, dict(headers)))
        )
        answer = b"".join(chunks)
        status, headers = answered[0]
        headers = {name.title(): value for name, value in headers.items()}
        return Response(int(status[:3]), answer, headers, self._opened(answer))

    def _opened(self, answer: bytes) -> bytes | None:
        if not answer.startswith(b"<xml>"):
            return None
        if self.account.mode == "plain":
            return answer
        root = ElementTree.fromstring(answer)
        encrypted = root.findtext("Encrypt") or ""
        signed = signature(
            self.account.token, root.findtext("TimeStamp") or "", root.findtext("Nonce") or "", encrypted
        )
        assert signed == root.findtext("MsgSignature")
        return Cryptor(self.account.encoding_aes_key, self.account.app_id).decrypt(encrypted)
