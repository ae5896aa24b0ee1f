"""Finished pictures: whole pixels, a quiet zone, the same bytes again, and never one that leads elsewhere."""

import io
import random

import pypdfium2
import pytest
from PIL import Image

from bot.prints import BadLogo, Unreadable, logo, pictures, proof, sheets
from bot.prints.matrix import QUIET, matrix
from bot.prints.sheets import Label, Layout

URL = "http://weixin.qq.com/q/02abcDEF-_123456789"


def noise(width=300, height=200):
    """A picture as bad as a logo can be: black and white at random."""
    drawn = Image.new("RGB", (width, height))
    drawn.putdata(
        [random.Random(place).choice([(0, 0, 0), (255, 255, 255)]) for place in range(width * height)]
    )
    out = io.BytesIO()
    drawn.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("width", [120, 258, 430, 861])
@pytest.mark.parametrize("mark", [None, "ours", "noise"])
def test_a_picture_has_whole_modules_and_its_quiet_zone_and_is_read(width, mark):
    stamp = {None: None, "ours": logo.lantern(), "noise": logo.opened(noise())}[mark]
    if width == 120 and mark is not None:
        return  # three pixels a module leave a stamp of a few dozen pixels: not offered so small
    content = pictures.png(URL, width=width, whose="x", logo=stamp)

    drawn = Image.open(io.BytesIO(content)).convert("L")
    side = len(matrix(URL, has_logo=stamp is not None)) + 2 * QUIET
    module = drawn.width // side
    assert drawn.width == drawn.height == module * side <= width
    frame = drawn.crop((0, 0, drawn.width, QUIET * module))
    assert frame.getextrema() == (255, 255)
    assert proof.read(drawn) == {URL}
    assert content == pictures.png(URL, width=width, whose="x", logo=stamp)


def test_a_picture_that_leads_elsewhere_is_an_error_that_names_the_channel():
    other = pictures.png("http://weixin.qq.com/q/other", width=300, whose="x")
    blank = io.BytesIO()
    Image.new("L", (300, 300), 255).save(blank, "PNG")
    with pytest.raises(Unreadable, match="外滩立牌") as caught:
        proof.read_png(other, says=URL, whose="外滩立牌")
    assert caught.value.whose == "外滩立牌"
    with pytest.raises(Unreadable, match="cannot be read"):
        proof.read_png(blank.getvalue(), says=URL, whose="外滩立牌")
    with pytest.raises(Unreadable):
        proof.read_svg(pictures.svg(URL, whose="x"), says=f"{URL}x", whose="外滩立牌")


@pytest.mark.parametrize("layout", list(Layout))
def test_sheets_hold_every_label_where_it_belongs_and_have_no_letter_the_font_lacks(layout):
    labels = [Label(f"{URL}{n}", f"门店 {n} 😀 很长的名字" * 4, f"c:{n} · 一楼", f"c:{n}") for n in range(13)]

    content = sheets.pdf(labels, layout=layout, foot="微信扫一扫", title="码", logo=logo.lantern())

    with pypdfium2.PdfDocument(content) as document:
        assert len(document) == sheets.pages_of(labels, layout)
        words = "".join(page.get_textpage().get_text_bounded() for page in document)
        assert document[0].get_size() == pytest.approx((595.3, 841.9), abs=0.1)
    assert "微信扫一扫" in words
    assert "c:12" in words
    assert "😀" not in words


def test_the_same_labels_give_the_same_sheet():
    labels = [Label(URL, "门店 😀", "c:1 · 一楼", "c:1")]

    first, again = (
        sheets.pdf(labels, layout=Layout.SIX, foot="微信扫一扫", title="码", logo=logo.lantern())
        for _ in range(2)
    )

    assert first == again


def test_a_sheet_whose_label_leads_elsewhere_is_refused():
    content = sheets.pdf([Label(URL, "x", "", "x")], layout=Layout.ONE, foot="", title="")
    box = (12.0, 12.0, 198.0, 250.0)
    proof.read_pdf(content, [[(URL, "外滩立牌", box)]])
    with pytest.raises(Unreadable, match="外滩立牌"):
        proof.read_pdf(content, [[(f"{URL}x", "外滩立牌", box)]])
    with pytest.raises(Unreadable, match="1 pages"):
        proof.read_pdf(content, [[], []])


def test_a_logo_too_large_to_unpack_is_refused_before_it_is():
    out = io.BytesIO()
    Image.new("1", (3000, 3000)).save(out, "PNG")
    for content, reason in ((out.getvalue(), "too_many_pixels"), (b"GIF89a", "not_a_picture")):
        with pytest.raises(BadLogo) as caught:
            logo.opened(content)
        assert caught.value.reason == reason
