"""The demo's pictures, drawn by us, and its article."""

import io
import math
from collections.abc import Mapping
from datetime import datetime

from PIL import Image, ImageChops, ImageDraw, ImageFilter
from sqlalchemy.orm import Session

from bot.materials import adding, bodies, publishing, uses
from bot.materials.adding import Checked
from bot.materials.models import Article, Kind, Lifetime, Material

SIZE = (900, 500)
MOUNTAIN, LANTERN = "云海日出", "古镇灯笼"
PINE, AMBER, PAPER, INK, SKY = "#0f6b5c", "#e59f2c", "#faf8f4", "#1e2a2b", "#2f7fb8"


def draw() -> dict[str, Checked]:
    """Return the pictures by title, checked like anybody's."""
    drawn = {MOUNTAIN: _mountains(), "闽南海岛": _sea(), LANTERN: _lanterns()}
    return {title: adding.check(Kind.IMAGE, _png(picture)) for title, picture in drawn.items()}


def put(
    session: Session, drawn: Mapping[str, Checked], accounts: Mapping[str, int], *, now: datetime
) -> dict[str, int]:
    """Keep the pictures and the article, which the service account publishes; return ids by title."""
    found = {
        title: adding.put(session, checked, title=title, by="demo", now=now).id
        for title, checked in drawn.items()
    }
    row = Material(kind=Kind.ARTICLE.value, title=ARTICLE_TITLE, created_at=now, created_by="demo")
    session.add(row)
    session.flush()
    text = Article(
        material_id=row.id,
        author=ARTICLE_AUTHOR,
        digest=ARTICLE_DIGEST,
        cover_id=found[MOUNTAIN],
        body=bodies.clean(_article(found[MOUNTAIN], found[LANTERN])),
        changed_at=now,
    )
    session.add(text)
    user = uses.User("article", row.id, row.title, lifetime=Lifetime.INLINE)
    uses.put(session, user, {*bodies.pictures(text.body), found[MOUNTAIN]})
    if "head" in accounts:
        publishing.ask(session, account_id=accounts["head"], material_id=row.id, publish=True)
    return {**found, ARTICLE_TITLE: row.id}


ARTICLE_TITLE = "徽州古村三日：慢慢走，慢慢看"
ARTICLE_AUTHOR = "云程旅行"
ARTICLE_DIGEST = "三天两晚，住在村里，看一次云海，听一晚雨。"


def _article(mountain_id: int, lantern_id: int) -> str:
    return (
        "<p>每年四月和十一月，徽州的早晨有一半在云里。这条线路不赶景点，只走三个村子。</p>"
        f'<img data-material="{mountain_id}" alt="{MOUNTAIN}">'
        "<h2>第一天　进山</h2>"
        "<p>上午九点从门店出发，<strong>每天行走不超过五千步</strong>，老人孩子都跟得上。</p>"
        "<h2>第二天　古村</h2><ul><li>上午：看木雕，吃一碗毛豆腐</li><li>下午：自由活动，管家随时在</li>"
        "<li>晚上：巷子里点灯笼</li></ul>"
        f'<img data-material="{lantern_id}" alt="{LANTERN}">'
        "<h2>第三天　回程</h2><blockquote>行李我们送到家门口，您只管带着照片回来。</blockquote>"
        "<p>想知道价格和出发日期，直接给我们留言就好。</p>"
    )


def _mountains() -> Image.Image:
    """Draw ranges of mountains behind one another, with mist between and the sun above."""
    picture = _sky("#f6d9a8", PAPER)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((610, 90, 710, 190), fill=AMBER)
    for number, colour in enumerate(("#b9d3cb", "#86b3a8", "#4a8f82", PINE)):
        base, high = 260 + 62 * number, 92 - 12 * number
        ridge = []
        for x in range(0, SIZE[0] + 8, 8):
            peaks = 0.55 + 0.45 * math.sin(x / (90 - 9 * number) + number * 1.9)
            ridge.append((x, base - high * peaks * (0.4 + math.sin(x / 260 + number) ** 2)))
        pen.polygon([*ridge, (SIZE[0], SIZE[1]), (0, SIZE[1])], fill=colour)
        picture = _mist(picture, base + 26)
        pen = ImageDraw.Draw(picture)
    return picture


def _sea() -> Image.Image:
    """Draw an island, a boat and the waves."""
    picture = _sky("#d7eaf4", PAPER)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((120, 70, 220, 170), fill=AMBER)
    pen.chord((480, 204, 860, 456), 180, 360, fill=PINE)
    pen.chord((400, 256, 620, 404), 180, 360, fill="#4a8f82")
    for number, colour in enumerate(("#9cc7e0", "#66a7cd", SKY, "#225f8c")):
        top = 302 + 48 * number
        wave = [(x, top + 9 * math.sin(x / 46 + number * 1.3)) for x in range(0, SIZE[0] + 6, 6)]
        pen.polygon([*wave, (SIZE[0], SIZE[1]), (0, SIZE[1])], fill=colour)
        if number == 1:
            pen.polygon([(230, 352), (350, 352), (328, 386), (252, 386)], fill=INK)
            pen.polygon([(286, 340), (286, 240), (352, 340)], fill=PAPER)
            pen.polygon([(280, 340), (280, 262), (236, 340)], fill=AMBER)
    return picture


def _lanterns() -> Image.Image:
    """Draw lanterns over a lane between white walls, at night."""
    picture = Image.new("RGB", SIZE, "#182a33")
    pen = ImageDraw.Draw(picture)
    pen.polygon([(0, 180), (250, 120), (330, 500), (0, 500)], fill="#e7e2d6")
    pen.polygon([(0, 150), (270, 90), (262, 122), (0, 186)], fill=INK)
    pen.polygon([(900, 160), (640, 110), (570, 500), (900, 500)], fill="#d9d3c4")
    pen.polygon([(900, 130), (622, 80), (632, 112), (900, 166)], fill=INK)
    pen.polygon([(330, 500), (570, 500), (470, 300), (430, 300)], fill="#394f52")
    glow = Image.new("RGB", SIZE)
    light = ImageDraw.Draw(glow)
    places = [(290, 90, 1.0), (620, 70, 1.15), (420, 170, 0.7), (500, 220, 0.5)]
    for x, y, scale in places:
        light.ellipse((x - 90 * scale, y - 60 * scale, x + 90 * scale, y + 130 * scale), fill="#7a4b12")
    picture = ImageChops.add(picture, glow.filter(ImageFilter.GaussianBlur(38)))
    pen = ImageDraw.Draw(picture)
    for x, y, scale in places:
        wide, high = 46 * scale, 56 * scale
        pen.line((x, 0, x, y), fill="#5b6a66", width=2)
        pen.rectangle((x - wide * 0.5, y - 8 * scale, x + wide * 0.5, y), fill=INK)
        pen.ellipse((x - wide, y, x + wide, y + high * 1.6), fill="#d8572a")
        pen.ellipse((x - wide * 0.55, y, x + wide * 0.55, y + high * 1.6), fill=AMBER)
        pen.rectangle((x - wide * 0.5, y + high * 1.55, x + wide * 0.5, y + high * 1.7), fill=INK)
        pen.line((x, y + high * 1.7, x, y + high * 2.3), fill=AMBER, width=max(2, round(4 * scale)))
    return picture


def _sky(above: str, below: str) -> Image.Image:
    shade = Image.linear_gradient("L").resize(SIZE)
    return Image.composite(Image.new("RGB", SIZE, below), Image.new("RGB", SIZE, above), shade)


def _mist(picture: Image.Image, at: int) -> Image.Image:
    veil = Image.new("L", SIZE, 0)
    ImageDraw.Draw(veil).rectangle((0, at, SIZE[0], at + 26), fill=150)
    veil = veil.filter(ImageFilter.GaussianBlur(22))
    return Image.composite(Image.new("RGB", SIZE, PAPER), picture, veil)


def _png(picture: Image.Image) -> bytes:
    held = io.BytesIO()
    picture.save(held, "PNG")
    return held.getvalue()
