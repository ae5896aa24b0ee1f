"""One picture on one page of PDF, for a print shop, with trim and bleed boxes. No clock in it."""


def page(jpeg: bytes, size: tuple[int, int], *, bleed: int, dpi: int) -> bytes:
    """Return a page that shows `jpeg` (RGB, `size` pixels, of which `bleed` on each side are cut off)."""
    point = 72 / dpi
    width, height, cut = size[0] * point, size[1] * point, bleed * point
    whole = f"[0 0 {width:.3f} {height:.3f}]"
    trim = f"[{cut:.3f} {cut:.3f} {width - cut:.3f} {height - cut:.3f}]"
    show = f"q {width:.3f} 0 0 {height:.3f} 0 0 cm /P Do Q".encode()
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            f"<< /Type /Page /Parent 2 0 R /MediaBox {whole} /BleedBox {whole} /TrimBox {trim} "
            "/Resources << /XObject << /P 5 0 R >> >> /Contents 4 0 R >>"
        ).encode(),
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(show), show),
        (
            f"<< /Type /XObject /Subtype /Image /Width {size[0]} /Height {size[1]} /ColorSpace /DeviceRGB "
            f"/BitsPerComponent 8 /Filter /DCTDecode /Length {len(jpeg)} >>\nstream\n"
        ).encode()
        + jpeg
        + b"\nendstream",
    ]
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, part)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, start)
    return bytes(out)
