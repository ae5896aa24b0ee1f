"""For whom a design is tried: people made up to be usual or difficult, and people of the staff."""

import hashlib
import io
from dataclasses import dataclass, field
from functools import lru_cache

from flask_babel import gettext as _
from PIL import Image, ImageDraw
from sqlalchemy import select
from werkzeug.exceptions import NotFound

import posters
from admin.choices import account
from admin.office import find
from bot.db.scoped import ScopedSession
from bot.files import store
from bot.keys import key_in
from bot.organisation.models import Shop, Staff
from bot.posters import codes
from bot.posters.models import StaffPortrait
from bot.posters.versions import Drawn

CODE = "http://weixin.qq.com/q/02yizhan-sample-nobody"  # as long as WeChat's; leads nowhere
USUAL, LONG, RARE = "usual", "long", "rare"
MOST_STAFF = 200
TEXTS: dict[str, dict[str, str]] = {
    USUAL: {
        "name": "王珊",
        "title": "旅行顾问",
        "shop": "上海人民广场店",
        "address": "黄浦区南京西路100号",
        "phone": "021-55500001",
    },
    LONG: {
        "name": "阿不都热依木·买买提江·亚历山德罗维奇",
        "title": "高级定制旅行顾问兼出境领队（英语、俄语）",
        "shop": "新疆维吾尔自治区伊犁哈萨克自治州霍尔果斯口岸国际旅游集散中心第二十八旗舰门店",
        "address": "霍尔果斯市亚欧路国际客运站东侧A座3层317—319室（地铁2号线人民广场站7号口出，步行约600米）",
        "phone": "0999-55500001",
    },
    RARE: {
        "name": "䶮㛃𠅤𫖯",
        "title": "Travel designer 🌏",
        "shop": "济南泉城路店「出境游·亲子」☀️",
        "address": "历下区泉城路180号，齐鲁国际大厦B1",
        "phone": "0531-55500001",
    },
}


@dataclass(frozen=True, slots=True)
class Sample:
    """Somebody a design is tried for; `mark` tells them from others, and from what they were before."""

    texts: dict[str, str]
    code: str
    portrait: bytes | None = field(repr=False)

    def facts(self, pictures: dict[str, bytes]) -> posters.Facts:
        """Return the facts of their poster."""
        if self.portrait is not None:
            pictures = pictures | {"avatar": self.portrait}
        return posters.Facts(texts=self.texts, code=self.code, pictures=pictures)

    @property
    def mark(self) -> str:
        """What changes when anything of them does."""
        said = "\0".join([self.code, *map("=".join, sorted(self.texts.items()))]).encode()
        return hashlib.sha256(said + (self.portrait or b"")).hexdigest()[:16]


def of(session: ScopedSession, whom: str) -> Sample:
    """Return a made-up person, or one of the staff in sight (`staff:12`); 404 for anybody else."""
    if whom in TEXTS:
        return Sample(TEXTS[whom], CODE, None if whom == RARE else portrait())
    key = key_in(whom.removeprefix("staff:")) if whom.startswith("staff:") else None
    if key is None:
        raise NotFound
    staff = find(session, Staff, key)
    shop = find(session, Shop, staff.shop_id)
    served = account()
    code = codes.find(session, account_id=served.id, staff=staff) if served else None
    row = session.get(StaffPortrait, staff.id)
    said = {"name": staff.name, "title": staff.role, "shop": shop.name, "address": shop.address}
    texts = {name: value for name, value in (said | {"phone": shop.phone}).items() if value}
    url = code.url if code is not None and code.url else CODE
    return Sample(texts, url, store.content(session, row.file_id) if row is not None else None)


def options(session: ScopedSession) -> list[tuple[str, str]]:
    """Return whom a design can be tried for: those made up first, then people of the staff in sight."""
    made_up = [
        (USUAL, str(_("Somebody usual (made up)"))),
        (LONG, str(_("Long names (made up)"))),
        (RARE, str(_("Rare characters, no picture (made up)"))),
    ]
    wanted = (
        select(Staff.id, Staff.name, Shop.name)
        .join(Shop, Shop.id == Staff.shop_id)
        .where(Staff.active.is_(True))
        .order_by(Shop.id, Staff.id)
        .limit(MOST_STAFF)
    )
    return made_up + [(f"staff:{key}", f"{name} · {shop}") for key, name, shop in session.execute(wanted)]


def mark(found: Drawn, sample: Sample) -> str:
    """Return what names a picture of the design for somebody."""
    return hashlib.sha256(f"{found.mark}\0{sample.mark}".encode()).hexdigest()[:20]


@lru_cache(maxsize=1)
def portrait() -> bytes:
    """Return a picture of nobody: head and shoulders, in our colours."""
    made = Image.new("RGB", (320, 320), (225, 239, 235))
    pen = ImageDraw.Draw(made)
    pen.ellipse((40, 190, 280, 430), fill=(15, 107, 92))
    pen.ellipse((100, 60, 220, 195), fill=(233, 190, 160))
    pen.chord((92, 44, 228, 190), 170, 370, fill=(30, 42, 43))
    out = io.BytesIO()
    made.resize((160, 160), Image.Resampling.LANCZOS).save(out, "PNG")
    return out.getvalue()
