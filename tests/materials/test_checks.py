"""What is uploaded is judged by what it holds, and pictures are drawn anew."""

import io

import pytest
from PIL import Image

from bot.materials import adding, pictures
from bot.materials.models import Kind
from bot.materials.refusing import NotTaken, Why
from tests.materials import files


def refusal(kind, sent):
    with pytest.raises(NotTaken) as refused:
        adding.check(kind, sent)
    return refused.value.why


def opened(content):
    return Image.open(io.BytesIO(content))


def test_a_photograph_is_turned_upright_and_tells_nothing_but_the_picture():
    checked = adding.check(Kind.IMAGE, files.photograph(orientation=6))

    assert (checked.media_type, checked.width, checked.height) == ("image/jpeg", 200, 320)
    for content in (checked.content, checked.preview):
        assert b"Secret Camera" not in content
        assert not opened(content).getexif()


def test_a_drawing_with_nothing_behind_it_stays_a_png_and_loses_its_comments():
    image = Image.new("RGBA", (30, 20), (255, 0, 0, 128))
    held = io.BytesIO()
    from PIL.PngImagePlugin import PngInfo

    note = PngInfo()
    note.add_text("Author", "somebody")
    image.save(held, "PNG", pnginfo=note)

    checked = adding.check(Kind.IMAGE, held.getvalue())

    assert checked.media_type == "image/png"
    assert opened(checked.content).getpixel((3, 3)) == (255, 0, 0, 128)
    assert b"somebody" not in checked.content


def test_what_follows_the_picture_is_not_kept():
    sent = files.picture("JPEG") + b"PK\x03\x04 an archive behind it"

    assert b"archive" not in adding.check(Kind.IMAGE, sent).content


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_each_format_that_phones_make_is_taken(format_):
    checked = adding.check(Kind.IMAGE, files.picture(format_))

    assert checked.media_type in {"image/jpeg", "image/png"}
    assert max(opened(checked.preview).size) <= 480


def test_a_thumb_is_made_as_small_as_wechat_wants_it():
    noise = Image.effect_noise((1500, 1000), 90).convert("RGB")
    held = io.BytesIO()
    noise.save(held, "PNG")

    checked = adding.check(Kind.THUMB, held.getvalue())

    assert checked.media_type == "image/jpeg"
    assert len(checked.content) <= pictures.THUMB_LARGEST


def test_a_picture_for_articles_is_below_a_megabyte():
    noise = Image.effect_noise((2600, 2600), 120).convert("RGB")
    held = io.BytesIO()
    noise.save(held, "JPEG", quality=92)

    assert len(pictures.inline(held.getvalue())) < 1024 * 1024


REFUSED = {
    "nothing": (Kind.IMAGE, b"", Why.EMPTY),
    "a bomb of pixels": (Kind.IMAGE, files.png_bomb(), Why.TOO_MANY_PIXELS),
    "a bomb that Pillow would only warn of": (
        Kind.IMAGE,
        files.png_bomb(10_000, 10_000),
        Why.TOO_MANY_PIXELS,
    ),
    "one pixel too wide": (Kind.IMAGE, files.png_bomb(12_001, 1), Why.TOO_MANY_PIXELS),
    "a comment that unpacks": (Kind.IMAGE, files.text_bomb, Why.BROKEN),
    "a drawing with a program": (Kind.IMAGE, files.SVG, Why.A_PAGE),
    "a web page": (Kind.IMAGE, files.HTML, Why.A_PAGE),
    "a page behind a mark": (Kind.IMAGE, b"\xef\xbb\xbf \n" + files.SVG, Why.A_PAGE),
    "a gif that is a program": (Kind.IMAGE, files.gif_and_script(), Why.NO_PICTURE),
    "a gif": (Kind.IMAGE, files.picture("GIF"), Why.GIF),
    "a picture with a page in it": (Kind.IMAGE, files.picture() + files.HTML, Why.A_PROGRAM),
    "a picture that moves": (Kind.IMAGE, files.moving(), Why.MOVES),
    "a torn picture": (Kind.IMAGE, files.picture("JPEG", size=(900, 900))[:3000], Why.BROKEN),
    "a bitmap": (Kind.IMAGE, files.picture("BMP"), Why.NO_PICTURE),
    "a recording as a picture": (Kind.IMAGE, files.mp3(), Why.NO_PICTURE),
    "too large": (Kind.IMAGE, files.picture() + b"\0" * pictures.LARGEST, Why.TOO_LARGE),
    "a picture as a recording": (Kind.VOICE, files.picture(), Why.NO_VOICE),
    "a page as a recording": (Kind.VOICE, files.HTML, Why.NO_VOICE),
    "amr with something behind": (Kind.VOICE, files.amr() + b"<script>", Why.NO_VOICE),
    "amr of nothing": (Kind.VOICE, b"#!AMR\n", Why.EMPTY),
    "a minute and a bit": (Kind.VOICE, files.amr(3001), Why.TOO_LONG),
    "a long mp3": (Kind.VOICE, files.mp3(2400), Why.TOO_LONG),
    "a heavy recording": (Kind.VOICE, files.amr(170_000), Why.TOO_LARGE),
    "a picture as a film": (Kind.VIDEO, files.picture(), Why.NO_VIDEO),
    "a film with a page behind": (Kind.VIDEO, files.mp4() + files.HTML, Why.NO_VIDEO),
    "a film without film": (Kind.VIDEO, files.box(b"ftyp", b"isom") + files.box(b"moov"), Why.NO_VIDEO),
    "a heavy film": (Kind.VIDEO, files.mp4() + b"\0" * 10_485_760, Why.TOO_LARGE),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_it_is_not_is_not_taken(name):
    kind, sent, why = REFUSED[name]

    assert refusal(kind, sent() if callable(sent) else sent) is why


@pytest.mark.parametrize(
    ("kind", "sent", "media_type", "milliseconds"),
    [
        (Kind.VOICE, files.amr(50), "audio/amr", 1000),
        (Kind.VOICE, files.mp3(40), "audio/mpeg", 1045),
        (Kind.VIDEO, files.mp4(3), "video/mp4", 3000),
    ],
)
def test_recordings_and_films_are_kept_as_they_are_and_measured(kind, sent, media_type, milliseconds):
    checked = adding.check(kind, sent)

    assert (checked.content, checked.media_type) == (sent, media_type)
    assert checked.milliseconds == pytest.approx(milliseconds, abs=30)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("../../etc/passwd.png", "passwd"),
        ("C:\\Users\\amy\\云海.jpg", "云海"),
        ("photo\u202egnp.exe", "photognp"),
        ("..", ""),
        ("a\x00b\n.png", "ab"),
        ("x" * 200 + ".png", "x" * 64),
    ],
)
def test_a_files_name_is_a_label_and_nothing_else(name, label):
    assert adding.label(name) == label
