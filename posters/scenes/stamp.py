"""Far countries, on a stamp."""

import math
import random

from PIL import Image

from posters.scenes.brush import Scene, arc, smooth


def abroad(size: tuple[int, int]) -> Image.Image:
    """Landmarks in one line on a great stamp, with a postmark and the way of a plane."""
    scene = Scene(size)
    scene.sky("#F3E9D6", "#EFE2CA", "#E6D6BA")
    chance = random.Random(6)
    for _fibre in range(200):
        x, y = chance.uniform(0, 1080), chance.uniform(0, 1920)
        scene.line([(x, y), (x + chance.uniform(-16, 16), y + chance.uniform(-7, 7))], "#C9B48C38", 2)
    left, top, right, bottom = 80, 110, 1000, 1330
    scene.area(
        [(left + 8, top + 16), (right + 12, top + 16), (right + 12, bottom + 18), (left + 8, bottom + 18)],
        "#7A5F3070",
        blur=12,
    )
    scene.block(left, top, right - left, bottom - top, "#FFFDF7")
    for x in range(left, right + 1, 46):
        for y in (top, bottom):
            scene.disc(x, y, 14, "#F1E5CF" if y == top else "#E9DBC0")
    for y in range(top, bottom + 1, 45):
        for x in (left, right):
            scene.disc(x, y, 14, "#EDE0C7")
    _stamp(scene)
    _postmark(scene, 872, 268)
    _flight(scene)
    return scene.done()


def _stamp(scene: Scene) -> None:
    scene.block(132, 162, 816, 1116, "#1C5D7F", "#3E95A8", "#F2B37B", "#F7D7A0")
    scene.glow(650, 900, 420, "#FFF1C6C0")
    scene.disc(650, 905, 118, "#FFF0C4", "#FFC978")
    scene.area(
        [
            (132, 1085),
            *smooth([(132, 1050), (260, 985), (400, 1040), (560, 1010), (760, 1050), (948, 1000)]),
            (948, 1278),
            (132, 1278),
        ],
        "#D9865C",
        "#B95F4C",
    )
    _fuji(scene, 250, 1085)
    _tower(scene, 470, 1150)
    _clock(scene, 800, 1150)
    _domes(scene, 640, 1150)
    scene.area([(132, 1150), (948, 1150), (948, 1278), (132, 1278)], "#1F4E66", "#173C52")
    for number in range(7):
        x = 170 + number * 108
        scene.line(smooth([(x, 1196), (x + 27, 1188), (x + 54, 1196), (x + 81, 1188)]), "#FFFFFF50", 4)
        scene.line(smooth([(x + 40, 1238), (x + 62, 1231), (x + 84, 1238)]), "#FFFFFF38", 4)


def _fuji(scene: Scene, x: float, foot: float) -> None:
    slope = [
        *smooth([(x - 118, foot + 66), (x - 70, foot - 30), (x - 30, foot - 132)]),
        *smooth([(x + 30, foot - 132), (x + 74, foot - 30), (x + 150, foot + 66)]),
    ]
    scene.area(slope, "#2F6E8E", "#245672")
    scene.area(
        [
            (x - 30, foot - 132),
            (x + 30, foot - 132),
            (x + 50, foot - 84),
            (x + 24, foot - 98),
            (x + 4, foot - 74),
            (x - 18, foot - 98),
            (x - 48, foot - 80),
        ],
        "#FFFFFF",
    )


def _tower(scene: Scene, x: float, foot: float) -> None:
    ink = "#3A2B2E"
    for side in (-1, 1):
        leg = smooth(
            [
                (x + side * 96, foot),
                (x + side * 54, foot - 150),
                (x + side * 24, foot - 320),
                (x + side * 6, foot - 560),
            ]
        )
        scene.line(leg, ink, 11)
        inner = smooth([(x + side * 62, foot), (x + side * 34, foot - 110), (x + side * 12, foot - 300)])
        scene.line(inner, ink, 5)
    for up, half in ((560, 9.0), (330, 30), (170, 58)):
        scene.block(x - half, foot - up, half * 2, 13, ink)
    for step in range(9):
        low, half = foot - 20 - step * 34, 88.0 - step * 8.2
        scene.line([(x - half, low), (x + half - 9, low - 34)], ink, 3)
        scene.line([(x + half, low), (x - half + 9, low - 34)], ink, 3)
    scene.line([(x, foot - 560), (x, foot - 620)], ink, 6)
    scene.line(arc(x, foot - 4, 62, 190, 350, high=66), ink, 7)


def _clock(scene: Scene, x: float, foot: float) -> None:
    ink, light = "#4A3330", "#F4DDB2"
    scene.block(x - 48, foot - 400, 96, 400, ink)
    for across in (-28, 0, 28):
        scene.line([(x + across, foot - 280), (x + across, foot - 10)], "#6E4D45", 6)
    scene.block(x - 56, foot - 410, 112, 110, ink)
    scene.disc(x, foot - 354, 41, light)
    for turn, long in ((-90, 29), (20, 21)):
        way = math.radians(turn)
        scene.line([(x, foot - 354), (x + math.cos(way) * long, foot - 354 + math.sin(way) * long)], ink, 5)
    scene.area(
        [
            (x - 58, foot - 410),
            (x + 58, foot - 410),
            (x + 26, foot - 482),
            (x, foot - 560),
            (x - 26, foot - 482),
        ],
        ink,
    )
    scene.block(x - 22, foot - 470, 44, 30, light)


def _domes(scene: Scene, x: float, foot: float) -> None:
    wall, dome = "#FBEBD0", "#F7DDB8"
    scene.block(x - 96, foot - 96, 192, 96, wall, "#E6C79B")
    onion = [
        *smooth([(x - 48, foot - 96), (x - 62, foot - 138), (x - 34, foot - 186), (x, foot - 226)]),
        *smooth([(x, foot - 226), (x + 34, foot - 186), (x + 62, foot - 138), (x + 48, foot - 96)]),
    ]
    scene.area(onion, "#FFFDF5", dome)
    scene.line([(x, foot - 226), (x, foot - 252)], "#C99B4A", 5)
    for across in (-118, 118):
        scene.block(x + across - 9, foot - 190, 18, 190, wall)
        scene.disc(x + across, foot - 194, 15, dome)
    for across in (-66, 0, 66):
        half = 24 if across == 0 else 16
        scene.area(
            [
                (x + across - half, foot),
                (x + across - half, foot - 44),
                *arc(x + across, foot - 44, half, 180, 360),
                (x + across + half, foot),
            ],
            "#8C6A55",
        )


def _postmark(scene: Scene, x: float, y: float) -> None:
    for radius, width in ((104, 5), (76, 3.5)):
        scene.ring(x, y, radius, "#B3364BD0", width)
    for number in range(5):
        low = y - 44 + number * 22
        scene.line(
            smooth([(x - 400, low), (x - 330, low - 9), (x - 260, low), (x - 190, low - 9), (x - 116, low)]),
            "#B3364B90",
            4,
        )


def _flight(scene: Scene) -> None:
    way = smooth([(180, 760), (330, 660), (540, 640), (720, 700)], 9)
    for x, y in way[:-2:2]:
        scene.disc(x, y, 5, "#FFFFFF")
    x, y = 744, 712
    scene.area(
        [
            (x + 46, y + 22),
            (x - 34, y - 6),
            (x - 46, y - 34),
            (x - 58, y - 36),
            (x - 56, y - 2),
            (x + 30, y + 32),
        ],
        "#FFFFFF",
    )
    scene.area([(x + 2, y + 8), (x - 36, y + 58), (x - 22, y + 60), (x + 26, y + 20)], "#FFFFFF")
    scene.area([(x + 4, y + 4), (x + 8, y - 44), (x + 20, y - 42), (x + 28, y + 14)], "#FFFFFF")
