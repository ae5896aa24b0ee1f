"""Staff whose facts are hard on a design, and pictures that are not what they say."""

import io
import struct
import zlib

import zxingcpp
from PIL import Image

from posters import Facts

LINK = "http://weixin.qq.com/q/02qVq8o2Cke_D1zN6Y1z1j"
LONG_SHOP = "驿站国际旅行社有限公司上海市浦东新区陆家嘴环路正大广场一层亲子与银发旅行专营门店"


def avatar(colour: str = "#7FA05C") -> bytes:
    picture = Image.radial_gradient("L").resize((132, 132))
    out = io.BytesIO()
    Image.merge("RGB", (picture, Image.new("L", (132, 132), 120), picture.rotate(90))).save(out, "JPEG")
    return out.getvalue()


def usual(**more: str) -> Facts:
    texts = {
        "name": "王珊",
        "title": "旅行顾问",
        "shop": "驿站旅行 上海人民广场店",
        "address": "上海市黄浦区西藏中路 268 号来福士广场 3 层",
        "phone": "021-6340 8000",
    }
    return Facts(texts | more, LINK, {"avatar": avatar()})


def hard() -> Facts:
    """A rare name with emoji, no picture, a shop of forty characters, an English address that cannot be torn."""
    more = {
        "name": "䶮㛃𠅤𫖯·阿依古丽🌸👨‍👩‍👧",
        "title": "Senior Travel Consultant, Shanghai",
        "shop": LONG_SHOP,
        "address": "Room 1203, Raffles City Office Tower, 268 Xizang Middle Road, Huangpu District",
        "slogan": "带上爸妈，带上孩子，去看一看（真正的）大海：沙滩、灯塔、日出，还有慢下来的自己。",
    }
    return Facts(usual(**more).texts, LINK)


def read(finished: bytes, scale: float = 1.0) -> set[str]:
    """What a camera reads in a poster, made smaller by `scale`."""
    picture = Image.open(io.BytesIO(finished)).convert("RGB")
    if scale != 1:
        size = (round(picture.width * scale), round(picture.height * scale))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return {one.text for one in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)}


def again(finished: bytes, quality: int) -> bytes:
    """The picture after somebody's messenger saved it once more."""
    out = io.BytesIO()
    Image.open(io.BytesIO(finished)).save(out, "JPEG", quality=quality)
    return out.getvalue()


def bomb(side: int = 50_000) -> bytes:
    """A PNG of a few bytes that says it is `side` pixels square."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    chunks = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
