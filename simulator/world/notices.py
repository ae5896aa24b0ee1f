"""Template messages and subscription notices: the library, an account's own, their values (protocol §7)."""

import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.return_codes import Refused
from simulator.settings import Settings

if TYPE_CHECKING:
    from simulator.world.accounts import Account

# Invented entries in the shape of WeChat's library; any other number gives a plain two-line template.
LIBRARY: dict[str, tuple[str, list[str]]] = {
    "TM00015": ("订单支付成功", ["character_string1", "amount2", "time3"]),
    "OPENTM200000001": ("积分变动通知", ["thing1", "number2", "time3"]),
    "OPENTM200000002": ("出团提醒", ["thing1", "time2", "thing3"]),
}
LONG_TERM = 3
CATEGORIES = [{"id": 616, "name": "旅游"}, {"id": 612, "name": "会员"}]
TITLES: dict[int, dict[str, Any]] = {
    99: {
        "title": "出团提醒",
        "type": 2,
        "categoryId": "616",
        "keywords": ["thing", "time", "thing", "phone_number"],
    },
    100: {"title": "积分到账通知", "type": 2, "categoryId": "612", "keywords": ["thing", "number", "time"]},
    101: {
        "title": "航班动态",
        "type": 3,
        "categoryId": "616",
        "keywords": ["character_string", "time", "phrase"],
    },
}
INDUSTRIES = {
    str(number): {"first_class": first, "second_class": second}
    for number, (first, second) in enumerate(
        [("IT科技", "互联网/电子商务"), ("IT科技", "IT软件与服务"), ("餐饮", "餐饮"), ("酒店旅游", "旅游")],
        start=1,
    )
}
VALUE_RULES: dict[str, str] = {
    "thing": r"(?s).{1,20}",
    "number": r"-?[\d.]{1,32}",
    "letter": r"[A-Za-z]{1,32}",
    "symbol": r"[^\w\s]{1,5}",
    "character_string": r"[\x20-\x7e]{1,32}",
    "time": r".{1,30}\d.{0,10}",
    "date": r".{0,10}\d.{1,20}",
    "amount": r"\D{0,2}[\d,]{1,10}(\.\d+)?\D{0,2}",
    "phone_number": r"[\d\-+ ()]{1,17}",
    "car_number": r".{1,8}",
    "name": r"[\u4e00-\u9fff·]{1,10}|[A-Za-z .]{1,20}",
    "phrase": r"[\u4e00-\u9fff]{1,5}",
    "enum": r".{1,20}",
    "const": r".{1,20}",
}


@dataclass
class Template:
    """A template in an account's own list; `type` is 0 for a template message, 2 once, 3 long-term."""

    template_id: str
    title: str
    keys: list[str]
    short_id: str = ""
    type: int = 0
    scene: str = ""
    banned: bool = False

    @property
    def content(self) -> str:
        """The text with its places, as WeChat lists it."""
        return "\n".join("{{" + key + ".DATA}}" for key in self.keys)


@dataclass
class Sent:
    """A template message on its way."""

    msgid: int
    openid: str
    template_id: str
    sent: float
    client_msg_id: str = ""


@dataclass
class NoticeBook:
    """An account's templates and what was sent lately."""

    industries: list[str] = field(default_factory=list)
    industry_month: str = ""
    templates: dict[str, Template] = field(default_factory=dict)
    subscriptions: dict[str, Template] = field(default_factory=dict)
    recent: list[Sent] = field(default_factory=list)


def add_template(account: "Account", short_id: Any, keywords: Any, settings: Settings) -> Template:
    """Take a template from the library; raise 45026 when the account has too many."""
    book = account.notices
    if not isinstance(short_id, str) or not re.fullmatch(r"(OPEN)?TM\d+|\d+", short_id):
        raise Refused(40037)
    if len(book.templates) >= settings.template_limit:
        raise Refused(45026)
    title, keys = LIBRARY.get(short_id, (f"模板 {short_id}", ["thing1", "thing2"]))
    if keywords:
        keys = [f"thing{number}" for number, _ in enumerate(keywords, start=1)]
    made = Template(secrets.token_urlsafe(32)[:43], title, keys, short_id=short_id)
    book.templates[made.template_id] = made
    return made


def add_subscription(account: "Account", body: dict[str, Any], settings: Settings) -> Template:
    """Take a subscription template from the library with two to five of its keywords (protocol §7.2)."""
    book = account.notices
    tid = str(body.get("tid", ""))
    source = TITLES.get(int(tid)) if tid.isdecimal() else None
    if source is None:
        raise Refused(200014)
    kids = body.get("kidList")
    if not isinstance(kids, list) or not 2 <= len(kids) <= 5:
        raise Refused(200020)
    rules = source["keywords"]
    if any(not isinstance(kid, int) or not 1 <= kid <= len(rules) for kid in kids):
        raise Refused(200020)
    scene = body.get("sceneDesc", "")
    if not isinstance(scene, str) or len(scene) > 15:
        raise Refused(200021)
    if len(book.subscriptions) >= settings.template_limit:
        raise Refused(200012)
    keys = [f"{rules[kid - 1]}{kid}" for kid in kids]
    if any(each.short_id == tid and each.keys == keys for each in book.subscriptions.values()):
        raise Refused(200022)
    made = Template(secrets.token_urlsafe(32)[:43], source["title"], keys, tid, source["type"], scene)
    book.subscriptions[made.template_id] = made
    return made


def check_data(template: Template, data: Any) -> dict[str, str]:
    """Return the values by key; raise 47003 naming the key that is missing, empty or against its rule."""
    if not isinstance(data, dict):
        raise Refused(47003)
    values = {}
    for key in template.keys:
        given = data.get(key)
        value = given.get("value") if isinstance(given, dict) else None
        if value is None or str(value).strip() == "":
            raise Refused(47003, f"argument invalid! data.{key}.value is empty")
        rule = VALUE_RULES.get(re.sub(r"\d+$", "", key), r"(?s).{1,200}")
        if not re.fullmatch(rule, str(value)):
            raise Refused(47003, f"argument invalid! data.{key}.value invalid")
        values[key] = str(value)
    return values


def repeated(account: "Account", client_msg_id: str, now: float, settings: Settings) -> Sent | None:
    """The message already sent under this key, while it is remembered."""
    horizon = now - settings.template_dedup_seconds
    account.notices.recent = [each for each in account.notices.recent if each.sent > horizon]
    if not client_msg_id:
        return None
    return next((each for each in account.notices.recent if each.client_msg_id == client_msg_id), None)
