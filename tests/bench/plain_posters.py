"""Posters as most programs draw them: everything anew for each one, straight through Pillow, nothing scanned.

What the engine's speed is compared with. It reads the same templates and shows the same things.
"""

import io

from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps
from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M

from posters import fonts
from posters.drawing import said
from posters.lettering import STROKES
from posters.scenes import SCENES
from posters.template import Code, Facts, Gradient, Picture, Shape, Template, Text


def draw(template: Template, facts: Facts, width: int, stored: bytes | None = None) -> bytes:
    """Return a JPEG; its scene is drawn, or unpacked from `stored`, a PNG of the canvas's own size."""
    scale = width / template.width
    size = (width, -(-template.height * width // template.width))
    if stored is None:
        base = SCENES[template.background.scene](size)
    else:
        base = Image.open(io.BytesIO(stored)).convert("RGB").resize(size, Image.Resampling.LANCZOS)
    base = base.convert("RGBA")
    for box in template.boxes:
        place = tuple(round(n * scale) for n in (box.area.x, box.area.y, box.area.width, box.area.height))
        match box:
            case Text():
                base = _text(base, box, said(box, facts), place, scale)
            case Shape():
                base = _shape(base, box, place, scale)
            case Picture():
                _picture(base, facts.pictures[box.source], place)
            case Code():
                _code(base, facts.code, place)
    out = io.BytesIO()
    base.convert("RGB").save(out, "JPEG", quality=88)
    return out.getvalue()


def _colour(paint):
    return paint.stops[-1][0] if isinstance(paint, Gradient) else paint


def _text(base, box, words, place, scale):
    left, top, width, _height = place
    size = round(box.size * scale)
    while True:
        font = ImageFont.truetype(fonts.chinese().path, size, index=fonts.SIMPLIFIED)
        lines = list(words.replace("\n", "")) if box.vertical else _wrapped(words, font, width)
        if len(lines) <= box.lines or box.vertical or size <= box.least * scale:
            break
        size -= 1
    layer = Image.new("RGBA", base.size, (0, 0, 0, 0))
    if box.shadow:
        cast = Image.new("RGBA", base.size, (0, 0, 0, 0))
        _write(cast, lines, font, box, left, top, width, size, box.shadow.colour)
        layer.alpha_composite(cast.filter(ImageFilter.GaussianBlur(box.shadow.blur * scale)))
    _write(layer, lines, font, box, left, top, width, size, _colour(box.paint))
    return Image.alpha_composite(base, layer)


def _write(layer, lines, font, box, left, top, width, size, colour):
    pen = ImageDraw.Draw(layer)
    for index, line in enumerate(lines):
        rest = width - font.getlength(line)
        x = left + {"left": 0, "centre": rest / 2, "right": rest}[box.align]
        y = top + index * size * (1.1 if box.vertical else box.leading)
        pen.text((x, y), line, font=font, fill=colour, stroke_width=STROKES[box.weight] * size)


def _wrapped(words, font, width):
    lines, line = [], ""
    for char in words:
        if char == "\n" or font.getlength(line + char) > width:
            lines.append(line)
            line = ""
        line += char.strip("\n")
    return [one for one in (*lines, line) if one]


def _shape(base, box, place, scale):
    left, top, width, height = place
    layer = Image.new("RGBA", base.size, (0, 0, 0, 0))
    corners = (left, top, left + width, top + height)
    if box.shadow:
        ImageDraw.Draw(layer).rounded_rectangle(corners, box.radius * scale, fill=box.shadow.colour)
        layer = layer.filter(ImageFilter.GaussianBlur(box.shadow.blur * scale))
    fill = _colour(box.paint) if box.paint else None
    ImageDraw.Draw(layer).rounded_rectangle(corners, box.radius * scale, fill=fill, outline=box.outline)
    return Image.alpha_composite(base, layer)


def _picture(base, content, place):
    left, top, width, height = place
    shown = ImageOps.fit(
        Image.open(io.BytesIO(content)).convert("RGB"), (width, height), Image.Resampling.LANCZOS
    )
    mask = Image.new("L", (width * 3, height * 3), 0)
    ImageDraw.Draw(mask).ellipse((0, 0, width * 3, height * 3), fill=255)
    base.paste(shown, (left, top), mask.resize((width, height), Image.Resampling.LANCZOS))


def _code(base, link, place):
    left, top, width, height = place
    code = QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(link)
    picture = code.make_image().get_image().convert("RGB")
    base.paste(picture.resize((width, height), Image.Resampling.LANCZOS), (left, top))
