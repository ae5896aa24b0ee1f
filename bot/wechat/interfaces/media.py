"""Temporary files (protocol, section 8)."""

from typing import Literal

from bot.wechat.interfaces.caller import Caller, needed
from bot.wechat.wire import Media

MediaKind = Literal["image", "voice", "video", "thumb"]


class MediaFiles(Caller):
    """WeChat keeps a temporary file for three days."""

    def upload(self, kind: MediaKind, name: str, content: bytes) -> str:
        """Upload a temporary file and return its media_id; 5,000 a day.

        Image 10 MB, voice 2 MB, video 10 MB, thumb 64 KB; the ending of `name` tells the format.  Raise
        `BadRequest` for a file WeChat does not take.
        """
        answer = self.call("POST", "/cgi-bin/media/upload", {"type": kind}, files={"media": (name, content)})
        return str(answer.get("thumb_media_id") or needed(answer, "media_id"))

    def download(self, media_id: str) -> Media:
        """Return a temporary file, also one a traveller sent. Raise `BadRequest` (40007) after three days."""
        return self.fetch("/cgi-bin/media/get", {"media_id": media_id})
