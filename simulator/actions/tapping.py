"""Tapping the menu, opening links, reporting where one is."""

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from simulator.actions import speaking
from simulator.actions.following import Impossible, require_following
from simulator.push import messages
from simulator.push.messages import Push
from simulator.world import menus
from simulator.world.accounts import Account
from simulator.world.fans import Fan
from simulator.world.publishing import article_urls

if TYPE_CHECKING:
    from simulator.platform import Platform

CAMERA = ("pic_sysphoto", "pic_photo_or_album", "pic_weixin")


def click(platform: "Platform", account: Account, fan: Fan, key: str) -> list[Push]:
    """Send CLICK with a key, whether or not a menu has it."""
    require_following(fan, account)
    fan.trigger("menu", platform.now(), platform.settings)
    return [platform.compose(account, fan, messages.event("CLICK", key))]


def view(platform: "Platform", account: Account, fan: Fan, url: str, menuid: int = 0) -> list[Push]:
    """Open a menu's link; opening it gives the account no right to write."""
    require_following(fan, account)
    number = {"MenuId": menuid} if menuid and platform.settings.menu_id_in_view else {}
    return [platform.compose(account, fan, messages.event("VIEW", url, **number))]


def tap(
    platform: "Platform", account: Account, fan: Fan, path: list[int], facts: dict[str, Any]
) -> list[Push]:
    """Tap the button at `path` of this traveller's menu; `facts` say what was scanned, taken or chosen."""
    require_following(fan, account)
    button = button_at(platform, account, fan, path)
    kind = button.get("type")
    if kind is None:
        return []  # opening a sub-menu pushes nothing (protocol §1.5)
    if kind == "click":
        return click(platform, account, fan, button["key"])
    if kind == "view":
        return view(platform, account, fan, button["url"], _menuid(platform, account, fan))
    if kind == "miniprogram":
        fields = messages.event(
            "view_miniprogram", button["pagepath"], MenuId=_menuid(platform, account, fan)
        )
        return [platform.compose(account, fan, fields)]
    if kind in ("scancode_push", "scancode_waitmsg"):
        fan.trigger("menu", platform.now(), platform.settings)
        result = {
            "ScanType": str(facts.get("scan_type", "qrcode")),
            "ScanResult": str(facts.get("result", "1")),
        }
        return [platform.compose(account, fan, messages.event(kind, button["key"], ScanCodeInfo=result))]
    if kind in CAMERA:
        return _take_pictures(platform, account, fan, button, facts)
    if kind == "location_select":
        return _choose_place(platform, account, fan, button["key"], facts)
    _show_material(platform, account, fan, button)
    return []


def button_at(platform: "Platform", account: Account, fan: Fan, path: list[int]) -> menus.Button:
    """The button at `path` (counted from 0) of this traveller's menu."""
    buttons = menus.effective(account, fan, platform.traveller_of(fan).device)
    button: menus.Button = {}
    for number in path:
        if not 0 <= number < len(buttons):
            raise Impossible(f"the menu has no button at {path}; GET /sim/menu shows it")
        button = buttons[number]
        buttons = button.get("sub_button", [])
    if not button:
        raise Impossible("path is a list of one or two numbers, counted from 0")
    return button


def report_location(platform: "Platform", account: Account, fan: Fan, facts: dict[str, Any]) -> list[Push]:
    """Report where the traveller is; only verified service accounts are told (protocol §11.1)."""
    require_following(fan, account)
    if (account.kind, account.verified) != ("service", True):
        raise Impossible("only a verified service account gets location reports")
    where = {
        "Latitude": float(facts.get("latitude", 0)),
        "Longitude": float(facts.get("longitude", 0)),
        "Precision": float(facts.get("precision", 30)),
    }
    return [platform.compose(account, fan, messages.event("LOCATION", None, **where))]


def _menuid(platform: "Platform", account: Account, fan: Fan) -> int:
    device = platform.traveller_of(fan).device
    return menus.menuid_of(account, menus.effective(account, fan, device))


def _take_pictures(
    platform: "Platform", account: Account, fan: Fan, button: menus.Button, facts: dict[str, Any]
) -> list[Push]:
    given = facts.get("pictures") or [
        base64.b64encode(speaking.sample_picture(f"{fan.traveller} {number}")).decode()
        for number in range(int(facts.get("count", 1)))
    ]
    contents = [base64.b64decode(str(each).rpartition(",")[2]) for each in given]
    digests = [hashlib.md5(each, usedforsecurity=False).hexdigest() for each in contents]
    pushes = [platform.compose(account, fan, messages.pictures_taken(button["type"], button["key"], digests))]
    for each in given:
        pushes += speaking.send(platform, account, fan, {"type": "image", "data": each})
    return pushes


def _choose_place(
    platform: "Platform", account: Account, fan: Fan, key: str, facts: dict[str, Any]
) -> list[Push]:
    latitude, longitude = float(facts.get("latitude", 31.23)), float(facts.get("longitude", 121.47))
    label, name = str(facts.get("label", "")), str(facts.get("name", ""))
    chosen = messages.place_chosen(key, latitude, longitude, label, name)
    return [
        platform.compose(account, fan, chosen),
        *speaking.send(platform, account, fan, {"type": "location", **facts}),
    ]


def _show_material(platform: "Platform", account: Account, fan: Fan, button: menus.Button) -> None:
    if "media_id" in button:
        media = account.media[button["media_id"]]
        content = {"media_id": media.media_id, "media_url": f"{platform.base_url}/mmbiz/{media.blob}"}
        platform.show(account, fan, "account", media.type, content, via="menu")
        return
    article = account.publications.articles[button["article_id"]]
    urls = article_urls(article.article_id, len(article.articles))
    shown = [
        {"title": each["title"], "description": each.get("digest", ""), "url": url, "picurl": ""}
        for each, url in zip(article.articles, urls, strict=True)
    ]
    platform.show(account, fan, "account", "news", {"articles": shown}, via="menu")
