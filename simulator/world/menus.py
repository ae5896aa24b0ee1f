"""The menu at the bottom of the chat: what may be in it, and which one a traveller gets (protocol §3)."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from simulator.return_codes import Refused
from simulator.settings import Settings

if TYPE_CHECKING:
    from simulator.world.accounts import Account
    from simulator.world.fans import Fan

WITH_KEY = {
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
}
WITH_MATERIAL = {"media_id", "view_limited"}
WITH_ARTICLE = {"article_id", "article_view_limited"}
RETIRED_RULES = ("sex", "country", "province", "city", "language")

Button = dict[str, Any]


@dataclass(frozen=True)
class Level:
    """Limits and codes of one level of buttons."""

    name_bytes: int
    kind_code: int
    name_code: int
    key_code: int
    url_code: int
    domain_code: int


TOP = Level(16, 40017, 40018, 40019, 40020, 40054)
SUB = Level(60, 40024, 40025, 40026, 40027, 40055)


@dataclass
class Conditional:
    """A menu for those whom its rule matches."""

    menuid: int
    button: list[dict[str, Any]]
    rule: dict[str, str]


@dataclass
class MenuBook:
    """The default menu and the conditional ones, oldest first."""

    button: list[dict[str, Any]] = field(default_factory=list)
    menuid: int = 0
    conditional: list[Conditional] = field(default_factory=list)
    next_id: int = 40000

    def number(self) -> int:
        """A menu id nobody had before."""
        self.next_id += 1
        return self.next_id - 1


def create(account: "Account", body: dict[str, Any]) -> None:
    """Replace the default menu."""
    account.menu.button = check(account, body.get("button"))
    account.menu.menuid = account.menu.number()


def add_conditional(account: "Account", body: dict[str, Any], settings: Settings) -> int:
    """Add a conditional menu and return its id; raise 65303 while there is no default menu."""
    book = account.menu
    if not book.button:
        raise Refused(65303)
    if not body.get("button"):
        raise Refused(65307)
    rule = _rule(account, body.get("matchrule"), settings)
    button = check(account, body["button"])
    if len(book.conditional) >= settings.menu_conditional_limit:
        raise Refused(65305)
    hosts = {urlsplit(url).hostname for each in book.conditional for url in _links(each.button)}
    if len(hosts | {urlsplit(url).hostname for url in _links(button)}) > settings.menu_domains:
        raise Refused(65316)
    made = Conditional(book.number(), button, rule)
    book.conditional.append(made)
    return made.menuid


def delete_conditional(account: "Account", menuid: Any) -> None:
    """Remove one conditional menu."""
    kept = [each for each in account.menu.conditional if str(each.menuid) != str(menuid)]
    if len(kept) == len(account.menu.conditional):
        raise Refused(65301)
    account.menu.conditional = kept


def effective(account: "Account", fan: "Fan | None", device: int = 1) -> list[Button]:
    """The menu a fan gets: by the tag put on last, then the newest rule, else the default (protocol §3.2)."""
    newest_first = list(reversed(account.menu.conditional))
    for tag in reversed(fan.tags if fan else []):
        for each in newest_first:
            if each.rule.get("tag_id") == str(tag) and _device_fits(each, device):
                return each.button
    for each in newest_first:
        if "tag_id" not in each.rule and _device_fits(each, device):
            return each.button
    return account.menu.button


def menuid_of(account: "Account", buttons: list[Button]) -> int:
    """The id of the menu these buttons are, for the events that carry one."""
    shown = [each.menuid for each in account.menu.conditional if each.button is buttons]
    return shown[0] if shown else account.menu.menuid


def read_back(account: "Account") -> dict[str, Any]:
    """The answer of menu/get, where a rule's `tag_id` is called `group_id` (protocol §3.1)."""
    book = account.menu
    if not book.button:
        raise Refused(46003)
    answer: dict[str, Any] = {"menu": {"button": _with_empty_subs(book.button), "menuid": book.menuid}}
    if book.conditional:
        answer["conditionalmenu"] = [
            {
                "button": _with_empty_subs(each.button),
                "matchrule": {
                    {"tag_id": "group_id"}.get(key, key): value for key, value in each.rule.items()
                },
                "menuid": each.menuid,
            }
            for each in reversed(book.conditional)
        ]
    return answer


def self_menu(account: "Account") -> dict[str, Any]:
    """The answer of get_current_selfmenu_info: sub buttons wrapped in a list (protocol §3.1)."""
    buttons = [
        {"name": each["name"], "sub_button": {"list": each["sub_button"]}} if each.get("sub_button") else each
        for each in account.menu.button
    ]
    return {"is_menu_open": int(bool(buttons)), "selfmenu_info": {"button": buttons}}


def check(account: "Account", buttons: Any) -> list[Button]:
    """Return the buttons as they will be shown; raise the code of the first thing wrong with them."""
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise Refused(40016)
    return [_button(account, each, TOP) for each in buttons]


def _button(account: "Account", button: Any, level: Level) -> Button:
    if not isinstance(button, dict):
        raise Refused(40016)
    name = button.get("name")
    if not isinstance(name, str) or not 1 <= len(name.encode()) <= level.name_bytes:
        raise Refused(level.name_code)
    subs = button.get("sub_button")
    if isinstance(subs, dict):  # as get_current_selfmenu_info gives it
        subs = subs.get("list")
    if subs:
        if level is SUB:
            raise Refused(40024)
        if not isinstance(subs, list) or len(subs) > 5:
            raise Refused(40023)
        return {"name": name, "sub_button": [_button(account, each, SUB) for each in subs]}
    if "type" not in button:
        raise Refused(65308 if level is TOP else level.kind_code)
    return {"type": button["type"], "name": name, **_action(account, button, level)}


def _action(account: "Account", button: Button, level: Level) -> Button:
    kind = button["type"]
    if kind in WITH_KEY:
        key = button.get("key")
        if not isinstance(key, str) or not 1 <= len(key.encode()) <= 128:
            raise Refused(level.key_code)
        return {"key": key}
    if kind == "view":
        return {"url": _url(button, level)}
    if kind == "miniprogram":
        if button.get("appid") not in account.mini_programs:
            raise Refused(45064)
        return {
            "url": _url(button, level),
            "appid": button["appid"],
            "pagepath": str(button.get("pagepath", "")),
        }
    if kind in WITH_MATERIAL:
        media = account.media.get(str(button.get("media_id")))
        if media is None or not media.permanent:
            raise Refused(40007)
        return {"media_id": media.media_id}
    if kind in WITH_ARTICLE:
        if button.get("article_id") not in account.publications.articles:
            raise Refused(53600)
        return {"article_id": button["article_id"]}
    raise Refused(level.kind_code)


def _url(button: Button, level: Level) -> str:
    url = button.get("url")
    if not isinstance(url, str) or not 1 <= len(url.encode()) <= 1024:
        raise Refused(level.url_code)
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise Refused(level.domain_code)
    return url


def _rule(account: "Account", rule: Any, settings: Settings) -> dict[str, str]:
    if not isinstance(rule, dict):
        raise Refused(65304)
    given = {key: str(value) for key, value in rule.items() if value not in (None, "")}
    if not given:
        raise Refused(65304)
    if any(each in given for each in RETIRED_RULES):
        raise Refused(65320)
    if "group_id" in given:
        given["tag_id"] = given.pop("group_id")
    if "client_platform_type" in given and not settings.menu_platform_rule:
        raise Refused(65320)
    if set(given) - {"tag_id", "client_platform_type"}:
        raise Refused(65304)
    tag = given.get("tag_id")
    if tag is not None and (not tag.isdecimal() or int(tag) not in {2, *account.tags}):
        raise Refused(40152)
    return given


def _device_fits(menu: Conditional, device: int) -> bool:
    return menu.rule.get("client_platform_type", str(device)) == str(device)


def _links(buttons: list[Button]) -> list[str]:
    flat = [each for top in buttons for each in (top, *top.get("sub_button", []))]
    return [each["url"] for each in flat if each.get("type") == "view"]


def _with_empty_subs(buttons: list[Button]) -> list[Button]:
    return [{**each, "sub_button": _with_empty_subs(each.get("sub_button", []))} for each in buttons]
