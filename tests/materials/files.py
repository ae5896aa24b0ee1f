"""Files as people send them, and as somebody with bad intentions would."""

import io
import struct
import zlib

from PIL import Image

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


def picture(format_="PNG", size=(640, 480), colour="#0f6b5c", **options):
    held = io.BytesIO()
    Image.new("RGB", size, colour).save(held, format_, **options)
    return held.getvalue()


def photograph(*, orientation=6):
    """A JPEG lying on its side, that says where and with what it was taken."""
    image = Image.effect_noise((320, 200), 60).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Secret Camera"
    exif.get_ifd(0x8825)[2] = (31.0, 14.0, 0.0)
    held = io.BytesIO()
    image.save(held, "JPEG", exif=exif)
    return held.getvalue()


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_bomb(width=50_000, height=50_000):
    """A PNG of some kilobytes that would be ten gigabytes of pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    rows = zlib.compress(b"\0" * 5_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def text_bomb():
    """A PNG of one pixel whose comment unpacks to a hundred megabytes."""
    comment = b"Comment\0\0" + zlib.compress(b"x" * 100_000_000, 9)
    plain = picture(size=(1, 1))
    end = plain.index(b"IDAT") - 4
    return plain[:end] + chunk(b"zTXt", comment) + plain[end:]


def gif_and_script():
    """A GIF whose first bytes are a program, as browsers that sniff would run."""
    return b"GIF89a/*" + b"\x00\x00\x00\x00" + b"*/=1;alert(document.domain)//" + b"\x3b"


def moving(format_="WEBP"):
    held = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(held, format_, save_all=True, append_images=frames[1:])
    return held.getvalue()


def amr(frames=50):
    """So many frames of 20 ms of the quietest mode."""
    return b"#!AMR\n" + (b"\x04" + b"\0" * 12) * frames


def mp3(frames=40):
    """Frames of MPEG-1 layer III, 128 kbit/s, 44,100 Hz: 26 ms each."""
    return (b"\xff\xfb\x90\x64" + b"\0" * 413) * frames


def box(name, body=b""):
    return struct.pack(">I", len(body) + 8) + name + body


def mp4(seconds=3):
    """The boxes that tell what it is and how long, and some bytes of film."""
    header = struct.pack(">IIIII", 0, 0, 0, 1000, seconds * 1000) + b"\0" * 80
    media_header = struct.pack(">IIIIIHH", 0, 0, 0, 1000, seconds * 1000, 0, 0)
    track = box(b"trak", box(b"mdia", box(b"mdhd", media_header)))
    inside = box(b"moov", box(b"mvhd", header) + track)
    return box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + inside + box(b"mdat", b"\0" * 2000)
