"""Pictures, sounds and films: temporary for three days, or permanent material (protocol §8.1)."""

import io
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, UnidentifiedImageError

from simulator.return_codes import Refused

if TYPE_CHECKING:
    from simulator.world.accounts import Account

KB, MB = 1024, 1024 * 1024
TYPES = ("image", "voice", "video", "thumb")
TOO_BIG = {"image": 40009, "voice": 40010, "video": 40011, "thumb": 40012}
LARGEST = {"image": 10 * MB, "voice": 2 * MB, "video": 10 * MB, "thumb": 64 * KB}
PICTURES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "BMP": "image/bmp"}
SOUNDS = {"amr": "audio/amr", "mp3": "audio/mpeg"}


@dataclass
class Media:
    """One file; its bytes lie in the blob store under `blob`."""

    media_id: str
    type: str
    permanent: bool
    created: int
    content_type: str
    blob: str
    size: int
    filename: str = ""
    url: str = ""
    title: str = ""
    introduction: str = ""

    def is_alive(self, now: float, seconds: float) -> bool:
        """Whether it may still be used."""
        return self.permanent or now < self.created + seconds


def check(kind: str, content: bytes, filename: str) -> str:
    """Return the content type; raise WeChat's code for an unknown type, an empty, large or foreign file."""
    if kind not in TYPES:
        raise Refused(40004)
    if not content:
        raise Refused(44001)
    if len(content) > LARGEST[kind]:
        raise Refused(TOO_BIG[kind])
    ending = filename.rpartition(".")[2].lower()
    if kind in ("image", "thumb"):
        picture = picture_type(content)
        if picture is None or (kind == "thumb" and picture != "image/jpeg"):
            raise Refused(40137 if kind == "image" else 40005)
        return picture
    if kind == "voice":
        if ending not in SOUNDS:
            raise Refused(40005)
        return SOUNDS[ending]
    if ending != "mp4":
        raise Refused(40005)
    return "video/mp4"


def picture_type(content: bytes) -> str | None:
    """The content type of a picture WeChat takes, None if it is none."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            return PICTURES.get(picture.format or "")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return None


def new_id() -> str:
    """A media id in WeChat's alphabet and length."""
    return secrets.token_urlsafe(48)


def usable(account: "Account", media_id: object, now: float, seconds: float, *kinds: str) -> Media:
    """The media of that id; raise 40007 if unknown, expired or of another type."""
    media = account.media.get(str(media_id))
    if media is None or not media.is_alive(now, seconds) or (kinds and media.type not in kinds):
        raise Refused(40007)
    return media


def forget_expired(account: "Account", now: float, seconds: float) -> None:
    """Drop temporary media whose days are over."""
    for stale in [each.media_id for each in account.media.values() if not each.is_alive(now, seconds)]:
        del account.media[stale]
