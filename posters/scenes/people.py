"""Scenes for families and for the old."""

import math
import random

from PIL import Image

from posters.scenes.brush import Scene, arc, hill, ridge, smooth
from posters.scenes.motifs import birds, cloud


def family(size: tuple[int, int]) -> Image.Image:
    """Paper-cut animals on round hills, a balloon, a rainbow."""
    scene = Scene(size)
    scene.sky("#8FD6F2", "#C8ECF7", "#FFF6DE", places=(0, 0.4, 0.66))
    for number, shade in enumerate(("#FF8C7A", "#FFB866", "#FFE07A", "#9ADBA0", "#7CC4EE")):
        scene.line(arc(560, 1010, 480 - number * 36, 180, 360), shade, 38)
    scene.disc(985, 118, 66, "#FFD55C")
    for step in range(12):
        turn = math.radians(step * 30)
        scene.line([(985 + math.cos(turn) * r, 118 + math.sin(turn) * r) for r in (86, 108)], "#FFD55C", 13)
    for x, y, wide in ((150.0, 700.0, 62), (960, 640, 52), (520, 620, 40)):
        cloud(scene, x, y, wide, "#FFFFFF")
    _balloon(scene, 215, 880)
    scene.area(hill(2, 985, 40, waves=0.9), "#9ED98A", "#7CC56F")
    _giraffe(scene, 850, 1150)
    scene.area(hill(9, 1115, 34, waves=1.1), "#74C27A", "#57AC66")
    _elephant(scene, 400, 1190)
    for x, foot, high in ((90, 1160, 150), (1010, 1190, 130), (690, 1140, 90)):
        scene.block(x - 8, foot - high * 0.5, 16, high * 0.5, "#8A5A3C")
        scene.disc(x, foot - high * 0.72, high * 0.36, "#3F9A5C", high=high * 0.42)
        scene.disc(x - high * 0.1, foot - high * 0.8, high * 0.16, "#5DB274")
    scene.area(hill(5, 1255, 22, waves=1.3), "#4FA565", "#3B8E58")
    chance = random.Random(3)
    for _flower in range(34):
        x, y = chance.uniform(10, 1070), chance.uniform(1290, 1380)
        shade = chance.choice(("#FFE07A", "#FF9FA8", "#FFFFFF"))
        for step in range(5):
            turn = math.radians(step * 72)
            scene.disc(x + math.cos(turn) * 8, y + math.sin(turn) * 8, 6, shade)
        scene.disc(x, y, 5, "#F29B38")
    return scene.done(grain=1.4)


def _balloon(scene: Scene, x: float, y: float) -> None:
    scene.disc(x, y - 130, 118, "#FF7D6B", high=128)
    for half, shade in ((78, "#FFD166"), (36, "#FF7D6B")):
        scene.disc(x, y - 130, half, shade, high=128)
    scene.area([(x - 62, y - 26), (x + 62, y - 26), (x + 26, y + 26), (x - 26, y + 26)], "#FFB24F")
    for side in (-24, 24):
        scene.line([(x + side, y + 20), (x + side * 0.8, y + 62)], "#8A5A3C", 4)
    scene.block(x - 26, y + 58, 52, 42, "#A8693F", radius=9)


def _giraffe(scene: Scene, x: float, foot: float) -> None:
    coat, spot = "#F9C65B", "#D98A34"
    scene.disc(x + 10, foot - 150, 118, coat, high=72)
    for leg in (-78, -38, 50, 92):
        scene.block(x + leg, foot - 140, 26, 150, coat, radius=12)
    neck = [(x - 96, foot - 170), (x - 150, foot - 430), (x - 104, foot - 446), (x - 28, foot - 196)]
    scene.area(neck, coat)
    scene.disc(x - 150, foot - 446, 62, coat, high=38)
    for horn in (-124, -98):
        scene.line([(x + horn, foot - 474), (x + horn + 4, foot - 512)], coat, 9)
        scene.disc(x + horn + 4, foot - 514, 10, spot)
    scene.disc(x - 84, foot - 466, 26, coat, high=13)
    scene.disc(x - 164, foot - 456, 6.5, "#3A2A20")
    scene.line(arc(x - 184, foot - 438, 14, 20, 120), "#3A2A20", 3.5)
    for dx, dy, radius in ((-110, -390, 15), (-96, -330, 17), (-84, -270, 18), (-58, -230, 16), (-40, -160, 20),
                           (10, -180, 22), (60, -150, 20), (20, -120, 16), (90, -180, 15), (-70, -120, 14)):  # fmt: skip
        scene.disc(x + dx, foot + dy, radius, spot, high=radius * 0.85)
    scene.line([(x + 124, foot - 160), (x + 150, foot - 100)], coat, 9)
    scene.disc(x + 152, foot - 96, 11, spot)


def _elephant(scene: Scene, x: float, foot: float) -> None:
    skin, dark, blush = "#8FA9C9", "#7690B4", "#F6A9AE"
    for leg in (-98, 44):
        scene.block(x + leg + 34, foot - 100, 58, 104, dark, radius=22)
    scene.disc(x, foot - 150, 158, skin, high=118)
    for leg in (-122, 66):
        scene.block(x + leg, foot - 110, 62, 116, skin, radius=24)
    scene.line(smooth([(x + 150, foot - 170), (x + 186, foot - 140), (x + 190, foot - 100)]), dark, 12)
    scene.disc(x - 140, foot - 220, 100, skin)
    trunk = smooth(
        [
            (x - 214, foot - 200),
            (x - 262, foot - 130),
            (x - 284, foot - 60),
            (x - 326, foot - 70),
            (x - 340, foot - 118),
        ],
        14,
    )
    for index, (one, other) in enumerate(trunk):
        scene.disc(one, other, 40 - index * 0.36, skin)
    scene.disc(x - 84, foot - 226, 72, dark, high=88)
    scene.disc(x - 78, foot - 222, 50, blush, high=64)
    scene.disc(x - 184, foot - 240, 9.5, "#2C3A4E")
    scene.disc(x - 181, foot - 243, 3, "#FFFFFF")
    scene.disc(x - 196, foot - 196, 17, blush, high=12)
    for toe in (-112, -90, 76, 98):
        scene.disc(x + toe, foot + 2, 9, "#F3F6FA", high=7)


def seniors(size: tuple[int, int]) -> Image.Image:
    """A still lake before jade hills, a pine, cranes, lotus."""
    scene = Scene(size)
    scene.sky("#FBF3DF", "#F7EEDA", "#E6EBDA", "#D5E3D6", places=(0, 0.4, 0.6, 1))
    scene.glow(250, 730, 330, "#FFE2B0D0")
    scene.disc(250, 730, 104, "#E9A24C", "#E77F4A")
    for seed, y, high, top, foot in (
        (17, 930, 110, "#A9C7B7", "#DCE7DA"), (26, 1000, 96, "#7FAE9B", "#C3D8C8"), (31, 1070, 70, "#4F8C78", "#9CC1AE"),
    ):  # fmt: skip
        scene.area(ridge(seed, y, high, peaks=1.7, rough=0.42, bottom=1190), top, foot)
        scene.haze(y, y + 130, "#F3F0E0", 0, 110, 20)
    scene.mirror(1150, 210, "#CFE1D6", alpha=130, blur=7)
    scene.haze(1150, 1360, "#CFE1D6", 0, 130, 255)
    scene.haze(1359, 1920, "#CFE1D6", 255, 255)
    scene.haze(1340, 1920, "#9FC2B1", 0, 200, 255)
    _pagoda(scene, 590, 1080)
    _pine_bough(scene)
    for x, y, half in (
        (140, 1270, 76),
        (330, 1320, 96),
        (890, 1300, 104),
        (700, 1345, 70),
        (1010, 1245, 60),
        (30, 1350, 70),
    ):
        scene.disc(x, y, half, "#3F8369", "#5E9F80", high=half * 0.3)
        scene.line([(x, y), (x + half * 0.8, y - half * 0.1)], "#CFE1D6", 3)
    for x, y, half in ((250, 1290, 44), (810, 1262, 52), (960, 1330, 38)):
        _lotus(scene, x, y, half)
    birds(scene, "#FFFFFF", (400, 650, 46), (500, 700, 38), (360, 735, 30))
    for y, x, wide in ((1178, 470, 150), (1205, 690, 190), (1238, 420, 120)):
        scene.line([(x, y), (x + wide, y)], "#FFFFFFA0", 3)
    return scene.done()


def _pagoda(scene: Scene, x: float, foot: float) -> None:
    ink = "#3A6659"
    for level in range(5):
        half, y = 50 - level * 7.5, foot - 20 - level * 44
        scene.block(x - half * 0.66, y - 36, half * 1.32, 46, ink)
        scene.area([*smooth([(x - half - 13, y - 40), (x - half * 0.5, y - 46), (x, y - 60), (x + half * 0.5, y - 46), (x + half + 13, y - 40)]),
                    (x + half, y - 30), (x - half, y - 30)], ink)  # fmt: skip
    scene.line([(x, foot - 310), (x, foot - 240)], ink, 6)


def _pine_bough(scene: Scene) -> None:
    scene.line(smooth([(1110, 720), (1000, 760), (900, 745), (810, 790), (740, 790)]), "#5C4633", 20)
    scene.line(smooth([(1010, 760), (960, 830), (880, 870)]), "#5C4633", 13)
    for x, y, size in (
        (760, 780, 84),
        (840, 750, 100),
        (930, 715, 110),
        (1030, 710, 110),
        (880, 850, 84),
        (970, 820, 88),
    ):
        for step in range(33):
            turn = math.radians(180 + step * 5.6)
            scene.line(
                [(x, y + 20), (x + math.cos(turn) * size, y + 20 + math.sin(turn) * size * 0.62)],
                "#2F6B55" if step % 2 else "#3F8369",
                5,
            )


def _lotus(scene: Scene, x: float, y: float, half: float) -> None:
    for angle, shade in (
        (-150, "#F4B6BF"),
        (-30, "#F4B6BF"),
        (-122, "#F08FA0"),
        (-58, "#F08FA0"),
        (-90, "#F7C9CF"),
    ):
        turn = math.radians(angle)
        tip = (x + math.cos(turn) * half * 1.15, y + math.sin(turn) * half * 1.2)
        across = (math.cos(turn + math.pi / 2) * half * 0.34, math.sin(turn + math.pi / 2) * half * 0.34)
        middle = (x + math.cos(turn) * half * 0.5, y + math.sin(turn) * half * 0.5)
        petal = smooth(
            [
                (x, y),
                (middle[0] + across[0], middle[1] + across[1]),
                tip,
                (middle[0] - across[0], middle[1] - across[1]),
                (x, y),
            ]
        )
        scene.area(petal, shade)
    scene.disc(x, y, half * 0.2, "#F2C14E", high=half * 0.12)
