"""Autumn and winter."""

import math
import random

from PIL import Image

from posters.scenes.brush import Scene, hill, ridge, smooth
from posters.scenes.motifs import birds, lantern, pine


def autumn(size: tuple[int, int]) -> Image.Image:
    """Red mountains behind one another, a pale sun, a pavilion, falling leaves."""
    scene = Scene(size)
    scene.sky("#FCEBC8", "#FBD49A", "#F4AE6B", "#D9713F", places=(0, 0.3, 0.55, 1))
    scene.glow(330, 520, 420, "#FFF8E0E0")
    scene.disc(330, 520, 150, "#FFF6DC", "#FFE3AC")
    layers = (
        (11, 860.0, 150, 1.6, "#EFA76B", "#F6C791"), (23, 960, 150, 2.0, "#DD7F48", "#EFA870"),
        (35, 1075, 140, 2.3, "#BF5430", "#DC8350"), (41, 1190, 130, 2.6, "#92351F", "#B4532F"),
    )  # fmt: skip
    for seed, y, high, peaks, top, foot in layers:
        scene.area(ridge(seed, y, high, peaks=peaks), top, foot, foot, foot)
        scene.haze(y + 30, y + 210, "#FBD9A5", 0, 75, 0)
    _pavilion(scene, 800, 1052)
    _woods(scene, 1290, 3, ("#C8452B", "#E2762F", "#F0A23A", "#A93222"))
    scene.area(hill(6, 1370, 24, waves=1.1), "#7A2A1B", "#4E1A14")
    birds(scene, "#8A3B22", (640, 420, 30), (710, 455, 26), (780, 490, 24), (570, 455, 26), (500, 490, 24))
    chance = random.Random(12)
    for _leaf in range(30):
        x, y = chance.uniform(20, 1060), chance.uniform(120, 1320)
        _maple(
            scene,
            x,
            y,
            chance.uniform(10, 30),
            chance.uniform(0, 360),
            chance.choice(("#C8361F", "#E0662A", "#B02A1C", "#EE9A35")),
        )
    return scene.done()


def _pavilion(scene: Scene, x: float, foot: float) -> None:
    ink = "#5A1E14"
    for level, half in ((0, 92), (70, 66)):
        y = foot - 78 - level
        eaves = smooth(
            [
                (x - half - 22, y - 16),
                (x - half * 0.6, y - 4),
                (x, y - 44),
                (x + half * 0.6, y - 4),
                (x + half + 22, y - 16),
            ]
        )
        scene.area([*eaves, (x + half, y + 10), (x - half, y + 10)], ink)
    scene.line([(x, foot - 215), (x, foot - 175)], ink, 7)
    for part in (-0.7, -0.25, 0.25, 0.7):
        scene.line([(x + part * 92, foot - 70), (x + part * 92, foot + 4)], ink, 9)
    scene.block(x - 62, foot - 140, 124, 40, "#7C3020")
    scene.block(x - 104, foot, 208, 16, ink)


def _woods(scene: Scene, y: float, seed: int, shades: tuple[str, ...]) -> None:
    chance = random.Random(seed)
    for _tree in range(80):
        x, foot, radius = chance.uniform(-20, 1100), y + chance.uniform(-24, 80), chance.uniform(26, 58)
        scene.disc(x, foot, radius, chance.choice(shades), high=radius * 1.15)


def _maple(scene: Scene, x: float, y: float, size: float, turn: float, colour: str) -> None:
    points = []
    for index, (angle, long) in enumerate(
        ((-90, 1.0), (-70, 0.5), (-38, 0.9), (-14, 0.45), (22, 0.75), (58, 0.4), (90, 0.5), (122, 0.4), (158, 0.75),
         (194, 0.45), (218, 0.9), (250, 0.5))
    ):  # fmt: skip
        way = math.radians(angle + turn)
        points.append(
            (x + math.cos(way) * long * size, y + math.sin(way) * long * size * (0.92 if index % 2 else 1))
        )
    scene.area(points, colour)
    stem = math.radians(90 + turn)
    scene.line(
        [(x, y), (x + math.cos(stem) * size * 1.2, y + math.sin(stem) * size * 1.2)],
        colour,
        max(2, size * 0.09),
    )


def winter(size: tuple[int, int]) -> Image.Image:
    """A village under snow at nightfall, with light in its windows."""
    scene = Scene(size)
    scene.sky("#0E1F45", "#23437A", "#5A76AE", "#B9BEDC", "#F2D9D6", places=(0, 0.22, 0.42, 0.58, 0.68))
    chance = random.Random(9)
    for _star in range(110):
        x, y = chance.uniform(0, 1080), chance.uniform(0, 700)
        scene.disc(x, y, chance.uniform(1, 3.2), "#FFFFFF" + format(chance.randrange(90, 240), "02X"))
    scene.glow(815, 330, 300, "#FFF6DCA0")
    scene.disc(815, 330, 78, "#FFF7E3", "#F6E7C4")
    scene.area(ridge(14, 900, 230, peaks=1.4, rough=0.52), "#F4F6FC", "#A9B9DA", "#8FA3CC", "#8FA3CC")
    scene.area(ridge(29, 1010, 170, peaks=2.1, rough=0.5), "#DDE5F4", "#7F97C4", "#7088B8", "#7088B8")
    scene.haze(930, 1180, "#C9D3EA", 0, 150, 40)
    for number in range(26):
        pine(
            scene,
            20 + number * 42 + chance.uniform(-12, 12),
            1170 + chance.uniform(-14, 24),
            chance.uniform(90, 160),
            "#2F4A78",
            "#C3D0E8",
        )
    scene.area(hill(4, 1200, 30, waves=0.8), "#F3F6FC", "#D4DEF0", "#C3D0E8")
    for x, y, wide in ((170, 1225, 170), (430, 1262, 210), (800, 1232, 190)):
        _cabin(scene, x, y, wide)
    for x, foot, high in (
        (60, 1300, 300),
        (330, 1250, 190),
        (690, 1275, 230),
        (1010, 1310, 330),
        (930, 1290, 200),
    ):
        pine(scene, x, foot, high, "#1B3A52", "#F3F7FD")
    scene.area(hill(10, 1335, 26, waves=1.2), "#FFFFFF", "#E6ECF7", "#D3DDEF")
    for x in (600, 664, 728):
        lantern(scene, x, 1162 + abs(664 - x) * -0.12, 17)
    scene.line(smooth([(540, 1136), (664, 1168), (760, 1140)]), "#4A3A3A", 3)
    for _flake in range(150):
        x, y, radius = chance.uniform(0, 1080), chance.uniform(0, 1400), chance.choice((2, 2.5, 3, 4, 5, 7))
        scene.disc(x, y, radius, "#FFFFFF" + ("70" if radius > 4 else "D0"), blur=2 if radius > 4 else 0)
    return scene.done()


def _cabin(scene: Scene, x: float, foot: float, wide: float) -> None:
    high = wide * 0.42
    scene.glow(x + wide / 2, foot - high * 0.4, wide * 0.9, "#FFC86A90")
    scene.block(x, foot - high, wide, high, "#6B4636", "#4E3229")
    peak = (x + wide / 2, foot - high - wide * 0.36)
    scene.area(
        [(x - wide * 0.14, foot - high + 8), peak, (x + wide * 1.14, foot - high + 8)], "#FFFFFF", "#DCE5F3"
    )
    scene.area(
        [
            (x + wide * 0.02, foot - high + 8),
            (peak[0], peak[1] + wide * 0.12),
            (x + wide * 0.98, foot - high + 8),
        ],
        "#5A3A2E",
    )
    for part in (0.14, 0.62):
        scene.block(x + wide * part, foot - high * 0.7, wide * 0.22, high * 0.4, "#FFD98A", "#FFB84A")
    scene.block(x + wide * 0.42, foot - high * 0.62, wide * 0.15, high * 0.62, "#3A241E")
    scene.block(x + wide * 0.72, foot - high - wide * 0.36, wide * 0.1, wide * 0.22, "#5A3A2E")
    for step in range(3):
        scene.disc(
            x + wide * (0.78 + 0.05 * step),
            foot - high - wide * (0.46 + 0.13 * step),
            wide * (0.05 + 0.02 * step),
            "#FFFFFF50",
            blur=4,
        )
