"""A traveller before one account: following, tags, what may be written to them (protocol §4, §6.5)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from simulator.return_codes import Refused
from simulator.settings import Settings

SOURCES = {
    "search": "ADD_SCENE_SEARCH",
    "card": "ADD_SCENE_PROFILE_CARD",
    "paid": "ADD_SCENE_PAID",
    "code": "ADD_SCENE_QR_CODE",
    "link": "ADD_SCENE_PROFILE_LINK",
    "migration": "ADD_SCENE_ACCOUNT_MIGRATION",
    "other": "ADD_SCENE_OTHERS",
}


@dataclass
class Allowance:
    """Messages an account may still send, after one kind of trigger."""

    left: int
    until: float


@dataclass
class Fan:
    """What one account knows of one traveller; kept when they leave, as they may return."""

    openid: str
    traveller: str
    subscribed: bool = False
    subscribe_time: int = 0
    subscribe_scene: str = ""
    qr_scene: int = 0
    qr_scene_str: str = ""
    remark: str = ""
    tags: list[int] = field(default_factory=list)  # in the order they were put on
    blacklisted: bool = False
    refuses: bool = False
    allowances: dict[str, Allowance] = field(default_factory=dict)
    last_exchange: float = 0.0
    typing_until: float = 0.0
    grants: dict[str, int] = field(default_factory=dict)  # subscription template: sends left
    mass_received: dict[str, int] = field(default_factory=dict)  # month: messages

    def follow(self, now: float, source: str, scene: str = "") -> None:
        """Begin to follow, from a place in WeChat, perhaps through a code carrying `scene`."""
        self.subscribed = True
        self.subscribe_time = int(now)
        self.subscribe_scene = SOURCES.get(source, source)
        self.qr_scene = int(scene) if scene.isdecimal() else 0
        self.qr_scene_str = "" if scene.isdecimal() else scene

    def leave(self, settings: Settings) -> None:
        """Stop following; nothing may be sent any more."""
        self.subscribed = False
        if settings.unfollow_clears_tags:
            self.tags.clear()
        self.allowances.clear()
        self.grants.clear()

    def trigger(self, kind: str, now: float, settings: Settings) -> None:
        """Open the window that `kind` of action opens: message, menu, follow, scan or pay (protocol §6.5)."""
        count, seconds = getattr(settings, f"window_{kind}")
        self.allowances[kind] = Allowance(count, now + seconds)
        self.last_exchange = now

    def spend(self, now: float) -> None:
        """Take one message from the windows; raise 45015 outside them all, 45047 when they are used up.

        Windows do not add up: a message counts in each that is open, and the fullest decides.
        """
        open_now = [each for each in self.allowances.values() if each.until > now]
        if not open_now:
            raise Refused(45015)
        if max(each.left for each in open_now) <= 0:
            raise Refused(45047)
        for each in open_now:
            each.left = max(0, each.left - 1)
        self.last_exchange = now


def profile(fan: Fan, lang: str, unionid: str) -> dict[str, Any]:
    """The answer of user/info; name, picture and region are blank since 2021 (protocol §4.3)."""
    if not fan.subscribed:
        return {"subscribe": 0, "openid": fan.openid, **({"unionid": unionid} if unionid else {})}
    return {
        "subscribe": 1,
        "openid": fan.openid,
        "nickname": "",
        "sex": 0,
        "language": lang,
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": fan.subscribe_time,
        **({"unionid": unionid} if unionid else {}),
        "remark": fan.remark,
        "groupid": fan.tags[0] if fan.tags else 0,
        "tagid_list": list(fan.tags),
        "subscribe_scene": fan.subscribe_scene,
        "qr_scene": fan.qr_scene,
        "qr_scene_str": fan.qr_scene_str,
    }


def following(fans: Iterable[Fan]) -> list[str]:
    """OpenIDs of the followers, by the time they followed."""
    return [each.openid for each in sorted(fans, key=attrgetter("subscribe_time")) if each.subscribed]


def page(openids: list[str], after: str, size: int) -> dict[str, Any]:
    """One page behind `after`; past the end there is no `data` (protocol §4.2)."""
    start = 0
    if after:
        if after not in openids:
            raise Refused(40003)
        start = openids.index(after) + 1
    rows = openids[start : start + size]
    answer: dict[str, Any] = {"count": len(rows), "next_openid": rows[-1] if rows else ""}
    if rows:
        answer["data"] = {"openid": rows}
    return answer
