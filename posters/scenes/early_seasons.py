"""Spring and summer."""

import math
import random

from PIL import Image

from posters.scenes.brush import Scene, arc, ridge, smooth, wave
from posters.scenes.motifs import birds


def spring(size: tuple[int, int]) -> Image.Image:
    """A water town in the south: far hills in ink, white walls, an arched bridge, willows."""
    scene = Scene(size)
    scene.sky("#E9F1EA", "#F7F4E8", "#EAF0E2", "#CFE0D2", places=(0, 0.35, 0.6, 1))
    scene.glow(770, 560, 330, "#FFE3C4C0")
    scene.disc(770, 560, 74, "#E8694A")
    scene.area(ridge(3, 800, 130, peaks=1.5), "#9DBBAF90", "#DDE9E000", blur=5)
    scene.area(ridge(8, 890, 120, peaks=2.2), "#6F998C90", "#DCE8DF00", blur=3)
    scene.haze(780, 1080, "#F3F5EA", 0, 200, 230)
    for x, y, wide, high in (
        (-40, 905, 250, 200),
        (120, 955, 190, 150),
        (850, 930, 290, 175),
        (735, 985, 170, 120),
    ):
        _house(scene, x, y, wide, high)
    _bridge(scene)
    scene.mirror(1105, 230, "#DCE8DC", alpha=120, blur=5)
    scene.haze(1105, 1335, "#DCE8DC", 20, 160, 255)
    scene.haze(1334, 1920, "#DCE8DC", 255, 255)
    scene.haze(1330, 1920, "#BFD6C6", 0, 200, 255)
    _boat(scene, 300, 1230)
    for y, x, wide in (
        (1150, 620, 180),
        (1185, 90, 150),
        (1265, 760, 220),
        (1300, 500, 140),
        (1210, 880, 120),
    ):
        scene.line([(x, y), (x + wide, y)], "#FFFFFF90", 3)
    _willow(scene)
    return scene.done()


def _house(scene: Scene, x: float, y: float, wide: float, high: float) -> None:
    scene.block(x, y, wide, high, "#FBFAF4", "#E9EAE0")
    roof = smooth(
        [
            (x - 26, y + 6),
            (x + wide * 0.25, y - 26),
            (x + wide * 0.5, y - 34),
            (x + wide * 0.75, y - 26),
            (x + wide + 26, y + 6),
        ]
    )
    scene.area([*roof, (x + wide + 16, y + 18), (x - 16, y + 18)], "#3C4A4C")
    scene.line([(x + wide * 0.2, y - 40), (x + wide * 0.8, y - 40)], "#3C4A4C", 8)
    for part in (0.25, 0.66):
        scene.block(x + wide * part, y + high * 0.36, wide * 0.12, high * 0.2, "#5B6B6A")


def _bridge(scene: Scene) -> None:
    top = arc(520, 1110, 330, 200, 340, high=200)
    scene.area([(150, 1105), *[(x, y) for x, y in top], (890, 1105)], "#F4F2E8", "#D9DACF")
    scene.area(arc(520, 1106, 128, 180, 360, high=120), "#C3D6CB")
    scene.line(arc(520, 1106, 128, 180, 360, high=120), "#8B9A93", 5)
    scene.line(top, "#6C7B77", 6)
    raised = [(x, y - 36) for x, y in top]
    scene.line(raised, "#8B9A93", 5)
    for x, y in top[::3]:
        scene.line([(x, y), (x, y - 44)], "#8B9A93", 6)


def _boat(scene: Scene, x: float, y: float) -> None:
    hull = [
        *smooth([(x - 130, y - 22), (x - 70, y + 10), (x + 70, y + 10), (x + 140, y - 28)]),
        (x + 90, y + 30),
        (x - 90, y + 30),
    ]
    scene.area(hull, "#3F4B49")
    scene.area(arc(x, y + 4, 62, 180, 360, high=58), "#6E6048")
    scene.line([(x + 110, y - 110), (x + 60, y + 60)], "#3F4B49", 5)
    scene.area([(x - 100, y + 34), (x + 100, y + 34), (x + 60, y + 48), (x - 60, y + 48)], "#7C938A60")


def _willow(scene: Scene) -> None:
    chance = random.Random(5)
    for number in range(15):
        x = 640 + number * 33 + chance.uniform(-12, 12)
        long = 190 + 250 * math.sin(number / 15 * math.pi) + chance.uniform(-40, 90) + number * 12
        lean = chance.uniform(-70, -10)
        strand = smooth(
            [(x, -30), (x + lean * 0.2, long * 0.4), (x + lean * 0.6, long * 0.75), (x + lean, long)], 14
        )
        scene.line(strand, "#7FA05C", 3)
        for index, (leaf_x, leaf_y) in enumerate(strand[3:]):
            side = 1 if index % 2 else -1
            shade = "#8DB565" if index % 3 else "#6F9C53"
            tip = (leaf_x + side * 17, leaf_y + 30)
            scene.area(
                [(leaf_x, leaf_y), (leaf_x + side * 13, leaf_y + 9), tip, (leaf_x + side * 4, leaf_y + 18)],
                shade,
            )
    for _petal in range(26):
        x, y, radius = chance.uniform(30, 1050), chance.uniform(330, 1270), chance.uniform(4, 9)
        scene.disc(x, y, radius, "#F2A3B0C0", high=radius * 0.7)


def summer(size: tuple[int, int]) -> Image.Image:
    """An island: a flat sun over a flat sea, a sail, palms."""
    scene = Scene(size)
    scene.sky("#1FA6B8", "#6CCBC4", "#FFE2A8", "#FFB472", places=(0, 0.26, 0.5, 0.62))
    scene.glow(540, 930, 560, "#FFF3C0D0")
    scene.disc(540, 930, 250, "#FFD45E", "#FF8A4C")
    scene.haze(850, 1010, "#FFD9A0", 0, 110)
    scene.area([*smooth([(-40, 1010), (60, 955), (170, 930), (280, 965), (380, 1010)])], "#3C8C8A")
    scene.area([*smooth([(760, 1010), (850, 975), (960, 945), (1120, 1010)])], "#2F7F86")
    seas = ("#2BA5B5", "#1F95AA", "#17849C", "#11728C", "#0D627C", "#0A526B")
    for number, shade in enumerate(seas):
        y = 1005 + number * 62
        scene.area(wave(y, 7 + number * 2.5, 300 + number * 70, number * 130), shade)
        scene.line(wave(y, 7 + number * 2.5, 300 + number * 70, number * 130)[:-2], "#FFFFFF38", 4)
    chance = random.Random(4)
    for number in range(26):
        y = 1016 + number * 11
        half = max(18, 210 - number * 6) * chance.uniform(0.35, 1)
        x = 540 + chance.uniform(-40, 40)
        scene.line([(x - half, y), (x + half, y)], "#FFE08ACC", 6)
    _sail(scene, 770, 1050)
    shore = smooth([(-40, 1330), (180, 1290), (480, 1345), (760, 1310), (1120, 1365)])
    scene.area([*[(x, y - 16) for x, y in shore], (1120, 1960), (-40, 1960)], "#EAF8F2C0")
    scene.area([*shore, (1120, 1960), (-40, 1960)], "#FFE9C2", "#F6CF93")
    _palm(scene, -10, 1390, 190, 700)
    _palm(scene, 20, 1400, 60, 870, size=0.72)
    birds(scene, "#FFFFFF", (800, 640, 34), (880, 690, 24), (730, 720, 20))
    return scene.done()


def _sail(scene: Scene, x: float, y: float) -> None:
    scene.area([(x, y - 190), (x, y - 20), (x + 105, y - 20)], "#FFFFFF")
    scene.area([(x - 10, y - 165), (x - 10, y - 20), (x - 72, y - 20)], "#FF7A59")
    scene.area([(x - 90, y - 8), (x + 110, y - 8), (x + 78, y + 28), (x - 62, y + 28)], "#FFFFFF", "#E4EEF0")
    scene.line([(x - 5, y - 200), (x - 5, y - 8)], "#7A4B33", 5)


def _palm(scene: Scene, foot_x: float, foot: float, top_x: float, top: float, *, size: float = 1.0) -> None:
    trunk = smooth(
        [(foot_x, foot), (foot_x + (top_x - foot_x) * 0.35, foot - (foot - top) * 0.5), (top_x, top)], 16
    )
    for index, (x, y) in enumerate(trunk):
        scene.disc(x, y, (24 - index * 0.33) * size, "#5B3A2B", high=16)
    for angle, long in ((-165, 250), (-135, 240), (-100, 210), (-60, 240), (-25, 260), (10, 230), (170, 220)):
        turn = math.radians(angle)
        end = (top_x + math.cos(turn) * long * size, top + (math.sin(turn) * 0.55 + 0.42) * long * size)
        bend = (
            top_x + math.cos(turn) * long * 0.5 * size,
            top + (math.sin(turn) * 0.9 - 0.08) * long * 0.5 * size,
        )
        spine = smooth([(top_x, top), bend, end], 12)
        under = [
            (x, y + 46 * size * math.sin(index / (len(spine) - 1) * math.pi))
            for index, (x, y) in enumerate(spine)
        ]
        scene.area([*spine, *reversed(under)], "#0E5D4E" if angle % 2 else "#127061")
    for x, y in ((-14, 14), (16, 20), (2, 34)):
        scene.disc(top_x + x * size, top + y * size, 15 * size, "#7A4B33")
