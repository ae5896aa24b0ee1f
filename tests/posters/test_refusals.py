"""What is refused, and by which name: templates, codes and pictures."""

import io

import pytest
from PIL import Image

import posters
from posters import BadPicture, Facts, TemplateError, Unreadable
from tests.posters.staff import LINK, avatar, bomb, usual


def document(**more):
    code = {"kind": "code", "x": 300, "y": 300, "width": 400, "height": 400}
    return {
        "title": "甲", "title_en": "A", "canvas": {"width": 1000, "height": 1500},
        "background": {"paint": "#FFFFFF"}, "boxes": [code],
    } | more  # fmt: skip


def problems(said):
    with pytest.raises(TemplateError) as refused:
        posters.read(said)
    return {(problem.path, problem.code) for problem in refused.value.problems}


def test_everything_that_is_wrong_is_said_at_once_with_its_place():
    holes = document(
        title="", colour="red", background={"scene": "moon", "picture": "https://example.org/a.png"},
        boxes=[
            {"kind": "text", "x": 10, "y": 10, "width": 200, "height": 80, "text": "{name}"},
            {"kind": "text", "x": 10, "y": 10, "width": 2000, "height": 80, "text": "{name}", "size": 3},
            {"kind": "shape", "x": 0, "y": 0, "width": 9, "height": 9, "form": "star", "paint": {"colours": ["red", "#000000"]}},
            {"kind": "video"}, "nonsense",
            {"kind": "code", "x": 0, "y": 0, "width": 100, "height": 100, "colour": "#999999", "shadow": {}},
            {"kind": "picture", "x": 0, "y": float("nan"), "width": 10, "height": 10, "source": 7},
        ],
    )  # fmt: skip

    assert problems(holes) == {
        ("title", "empty"), ("colour", "unknown"), ("background.scene", "choice"), ("background.picture", "asset"),
        ("background", "either"), ("boxes[0].size", "missing"), ("boxes[1].width", "range"),
        ("boxes[1].size", "range"), ("boxes[2].form", "choice"), ("boxes[2].paint.colours[0]", "colour"),
        ("boxes[3].kind", "choice"), ("boxes[4]", "type"), ("boxes[5].width", "too_small"),
        ("boxes[5].colour", "contrast"), ("boxes[5].shadow", "unknown"), ("boxes[6].y", "range"),
        ("boxes[6].source", "type"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "said", [{}, {"boxes": 3}, document(boxes=[]), document(version=9), document(canvas=[1, 2])]
)
def test_no_document_but_a_whole_one_is_read(said):
    assert problems(said)


def test_light_on_dark_is_refused_and_a_dark_colour_is_not():
    code = document()["boxes"][0]

    inverted = document(boxes=[code | {"colour": "#FFFFFF", "plate": "#000000"}])
    coloured = posters.read(document(boxes=[code | {"colour": "#0F6B5C", "plate": "#FAF8F4"}]))

    assert problems(inverted) == {("boxes[0].colour", "inverted")}
    assert posters.draw(coloured, Facts({}, LINK))


def test_a_code_that_is_too_small_covered_or_too_long_is_refused():
    template = posters.read(document())
    covering = {"kind": "shape", "x": 300, "y": 300, "width": 400, "height": 260, "paint": "#123456"}
    covered = posters.read(document(boxes=[document()["boxes"][0], covering]))

    def refused(template, facts, **how):
        with pytest.raises(Unreadable) as why:
            posters.draw(template, facts, **how)
        return why.value.code

    assert refused(template, Facts({}, LINK), width=150) == "too_small"
    assert refused(covered, Facts({}, LINK)) == "not_found"
    assert refused(template, Facts({}, "x" * 301)) == "too_long"
    assert refused(template, Facts({}, " ")) == "no_code"


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"), (bomb(), "too_many_pixels"), (bomb(9000), "too_many_pixels"), (SVG, "not_a_picture"),
        (b"%PDF-1.4", "not_a_picture"), (b"GIF89a", "not_a_picture"), (avatar()[:-300], "broken"),
        (b"\xff\xd8" + b"\0" * 13_000_000, "too_large"),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused_by_name(content, code):
    with pytest.raises(BadPicture) as why:
        posters.picture.clean(content, longest=200)
    assert why.value.code == code


def test_a_poster_names_the_picture_it_cannot_take():
    with pytest.raises(BadPicture) as why:
        posters.draw(posters.builtin()["summer"], Facts(usual().texts, LINK, {"avatar": SVG}), width=540)
    assert (why.value.whose, why.value.code) == ("avatar", "not_a_picture")


def test_a_photograph_is_turned_made_small_and_says_nothing_of_its_place():
    photo = Image.new("RGB", (400, 200), "#336699")
    photo.paste("#FF0000", (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Somebody's telephone"
    out = io.BytesIO()
    photo.save(out, "JPEG", exif=exif, comment=b"home")

    cleaned = posters.picture.clean(out.getvalue(), longest=100)

    found = Image.open(io.BytesIO(cleaned))
    assert found.size == (50, 100)
    assert found.getpixel((25, 10))[0] > 200
    assert found.getpixel((25, 90))[2] > 120
    assert not found.getexif()
    assert b"telephone" not in cleaned
    assert b"home" not in cleaned


def test_see_through_stays_see_through():
    out = io.BytesIO()
    Image.new("RGBA", (40, 40), (255, 0, 0, 90)).save(out, "PNG")

    found = Image.open(io.BytesIO(posters.picture.clean(out.getvalue(), longest=100)))

    assert (found.format, found.mode) == ("PNG", "RGBA")
