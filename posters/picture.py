"""Pictures from outside: judged by what they are, looked at before unpacking, stripped of the rest."""

import hashlib
import io
import warnings
from contextlib import suppress

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from posters.errors import BadPicture
from posters.kept import Kept
from posters.template import Picture

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
LARGEST = 12 * 1024 * 1024  # bytes
MOST_PIXELS = 50_000_000  # a telephone's photograph of today
QUALITY = 90
_fitted: Kept[Image.Image] = Kept(48 * 1024 * 1024, lambda one: one.width * one.height * len(one.getbands()))


def clean(content: bytes, *, longest: int) -> bytes:
    """Return a picture fit to be kept: upright, sRGB, at most `longest` pixels a side, without metadata.

    JPEG, or PNG if any of it is see-through. Raise `BadPicture` for what is none, whatever it calls itself.
    """
    found = opened(content, longest=longest)
    found.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    bare = Image.new(found.mode, found.size)
    bare.paste(found)
    if bare.mode == "RGBA" and bare.getchannel("A").getextrema() != (255, 255):
        bare.save(out, "PNG")
    else:
        bare.convert("RGB").save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def opened(content: bytes, *, longest: int, whose: str = "") -> Image.Image:
    """Return a file as an upright RGB or RGBA picture, `longest` pixels a side or more if it had them.

    Its size is judged by its head, before anything is unpacked. Raise `BadPicture`.
    """
    if not content:
        raise BadPicture("empty", whose)
    if len(content) > LARGEST:
        raise BadPicture("too_large", whose)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = Image.open(io.BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError:
        raise BadPicture("too_many_pixels", whose) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise BadPicture("not_a_picture", whose) from None
    if found.width * found.height > MOST_PIXELS:
        raise BadPicture("too_many_pixels", whose)
    try:
        # JPEG can be unpacked at a half, a quarter or an eighth, which saves most of the time.
        found.draft("RGB", (longest, longest))
        found.load()
        return _srgb(ImageOps.exif_transpose(found))
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, Image.DecompressionBombError):
        raise BadPicture("broken", whose) from None


def _srgb(found: Image.Image) -> Image.Image:
    profile = found.info.get("icc_profile")
    see_through = found.mode in {"RGBA", "LA", "PA"} or "transparency" in found.info
    plain = found.convert("RGBA" if see_through else "RGB")
    if profile and found.mode in {"RGB", "RGBA"}:
        with suppress(
            ImageCms.PyCMSError, OSError, ValueError
        ):  # a broken profile: take the numbers as they are
            ImageCms.profileToProfile(
                plain, io.BytesIO(profile), ImageCms.createProfile("sRGB"), inPlace=True
            )
    return plain


def fitted(content: bytes, box: Picture, size: tuple[int, int]) -> Image.Image:
    """Return the picture as `box` shows it, in `size` pixels, RGBA; raise `BadPicture`."""
    key = (hashlib.sha256(content).digest(), size, box.fit, box.form, round(box.radius))
    return _fitted.get(key, lambda: _fit(opened(content, longest=max(size), whose=box.source), box, size))


def _fit(found: Image.Image, box: Picture, size: tuple[int, int]) -> Image.Image:
    if box.fit == "contain":
        inside = ImageOps.contain(found.convert("RGBA"), size, Image.Resampling.LANCZOS)
        plate = Image.new("RGBA", size, (255, 255, 255, 0))
        plate.paste(inside, ((size[0] - inside.width) // 2, (size[1] - inside.height) // 2))
        return plate
    return ImageOps.fit(found, size, Image.Resampling.LANCZOS, centering=(0.5, 0.4)).convert("RGBA")
