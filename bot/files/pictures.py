"""Pictures that people send: judged by what they hold, not by their names, and drawn anew to be kept.

Nothing of the bytes that were sent is kept: what is stored was encoded by us,
turned upright, without place, camera or anything else a file may carry.
What a picture may be differs (`Terms`); how it is looked at does not.
"""

import io
import logging
import re
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from bot.errors import YizhanError

log = logging.getLogger(__name__)
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
LARGEST_FILE = 8 * 1024 * 1024
LONGEST_SIDE = 1600
QUALITY = 86
MEDIA_TYPE = "image/jpeg"
# A picture that is also a page or a program is somebody's trick, whatever else it is.
PROGRAM = re.compile(rb"<(?:script|html|svg|iframe|body|!doctype|\?php)\b", re.IGNORECASE)
MARKUP = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<(?:\?xml|svg|!doctype|html|!--)", re.IGNORECASE)
SRGB = ImageCms.createProfile("sRGB")


class NotAPicture(YizhanError):
    """The sender's move.

    `code` is `too_large`, `not_a_picture`, `broken`, `too_many_pixels` or
    `too_small`; under strict terms `a_page`, `a_program`, `gif` or `moves` as well.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Terms:
    """What a picture may be.

    Strict ones refuse what moves, and pictures with markup inside, before they
    are unpacked: for what is given on as a file.  `kept` is the longest side
    that will be kept: a JPEG need not be unpacked larger than that.
    """

    largest: int
    most_pixels: int
    longest_side: int = 65_535
    least_side: int = 1
    is_strict: bool = False
    kept: int | None = None


SHOWN = Terms(
    largest=LARGEST_FILE,
    most_pixels=40_000_000,  # a telephone's camera has twelve to fifty million, sent smaller than that
    least_side=200,
    kept=LONGEST_SIDE,
)


def renewed(content: bytes) -> bytes:
    """Return the picture as a JPEG of at most 1,600 pixels a side, upright. Raise `NotAPicture`.

    Of a moving picture the first moment is taken.
    """
    try:
        shown = flat(drawn(content, SHOWN))
    except NotAPicture as error:
        raise NotAPicture("not_a_picture" if error.code == "broken" else error.code) from None
    shown.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return jpeg(shown, QUALITY)


def drawn(sent: bytes, terms: Terms) -> Image.Image:
    """Decode `sent` once its format and its size are known to be harmless: upright, its pixels alone."""
    if terms.is_strict and MARKUP.match(sent[:200]):
        raise NotAPicture("a_page")
    if len(sent) > terms.largest:
        raise NotAPicture("too_large")
    try:
        with Image.open(io.BytesIO(sent), formats=FORMATS) as opened:
            _judge(opened, sent, terms)
            if terms.kept:
                opened.draft("RGB", (terms.kept, terms.kept))
            opened.load()
            return _in_srgb(ImageOps.exif_transpose(opened))
    except NotAPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NotAPicture("too_many_pixels") from None
    except UnidentifiedImageError:
        raise NotAPicture("not_a_picture") from None
    except Exception as error:  # noqa: BLE001 - whatever a stranger's file makes a decoder raise
        log.info("picture_broken", extra={"reason": type(error).__name__})
        raise NotAPicture("broken") from None


def flat(picture: Image.Image) -> Image.Image:
    """Return the picture on white paper, where it is see-through."""
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


def jpeg(picture: Image.Image, quality: int) -> bytes:
    """Return the picture as a JPEG that carries nothing else."""
    held = io.BytesIO()
    picture.save(held, "JPEG", quality=quality, progressive=True)
    return held.getvalue()


def _judge(opened: Image.Image, sent: bytes, terms: Terms) -> None:
    if opened.width * opened.height > terms.most_pixels or max(opened.size) > terms.longest_side:
        raise NotAPicture("too_many_pixels")
    if min(opened.size) < terms.least_side:
        raise NotAPicture("too_small")
    if terms.is_strict and opened.format == "GIF":
        raise NotAPicture("gif")
    if terms.is_strict and getattr(opened, "n_frames", 1) > 1:
        raise NotAPicture("moves")
    if terms.is_strict and PROGRAM.search(sent):
        raise NotAPicture("a_program")


def _in_srgb(picture: Image.Image) -> Image.Image:
    """Return the pixels alone, in the colours that phones assume where no profile says otherwise."""
    profile = picture.info.get("icc_profile")
    has_alpha = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
    wanted = "RGBA" if has_alpha else "RGB"
    if profile and picture.mode in {"RGB", "CMYK"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(picture, source, SRGB, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            turned = None  # a profile nobody can read; the numbers are taken as they are
        picture = turned or picture
    pixels = picture.convert(wanted)
    clean = Image.new(wanted, pixels.size)
    clean.paste(pixels)
    return clean
