"""Scenes for a shop's opening and for the members' day."""

import math
import random

from PIL import Image

from posters.scenes.brush import Scene, arc, ridge, smooth
from posters.scenes.motifs import lantern


def opening(size: tuple[int, int]) -> Image.Image:
    """A shop front with its awning and lanterns, golden rays behind."""
    scene = Scene(size)
    scene.sky("#8E1420", "#B81E28", "#D23A2E", "#C22A2A", places=(0, 0.3, 0.6, 1))
    for step in range(30):
        one, other = math.radians(step * 12), math.radians(step * 12 + 6)
        scene.area(
            [
                (540, 640),
                *[(540 + math.cos(turn) * 1700, 640 + math.sin(turn) * 1700) for turn in (one, other)],
            ],
            "#FFD98A14",
        )
    scene.glow(540, 620, 620, "#FFC96A70")
    _shop_front(scene)
    for x, y, size_ in ((110.0, -10.0, 62), (970, -10, 62), (232, -40, 40), (848, -40, 40)):
        lantern(scene, x, y, size_)
    chance = random.Random(21)
    for _scrap in range(110):
        x, y, long = chance.uniform(0, 1080), chance.uniform(0, 1380), chance.uniform(7, 17)
        turn = chance.uniform(0, math.pi)
        across, down = math.cos(turn) * long, math.sin(turn) * long
        shade = chance.choice(("#FFE3A0", "#F6C25A", "#FFFFFF", "#FF8A6B"))
        scene.area(
            [
                (x, y),
                (x + across, y + down),
                (x + across - down * 0.5, y + down + across * 0.5),
                (x - down * 0.5, y + across * 0.5),
            ],
            shade,
        )
    scene.haze(1240, 1920, "#6E0D18", 0, 150, 190)
    return scene.done()


def _shop_front(scene: Scene) -> None:
    scene.area([(170, 1370), (910, 1370), (910, 860), (170, 860)], "#FFF3DD", "#F7DDB4")
    scene.block(150, 830, 780, 46, "#7A2A1E", radius=8)
    for number in range(10):
        x = 150 + number * 78
        shade, edge = ("#FFFFFF", "#F1E3CF") if number % 2 else ("#D8352A", "#B92A22")
        scene.area([(x + 6, 876), (x + 72, 876), (x + 78, 985), (x, 985)], shade, edge)
        scene.area(arc(x + 39, 985, 39, 0, 180, high=30), edge)
    scene.block(220, 1050, 250, 320, "#8FC7D2", "#D5EEF0", radius=10)
    scene.block(610, 1050, 250, 320, "#8FC7D2", "#D5EEF0", radius=10)
    for x in (220, 610):
        scene.area([(x + 26, 1076), (x + 106, 1076), (x + 26, 1216)], "#FFFFFF60")
        scene.block(x - 6, 1206, 262, 9, "#7A2A1E")
        scene.block(x + 121, 1050, 9, 320, "#7A2A1E")
    scene.block(490, 1040, 100, 330, "#7A2A1E", radius=8)
    scene.block(502, 1056, 76, 130, "#FFD98A", "#FFC05A", radius=6)
    scene.disc(572, 1226, 7, "#F6CF7A")
    for x in (180, 900):
        scene.line([(x, 1380), (x, 1240)], "#5B7A46", 8)
        for angle in (-150, -120, -90, -60, -30):
            turn = math.radians(angle)
            scene.disc(
                x + math.cos(turn) * 34,
                1236 + math.sin(turn) * 46,
                24,
                "#F2695C" if angle % 60 else "#FFB347",
            )
            scene.disc(x + math.cos(turn) * 34, 1236 + math.sin(turn) * 46, 9, "#FFE3A0")
        scene.disc(x, 1290, 46, "#4F8A50", high=36)
    scene.area(smooth([(470, 846), (395, 812), (385, 896), (470, 858)]), "#F6C25A")
    scene.area(smooth([(610, 846), (685, 812), (695, 896), (610, 858)]), "#F6C25A")
    ribbon = smooth([(150, 842), (300, 884), (470, 850), (540, 848), (610, 850), (780, 884), (930, 842)])
    scene.line(ribbon, "#F6C25A", 14)
    for step in range(10):
        turn = math.radians(step * 36)
        scene.disc(
            540 + math.cos(turn) * 36, 850 + math.sin(turn) * 36, 27, "#F6C25A" if step % 2 else "#FFDB86"
        )
    scene.disc(540, 850, 27, "#E39B2F")


def member_day(size: tuple[int, int]) -> Image.Image:
    """A great amber lantern over a road at night, small ones rising."""
    scene = Scene(size)
    scene.sky("#1B1226", "#3A1B2E", "#7A3524", "#B85C22", places=(0, 0.25, 0.55, 0.8))
    chance = random.Random(15)
    for _star in range(120):
        scene.disc(
            chance.uniform(0, 1080),
            chance.uniform(0, 900),
            chance.uniform(1, 2.8),
            "#FFE9C4" + format(chance.randrange(60, 210), "02X"),
        )
    scene.area(ridge(19, 1190, 110, peaks=1.6), "#5A2720", "#7A3824")
    scene.area(ridge(27, 1270, 90, peaks=2.1), "#3A1A1C", "#4A2220")
    scene.area([(500, 1240), (580, 1240), (980, 1920), (100, 1920)], "#E59F2C50", "#E59F2C20")
    for side in (-1, 1):
        scene.line(
            smooth(
                [
                    (540 + side * 40, 1240),
                    (540 + side * 120, 1400),
                    (540 + side * 300, 1700),
                    (540 + side * 440, 1930),
                ]
            ),
            "#FFD58A80",
            6,
        )
    for _light in range(26):
        x, y = chance.uniform(30, 1050), chance.uniform(300, 1260)
        if abs(x - 540) > 330 or y < 420:
            _small(scene, x, y, chance.uniform(11, 30))
    _great(scene, 540, 850)
    return scene.done()


def _small(scene: Scene, x: float, y: float, size: float) -> None:
    scene.glow(x, y, size * 3.4, "#FFB34A90")
    scene.area(
        [
            (x - size * 0.72, y - size),
            (x + size * 0.72, y - size),
            (x + size * 0.52, y + size),
            (x - size * 0.52, y + size),
        ],
        "#FFD37A",
        "#F08A2E",
    )
    scene.disc(x, y + size, size * 0.52, "#FFF3CF", high=size * 0.14)


def _great(scene: Scene, x: float, y: float) -> None:
    gold, wood = "#F6CF7A", "#5A2A1A"
    scene.glow(x, y, 660, "#FFB84AB0")
    scene.line([(x, y - 410), (x, y - 300)], gold, 8)
    scene.ring(x, y - 424, 16, gold, 7)
    scene.disc(x, y, 330, "#FFE9A8", "#FFC24F", "#F0902B", high=282)
    for half in (250, 140):
        scene.line(arc(x, y, half, 0, 360, high=282), "#FFF3CF60", 4)
    scene.glow(x, y, 300, "#FFF6D8B0")
    for top in (y - 306, y + 262):
        scene.block(x - 150, top, 300, 44, wood, radius=12)
        scene.block(x - 150, top + 17, 300, 9, gold)
    for strand in range(-3, 4):
        scene.line([(x + strand * 17, y + 306), (x + strand * 15, y + 420 - abs(strand) * 10)], gold, 6)
