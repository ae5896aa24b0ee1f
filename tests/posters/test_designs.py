"""The built-in designs: how they look, and that every camera reads them."""

from io import BytesIO

import pytest
from PIL import Image

import posters
from posters import Facts
from posters.designs import documents
from tests.posters import goldens
from tests.posters.staff import LINK, again, avatar, hard, read, usual

KEYS = list(posters.builtin())


@pytest.mark.parametrize("key", KEYS)
def test_a_design_looks_as_it_did(key):
    golden = Image.open(goldens.PLACE / f"{key}.webp").convert("RGB")

    mean, part = goldens.differ(goldens.small(key), golden)

    assert mean < goldens.MEAN, f"mean {mean:.2f}: python -m tests.posters.goldens, and look"
    assert part < goldens.PART, f"{part:.3f} of the picture: python -m tests.posters.goldens, and look"


def test_the_comparison_sees_a_word_that_is_missing():
    facts = hard()
    without = Facts({**facts.texts, "address": ""}, facts.code)
    drawn = posters.draw(posters.builtin()["spring"], without, width=goldens.DRAWN, form="png")
    small = Image.open(BytesIO(drawn)).convert("RGB").reduce(2)

    mean, part = goldens.differ(small, Image.open(goldens.PLACE / "spring.webp").convert("RGB"))

    assert mean > goldens.MEAN or part > goldens.PART


@pytest.mark.parametrize("key", KEYS)
def test_a_design_is_read_at_full_size_at_a_quarter_and_after_a_messenger(key):
    finished = posters.draw(posters.builtin()[key], usual())

    assert Image.open(BytesIO(finished)).size == (1080, 1920)
    assert read(finished) == {LINK}
    assert read(finished, 0.25) == {LINK}
    assert read(again(finished, 60), 0.5) == {LINK}


def test_forty_staff_each_get_their_own_code_on_a_small_poster():
    templates = list(posters.builtin().values())[:2]
    for number in range(40):
        link = f"http://weixin.qq.com/q/02{number:05}8o2Cke_D1zN6Y1z{number:03}"
        facts = Facts({**usual().texts, "name": f"员工{number}"}, link)

        finished = posters.draw(templates[number % 2], facts, width=750)

        assert Image.open(BytesIO(finished)).size == (750, 1334)
        assert read(again(finished, 60), 0.25 if number % 4 == 0 else 0.5) == {link}


def test_designs_keep_the_house_rules():
    assert len(KEYS) >= 8
    for key, template in posters.builtin().items():
        code = template.code.area
        assert 0.28 <= code.width / template.width <= 0.34, key
        assert code.x + code.width <= template.width * 0.94
        assert template.title
        assert template.title_en
        assert {"name", "shop", "address"} <= template.fields
        assert "avatar" in template.pictures
    assert documents()["spring"]["title"] == "江南"


def test_a_logo_in_the_code_is_survived():
    facts = Facts(usual().texts, LINK, {"logo": avatar(), "avatar": avatar()})

    finished = posters.draw(posters.builtin()["cruise"], facts)

    assert read(finished, 0.5) == {LINK}
    assert finished != posters.draw(posters.builtin()["cruise"], usual())
