"""The menu calls (protocol §3)."""

from simulator.api.gate import Answer, Call, Calls
from simulator.return_codes import Refused
from simulator.world import menus

calls = Calls()


@calls.post("/cgi-bin/menu/create", "menu")
def create(call: Call) -> Answer:
    """Replace the default menu."""
    _refuse_escapes(call)
    menus.create(call.account, call.body)
    call.platform.events.publish("menu", account=call.account.app_id)
    return None


@calls.get("/cgi-bin/menu/get", "menu", bare=True)
def read(call: Call) -> Answer:
    """The menus made through the API."""
    return menus.read_back(call.account)


@calls.get("/cgi-bin/menu/delete", "menu")
def delete(call: Call) -> Answer:
    """Remove the default menu and all conditional ones."""
    call.account.menu.button.clear()
    call.account.menu.conditional.clear()
    call.platform.events.publish("menu", account=call.account.app_id)
    return None


@calls.get("/cgi-bin/get_current_selfmenu_info", bare=True)
def self_menu(call: Call) -> Answer:
    """The menu as it is shown; any account may ask."""
    return menus.self_menu(call.account)


@calls.post("/cgi-bin/menu/addconditional", "conditional menu", bare=True)
def add_conditional(call: Call) -> Answer:
    """Add a menu for some fans."""
    _refuse_escapes(call)
    menuid = menus.add_conditional(call.account, call.body, call.settings)
    call.platform.events.publish("menu", account=call.account.app_id)
    return {"menuid": str(menuid)}


@calls.post("/cgi-bin/menu/delconditional", "conditional menu")
def delete_conditional(call: Call) -> Answer:
    """Remove one of them."""
    menus.delete_conditional(call.account, call.body.get("menuid"))
    call.platform.events.publish("menu", account=call.account.app_id)
    return None


@calls.post("/cgi-bin/menu/trymatch", "conditional menu", bare=True)
def try_match(call: Call) -> Answer:
    """The menu a fan gets, named by OpenID or WeChat id."""
    if not call.account.menu.button:
        raise Refused(46003)
    wanted = str(call.body.get("user_id", ""))
    for fan in call.account.fans.values():
        traveller = call.platform.traveller_of(fan)
        if wanted in (fan.openid, traveller.wechat_id):
            return {"button": menus.effective(call.account, fan, traveller.device)}
    raise Refused(65302)


def _refuse_escapes(call: Call) -> None:
    if b"\\u" in call.request.body:
        raise Refused(40033)
