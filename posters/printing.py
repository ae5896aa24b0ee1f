"""Posters on paper: 300 dots to the inch, and a bleed that the knife may miss into."""

from typing import Literal

from posters.drawing import Sheet, composed, finished
from posters.template import Facts, Template

DPI = 300
MM = 25.4
WIDEST = 330  # millimetres: 3,898 pixels


def draw_print(
    template: Template,
    facts: Facts,
    *,
    form: Literal["pdf", "png"] = "pdf",
    width_mm: float = 200,
    bleed_mm: float = 3,
    dpi: int = DPI,
) -> bytes:
    """Return a poster `width_mm` wide once it is cut: PDF with trim and bleed boxes, or PNG.

    Raises what `draw` raises.
    """
    if not 50 <= width_mm <= WIDEST or not 0 <= bleed_mm <= 10 or not 72 <= dpi <= DPI:
        raise ValueError(f"50 to {WIDEST} mm wide, a bleed of at most 10 mm, 72 to {DPI} dpi")
    width = round(width_mm / MM * dpi)
    scale = width / template.width
    sheet = Sheet(width, round(template.height * scale), scale, round(bleed_mm / MM * dpi))
    return finished(composed(template, facts, sheet), template, facts, sheet, form=form, quality=92, dpi=dpi)
