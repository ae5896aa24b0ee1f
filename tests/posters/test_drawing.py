"""Drawing: the same every time, from any thread, on paper, and within a bound of memory."""

import io
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pypdfium2
import pytest
from PIL import Image

import posters
from posters import Facts, drawing, painting
from posters.kept import Kept
from tests.posters.staff import LINK, avatar, read, usual


def test_the_same_facts_are_the_same_bytes_whatever_was_drawn_before():
    template = posters.builtin()["autumn"]
    first = [posters.draw(template, usual(), width=540, form=form) for form in ("jpeg", "png", "pdf")]
    posters.draw(template, usual(name="李雷"), width=540)
    drawing.forget()

    assert [posters.draw(template, usual(), width=540, form=form) for form in ("jpeg", "png", "pdf")] == first


def test_threads_draw_what_one_alone_draws():
    templates = [posters.builtin()[key] for key in ("autumn", "family", "summer")]
    plan = [(templates[number % 3], usual(name=f"王珊{number % 5}")) for number in range(30)]
    alone = [posters.draw(template, facts, width=540) for template, facts in plan]
    drawing.forget()

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda one: posters.draw(one[0], one[1], width=540), plan))

    assert together == alone


def test_print_has_its_bleed_its_dots_and_its_trim():
    template = posters.builtin()["cruise"]
    png = posters.draw_print(template, usual(), form="png", width_mm=60, bleed_mm=3)
    pdf = posters.draw_print(template, usual(), width_mm=60, bleed_mm=3)

    picture = Image.open(io.BytesIO(png))
    assert picture.width == 709 + 2 * 35
    assert round(picture.info["dpi"][0]) == 300
    page = pypdfium2.PdfDocument(pdf)[0]
    left, bottom, right, _top = page.get_trimbox()
    assert (right - left) / 72 * 25.4 == pytest.approx(60, abs=0.1)
    assert left / 72 * 25.4 == pytest.approx(3, abs=0.1) == bottom / 72 * 25.4
    rendered = io.BytesIO()
    page.render(scale=200 / 72).to_pil().convert("RGB").save(rendered, "PNG")
    assert read(rendered.getvalue()) == {LINK}


def test_what_lies_over_changing_words_is_drawn_over_them():
    def area(x, y, width, height):
        return {"x": x, "y": y, "width": width, "height": height}

    document = {
        "title": "甲", "title_en": "A", "canvas": {"width": 600, "height": 900},
        "background": {"picture": "asset:hall", "paint": {"colours": ["#FF0000", "#0000FF"], "angle": 45}},
        "boxes": [
            {"kind": "text", **area(10, 10, 400, 100), "text": "{name}", "size": 90},
            {"kind": "shape", **area(0, 0, 500, 200), "paint": "#00FF00"},
            {"kind": "code", **area(100, 400, 300, 300)},
        ],
    }  # fmt: skip
    template = posters.read(document)

    covered = Image.open(io.BytesIO(posters.draw(template, usual(), form="png")))
    changed = Image.open(
        io.BytesIO(posters.draw(template, Facts({}, LINK, {"asset:hall": avatar()}), form="png"))
    )

    assert covered.crop((0, 0, 500, 200)).getcolors() == [(100_000, (0, 255, 0))]
    assert covered.getpixel((599, 899))[2] > 240
    assert changed.getpixel((599, 899)) != covered.getpixel((599, 899))


@pytest.mark.parametrize("form", ["rectangle", "rounded", "ellipse"])
def test_a_shape_beyond_the_sheet_is_drawn_as_far_as_it_is_seen_and_never_large_at_once(form, monkeypatch):
    made = []

    def new(mode, size, *colour):
        made.append(size[0] * size[1])
        return Image.new(mode, size, *colour)

    monkeypatch.setattr(painting, "Image", SimpleNamespace(new=new, Resampling=Image.Resampling))
    shape = SimpleNamespace(form=form, radius=300.0, outline_width=5.0)
    size, sheet = (9000, 12000), (3000, 4000)

    window = painting.seen(size, (-3000, -4000), sheet, 50)
    mask = painting.form(shape, size, 1, window, outline=False)

    assert window == (2950, 3950, 6050, 8050)
    assert mask.size == (3100, 4100)
    assert mask.getextrema() == (255, 255)  # its middle
    assert max(made) <= painting.AT_ONCE
    assert painting.seen(size, (3060, 0), sheet, 50) is None


def test_what_is_kept_stays_within_its_bound():
    kept = Kept(100, len)

    for number in range(50):
        assert kept.get(number, lambda: "x" * 9) == "x" * 9
    kept.get("large", lambda: "y" * 80)

    assert kept.weight <= 100
    assert kept.get(49, lambda: "made anew") == "x" * 9
    assert kept.get(0, lambda: "made anew") == "made anew"
    assert kept.get("large", lambda: "again") == "again"
