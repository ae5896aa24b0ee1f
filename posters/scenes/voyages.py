"""Scenes of ships and mountains."""

import random

from PIL import Image

from posters.scenes.brush import Point, Scene, ridge, smooth, wave
from posters.scenes.motifs import birds, pine


def cruise(size: tuple[int, int]) -> Image.Image:
    """A white ship at dusk between navy stripes, under a golden line."""
    scene = Scene(size)
    scene.sky("#0B2147", "#17386B", "#3A5C92", "#E0976B", "#F9C98A", places=(0, 0.24, 0.42, 0.58, 0.66))
    chance = random.Random(2)
    for _star in range(90):
        scene.disc(
            chance.uniform(0, 1080),
            chance.uniform(0, 620),
            chance.uniform(1, 2.8),
            "#FFFFFF" + format(chance.randrange(70, 220), "02X"),
        )
    scene.glow(300, 1110, 520, "#FFE3A6E0")
    scene.disc(300, 1100, 150, "#FFE7AE", "#FFB266")
    for x, y, wide in ((760.0, 760.0, 260), (160, 800, 300), (560, 860, 340), (900, 905, 200)):
        scene.disc(x, y, wide, "#FFD9B050", high=13, blur=6)
    _ship(scene)
    for number, shade in enumerate(("#1C4F86", "#174577", "#123A68", "#0E3059", "#0B274B")):
        y = 1172 + number * 46
        points = wave(y, 9 + number * 2, 240 + number * 60, number * 97)
        scene.area(points, shade)
        scene.line(points[:-2], "#FFFFFF30", 4)
    for number in range(18):
        half = max(14, 120 - number * 5) * chance.uniform(0.4, 1)
        x, y = 300 + chance.uniform(-30, 30), 1185.0 + number * 11
        scene.line([(x - half, y), (x + half, y)], "#FFD58ACC", 5)
    scene.area([(0, 1372), (1080, 1372), (1080, 1920), (0, 1920)], "#0B2147")
    for y in range(1404, 1930, 46):
        scene.block(0, y, 1080, 16, "#132F5E")
    scene.block(0, 1362, 1080, 9, "#D9AE5F")
    birds(scene, "#FFFFFF", (180, 850, 34), (260, 890, 26), (110, 910, 22))
    return scene.done()


def _ship(scene: Scene) -> None:
    bow = [
        (190, 1068),
        (1150, 1068),
        (1150, 1250),
        (330, 1250),
        *smooth([(330, 1250), (270, 1180), (225, 1110), (190, 1068)]),
    ]
    scene.area(bow, "#FFFFFF", "#DFE8F2")
    scene.area([(232, 1120), (1150, 1120), (1150, 1146), (250, 1146)], "#17386B")
    scene.area([(250, 1153), (1150, 1153), (1150, 1160), (256, 1160)], "#D9AE5F")
    for level, (left, high) in enumerate(((330, 52), (380, 48), (430, 46), (500, 44))):
        top = 1068 - sum((52, 48, 46, 44)[: level + 1])
        scene.area(
            [(left + 26, top), (1150, top), (1150, top + high), (left, top + high)], "#FFFFFF", "#EEF3F9"
        )
        scene.line([(left + 20, top), (1150, top)], "#C5D2E2", 4)
        for x in range(left + 46, 1130, 44):
            scene.block(
                x,
                top + high * 0.32,
                26,
                high * 0.36,
                "#FFCB6B" if (x // 44 + level) % 3 else "#33568A",
                radius=5,
            )
    for x in range(300, 1130, 62):
        scene.disc(x, 1098, 9, "#33568A")
    scene.area([(500, 878), (620, 838), (820, 838), (840, 878)], "#FFFFFF", "#E6EDF6")
    for x in (880, 990):
        scene.area([(x - 46, 878), (x - 24, 742), (x + 58, 742), (x + 48, 878)], "#D0433C", "#AF332F")
        scene.area([(x - 31, 784), (x + 55, 784), (x + 53, 808), (x - 35, 808)], "#FFFFFF")
        scene.area([(x - 24, 742), (x + 58, 742), (x + 57, 762), (x - 27, 762)], "#17386B")
        for step in range(4):
            scene.disc(x + 40 + step * 34, 712 - step * 22, 22 + step * 10, "#FFFFFF28", blur=9)
    scene.line([(690, 838), (690, 720)], "#E6EDF6", 7)
    scene.line([(662, 762), (718, 762)], "#E6EDF6", 5)
    scene.line(smooth([(200, 1062), (440, 880), (690, 724)]), "#FFE7AE", 2)
    for lamp_x, lamp_y in smooth([(200, 1062), (440, 880), (690, 724)], 9)[1:-1]:
        scene.disc(lamp_x, lamp_y, 5, "#FFE7AE")


def domestic(size: tuple[int, int]) -> Image.Image:
    """Mountains in layers above a sea of clouds, a wall along a ridge, the sun coming up."""
    scene = Scene(size)
    scene.sky("#0F4C5C", "#2F7F86", "#8FC1B5", "#F6D9AE", "#F8E7CF", places=(0, 0.2, 0.42, 0.58, 0.72))
    scene.glow(330, 800, 520, "#FFEFC8E8")
    scene.disc(330, 790, 112, "#FFF4D6", "#FFC778")
    layers = (
        (51, 820, 190, 1.2, "#6FA9A6", "#E9DFC4"), (64, 930, 200, 1.5, "#3F8789", "#D3DDCB"),
        (73, 1060, 190, 1.8, "#1F6770", "#B4CFC6"), (88, 1190, 150, 2.2, "#124C58", "#8DB5B0"),
    )  # fmt: skip
    for index, (seed, y, high, peaks, top, foot) in enumerate(layers):
        range_ = ridge(seed, y, high, peaks=peaks, rough=0.48, bottom=y + 330)
        scene.area(range_, top, foot)
        if index == 2:
            _wall(scene, range_[:-2])
        _cloud_sea(scene, seed, y + 150, index)
    scene.area(ridge(97, 1365, 90, peaks=2.4, rough=0.45), "#0B3B46", "#0A323C")
    chance = random.Random(8)
    for number in range(20):
        x = number * 57 + chance.uniform(-20, 20)
        pine(scene, x, 1395 + chance.uniform(-20, 40), chance.uniform(110, 190), "#082C35")
    birds(scene, "#FFFFFF", (520, 640, 34), (600, 680, 28), (460, 700, 24), (690, 660, 22))
    return scene.done()


def _cloud_sea(scene: Scene, seed: int, y: float, depth: int) -> None:
    chance = random.Random(seed)
    for _puff in range(26):
        x, wide = chance.uniform(-80, 1160), chance.uniform(90, 250)
        scene.disc(
            x,
            y + chance.uniform(-34, 60),
            wide,
            "#FFFBF0" + ("48" if depth < 2 else "3A"),
            high=wide * 0.16,
            blur=10,
        )
    scene.haze(y - 60, y + 150, "#FBF1DE", 0, 105, 50, 0)


def _wall(scene: Scene, crest: list[Point]) -> None:
    way = [(x, y - 12) for x, y in crest[60:190:2]]
    scene.line(way, "#E8D3A6", 16)
    scene.line([(x, y + 6) for x, y in way], "#A98F62", 5)
    for x, y in way[::2]:
        scene.block(x - 5, y - 17, 7, 10, "#E8D3A6")
    for x, y in (way[8], way[30], way[52]):
        scene.area(
            [(x - 34, y + 20), (x - 29, y - 52), (x + 29, y - 52), (x + 34, y + 20)], "#F1DFB8", "#B79C6E"
        )
        for tooth in (-29, -9, 11):
            scene.block(x + tooth, y - 66, 16, 16, "#F1DFB8")
        scene.block(x - 8, y - 30, 16, 24, "#6E5B3C", radius=8)
