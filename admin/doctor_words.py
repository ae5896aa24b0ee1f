"""Doctor's findings in the visitor's language: kept as pattern and facts, said by the catalogue."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from admin.hiding import hide
from bot.told import Told

# What the gateway to WeChat advises, and the rights doctor asks for: named here for the catalogue.
ADVICE = (
    _l("accept the agreement in the console"),
    _l("add this server's address, named in the message, to the IP list (console: settings, development)"),
    _l("authorise the platform anew"),
    _l("compare app_id and app_secret with the console; a reset secret must be entered here too"),
    _l("compare the account's kind and verification with the interface list in the console"),
    _l("confirm the migration first"),
    _l("delete permanent codes if 100,000 exist"),
    _l("delete templates in the console"),
    _l("enable the new customer service in the console"),
    _l("have the account's administrator approve this server's address in WeChat"),
    _l("have the administrator confirm"),
    _l("link the mini-program in the console"),
    _l("look at the agents in the customer-service console: bound, invited, online"),
    _l("mend what is sent; the rid in the message can be looked up for seven days"),
    _l("look at what stands between this server and WeChat: [wechat] api_base, a proxy, the network"),
    _l("mend the text: an emoji was cut in two"),
    _l("nothing, if it ends by itself; else reset the app secret"),
    _l("nothing to do; it is tried again"),
    _l("nothing to do; the token is renewed"),
    _l("nothing to do; the traveller decides"),
    _l("read the console's notices"),
    _l("refresh the list of tags"),
    _l("send the traveller through OAuth again; nothing for an operator to do"),
    _l("set the industry in the console"),
    _l("thaw the app secret in the console"),
    _l("upload the file again; temporary media live three days"),
    _l("wait, or clear the quota (ten times a month)"),
)
RIGHTS = (_l("fans (用户管理)"), _l("tags (标签)"), _l("customer service (客服)"), _l("menu (自定义菜单)"))
KINDS = (_l("service"), _l("subscription"))
SAID = frozenset({"right", "kind"})  # facts that are words themselves


def kept(text: str) -> dict[str, Any]:
    """Return a text of doctor's as JSON keeps it, telephone numbers masked."""
    if not isinstance(text, Told):
        return {"pattern": hide(text), "facts": {}}
    facts = {name: hide(fact) if isinstance(fact, str) else fact for name, fact in text.facts.items()}
    return {"pattern": text.pattern, "facts": facts}


def said(text: Mapping[str, Any] | str) -> str:
    """Return a kept text in the visitor's language; in English where the catalogue has none."""
    if isinstance(text, str):  # kept by an older release
        return text
    pattern, facts = str(text["pattern"]), dict(text["facts"])
    if not pattern:
        return ""
    facts |= {name: gettext(fact) for name, fact in facts.items() if name in SAID and isinstance(fact, str)}
    return str(gettext(pattern, **facts))
