"""What the built-in designs are put together from: headlines, and the card with staff, shop and code."""

from typing import Any

Box = dict[str, Any]
MARGIN = 65  # six parts in a hundred of the width
LARGE, SMALL = 42, 28  # the two sizes of text besides the headline's


def text(x: float, y: float, width: float, height: float, words: str, size: float, **more: Any) -> Box:
    """Return a box of words."""
    return {
        "kind": "text",
        "x": x,
        "y": y,
        "width": width,
        "height": height,
        "text": words,
        "size": size,
        **more,
    }


def shape(x: float, y: float, width: float, height: float, form: str, **more: Any) -> Box:
    """Return a drawn form."""
    return {"kind": "shape", "x": x, "y": y, "width": width, "height": height, "form": form, **more}


def headline(default: str, paint: Any, y: float, size: float = 150, **more: Any) -> Box:
    """Return the large words at the top, which `headline` may replace."""
    how = {
        "weight": "heavy",
        "align": "centre",
        "paint": paint,
        "spacing": 0.06,
        "least": 60,
        "lines": 2,
        "leading": 1.2,
    }
    return text(
        MARGIN,
        y,
        950,
        size * (1.25 if "\n" not in default else 2.4),
        "{headline}",
        size,
        **{**how, "default": default, **more},
    )


def slogan(default: str, paint: Any, y: float, **more: Any) -> Box:
    """Return the one sentence under the headline, which `slogan` may replace."""
    how = {"weight": "medium", "align": "centre", "paint": paint, "lines": 2, "balance": True, "least": 30}
    return text(MARGIN + 15, y, 920, 112, "{slogan}", LARGE, **{**how, "default": default, **more})


def seal(x: float, y: float, words: str, colour: str = "#B3364B") -> list[Box]:
    """Return a seal of two or four characters, upright."""
    return [
        shape(x, y, 62, 118, "rounded", paint=colour, radius=8),
        shape(x + 5, y + 5, 52, 108, "rounded", outline="#FFFFFFC0", outline_width=2, radius=5),
        text(x + 8, y + 12, 46, 94, words, 38, vertical=True, align="centre", valign="middle", paint="#FFFFFF",
             weight="medium"),
    ]  # fmt: skip


def card(ink: str, quiet: str, accent: str, plate: str = "#FFFFFF", *, larger: float = 0) -> list[Box]:
    """Return the card at the foot: who, which shop, where, and the code on its own light ground.

    `larger` is added to the sizes of its words, for eyes that want it.
    """
    small, large = SMALL + larger, LARGE + larger * 0.6
    return [
        shape(MARGIN, 1398, 950, 440, "rounded", paint=plate, radius=36,
              shadow={"colour": "#00000038", "y": 10, "blur": 18}),
        {"kind": "picture", "x": 108, "y": 1438, "width": 112, "height": 112, "source": "avatar", "form": "circle",
         "missing": "initial", "initial": "name", "initial_paint": accent, "ring": 5, "ring_colour": accent + "30"},
        text(244, 1440, 356, 58, "{name}", large, weight="bold", paint=ink, valign="middle", least=24,
             default="您的旅行顾问"),
        text(244, 1504, 356, 44, "{title}", small, paint=quiet, valign="middle", least=20, default="为您服务"),
        shape(108, 1574, 492, 2, "rect", paint=quiet + "40"),
        text(108, 1594 - larger, 492, 88, "{shop}", small, weight="bold", paint=ink, lines=2, least=22, leading=1.34),
        text(108, 1682 - larger, 492, 84 + larger * 1.2, "{address}", small, paint=quiet, lines=2, least=20, leading=1.34),
        text(108, 1776 + larger / 2, 492, 42, "{phone}", small, paint=ink, valign="middle", least=20),
        {"kind": "code", "x": 630, "y": 1418, "width": 360, "height": 360, "plate": "#FFFFFF", "colour": "#101A1B",
         "radius": 20, "logo": "logo"},
        text(630, 1778, 360, 42, "长按识别二维码", small, paint=quiet, align="centre", valign="middle"),
    ]  # fmt: skip


def foot(paint: str) -> Box:
    """Return the small print under the card."""
    return text(MARGIN, 1857, 950, 36, "{note}", 24, paint=paint, align="centre", valign="middle", least=20,
                default="扫一扫关注，行程与优惠由本店为您答复")  # fmt: skip


def design(title: str, title_en: str, scene: str, *boxes: Box) -> dict[str, Any]:
    """Return a whole document."""
    return {
        "version": 1,
        "title": title,
        "title_en": title_en,
        "canvas": {"width": 1080, "height": 1920},
        "background": {"scene": scene},
        "boxes": list(boxes),
    }
