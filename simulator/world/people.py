"""Travellers: the people who hold the phones, the same person before every account."""

import base64
import hashlib
from dataclasses import dataclass, field

COLOURS = ["#07c160", "#576b95", "#fa9d3b", "#e64340", "#10aeff", "#6467f0", "#c87d2f", "#1aad9c"]


@dataclass
class Traveller:
    """Somebody with WeChat; `device` is 1 for iOS, 2 for Android, 3 for others (protocol §3.2)."""

    id: str
    name: str
    colour: str = ""
    phone: str = ""
    wechat_id: str = ""
    device: int = 1
    minor: bool = False
    consents: list[str] = field(default_factory=list)  # app ids whose pages may see name and picture

    def __post_init__(self) -> None:
        self.colour = self.colour or COLOURS[_digest(self.id)[0] % len(COLOURS)]
        self.wechat_id = self.wechat_id or f"wxid_{self.id}"


def openid_of(app_id: str, traveller: str) -> str:
    """The OpenID of a traveller before one account: always the same 28 characters (protocol §14.1)."""
    return "o" + _letters(f"openid/{app_id}/{traveller}")


def unionid_of(open_platform: str, traveller: str) -> str:
    """The UnionID of a traveller before all accounts of one Open Platform account (protocol §11.3)."""
    return "u" + _letters(f"unionid/{open_platform}/{traveller}")


def _letters(name: str) -> str:
    return base64.urlsafe_b64encode(_digest(name)).decode()[:27]


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
