"""Looking on: chats, codes, menus, text messages."""

from dataclasses import asdict
from typing import Any

import flask

from simulator import sms_gateway
from simulator.control import asking
from simulator.control.guard import Wrong
from simulator.platform import Platform
from simulator.world import codes as world_codes
from simulator.world import menus


def make_blueprint(platform: Platform) -> flask.Blueprint:
    """What there is to see."""
    views = flask.Blueprint("watching", __name__)

    @views.get("/chats")
    def chats() -> dict[str, Any]:
        """Every chat with its last bubble, newest first."""
        with platform.lock:
            rows = [
                {
                    "account": account.app_id,
                    "traveller": account.fans[openid].traveller,
                    "unread": chat.unread,
                    "follows": account.fans[openid].subscribed,
                    "last": asdict(chat.bubbles[-1]),
                }
                for account in platform.state.accounts.values()
                for openid, chat in account.chats.items()
                if chat.bubbles and openid in account.fans
            ]
        return {"chats": sorted(rows, key=lambda row: -row["last"]["id"])}

    @views.get("/codes")
    def codes() -> dict[str, Any]:
        """Every code of an account."""
        with platform.lock:
            account = asking.account(platform, flask.request.args.get("account"))
            now = platform.now()
            rows = [{**asdict(each), "valid": each.is_valid(now)} for each in account.codes.values()]
        return {"codes": rows}

    @views.get("/codes/picture")
    def code_picture() -> flask.Response:
        """The picture of a code, by ticket."""
        with platform.lock:
            for account in platform.state.accounts.values():
                code = world_codes.find(account, ticket=flask.request.args.get("ticket", "-"))
                if code is not None:
                    return flask.Response(world_codes.picture(code.url), mimetype="image/jpeg")
        raise Wrong("no code has this ticket", 404)

    @views.get("/menu")
    def menu() -> dict[str, Any]:
        """The menu a traveller gets, or the default one."""
        with platform.lock:
            account = asking.account(platform, flask.request.args.get("account"))
            named = flask.request.args.get("traveller")
            if not named:
                return {"button": account.menu.button}
            traveller = asking.traveller(platform, named)
            return {"button": menus.effective(account, account.fan(traveller.id), traveller.device)}

    @views.get("/sms")
    def text_messages() -> dict[str, Any]:
        """Text messages to `phone`, or all."""
        with platform.lock:
            return {"messages": sms_gateway.messages_to(platform, flask.request.args.get("phone", ""))}

    return views
