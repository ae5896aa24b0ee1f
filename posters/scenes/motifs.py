"""What returns in many scenes: clouds, birds, conifers, lanterns."""

from posters.scenes.brush import Scene, smooth


def cloud(scene: Scene, x: float, y: float, size: float, colour: str) -> None:
    """Draw a cloud with a flat foot."""
    for across, up, radius in ((-0.9, 0.25, 0.42), (-0.35, 0.05, 0.6), (0.3, -0.12, 0.72), (0.95, 0.2, 0.46)):
        scene.disc(x + across * size, y + up * size, radius * size, colour)
    scene.block(x - 1.3 * size, y + 0.2 * size, 2.7 * size, 0.47 * size, colour, radius=0.23 * size)


def birds(scene: Scene, colour: str, *places: tuple[float, float, float]) -> None:
    """Draw birds far away: (x, y, size)."""
    for x, y, size in places:
        wing = smooth(
            [(x - size, y - 0.25 * size), (x - 0.45 * size, y - 0.4 * size), (x, y),
             (x + 0.45 * size, y - 0.4 * size), (x + size, y - 0.25 * size)]
        )  # fmt: skip
        scene.line(wing, colour, max(2, size * 0.11))


def pine(scene: Scene, x: float, foot: float, height: float, colour: str, snow: str = "") -> None:
    """Draw a conifer, perhaps with snow on it."""
    scene.block(x - height * 0.03, foot - height * 0.12, height * 0.06, height * 0.12, colour)
    for step, wide in enumerate((0.34, 0.27, 0.19)):
        low = foot - height * (0.1 + 0.27 * step)
        top = low - height * 0.38
        half = wide * height
        scene.area([(x - half, low), (x, top), (x + half, low)], colour)
        if snow:
            scene.area([(x - half * 0.52, low - height * 0.182), (x, top), (x + half * 0.52, low - height * 0.182),
                        (x + half * 0.2, low - height * 0.15), (x, low - height * 0.19),
                        (x - half * 0.25, low - height * 0.14)], snow)  # fmt: skip


def lantern(
    scene: Scene,
    x: float,
    y: float,
    size: float,
    *,
    light: str = "#FFB84A",
    body: str = "#D8352A",
    gold: str = "#F6CF7A",
) -> None:
    """Draw a round lantern hanging from (x, y)."""
    middle = y + size * 1.5
    scene.line([(x, y), (x, y + size * 0.7)], gold, size * 0.05)
    scene.glow(x, middle, size * 2.3, light + "90")
    scene.disc(x, middle, size, body, high=size * 0.82)
    for part in (0.68, 0.34):
        scene.disc(x, middle, size * part, "#FFFFFF1E", high=size * 0.82)
    for up in (-0.86, 0.7):
        scene.block(x - size * 0.42, middle + up * size, size * 0.84, size * 0.16, gold, radius=size * 0.05)
    for strand in (-0.16, 0, 0.16):
        scene.line(
            [(x + strand * size, middle + size * 0.86), (x + strand * size, middle + size * 1.55)],
            gold,
            size * 0.05,
        )
