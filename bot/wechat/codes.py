"""What WeChat's return codes mean, once: code → whose move, what happened, what to do.

The letters are those of the protocol notes, section 12: T the token, R try
again later, Q a quota, P our request, U the traveller, A the operator.
"""

import time
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from bot.errors import (
    BadRequest,
    CredentialsRefused,
    FanUnreachable,
    NotPermitted,
    QuotaUsedUp,
    WeChatError,
    WeChatUnavailable,
)
from bot.wechat.redaction import redact

Letter = Literal["T", "R", "Q", "P", "U", "A"]

BEIJING_OFFSET: Final = 8 * 3600
DAY: Final = 86400


class Code(NamedTuple):
    """One return code: whose move it is, what happened, what an operator does about it."""

    letter: Letter
    meaning: str
    remedy: str


TOKEN_CODES: Final = frozenset({40001, 40014, 42001})
"""The access token is not accepted: the one case in which a call is made twice."""

CREDENTIALS: Final = TOKEN_CODES | {40013, 40125, 40164, 61004, 40243, 45035, 89501, 89503, 89506, 89507}
"""Secret, IP list or token: every call of the account is refused until it is mended."""

PER_MINUTE: Final = frozenset({45011})
TAKEN_AS_DONE: Final = frozenset({0, 45065})
"""45065 says that a message with this clientmsgid was sent before, and names it."""

_WHITELIST = (
    "add this server's address, named in the message, to the IP list (console: settings, development)"
)
_ADMIN_IP = "have the account's administrator approve this server's address in WeChat"
_COMPARE = "compare app_id and app_secret with the console; a reset secret must be entered here too"
_OAUTH = "send the traveller through OAuth again; nothing for an operator to do"
_RIGHTS = "compare the account's kind and verification with the interface list in the console"
_WAIT = "nothing to do; it is tried again"
_DATA = "mend what is sent; the rid in the message can be looked up for seven days"
_FAN = "nothing to do; the traveller decides"
_AGENT = "look at the agents in the customer-service console: bound, invited, online"

_DEFAULT_REMEDY: Final[dict[Letter, str]] = {
    "T": "nothing to do; the token is renewed",
    "R": _WAIT,
    "Q": "wait, or clear the quota (ten times a month)",
    "P": _DATA,
    "U": _FAN,
    "A": _RIGHTS,
}

# One line per remedy: letter, remedy (empty: the letter's), then code and meaning.
_ROWS: Final[tuple[tuple[Letter, str, dict[int, str]], ...]] = (
    ("T", _COMPARE, {40001: "app secret or access token not accepted"}),
    ("T", "", {40014: "access token not accepted", 42001: "access token expired"}),
    ("R", "", {-1: "WeChat is busy", 42010: "mass operations too fast", 45066: "retry too fast"}),
    ("R", "", {61450: "customer-service system error", 61503: "statistics not ready yet"}),
    ("Q", "", {45009: "daily quota used up", 45011: "calls per minute used up"}),
    ("Q", "", {45028: "mass quota of the period used up", 48006: "quota clearings of the month used up"}),
    ("Q", "", {43100: "industry changed too recently", 53501: "publishing too often"}),
    ("A", _COMPARE, {40013: "app_id not known", 40125: "app secret wrong"}),
    ("A", "thaw the app secret in the console", {40243: "app secret frozen"}),
    ("A", _WHITELIST, {40164: "address not in the IP list", 61004: "address not in the IP list"}),
    ("A", _WHITELIST, {45035: "address not in the IP list"}),
    ("A", _ADMIN_IP, {89501: "address awaits approval", 89503: "address awaits approval"}),
    ("A", _ADMIN_IP, {89506: "address was refused approval", 89507: "address was refused approval"}),
    ("A", "have the administrator confirm", {89504: "mass send unconfirmed", 89505: "mass send unconfirmed"}),
    ("A", "", {48001: "the account may not call this", 48008: "no right to this type of message"}),
    (
        "A",
        "read the console's notices",
        {48004: "interface banned for violations", 53500: "publishing banned"},
    ),
    ("A", "accept the agreement in the console", {48003: "mass-sending agreement not accepted"}),
    ("A", "delete templates in the console", {45026: "too many templates"}),
    ("A", "set the industry in the console", {45027: "template of another industry"}),
    ("A", "link the mini-program in the console", {45064: "mini-program not linked"}),
    ("A", "authorise the platform anew", {61003: "not authorised", 61007: "interface not authorised"}),
    ("A", "confirm the migration first", {63178: "account migration not confirmed"}),
    ("A", "enable the new customer service in the console", {65400: "customer service not enabled"}),
    ("U", _OAUTH, {40029: "OAuth code not valid", 40030: "OAuth refresh token not valid"}),
    ("U", _OAUTH, {40163: "OAuth code used before", 42003: "OAuth code expired"}),
    ("U", _OAUTH, {42002: "OAuth refresh token expired", 42007: "OAuth grant void: password changed"}),
    ("U", "", {40003: "not a fan of this account", 49003: "not a fan of this account"}),
    ("U", "", {43004: "not following", 43005: "not a friend"}),
    ("U", "", {43019: "blacklisted by the account", 43101: "subscription refused or used up"}),
    ("U", "", {45015: "silent for too long, or left", 45047: "message count until the next word used up"}),
    ("U", "", {48002: "switched off receiving", 50001: "not authorised by the traveller"}),
    ("U", "", {50002: "traveller restricted", 50005: "not following", 70000: "protection of minors"}),
    ("P", "", {40002: "grant type", 40004: "media type", 40005: "file type", 40006: "file size"}),
    ("P", "upload the file again; temporary media live three days", {40007: "media_id not valid"}),
    ("P", "", {40008: "message type", 40009: "image size", 40010: "voice size", 40011: "video size"}),
    ("P", "", {40012: "thumbnail size", 40015: "menu type", 40016: "button count", 40017: "button count"}),
    ("P", "", {40018: "button name length", 40019: "button key length", 40020: "button url length"}),
    ("P", "", {40021: "menu version", 40022: "sub menu level", 40023: "sub button count"}),
    ("P", "", {40024: "sub button type", 40025: "sub button name", 40026: "sub button key"}),
    (
        "P",
        "",
        {40027: "sub button url", 40028: "menu user", 40031: "openid list", 40032: "openid list length"},
    ),
    ("P", "", {40033: r"text holds \u escapes", 40035: "parameter", 40037: "template id", 40038: "format"}),
    ("P", "", {40039: "url length", 40048: "url domain", 40050: "group id", 40051: "group name"}),
    ("P", "delete permanent codes if 100,000 exist", {40053: "QR action, or permanent codes used up"}),
    (
        "P",
        "",
        {40054: "button url domain", 40055: "button url domain", 40059: "msg_id", 40060: "article index"},
    ),
    ("P", "", {40066: "no such address", 40097: "arguments", 40117: "group name", 40118: "media_id size"}),
    (
        "P",
        "",
        {40119: "button type", 40120: "button type", 40121: "media_id type", 40130: "under two openids"},
    ),
    (
        "P",
        "",
        {40132: "WeChat id", 40137: "image format", 40155: "other account's page", 40200: "account type"},
    ),
    ("P", "refresh the list of tags", {40152: "no such tag", 45159: "no such tag"}),
    ("P", "", {41001: "access_token missing", 41002: "appid missing", 41003: "refresh_token missing"}),
    ("P", "", {41004: "secret missing", 41005: "media missing", 41006: "media_id missing"}),
    ("P", "", {41007: "sub menu missing", 41008: "code missing", 41009: "openid missing"}),
    ("P", "", {43001: "GET required", 43002: "POST required", 43003: "HTTPS required"}),
    ("P", "", {44001: "media empty", 44002: "body empty", 44003: "news empty", 44004: "text empty"}),
    ("P", "", {45001: "media too large", 45002: "text too long", 45003: "title too long"}),
    ("P", "", {45004: "description too long", 45005: "link too long", 45006: "picture link too long"}),
    ("P", "", {45007: "voice too long", 45008: "too many articles", 45010: "too many menus"}),
    ("P", "", {45016: "system group", 45017: "group name too long", 45018: "too many groups"}),
    ("P", "", {45056: "over 100 tags", 45057: "tag has over 100,000 fans", 45058: "tag of the system"}),
    ("P", "", {45059: "over 20 tags on a fan", 45067: "clientmsgid too long", 45072: "typing command"}),
    ("P", "", {45080: "no exchange in the last 30 s", 45081: "already typing", 45083: "mass speed"}),
    ("P", "", {45084: "mass speed", 45157: "tag name taken or illegal", 45158: "tag name over 30 bytes"}),
    (
        "P",
        "",
        {46001: "no such media", 46002: "no such menu version", 46003: "no menu", 46004: "no such user"},
    ),
    ("P", "", {47001: "JSON or XML does not parse", 47003: "template argument", 48005: "material in use"}),
    (
        "P",
        "",
        {48021: "automatic draft", 48022: "video of the API", 53502: "publish_id", 53600: "article_id"},
    ),
    ("P", _AGENT, {61451: "parameter", 61452: "no such agent", 61453: "agent exists", 61454: "name length"}),
    ("P", _AGENT, {61455: "name characters", 61456: "too many agents", 61457: "avatar type"}),
    ("P", _AGENT, {61458: "served by another agent", 61459: "agent offline"}),
    ("P", "", {61500: "date format", 61501: "date range"}),
    ("P", "", dict.fromkeys((*range(65301, 65318), 65320), "conditional menu")),
    ("P", _AGENT, {65401: "no such agent", 65402: "agent without bound WeChat", 65403: "nickname"}),
    ("P", _AGENT, {65404: "account format", 65405: "too many agents", 65406: "agent exists"}),
    ("P", _AGENT, {65407: "already an agent", 65408: "already invited", 65409: "WeChat id"}),
    ("P", _AGENT, {65410: "too many invitations", 65411: "invitation pending", 65412: "already bound"}),
    ("P", _AGENT, {65413: "no session", 65414: "served by another agent", 65415: "agent offline"}),
    ("P", "", {65416: "records parameter", 65417: "records time range"}),
    ("P", "", {76001: "no such rid", 76002: "rid format", 76003: "path of the quota, or another's rid"}),
    ("P", "", {76004: "rid expired", 76021: "no such path", 76022: "path without a quota"}),
    ("P", "", {87009: "signature", 87014: "risky content"}),
    ("P", "", dict.fromkeys((*range(200011, 200023), 200100), "subscription template")),
    ("P", "", {9410010: "text too long", 9410011: "expiry", 9410012: "no such key", 9410013: "key expired"}),
)


def _table() -> Iterator[tuple[int, Code]]:
    for letter, remedy, meanings in _ROWS:
        for number, meaning in meanings.items():
            yield number, Code(letter, meaning, remedy or _DEFAULT_REMEDY[letter])


TABLE: Final = dict(_table())

UNKNOWN: Final = Code("P", "a code we do not know", _DATA)
"""Taken for our move: nearly all of WeChat's codes are about the request or the account's rights, so
repeating it would spend the quota on the same answer. The promise ends as dead, with the reason, where an
operator can replay it."""


def translate(code: int, errmsg: str, call: str, *, now: float | None = None) -> WeChatError:
    """Return the error for WeChat's answer `code` to `call` (a path): whose move it is, and whether to retry.

    `errmsg` is kept whole, without secrets, because the rid at its end can be
    looked up; it decides nothing.
    """
    known = _of_oauth(code, call) or TABLE.get(code, UNKNOWN)
    message = f"{known.meaning}: {redact(errmsg)}" if errmsg else known.meaning
    if code in CREDENTIALS and known.letter != "U":
        return CredentialsRefused(code, message, call=call, remedy=known.remedy)
    if known.letter == "Q":
        error = QuotaUsedUp(code, message, call=call, remedy=known.remedy)
        error.reopens_at = reopening(code, time.time() if now is None else now)
        return error
    kinds: dict[Letter, type[WeChatError]] = {
        "R": WeChatUnavailable,
        "U": FanUnreachable,
        "A": NotPermitted,
    }
    return kinds.get(known.letter, BadRequest)(code, message, call=call, remedy=known.remedy)


def reopening(code: int, now: float) -> float:
    """Return when a quota refused with `code` at `now` opens: the next minute, or midnight in Beijing."""
    if code in PER_MINUTE:
        return (now // 60 + 1) * 60
    return ((now + BEIJING_OFFSET) // DAY + 1) * DAY - BEIJING_OFFSET


def _of_oauth(code: int, call: str) -> Code | None:
    # Under /sns/ the token is the traveller's, and the scope too; only the exchange shows our own secret.
    if not call.startswith("/sns/"):
        return None
    if code in TOKEN_CODES and call != "/sns/oauth2/access_token":
        return Code("U", "the traveller's OAuth token is not accepted", _OAUTH)
    if code == 48001:
        return Code("P", "the traveller granted the smaller scope", "ask for snsapi_userinfo after a tap")
    return None
