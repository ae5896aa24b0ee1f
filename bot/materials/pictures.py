"""Pictures for WeChat: what `bot.files.pictures` lets through, in the forms and sizes that WeChat takes."""

import io
from dataclasses import dataclass

from PIL import Image

from bot.files import pictures
from bot.files.pictures import NotAPicture, Terms, flat, jpeg
from bot.materials.refusing import NotTaken, Why

MB = 1024 * 1024
LARGEST = 10 * MB
THUMB_LARGEST = 64 * 1024
MOST_PIXELS = 25_000_000
TERMS = Terms(largest=LARGEST, most_pixels=MOST_PIXELS, longest_side=12_000, is_strict=True)
PREVIEW = (480, 480)
THUMB = (360, 360)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept, and a small one of it."""

    content: bytes
    media_type: str
    width: int
    height: int
    preview: bytes


def check(sent: bytes) -> Picture:
    """Return the picture drawn anew, upright and without metadata; raise `NotTaken` for what is none."""
    drawn = _drawn(sent)
    content, media_type = _encoded(drawn)
    if len(content) > LARGEST:
        raise NotTaken(Why.TOO_LARGE, megabytes=LARGEST // MB)
    return Picture(content, media_type, drawn.width, drawn.height, preview(drawn))


def check_thumb(sent: bytes) -> Picture:
    """Return the picture as a JPEG of at most 64 KB and 360 pixels, as WeChat wants thumbs."""
    drawn = flat(_drawn(sent))
    drawn.thumbnail(THUMB)
    for quality in (88, 75, 60, 40):
        content = jpeg(drawn, quality)
        if len(content) <= THUMB_LARGEST:
            return Picture(content, "image/jpeg", drawn.width, drawn.height, preview(drawn))
    raise NotTaken(Why.TOO_LARGE, megabytes=LARGEST // MB)


def preview(drawn: Image.Image) -> bytes:
    """Return a JPEG of at most 480 pixels a side."""
    small = flat(drawn.copy())
    small.thumbnail(PREVIEW)
    return jpeg(small, 82)


def inline(content: bytes) -> bytes:
    """Return a picture of ours as WeChat takes it inside articles: a JPEG below one megabyte."""
    with Image.open(io.BytesIO(content)) as opened:
        drawn = flat(opened.copy())
    drawn.thumbnail((1600, 6000))
    for quality in (88, 75, 60, 40, 20):
        made = jpeg(drawn, quality)
        if len(made) < MB:
            break
    return made


def _drawn(sent: bytes) -> Image.Image:
    try:
        return pictures.drawn(sent, TERMS)
    except NotAPicture as error:
        why = Why.NO_PICTURE if error.code == "not_a_picture" else Why(error.code)
        limits = {
            Why.TOO_LARGE: {"megabytes": LARGEST // MB},
            Why.TOO_MANY_PIXELS: {"pixels": MOST_PIXELS // 1_000_000},
        }
        raise NotTaken(why, **limits.get(why, {})) from None


def _encoded(drawn: Image.Image) -> tuple[bytes, str]:
    """Return PNG where it is see-through or the smaller one, as drawings are; else JPEG."""
    held = io.BytesIO()
    if drawn.mode == "RGBA":
        drawn.save(held, "PNG")
        return held.getvalue(), "image/png"
    photograph = jpeg(drawn, 90)
    if drawn.width * drawn.height <= 4_000_000:
        drawn.save(held, "PNG")
        if held.tell() <= len(photograph):
            return held.getvalue(), "image/png"
    return photograph, "image/jpeg"
