"""Parametric QR codes: tickets, their scenes, their life (protocol §5.1)."""

import io
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import qrcode
from PIL import Image

from simulator.return_codes import Refused
from simulator.settings import Settings

if TYPE_CHECKING:
    from simulator.world.accounts import Account

TEMPORARY = ("QR_SCENE", "QR_STR_SCENE")
PERMANENT = ("QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE")
HIGHEST_PERMANENT_ID = 100_000


@dataclass
class Code:
    """One code; `expires` is 0 for a permanent one."""

    ticket: str
    url: str
    action: str
    scene: str
    created: int
    expires: float = 0.0

    def is_valid(self, now: float) -> bool:
        """Whether scanning it still leads anywhere."""
        return not self.expires or now < self.expires


def create(account: "Account", body: dict[str, Any], now: float, settings: Settings) -> dict[str, Any]:
    """Make a code; asking again for the same permanent scene gives the same code (by setting)."""
    action = body.get("action_name")
    if action not in (*TEMPORARY, *PERMANENT):
        raise Refused(40053)
    scene = _scene(body, str(action))
    expires = 0.0
    if action in TEMPORARY:
        seconds = body.get("expire_seconds", settings.code_default_seconds)
        if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds <= 0:
            raise Refused(40035)
        expires = now + min(seconds, settings.code_max_seconds)
    else:
        permanent = [each for each in account.codes.values() if not each.expires]
        known = next((each for each in permanent if (each.scene, each.action) == (scene, action)), None)
        if known is not None and settings.code_permanent_reused:
            return {"ticket": known.ticket, "url": known.url}
        if len(permanent) >= settings.code_permanent_limit:
            raise Refused(40053)
    code = Code(
        ticket=f"gQ{secrets.token_urlsafe(57)}==",
        url=f"http://weixin.qq.com/q/02{secrets.token_urlsafe(15)}",
        action=str(action),
        scene=scene,
        created=int(now),
        expires=expires,
    )
    account.codes[code.ticket] = code
    answer: dict[str, Any] = {"ticket": code.ticket, "url": code.url}
    if expires:
        answer["expire_seconds"] = int(expires - now)
    return answer


def _scene(body: dict[str, Any], action: str) -> str:
    try:
        scene = body["action_info"]["scene"]
        value = scene["scene_str" if "STR" in action else "scene_id"]
    except (KeyError, TypeError) as error:
        raise Refused(40053) from error
    if "STR" in action:
        if not isinstance(value, str) or not 1 <= len(value) <= 64:
            raise Refused(40053)
        return value
    highest = HIGHEST_PERMANENT_ID if action in PERMANENT else 2**32 - 1
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= highest:
        raise Refused(40053)
    return str(value)


def find(account: "Account", *, ticket: str = "", url: str = "", scene: str = "") -> Code | None:
    """The code named by its ticket, by what it encodes, or by its scene (the newest of those)."""
    if ticket:
        return account.codes.get(ticket)
    for code in reversed(account.codes.values()):
        if (url and code.url == url) or (scene and code.scene == scene):
            return code
    return None


def forget_expired(account: "Account", now: float, keep: float = 7 * 86_400) -> None:
    """Drop codes that expired long ago, so that temporary ones do not pile up."""
    for ticket in [
        each.ticket for each in account.codes.values() if each.expires and each.expires < now - keep
    ]:
        del account.codes[ticket]


def picture(text: str, side: int = 430) -> bytes:
    """Draw what a code encodes as the JPEG that showqrcode serves."""
    code = qrcode.QRCode(border=4)
    code.add_data(text)
    drawn = code.make_image().get_image().convert("RGB")
    out = io.BytesIO()
    drawn.resize((side, side), Image.Resampling.NEAREST).save(out, "JPEG", quality=90)
    return out.getvalue()
