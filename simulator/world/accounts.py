"""An official account: what its owner configured, and everything that belongs to it."""

import hashlib
import re
from dataclasses import dataclass, field, fields
from typing import Any

from simulator.world.broadcasts import Broadcast
from simulator.world.chats import Chat
from simulator.world.codes import Code
from simulator.world.desk import Desk
from simulator.world.fans import Fan
from simulator.world.media import Media
from simulator.world.menus import MenuBook
from simulator.world.notices import NoticeBook
from simulator.world.oauth import Grants
from simulator.world.people import openid_of, unionid_of
from simulator.world.publishing import PublicationBook
from simulator.world.quotas import Usage
from simulator.world.short_keys import ShortKey
from simulator.world.statistics import Day
from simulator.world.tokens import Tokens

KINDS = ("service", "subscription")
MODES = ("plain", "compatible", "safe")


@dataclass
class Account:
    """One official account; the first block is what `PUT /sim/accounts/<app_id>` may set."""

    app_id: str
    name: str = ""
    kind: str = "service"
    verified: bool = True
    app_secret: str = ""
    original_id: str = ""
    wechat_id: str = ""
    token: str = ""
    encoding_aes_key: str = ""
    mode: str = "plain"
    url: str = ""
    ip_whitelist: list[str] = field(default_factory=list)
    oauth_domain: str = ""
    open_platform: str = ""
    mini_programs: list[str] = field(default_factory=list)
    kf_enabled: bool = True
    secret_frozen: bool = False
    migrated_from: str = ""

    fans: dict[str, Fan] = field(default_factory=dict)
    chats: dict[str, Chat] = field(default_factory=dict)
    tags: dict[int, str] = field(default_factory=dict)
    next_tag: int = 100
    tokens: Tokens = field(default_factory=Tokens)
    usage: Usage = field(default_factory=Usage)
    codes: dict[str, Code] = field(default_factory=dict)
    short_keys: dict[str, ShortKey] = field(default_factory=dict)
    menu: MenuBook = field(default_factory=MenuBook)
    desk: Desk = field(default_factory=Desk)
    media: dict[str, Media] = field(default_factory=dict)
    notices: NoticeBook = field(default_factory=NoticeBook)
    publications: PublicationBook = field(default_factory=PublicationBook)
    broadcasts: dict[int, Broadcast] = field(default_factory=dict)
    mass_speed: int = 3
    console_replies: dict[str, Any] = field(default_factory=dict)
    grants: Grants = field(default_factory=Grants)
    days: dict[str, Day] = field(default_factory=dict)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(self.app_id.encode()).hexdigest()
        self.name = self.name or self.app_id
        self.app_secret = self.app_secret or digest[:32]
        self.original_id = self.original_id or f"gh_{digest[:12]}"
        self.wechat_id = self.wechat_id or f"sim{digest[:8]}"

    def fan(self, traveller: str) -> Fan:
        """The traveller before this account; made on first sight, not following."""
        openid = openid_of(self.app_id, traveller)
        if openid not in self.fans:
            self.fans[openid] = Fan(openid, traveller)
        return self.fans[openid]

    def chat(self, openid: str) -> Chat:
        """The conversation with one traveller."""
        return self.chats.setdefault(openid, Chat())

    def unionid(self, traveller: str) -> str:
        """The traveller's UnionID, empty when the account is bound to no Open Platform account."""
        return unionid_of(self.open_platform, traveller) if self.open_platform else ""

    def day(self, name: str) -> Day:
        """The counters of a day; a year is kept."""
        if name not in self.days:
            self.days[name] = Day()
            while len(self.days) > 366:
                del self.days[min(self.days)]
        return self.days[name]


FIELDS = [each.name for each in fields(Account)]
CONFIGURABLE = FIELDS[: FIELDS.index("fans")]


def configuration(account: Account) -> dict[str, Any]:
    """What the owner configured, secrets included: this is a laptop's platform."""
    return {name: getattr(account, name) for name in CONFIGURABLE}


def configure(account: Account, wanted: dict[str, Any]) -> None:
    """Set the named fields; raise ValueError with the remedy, and change nothing, if one is wrong."""
    for name, value in wanted.items():
        if name not in CONFIGURABLE:
            raise ValueError(f"an account has no field {name!r}; it has {', '.join(CONFIGURABLE)}")
        expected = type(getattr(account, name))
        if type(value) is not expected:
            raise ValueError(f"{name} wants {expected.__name__}, not {value!r}")
    merged = {**configuration(account), **wanted}
    if merged["app_id"] != account.app_id:
        raise ValueError("app_id in the body differs from the one in the address; leave it out")
    if merged["kind"] not in KINDS:
        raise ValueError(f"kind is {' or '.join(KINDS)}")
    if merged["mode"] not in MODES:
        raise ValueError(f"mode is one of {', '.join(MODES)}")
    if merged["mode"] != "plain" and not re.fullmatch(r"[A-Za-z0-9]{43}", merged["encoding_aes_key"]):
        raise ValueError("this mode needs encoding_aes_key: 43 letters and digits")
    if merged["url"] and not re.match(r"https?://", merged["url"]):
        raise ValueError("url must begin with http:// or https://")
    for name, value in wanted.items():
        setattr(account, name, value)
