"""What the phone in the browser asks for beyond the rest: short lists, pages of a chat, reading codes."""

import base64
import binascii
import io
from dataclasses import asdict
from typing import Any

import flask
from PIL import Image, UnidentifiedImageError

from simulator.actions import speaking
from simulator.control import asking
from simulator.control.guard import Wrong
from simulator.platform import Platform
from simulator.world import codes as world_codes
from simulator.world import media
from simulator.world.accounts import Account
from simulator.world.codes import Code

MOST_ROWS = 200
LONGEST_SIDE = 2400  # a photograph is made smaller before it is searched for a code
REMEDY = "this machine has no reader of codes; run: pip install zxing-cpp"


def make_blueprint(platform: Platform) -> flask.Blueprint:
    """Everything under `/sim/phone`, and `/sim/decode`."""
    views = flask.Blueprint("phone_data", __name__)

    @views.get("/phone/travellers")
    def travellers() -> dict[str, Any]:
        """Everybody in short, with what they follow and what they have not read."""
        with platform.lock:
            rows = {
                each.id: {
                    **{name: value for name, value in asdict(each).items() if name != "consents"},
                    "accounts": {},
                }
                for each in platform.state.travellers.values()
            }
            for account in platform.state.accounts.values():
                for openid, fan in account.fans.items():
                    if fan.traveller in rows:
                        rows[fan.traveller]["accounts"][account.app_id] = _standing(account, openid)
            told = platform.events.last  # later events are not in it
        return {"travellers": list(rows.values()), "now": platform.now(), "event": told}

    @views.get("/phone/accounts")
    def accounts() -> dict[str, Any]:
        """Every account as a traveller sees it, and the names of its agents."""
        with platform.lock:
            rows = [_profile(each) for each in platform.state.accounts.values()]
        return {"accounts": rows}

    @views.get("/phone/chat")
    def chat() -> dict[str, Any]:
        """The newest bubbles of one chat, or those before number `before`; reading marks nothing."""
        args = flask.request.args
        limit = min(max(int(args.get("limit", 60)), 1), MOST_ROWS)
        before = int(args.get("before", 0))
        with platform.lock:
            account = asking.account(platform, args.get("account"))
            fan = account.fan(asking.traveller(platform, args.get("traveller", "")).id)
            kept = account.chat(fan.openid)
            older = [each for each in kept.bubbles if not before or each.id < before]
            session = account.desk.sessions.get(fan.openid)
            return {
                "bubbles": [asdict(each) for each in older[-limit:]],
                "more": len(older) > limit,
                "follows": fan.subscribed,
                "refuses": fan.refuses,
                "typing": fan.typing_until > platform.now(),
                "agent": session.kf_account if session else "",
            }

    @views.post("/phone/read")
    def read() -> dict[str, Any]:
        """The traveller has seen a chat."""
        facts = asking.body()
        with platform.lock:
            account = asking.account(platform, facts.get("account"))
            traveller = asking.traveller(platform, asking.text(facts, "traveller"))
            chat = account.chat(account.fan(traveller.id).openid)
            if chat.unread:
                chat.unread = 0
                platform.events.publish("read", account=account.app_id, traveller=traveller.id)
                platform.touch()
        return {"ok": True}

    _add_codes(views, platform)
    _add_pictures(views, platform)
    return views


def _add_codes(views: flask.Blueprint, platform: Platform) -> None:
    @views.get("/phone/codes")
    def codes() -> dict[str, Any]:
        """The newest codes of all accounts (or of one) whose scene contains `q`; at most `limit`."""
        args = flask.request.args
        limit = min(int(args.get("limit", 60)), MOST_ROWS)
        wanted = args.get("q", "").casefold()
        with platform.lock:
            owners = list(platform.state.accounts.values())
            if args.get("account"):
                owners = [asking.account(platform, args["account"])]
            found = [
                (owner, each)
                for owner in owners
                for each in owner.codes.values()
                if wanted in each.scene.casefold() or wanted in owner.name.casefold()
            ]
            found.sort(key=lambda pair: -pair[1].created)
            rows = [_code(owner, each, platform.now()) for owner, each in found[:limit]]
        return {"codes": rows, "total": len(found)}

    @views.post("/phone/recognise")
    def recognise() -> dict[str, Any]:
        """Say what a scanned text is: one of the platform's codes, an address, or just text."""
        text = asking.text(asking.body(), "text").strip()
        ticket = text.rpartition("ticket=")[2] if "showqrcode?" in text else ""
        with platform.lock:
            for account in platform.state.accounts.values():
                found = world_codes.find(account, ticket=ticket, url="" if ticket else text)
                if found is not None:
                    return {"kind": "code", "code": _code(account, found, platform.now())}
        if text.startswith(("http://weixin.qq.com/q/", "https://weixin.qq.com/q/")):
            return {"kind": "stranger", "text": text}
        return {"kind": "url" if text.startswith(("http://", "https://")) else "text", "text": text}


def _add_pictures(views: flask.Blueprint, platform: Platform) -> None:
    @views.post("/decode")
    def decode() -> dict[str, Any]:
        """The texts of the codes in a picture: `{"data": base64}`; a data: address is fine."""
        try:
            import zxingcpp
        except ImportError as error:
            raise Wrong(REMEDY, 501) from error
        picture = _picture(asking.text(asking.body(), "data"))
        found = zxingcpp.read_barcodes(picture)
        if not found and max(picture.size) > 900:
            # A code photographed large is found more easily when it is small.
            picture.thumbnail((900, 900))
            found = zxingcpp.read_barcodes(picture)
        return {"texts": [each.text for each in found if each.text]}

    @views.post("/phone/upload")
    def upload() -> dict[str, Any]:
        """Keep a picture as the account's temporary media, as a web page's `uploadImage` does."""
        facts = asking.body()
        content = _bytes(asking.text(facts, "data"))
        content_type = media.check("image", content, "picture")
        with platform.lock:
            account = asking.account(platform, facts.get("account"))
            kept = speaking.store(platform, account, "image", content, content_type)
            platform.touch()
        return {"media_id": kept.media_id}


def _standing(account: Account, openid: str) -> dict[str, Any]:
    fan, chat = account.fans[openid], account.chats.get(openid)
    bubble = chat.bubbles[-1] if chat and chat.bubbles else None
    return {
        "follows": fan.subscribed,
        "unread": chat.unread if chat else 0,
        "last": asdict(bubble) if bubble else None,
    }


def _profile(account: Account) -> dict[str, Any]:
    return {
        **{name: getattr(account, name) for name in ("app_id", "name", "kind", "verified", "wechat_id")},
        "original_id": account.original_id,
        "oauth_domain": account.oauth_domain,
        "connected": bool(account.url),
        "codes": len(account.codes),
        "agents": {each.kf_account: each.nickname for each in account.desk.agents.values()},
        "subscriptions": {
            each.template_id: each.title for each in account.notices.subscriptions.values() if each.type
        },
    }


def _code(owner: Account, code: Code, now: float) -> dict[str, Any]:
    return {
        "account": owner.app_id,
        "account_name": owner.name,
        "ticket": code.ticket,
        "url": code.url,
        "scene": code.scene,
        "created": code.created,
        "expires": code.expires,
        "valid": code.is_valid(now),
    }


def _bytes(data: str) -> bytes:
    try:
        return base64.b64decode(data.rpartition(",")[2], validate=True)
    except binascii.Error as error:
        raise Wrong("data must be the picture in base64 (a data: address is fine)") from error


def _picture(data: str) -> Image.Image:
    try:
        with Image.open(io.BytesIO(_bytes(data))) as opened:
            # Transparent parts count as white, as on paper.
            shown = opened.convert("RGBA")
            flat = Image.new("RGBA", shown.size, "white")
            flat.alpha_composite(shown)
            picture = flat.convert("L")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise Wrong("data is not a picture") from error
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return picture
