"""Posters: how many a second one core draws and scans, against drawing everything anew; and memory over many.

Times are those of the one thread that draws, on a core; `wall_p99_ms` is what the clock on the wall said.
"""

import argparse
import io
import json
import statistics
import time
from dataclasses import dataclass

import psutil

from posters import Facts, builtin, draw, drawing
from posters.scenes import SCENES
from tests.bench import plain_posters
from tests.posters.staff import again, avatar, read

WIDTH = 750
NAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"


@dataclass(frozen=True, slots=True)
class Figures:
    """Posters a second of one core; milliseconds each; and both ratios to drawing plainly."""

    posters_per_second: float
    median_ms: float
    p99_ms: float
    wall_p99_ms: float
    plain_ms: float
    stored_ms: float
    growth_mb: float


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what the benchmark can be asked."""
    parser.add_argument("--posters", type=int, default=330, help="how many to draw (each another person's)")
    parser.add_argument("--plain", type=int, default=11, help="how many to draw plainly")
    parser.add_argument("--long", type=int, default=0, metavar="N", help="draw N more and watch memory")
    parser.add_argument("--batch", type=int, default=0, metavar="N", help="scan N at 25 %% and after JPEG 60")


def run(options: argparse.Namespace) -> int:
    """Draw posters of all designs at 750 by 1334; status 1 if a code of the batch is not read."""
    figures = measure(options.posters, options.plain, options.long)
    print(f"drawn and scanned   {figures.posters_per_second:7.1f} /s on one core, 750 by 1334, JPEG 88")
    print(
        f"                    {figures.median_ms:7.1f} ms median, {figures.p99_ms:.1f} ms at the 99th percentile"
    )
    print(f"plain, scene drawn  {figures.plain_ms:7.1f} ms, not scanned")
    print(
        f"plain, scene stored {figures.stored_ms:7.1f} ms, not scanned ({figures.stored_ms / figures.median_ms:.1f} times ours)"
    )
    print(f"memory              {figures.growth_mb:+7.1f} MB over {options.long or options.posters} posters")
    lost = batch(options.batch) if options.batch else 0
    if options.batch:
        print(f"batch               {options.batch - lost} of {options.batch} read at 25 % and after JPEG 60")
    said = {
        "poster_ratio": round(figures.plain_ms / figures.median_ms, 1),
        "poster_ratio_stored_scene": round(figures.stored_ms / figures.median_ms, 1),
        "posters_per_second": round(figures.posters_per_second, 1),
        "median_ms": round(figures.median_ms, 2),
        "p99_ms": round(figures.p99_ms, 1),
        "wall_p99_ms": round(figures.wall_p99_ms, 1),
        "growth_mb": round(figures.growth_mb, 1),
        "unread": lost,
    }
    print(json.dumps(said))
    return 1 if lost else 0


def measure(posters: int = 330, plain: int = 11, long: int = 0) -> Figures:
    """Draw `posters` of all designs in turn, `plain` of them plainly, and `long` more for the memory."""
    templates = list(builtin().values())
    faces = [_face(number) for number in range(24)]
    for number, template in enumerate(templates * 2):
        draw(template, staff(number, faces), width=WIDTH)
    for number in range(min(posters, 200)):  # the small caches fill
        draw(templates[number % len(templates)], staff(number, faces), width=WIDTH)
    before = psutil.Process().memory_info().rss
    taken, waited = [], []
    for number in range(1000, 1000 + posters):
        began = time.perf_counter()
        taken.append(
            _seconds(lambda n=number: draw(templates[n % len(templates)], staff(n, faces), width=WIDTH))
        )
        waited.append(time.perf_counter() - began)
    for number in range(2000, 2000 + long):
        draw(templates[number % len(templates)], staff(number, faces), width=WIDTH)
    growth = (psutil.Process().memory_info().rss - before) / 1e6
    drawn, stored = _plain(templates, faces, plain)
    return Figures(
        posters / sum(taken),
        statistics.median(taken) * 1000,
        _late(taken) * 1000,
        _late(waited) * 1000,
        drawn,
        stored,
        growth,
    )


def batch(staff_count: int) -> int:
    """Return how many of so many people's posters are not read at a quarter of 1080, or after JPEG 60."""
    templates, faces, lost = list(builtin().values()), [_face(0)], 0
    for number in range(staff_count):
        facts = staff(number, faces)
        finished = draw(templates[number % len(templates)], facts)
        lost += read(finished, 0.25) != {facts.code} or read(again(finished, 60)) != {facts.code}
    drawing.forget()
    return lost


def staff(number: int, faces: list[bytes]) -> Facts:
    """Return one of many people: another name, shop, address and code each time."""
    texts = {
        "name": NAMES[number % 20] + GIVEN[number // 20 % 20] + GIVEN[number // 7 % 20],
        "title": "旅行顾问",
        "shop": f"驿站旅行 第{number % 300}门店",
        "address": f"上海市黄浦区西藏中路 {number % 300} 号来福士广场 3 层",
        "phone": f"021-6340 {number % 10000:04}",
    }
    link = f"http://weixin.qq.com/q/02{number:07}8o2Cke_D1zN6Y1z"
    return Facts(texts, link, {"avatar": faces[number % len(faces)]})


def _face(number: int) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    opened = Image.open(io.BytesIO(avatar())).rotate(number * 15).resize((640, 640))
    opened.save(out, "JPEG", quality=90)
    return out.getvalue()


def _plain(templates, faces, count) -> tuple[float, float]:
    """Return the median milliseconds of drawing plainly, with the scene drawn and with it unpacked."""
    drawn, stored = [], []
    for number in range(count):
        template, facts = templates[number % len(templates)], staff(number, faces)
        scene = io.BytesIO()
        SCENES[template.background.scene]((template.width, template.height)).save(scene, "PNG")
        kept = scene.getvalue()
        drawn.append(_seconds(lambda t=template, f=facts: plain_posters.draw(t, f, WIDTH)))
        stored.append(_seconds(lambda t=template, f=facts, k=kept: plain_posters.draw(t, f, WIDTH, k)))
    return statistics.median(drawn) * 1000, statistics.median(stored) * 1000


def _late(taken: list[float]) -> float:
    """Return the 99th percentile."""
    return sorted(taken)[min(len(taken) - 1, int(len(taken) * 0.99))]


def _seconds(act) -> float:
    """Return what `act` takes of one core, so that what else the machine does is not measured."""
    began = time.thread_time()
    act()
    return time.thread_time() - began
